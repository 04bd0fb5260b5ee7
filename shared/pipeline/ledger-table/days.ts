import type { Millis, ObjectStore } from '../../model.ts';
import { readText } from '../../pure/read-text.ts';

/** The ledger's table lies below this, a folder for each day (UTC) that windows start on. */
export const TABLE_FOLDER = '_insights-lake/ledger/';
const INDEX_NAME = `${TABLE_FOLDER}days.json`;

export const dayText = (day: Millis): string => new Date(day).toISOString().slice(0, 10);
/** One file a day: it is replaced as a whole. */
export const fileOfDay = (day: Millis): string => `${TABLE_FOLDER}date=${dayText(day)}/windows.parquet`;

/** NaN where it is no file of the table. */
export function dayOfFile(name: string): Millis {
  const [, date = ''] = /^_insights-lake\/ledger\/date=(\d{4}-\d\d-\d\d)\/windows\.parquet$/.exec(name) ?? [];
  return Date.parse(`${date}T00:00:00Z`);
}

/** What the table was last written from. Without it all days are written again. */
export interface TableIndex {
  /** When the table was last brought up to date; 0: never. */
  readonly writtenAt: Millis;
  /** Older days are looked at from this one on, a part at a time; 0: from the first. */
  readonly next: Millis;
  readonly days: ReadonlyMap<Millis, WrittenDay>;
}

export interface WrittenDay {
  /** What the day looked like in the ledger before its file was written. */
  readonly looks: string;
  /** In its file. A ledger never has fewer again, unless it has lost some. */
  readonly windows: number;
}

export interface SeenIndex {
  readonly index: TableIndex;
  readonly etag: string | undefined;
}

/** One that is no document any more counts as none. */
export async function readIndex(lake: ObjectStore): Promise<SeenIndex> {
  const found = await readText(lake, INDEX_NAME);
  return { index: indexIn(found?.value ?? ''), etag: found?.etag };
}

function indexIn(text: string): TableIndex {
  try {
    const { writtenAt, next, days } = JSON.parse(text);
    const known = Object.entries<Partial<WrittenDay>>(days).map(
      ([day, { looks, windows }]) =>
        [Date.parse(`${day}T00:00:00Z`), { looks: String(looks), windows: Number(windows) || 0 }] as const,
    );
    return { writtenAt: Date.parse(writtenAt) || 0, next: Date.parse(next) || 0, days: new Map(known) };
  } catch {
    return { writtenAt: 0, next: 0, days: new Map() };
  }
}

/** The new tag; undefined when the race was lost. */
export function putIndex({ writtenAt, next, days }: TableIndex, etag: string | undefined, lake: ObjectStore) {
  const known = [...days].toSorted(([one], [other]) => one - other).map(([day, written]) => [dayText(day), written]);
  const time = (at: Millis) => (at === 0 ? '' : new Date(at).toISOString());
  const document = { writtenAt: time(writtenAt), next: time(next), days: Object.fromEntries(known) };
  return lake.put(INDEX_NAME, new TextEncoder().encode(`${JSON.stringify(document, null, 1)}\n`), etag);
}
