import type { Signal } from '../../model.ts';

/**
 * Names of files, in the log and in the store. A *path* is relative to the table and spelled as in the store; the log
 * has it URL-encoded, by whose rules differs among engines, so paths are compared when they are decoded.
 */

/** A file of ours, as its path tells it. */
export interface OwnFile {
  /** What the window is called in the log: `app=…/{source}_{start}_{end}`, URL-encoded. */
  readonly window: string;
  readonly revision: number;
}

/** Where the table of a signal lies in the lake. */
export const tableRoot = (signal: Signal): string => `${signal}/`;

/** The path of a file that lies at `path` of the store. */
export const tablePath = (path: string, signal: Signal): string => path.slice(tableRoot(signal).length);

/**
 * The path as the log spells it: as Java's `URI.toString` does, which leaves letters beyond ASCII alone. Spark compares
 * these texts: its VACUUM takes a file whose name it would encode otherwise for one that no table knows
 * (delta-io/delta-kernel-rs#2423; seen with delta-spark 4.0).
 */
export const logPath = (path: string): string =>
  encodeURI(path).replace(/(?:%[89A-F][0-9A-F])+/g, (letters) => decodeURIComponent(letters));

/** The path of a file in the log. What is no URL stays as it is. */
export function pathInLog(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const OWN = /^(app=[^/]+)\/date=\d{4}-\d\d-\d\d\/([A-Za-z0-9-]+_[0-9TZ]+_[0-9TZ]+)_r(\d+)(?:_\d+)?\.parquet$/;

/** Undefined for a file that somebody else wrote (another engine's OPTIMIZE, say). */
export function ownFile(path: string): OwnFile | undefined {
  const [, app = '', stem = '', revision = ''] = OWN.exec(path) ?? [];
  return stem === '' ? undefined : { window: `${encodeURI(app)}/${stem}`, revision: Number(revision) };
}

/** Values of the folders `app=…` and `date=…`, as Hive escapes them; '' where there is none. */
export function folderValues(path: string): { readonly app: string; readonly date: string } {
  const value = (name: string) => pathInLog(new RegExp(`(?:^|/)${name}=([^/]*)/`).exec(path)?.[1] ?? '');
  return { app: value('app'), date: value('date') };
}
