import type { Signal } from '../../model.ts';

/** A file of ours, as its path below the table tells it. */
export interface OwnFile {
  /** Everything that names the window: app folder, source word, start and end. */
  readonly window: string;
  readonly revision: number;
  /** `app=…` and `date=…`, as they stand in the path. */
  readonly app: string;
  readonly partition: string;
}

/** Where the table of a signal lies in the lake. */
export const tableRoot = (signal: Signal): string => `${signal}/`;

/**
 * Path of a file in the log: relative to the table, each name URL-encoded once more than it is spelled in the store.
 */
export const logPath = (path: string, signal: Signal): string => encodeURI(path.slice(tableRoot(signal).length));

/** The path in the store of a file in the log. */
export const storePath = (path: string, signal: Signal): string => tableRoot(signal) + decodeURIComponent(path);

const OWN = /^(app=[^/]+)\/(date=\d{4}-\d\d-\d\d)\/([A-Za-z0-9-]+_[0-9TZ]+_[0-9TZ]+)_r(\d+)(?:_\d+)?\.parquet$/;

/** Undefined for a file that somebody else wrote (another engine's OPTIMIZE, say). */
export function ownFile(path: string): OwnFile | undefined {
  const [, app = '', date = '', stem = '', revision = ''] = OWN.exec(path) ?? [];
  if (stem === '') return undefined;
  return { window: `${app}/${stem}`, revision: Number(revision), app, partition: `${app}/${date}` };
}

/** The `app=…` folder of any file of the table; '' where it has none. */
export const appFolder = (path: string): string => /^app=[^/]+/.exec(path)?.[0] ?? '';

/** `app=…/date=…` of any file of the table. */
export const partitionFolder = (path: string): string => path.slice(0, path.lastIndexOf('/'));
