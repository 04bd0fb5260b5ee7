import type { Feed, Interval, LedgerEntry, Millis, Signal, Window } from '../../model.ts';
import { staysAsRead } from '../names/bound.ts';
import { createRefusals, LEFT_OUT } from '../outage/refusals.ts';
import { type LakeView, listTables, type SeenFile, type WrongFile } from './in-tables.ts';
import { isKept, judgeEntry, type LakeEntryPorts, noteTags, runAgain } from './lake-entry.ts';

export interface LakeSlicePorts extends LakeEntryPorts {
  /** From when on the source of a window has its rows: older windows are only named. Undefined: it has them all. */
  readonly keptSince?: (window: Window, origin?: string) => Millis | undefined;
  /** Windows that one audit has run again at most, of a feed; the others are named, and found again the next day. */
  readonly limit: number;
}

/** What a day's audit found in the files of one feed. */
export interface FeedFiles {
  readonly feed: Feed;
  readonly windows: number;
  readonly files: number;
  readonly wrong: readonly WrongFile[];
  /** Windows that run again for it; those whose rows the source no longer has, which stay as they are. */
  readonly repaired: number;
  readonly lost: number;
  /** More than half of the windows, twenty at least: somebody should look before they all run again. */
  readonly held: boolean;
  /** Files with another tag and the same bytes. */
  readonly touched: number;
  /** Bytes read to tell. */
  readonly read: number;
  /** What ended the look at this feed; the others were looked at. '' where nothing did. */
  readonly error: string;
}

const day: Millis = 24 * 3_600_000;
/** Every audit looks at the windows of so many days; those before in turn, a part a day. */
const recent = 31 * day;
const parts = 28;
/** So much is read of files with another tag, in one audit of a feed; the rest the next day. */
const mostRead = 1024 ** 3;
/** So many windows whose files are gone are no accident when they are most of them. */
const aFew = 20;

/**
 * A day's look at the files of every feed: those of the last month, and one of 28 parts of all before, so that every
 * file is looked at every four weeks at least. The store is listed by page, below what the paths of these windows have
 * in common; memory holds the windows of one part of one feed.
 */
export async function auditFiles(repair: boolean, ports: LakeSlicePorts): Promise<readonly FeedFiles[]> {
  const found: FeedFiles[] = [];
  const unread = new Map<Signal, string>();
  const tables = ports.tables && (await listTables(ports.tables, unread));
  const { isEnough } = createRefusals();
  for await (const feed of ports.ledger.feeds()) {
    const looked: Looked[] = [];
    try {
      const ranges = await rangesOf(feed, ports);
      for (const range of ranges) looked.push(await lookAt(feed, range, { seen: tables, unread }, ports));
      if (looked.length > 0) found.push(await actOn(feed, looked, repair, ports));
      isEnough();
    } catch (cause) {
      const isLast = isEnough(cause);
      found.push({ ...summed(feed, looked), error: saidOf(feed, cause) + (isLast ? LEFT_OUT : '') });
      if (isLast) break;
    }
  }
  return found;
}

/** What was seen of one part, and the windows of it that differ. */
interface Looked extends Pick<FeedFiles, 'windows' | 'files' | 'wrong' | 'touched' | 'read'> {
  readonly differing: readonly LedgerEntry[];
}

async function actOn(
  feed: Feed,
  looked: readonly Looked[],
  repair: boolean,
  ports: LakeSlicePorts,
): Promise<FeedFiles> {
  const whole = summed(feed, looked);
  const { windows } = whole;
  const differing = looked.flatMap((part) => part.differing);
  const isLost = (entry: LedgerEntry) =>
    staysAsRead(entry, ports.reads) ||
    entry.window.start < (ports.keptSince?.(entry.window, ports.reads?.(entry)) ?? Number.NEGATIVE_INFINITY);
  const held = differing.length >= aFew && differing.length * 2 > windows;
  const again = repair && !held ? differing.filter((entry) => !isLost(entry)).slice(0, ports.limit) : [];
  let [repaired, error] = [0, ''];
  try {
    for (const entry of again) if (await runAgain(entry, ports)) repaired += 1;
  } catch (cause) {
    error = saidOf(feed, cause); // what was asked for before it runs all the same
  }
  return { ...whole, repaired, lost: differing.filter(isLost).length, held, error };
}

const saidOf = ({ app, signal }: Feed, error: unknown): string =>
  `${app} ${signal}: ${error instanceof Error ? error.message : error}`;

/** What was seen, and nothing done about it yet. */
function summed(feed: Feed, looked: readonly Looked[]): FeedFiles {
  const sum = (of: (part: Looked) => number): number => looked.reduce((all, part) => all + of(part), 0);
  return {
    ...{ feed, windows: sum(({ windows }) => windows), files: sum(({ files }) => files) },
    ...{ wrong: looked.flatMap(({ wrong }) => wrong), repaired: 0, lost: 0, held: false },
    ...{ touched: sum(({ touched }) => touched), read: sum(({ read }) => read), error: '' },
  };
}

async function rangesOf(feed: Feed, { ledger, clock }: LakeSlicePorts): Promise<readonly Interval[]> {
  const now = clock.now();
  const late = { start: now - recent, end: now + day };
  let first: Millis | undefined;
  for await (const { window } of ledger.list(feed)) {
    first = window.start;
    break;
  }
  if (first === undefined) return [];
  if (first >= late.start) return [late];
  const length = (late.start - first) / parts;
  const part = Math.floor(now / day) % parts;
  // Parts move with the days, and overlap a little: nothing lies between two of them for long.
  return [{ start: Math.floor(first + part * length) - day, end: Math.ceil(first + (part + 1) * length) }, late];
}

/** `unread`: tables whose log cannot be read, and why. */
async function lookAt(
  feed: Feed,
  range: Interval,
  { seen, unread }: Pick<LakeView, 'seen'> & { readonly unread: ReadonlyMap<Signal, string> },
  ports: LakeSlicePorts,
): Promise<Looked> {
  const began = ports.clock.now();
  const entries: LedgerEntry[] = [];
  for await (const entry of ports.ledger.list(feed, range))
    if (isKept(entry) && entry.doneAt <= began && entry.files.length > 0) entries.push(entry);
  for (const { signal } of entries.flatMap(({ files }) => files)) {
    const why = signal === 'quarantine' ? undefined : unread.get(signal);
    if (why !== undefined) throw new Error(why);
  }
  const view = { there: await filesOf(entries, ports), seen };
  const wrong: WrongFile[] = [];
  const differing: LedgerEntry[] = [];
  let [touched, read] = [0, 0];
  for (const entry of entries) {
    const judged = await judgeEntry(entry, view, mostRead - read, ports);
    read += judged.read;
    touched += judged.touched.length;
    if (judged.touched.length > 0) await noteTags(entry, judged.touched, ports);
    if (judged.wrong.length === 0 || !(await isAsItWas(entry, ports))) continue;
    wrong.push(...judged.wrong);
    differing.push(entry);
  }
  const files = entries.reduce((sum, entry) => sum + entry.files.length, 0);
  return { windows: entries.length, files, wrong, differing, touched, read };
}

/** Whether no run has been at the window since it was listed, and changed its files. */
async function isAsItWas({ window, revision }: LedgerEntry, { ledger }: LakeSlicePorts): Promise<boolean> {
  return (await ledger.claimed(window))?.revision === revision;
}

/** What is there of the files of these windows: a listing for each first folder of their paths. */
async function filesOf(
  entries: readonly LedgerEntry[],
  { lake }: LakeSlicePorts,
): Promise<ReadonlyMap<string, SeenFile>> {
  const wanted = new Set(entries.flatMap(({ files }) => files.map(({ path }) => path)));
  const there = new Map<string, SeenFile>();
  for (const paths of Map.groupBy(wanted, (path) => path.slice(0, path.indexOf('/') + 1)).values())
    for await (const { name, bytes, etag, archived } of lake.list(commonStart(paths)))
      if (wanted.has(name)) there.set(name, { bytes, etag, archived });
  return there;
}

export function commonStart(paths: readonly string[]): string {
  let start = paths[0] ?? '';
  for (const path of paths) while (!path.startsWith(start)) start = start.slice(0, -1);
  return start;
}
