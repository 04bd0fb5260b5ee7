import type {
  Clock,
  Content,
  Feed,
  Interval,
  Ledger,
  LedgerFile,
  LedgerRow,
  Millis,
  ObjectStore,
} from '../../model.ts';
import { allOf } from '../../pure/all-of.ts';
import { dayOf } from '../../status/day-tally.ts';
import { windowKey } from '../keys.ts';
import { changedDays } from './changed.ts';
import { dayText, fileOfDay, putIndex, readIndex, type TableIndex } from './days.ts';
import { type Confirmed, ledgerRow } from './rows.ts';

export interface LedgerTablePorts {
  readonly ledger: Ledger;
  readonly lake: ObjectStore;
  readonly clock: Pick<Clock, 'now'>;
  /** How long after its time late rows of a window can come, or its folder can change. */
  readonly young: Millis;
  /** How long after its time a folder of export blobs is swept; left out: none is. */
  readonly lookback?: Millis;
  withWorkFolder<T>(use: (folder: string) => Promise<T>): Promise<T>;
  /** A file of that name in the work folder. */
  file(work: string, name: string): LedgerFile;
}

/** What was written. */
export interface TableWritten {
  readonly days: number;
  readonly rows: number;
  readonly bytes: number;
}

const day: Millis = 24 * 3_600_000;
/** Somewhat less than a day: a timer that is late a little every day skips none. */
export const tableEvery: Millis = 23 * 3_600_000;
/** Days that are written at once, at most, and windows of them, about. */
const most = { days: 31, windows: 200_000 };
/** Rows that wait in memory for their row groups, of all these days. */
const heldRows = 20_000;
/** Feeds that are read side by side. */
const together = 16;
/** So long one call writes; what is left is for the next. */
const longest: Millis = 5 * 60_000;

/**
 * Once a day: the ledger as a table in the lake, a file for each day, of the days that have changed. Undefined where it
 * is not a day yet. Every file is put as a whole and only if it is as it was before the ledger was read, so of two that
 * write at once the one that read last has the last word. Killed, it goes on the next time.
 */
export async function writeLedgerTable(ports: LedgerTablePorts): Promise<TableWritten | undefined> {
  const { lake, ledger, clock, young } = ports;
  const began = clock.now();
  const { index } = await readIndex(lake);
  if (index.writtenAt <= began && began < index.writtenAt + tableEvery) return undefined;
  const { days, next } = await changedDays(index, began, young, ledger);
  return writeDays(days, { began, next }, ports);
}

/** The days of these windows, whatever their files say: for a command, which knows what it ran. */
export function writeTableOf(starts: Iterable<Millis>, ports: LedgerTablePorts): Promise<TableWritten | undefined> {
  const days = [...new Set([...starts].map(dayOf))].toSorted((one, other) => one - other);
  return writeDays(new Map(days.map((each) => [each, 'by a command'])), undefined, ports);
}

async function writeDays(
  days: ReadonlyMap<Millis, string>,
  daily: { readonly began: Millis; readonly next: Millis } | undefined,
  ports: LedgerTablePorts,
): Promise<TableWritten> {
  const feeds = (await Array.fromAsync(ports.ledger.feeds())).toSorted(byName);
  const until = ports.clock.now() + longest;
  const sum = { days: 0, rows: 0, bytes: 0 };
  const lost: LostDay[] = [];
  let isWhole = true;
  for (const some of chunksOf([...days.keys()], feeds.length)) {
    if (daily !== undefined && ports.clock.now() > until) {
      isWhole = false;
      break;
    }
    let left: readonly Millis[] = some;
    for (let tries = 0; tries < 3 && left.length > 0; tries++) {
      const now = left;
      const written = await ports.withWorkFolder((work) => writeChunk(now, feeds, work, ports));
      lost.push(...written.lost);
      const done = [...written.put].map(([each, windows]) => [each, { looks: days.get(each) ?? '', windows }] as const);
      await note(ports.lake, (index) => ({ ...index, days: new Map([...index.days, ...done]) }));
      sum.days += done.length;
      sum.rows += written.rows;
      sum.bytes += written.bytes;
      left = now.filter((each) => !written.put.has(each) && !written.lost.some(({ day: of }) => of === each));
    }
  }
  if (daily !== undefined && isWhole)
    await note(ports.lake, (index) => ({ ...index, writtenAt: daily.began, next: daily.next }));
  if (lost.length > 0) throw new Error(lostText(lost));
  return sum;
}

/** A day of which the ledger has fewer windows than its table. */
interface LostDay {
  readonly day: Millis;
  readonly windows: number;
  readonly known: number;
}

function lostText(days: readonly LostDay[]): string {
  const some = days.slice(0, 5).map((each) => `${dayText(each.day)} ${each.windows} of ${each.known}`);
  const more = days.length > 5 ? ', …' : '';
  return (
    `the ledger has lost windows that its table in the lake knows (${some.join(', ')}${more}); ` +
    'insights-lake adopt gives them back, from the table and the files that are there (it says what it would do first)'
  );
}

const byName = (one: Feed, other: Feed): number =>
  one.app.localeCompare(other.app) || one.source.localeCompare(other.source) || one.signal.localeCompare(other.signal);

/** Days that lie next to each other. */
function chunksOf(days: readonly Millis[], feeds: number): Millis[][] {
  const size = Math.min(most.days, Math.max(1, Math.floor(most.windows / (24 * Math.max(1, feeds)))));
  const chunks: Millis[][] = [];
  for (const each of days) {
    const last = chunks.at(-1);
    if (last !== undefined && each < (last[0] ?? 0) + size * day) last.push(each);
    else chunks.push([each]);
  }
  return chunks;
}

async function writeChunk(days: readonly Millis[], feeds: readonly Feed[], work: string, ports: LedgerTablePorts) {
  const { lake, ledger } = ports;
  const tags = new Map<Millis, string | undefined>();
  const { index } = await readIndex(lake);
  // Before the ledger is read.
  for (const each of days) tags.set(each, await lake.head(fileOfDay(each)));
  const swept = ports.lookback === undefined ? undefined : await ledger.swept();
  const sweep = swept === undefined ? undefined : { at: swept, lookback: ports.lookback ?? 0 };
  const files = dayFiles(days, work, ports);
  const range = { start: days[0] ?? 0, end: (days.at(-1) ?? 0) + day };
  for (let at = 0; at < feeds.length; at += together) {
    const some = feeds.slice(at, at + together);
    for (const rows of await allOf(some.map((feed) => rowsOf(feed, range, sweep, ledger)))) await files.add(rows);
  }
  const put = new Map<Millis, number>();
  const lost: LostDay[] = [];
  let [rows, bytes] = [0, 0];
  for (const made of await files.end()) {
    const known = index.days.get(made.day)?.windows ?? 0;
    if (made.rows < known) {
      // Its file is what is left of them.
      lost.push({ day: made.day, windows: made.rows, known });
      continue;
    }
    const isPut = made.content === undefined || (await lake.put(fileOfDay(made.day), made.content, tags.get(made.day)));
    if (isPut === undefined) continue; // written by another meanwhile: the ledger is read again
    put.set(made.day, made.rows);
    rows += made.rows;
    bytes += made.content?.bytes ?? 0;
  }
  return { put, lost, rows, bytes };
}

async function rowsOf(feed: Feed, range: Interval, sweep: Confirmed['sweep'], ledger: Ledger): Promise<LedgerRow[]> {
  const audits: Confirmed['audits'] =
    feed.source === 'query'
      ? new Map(
          (await Array.fromAsync(ledger.audits(feed, range))).flatMap(({ windows }) =>
            windows.map((each) => [windowKey(each), each] as const),
          ),
        )
      : new Map();
  const rows: LedgerRow[] = [];
  for await (const entry of ledger.list(feed, range)) {
    const row = ledgerRow(entry, { audits, sweep });
    if (row !== undefined) rows.push(row);
  }
  return rows;
}

interface DayFile {
  readonly day: Millis;
  readonly file: LedgerFile;
  held: LedgerRow[];
  rows: number;
}

/** The files of several days, filled at once: rows of a day wait until all together are many. */
function dayFiles(days: readonly Millis[], work: string, ports: LedgerTablePorts) {
  const files = new Map(
    days.map((each, n): [Millis, DayFile] => [
      each,
      { day: each, file: ports.file(work, `day-${n}`), held: [], rows: 0 },
    ]),
  );
  let held = 0;
  const flush = async () => {
    for (const each of files.values()) {
      if (each.held.length > 0) await each.file.add(each.held);
      each.rows += each.held.length;
      each.held = [];
    }
    held = 0;
  };
  return {
    add: async (rows: readonly LedgerRow[]) => {
      for (const row of rows) {
        const of = files.get(dayOf(row.window.start));
        of?.held.push(row);
        held += of === undefined ? 0 : 1;
        if (held >= heldRows) await flush();
      }
    },
    end: async () => {
      await flush();
      const made: { day: Millis; rows: number; content?: Exclude<Content, Uint8Array> }[] = [];
      for (const { day: of, file, rows } of files.values())
        made.push({ day: of, rows, ...(rows > 0 && { content: await file.end() }) });
      return made;
    },
  };
}

/** Others write as well: what is told of other days stays. */
async function note(lake: ObjectStore, change: (index: TableIndex) => TableIndex): Promise<void> {
  for (let tries = 0; tries < 5; tries++) {
    const { index, etag } = await readIndex(lake);
    if ((await putIndex(change(index), etag, lake)) !== undefined) return;
  }
}
