import type { Feed, FileRecord, LedgerRow, ObjectStore, StoredObject } from '../../model.ts';
import { dayOfFile, TABLE_FOLDER } from '../ledger-table/days.ts';
import type { FoundWindow } from './weigh.ts';

export interface ToldPorts {
  readonly lake: ObjectStore;
  /** The rows of a file of the ledger's table; throws where it is none. */
  rows(file: StoredObject): AsyncIterable<readonly LedgerRow[]>;
}

/** What the ledger's table tells of files, a few bytes a file: whose they are, by path and length. */
export interface ToldFiles {
  /** Undefined where the table does not know the file as it is. */
  feedOf(file: Pick<StoredObject, 'name' | 'bytes'>): Feed | undefined;
}

/**
 * Reads the ledger's table, if the lake has one. Each row goes to `take`; what cannot be read counts as not there: the
 * files themselves tell.
 */
export async function readTold({ lake, rows }: ToldPorts, take: (row: LedgerRow) => Promise<void>): Promise<ToldFiles> {
  const feeds: Feed[] = [];
  const places = new Map<string, number>();
  const known = new Map<number, number>();
  const placeOf = ({ app, signal, source }: Feed): number => {
    const key = [app, signal, source].join('\n');
    const place = places.get(key) ?? feeds.push({ app, signal, source }) - 1;
    places.set(key, place);
    return place;
  };
  for await (const file of lake.list(`${TABLE_FOLDER}date=`)) {
    if (Number.isNaN(dayOfFile(file.name)) || file.archived) continue;
    try {
      for await (const some of rows(file))
        for (const row of some) {
          await take(row);
          const place = placeOf(row.window);
          for (const { path, bytes } of row.files) known.set(hashOf(path, bytes), place);
        }
    } catch (error) {
      if (await isGone(file, lake)) throw error;
    }
  }
  return {
    feedOf: ({ name, bytes }) => {
      const place = known.get(hashOf(name, bytes));
      return place === undefined ? undefined : feeds[place];
    },
  };
}

/** A lake that is away is no spoilt file. */
async function isGone({ name, etag }: StoredObject, lake: ObjectStore): Promise<boolean> {
  return (await lake.head(name)) !== etag;
}

/** 53 bits: of a million files two look alike once in ten thousand lakes; then one of them is read in vain. */
function hashOf(path: string, bytes: number): number {
  let [low, high] = [bytes | 0, (bytes / 2 ** 32) | 0];
  for (let at = 0; at < path.length; at++) {
    const code = path.charCodeAt(at);
    low = Math.imul(low ^ code, 0x01000193);
    high = Math.imul(high ^ code, 0x85ebca6b) + (high >>> 13);
  }
  return (high >>> 11) * 2 ** 32 + (low >>> 0);
}

/**
 * What the table says of a window, and its files that are there as it says. What is retired needs no file to be told.
 */
export function toldWindow(row: LedgerRow, there: readonly FileRecord[]): FoundWindow | undefined {
  if (row.state === 'retired') return { window: row.window, revision: row.revision, files: there, told: row };
  if (there.length === 0 && (row.state !== 'done' || row.files.some(({ rows }) => rows > 0))) return undefined;
  const isWhole = row.files.every(({ path, rows }) => rows === 0 || there.some((file) => file.path === path));
  return {
    ...{ window: row.window, revision: row.revision, files: there },
    ...(isWhole && row.state === 'done' && { told: row }),
  };
}
