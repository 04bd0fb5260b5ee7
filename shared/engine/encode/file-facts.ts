import type { Signal, Window } from '../../model.ts';
import { SCHEMA_VERSION } from '../../signals/columns-of.ts';
import { windowName } from '../../signals/window-name.ts';

/** The run of a window that writes a file. */
export interface FileRun {
  readonly window: Window;
  readonly revision: number;
}

/**
 * What a Parquet file says of itself. `mark`: which settings shaped its columns; '' for none. `run` undefined: an empty
 * file, which belongs to no window.
 */
export function fileFacts(signal: Signal, mark: string, run: FileRun | undefined): Readonly<Record<string, string>> {
  return {
    insights_lake_schema: String(SCHEMA_VERSION),
    insights_lake_signal: signal,
    ...(mark !== '' && { insights_lake_shape: mark }),
    ...(run && {
      insights_lake_app: run.window.app,
      insights_lake_source: run.window.source,
      // A record can lie in another signal's folder.
      ...(run.window.signal !== signal && { insights_lake_owner: run.window.signal }),
      insights_lake_window: windowName(run.window),
      insights_lake_revision: String(run.revision),
    }),
  };
}
