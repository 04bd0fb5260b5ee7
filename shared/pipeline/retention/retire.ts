import type {
  Clock,
  Feed,
  FileRecord,
  Interval,
  LakeTables,
  Ledger,
  LedgerEntry,
  Millis,
  ObjectStore,
  RetentionRules,
  Signal,
} from '../../model.ts';
import { allOf } from '../../pure/all-of.ts';
import { readLakeWord } from '../lake/lake-word.ts';
import { createRefusals, LEFT_OUT } from '../outage/refusals.ts';
import { removeOldFiles } from '../tidy.ts';
import { isOverdue, keptFrom, retiredBefore } from './due.ts';
import { retiredEntry } from './retired-entry.ts';
import { readRetired, writeRetired } from './retired-word.ts';

export interface RetirePorts {
  readonly ledger: Ledger;
  readonly lake: ObjectStore;
  readonly tables?: LakeTables;
  readonly clock: Clock;
  readonly rules: RetentionRules;
}

/** `app` '' and no signals: all. */
export interface RetireRequest {
  readonly app: string;
  readonly signals: readonly Signal[];
  /** False: only say what it would be. */
  readonly remove: boolean;
  /** Look at all windows, also at those before which all was seen to be gone. */
  readonly all: boolean;
  /** No new window is begun after that time; left out: it takes as long as it takes. */
  readonly until?: Millis;
}

/** What is older than the rule of one feed; what has gone, or would go. */
export interface FeedRetired extends Interval {
  readonly feed: Feed;
  /** Rows from this time on are kept. */
  readonly keptFrom: Millis;
  /** Windows that are retired now (or would be), their rows, files and bytes. */
  readonly windows: number;
  readonly rows: number;
  readonly files: number;
  readonly bytes: number;
  /** Files that have gone; those that have to wait (their window ran less than a day ago, readers of a table). */
  readonly removed: number;
  readonly waiting: number;
  /** Files that the lake did not let go, and why; windows whose files another engine has merged with others. */
  readonly stuck: number;
  readonly foreign: number;
  readonly why: string;
  /** Time was up before all was done. */
  readonly unfinished: boolean;
  /** What ended the look at this feed; the others were looked at. '' where nothing did. */
  readonly error: string;
}

/** Windows that are retired together: one entry of a table's log, and so many calls side by side. */
const together = 100;
const lanes = 8;
const day: Millis = 24 * 3_600_000;

/**
 * Takes out of the lake what is older than its rules. The ledger first: a window that is `retired` is never run again,
 * whoever asks. Then readers see its files no longer (of tables: one entry of the log for many windows), then the files
 * go that the ledger knows, and last the ledger forgets them. Killed anywhere in between, the next call goes on.
 */
export async function retireWindows(request: RetireRequest, ports: RetirePorts): Promise<readonly FeedRetired[]> {
  const found: FeedRetired[] = [];
  const { isEnough } = createRefusals();
  const id = (await readLakeWord(ports.lake))?.value.id ?? '';
  for await (const feed of ports.ledger.feeds()) {
    const isWanted =
      (request.app === '' || feed.app === request.app) &&
      (request.signals.length === 0 || request.signals.includes(feed.signal));
    const from = keptFrom(feed.signal, ports.rules, ports.clock.now());
    if (!isWanted || from === undefined) continue;
    const counts = nothingYet(feed, from);
    found.push(counts);
    try {
      await retireFeed(counts, id, request, ports);
      isEnough();
    } catch (error) {
      counts.error = `${feed.app} ${feed.signal}: ${error instanceof Error ? error.message : error}`;
      if (!isEnough(error)) continue;
      counts.error += LEFT_OUT;
      break;
    }
  }
  return found.filter(
    ({ windows, removed, waiting, stuck, foreign, error }) =>
      windows + removed + waiting + stuck + foreign > 0 || error !== '',
  );
}

type Counts = { -readonly [K in keyof FeedRetired]: FeedRetired[K] };

const nothingYet = (feed: Feed, keptFrom: Millis): Counts => ({
  ...{ feed, keptFrom, start: retiredBefore(feed, keptFrom), end: 0, windows: 0, rows: 0, files: 0, bytes: 0 },
  ...{ removed: 0, waiting: 0, stuck: 0, foreign: 0, why: '', unfinished: false, error: '' },
});

/** `id`: of the lake. What is known to be gone is not looked at, unless the ledger was adopted since. */
async function retireFeed(counts: Counts, id: string, request: RetireRequest, ports: RetirePorts): Promise<void> {
  const { ledger, lake, clock } = ports;
  const { feed, keptFrom: from, start: before } = counts;
  const known = await readRetired(lake, feed);
  const gone = request.all || known?.value.lake !== id ? 0 : Math.min(known.value.through, before);
  let through: Millis | undefined;
  let some: LedgerEntry[] = [];
  const act = async (): Promise<void> => {
    const left = request.remove ? await retireTogether(some, before, counts, ports) : [];
    for (const { window } of left) through = Math.min(through ?? window.start, window.start);
    some = [];
  };
  for await (const entry of ledger.list(feed, { start: gone, end: before })) {
    if (!isTodo(entry, before, clock.now())) {
      // What is on its way is looked at the next time.
      if (!['halved', 'retired'].includes(entry.state)) through ??= entry.window.start;
      continue;
    }
    if (!request.remove || entry.state === 'retired') count(counts, entry);
    some.push(entry);
    if (some.length < together) continue;
    await act();
    if (request.until !== undefined && clock.now() >= request.until) {
      [counts.unfinished, through] = [true, Math.min(through ?? entry.window.end, entry.window.end)];
      break;
    }
  }
  await act();
  if (request.remove) await writeRetired(lake, feed, { keptFrom: from, through: through ?? before, lake: id }, known);
}

/** To be retired; or it is, and has files yet. */
const isTodo = (entry: LedgerEntry, before: Millis, now: Millis): boolean =>
  isOverdue(entry, before, now) || (entry.state === 'retired' && entry.files.length > 0);

function count(counts: Counts, { state, window, counts: { written }, files }: LedgerEntry): void {
  counts.start = Math.min(counts.start, window.start);
  counts.end = Math.max(counts.end, window.end);
  if (state === 'retired') return;
  const full = files.filter(({ rows }) => rows > 0);
  counts.windows += 1;
  counts.rows += written;
  counts.files += full.length;
  counts.bytes += full.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Returns the windows that have files yet, or that are not retired after all. */
async function retireTogether(
  some: readonly LedgerEntry[],
  before: Millis,
  counts: Counts,
  ports: RetirePorts,
): Promise<readonly LedgerEntry[]> {
  const foreign = await foreignIn(some, ports);
  counts.foreign += foreign.size;
  const own = some.filter((entry) => !foreign.has(entry));
  const retired = await inLanes(own, (entry) => retireOne(entry, before, counts, ports));
  const hidden = await hide(
    retired.flatMap((entry) => entry ?? []),
    ports,
  );
  const left = await inLanes(hidden, async (entry) => {
    const seen = await ports.ledger.read(entry.window);
    if (seen?.value.state !== 'retired') return undefined;
    const { entry: after, gone, stuck, why } = await removeOldFiles(seen, ports);
    counts.removed += gone;
    counts.stuck += stuck;
    counts.waiting += after.files.length - stuck;
    counts.why ||= why;
    return after.files.length > 0 ? after : undefined;
  });
  const missed = own.filter((_, n) => retired[n] === undefined);
  return [...foreign, ...missed, ...left.flatMap((entry) => entry ?? [])];
}

/** The entry as it stands retired, and counted if that is new; undefined where it has gone on meanwhile. */
async function retireOne(
  { window }: LedgerEntry,
  before: Millis,
  counts: Counts,
  { ledger, tables, clock }: RetirePorts,
): Promise<LedgerEntry | undefined> {
  const seen = await ledger.read(window);
  if (seen === undefined) return undefined;
  if (seen.value.state === 'retired') return seen.value;
  if (!isOverdue(seen.value, before, clock.now())) return undefined;
  // A ledger that was lost must not fall behind what the tables have seen.
  const inTables = (await tables?.seen(window, signalsOf(seen.value.files))) ?? 0;
  const entry = retiredEntry(seen.value, clock.now(), Math.max(seen.value.revision, inTables) + 1);
  if ((await ledger.write(entry, seen.etag)) === undefined) return undefined;
  count(counts, seen.value);
  return entry;
}

const signalsOf = (files: readonly FileRecord[]): Signal[] =>
  files.flatMap(({ signal }) => (signal === 'quarantine' ? [] : [signal]));

/**
 * Windows of tables whose rows lie, at least in part, in files that another engine made of ours: to be deleted there by
 * their partition, not by us.
 */
async function foreignIn(some: readonly LedgerEntry[], { tables }: RetirePorts): Promise<ReadonlySet<LedgerEntry>> {
  const found = new Set<LedgerEntry>();
  if (tables === undefined) return found;
  for (const entry of some)
    for (const file of entry.files)
      if (entry.state !== 'retired' && file.rows > 0 && file.signal !== 'quarantine' && !(await tables.isLive(file)))
        found.add(entry);
  return found;
}

/** Readers of tables see the files no longer; the ledger then knows them as what is to be removed in a week. */
async function hide(
  retired: readonly LedgerEntry[],
  { ledger, tables, clock }: RetirePorts,
): Promise<readonly LedgerEntry[]> {
  if (tables === undefined || retired.length === 0) return retired;
  const fresh = ({ startedAt }: LedgerEntry) => startedAt + day > clock.now();
  await tables.retire(retired.map((entry) => ({ ...entry, fresh: fresh(entry) })));
  return inLanes(retired, async (entry) => {
    const hasRows = ({ signal, rows }: FileRecord) => signal !== 'quarantine' && rows > 0;
    if (!entry.files.some(hasRows)) return entry;
    const files = entry.files.map((file) => (hasRows(file) ? { ...file, rows: 0, bytes: 0 } : file));
    const seen = await ledger.read(entry.window);
    if (seen?.value.state === 'retired') await ledger.write({ ...seen.value, files }, seen.etag);
    return { ...entry, files };
  });
}

async function inLanes<T, R>(all: readonly T[], act: (one: T) => Promise<R>): Promise<R[]> {
  const done: R[] = [];
  for (let at = 0; at < all.length; at += lanes) done.push(...(await allOf(all.slice(at, at + lanes).map(act))));
  return done;
}
