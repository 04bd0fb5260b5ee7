import { randomUUID } from 'node:crypto';
import { openDeltaLake, refuseTables } from '../lake/delta/lake-tables.ts';
import { expectedPath, filePath, quarantinePath, tableFilePath } from '../lake/paths.ts';
import type {
  Config,
  DraftFile,
  FileRecord,
  LakeTables,
  Ledger,
  ObjectStore,
  Output,
  Signal,
  Window,
} from '../model.ts';
import { shapedColumns } from '../signals/shape.ts';
import { systemClock } from './clock.ts';

/** The tables of a lake that has them. */
export const tablesOf = (
  { output, shape }: Pick<Config, 'output' | 'shape'>,
  lake: ObjectStore,
): LakeTables | undefined =>
  output.table &&
  openDeltaLake({
    lake,
    clock: systemClock,
    newId: randomUUID,
    columns: (signal) => shapedColumns(signal, shape.signals[signal]),
  });

/** A lake has tables or plain files, never both. `ledger`: what says whether tables had a log; left out: nothing. */
export async function prepareLake(
  lake: ObjectStore,
  tables: LakeTables | undefined,
  ledger?: () => Promise<Pick<Ledger, 'feeds' | 'list'>>,
): Promise<void> {
  await lake.prepare();
  if (tables === undefined) return refuseTables(lake);
  await tables.prepare(ledger && (async (signal, paths) => isDone(await ledger(), signal, paths)));
}

/** A window with rows is done only once the log of its table has their files. */
async function isDone(
  ledger: Pick<Ledger, 'feeds' | 'list'>,
  signal: Signal,
  paths: ReadonlySet<string>,
): Promise<boolean> {
  for await (const feed of ledger.feeds()) {
    if (feed.signal !== signal) continue;
    for await (const { state, files } of ledger.list(feed))
      if (state === 'done' && files.some(({ path, rows }) => rows > 0 && paths.has(path))) return true;
  }
  return false;
}

/** Where in the lake a file belongs. Only a table's files tell their revision. */
export const pathsOf =
  (output: Output, quarantine: string) =>
  (file: DraftFile, window: Window, revision: number): string => {
    if (file.signal === 'quarantine') return quarantinePath(window, quarantine);
    const identity = { ...file, signal: file.signal, window };
    return output.table === 'delta'
      ? tableFilePath({ ...identity, revision })
      : filePath(output.path, { ...output, ...identity });
  };

/** The file that a window has mostly; undefined where there may be several, or they have other names each time. */
export const expectedOf =
  (output: Output) =>
  (window: Window): FileRecord | undefined => {
    const path = output.table === undefined ? expectedPath(output.path, window, output) : undefined;
    return path === undefined ? undefined : { path, signal: window.signal, rows: 0, bytes: 0 };
  };
