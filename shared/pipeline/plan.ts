import type {
  Clock,
  Feed,
  Hints,
  Interval,
  Ledger,
  LedgerEntry,
  Millis,
  Progress,
  Versioned,
  Window,
} from '../model.ts';
import { hintDue, hintedEntry, isOpen, isUnhinted, plannedEntry, wasHeld } from './entry.ts';
import { dueWindows, gridLine, type Tiling } from './grid/tile.ts';
import { gapFreeEnd, progressFound } from './progress.ts';
import { believedEntry } from './running/lease.ts';
import { type TidyPorts, tidyWindow } from './tidy.ts';

export interface PlanPorts {
  readonly ledger: Ledger;
  readonly hints: Hints;
  readonly clock: Clock;
  /** How long a hint may lead to nothing before it is sent again. */
  readonly patience: Millis;
  /** New windows, and likewise repeated hints, that one tick makes at most for one feed. */
  readonly limit: number;
  /** Whether the lake has files of the feed's windows from that time on. Left out: not known. */
  readonly beyond?: (feed: Feed, from: Millis) => Promise<boolean>;
  /** When the lake was last resumed: what was hinted before has come to nothing, and its back-off is over. */
  readonly resumedAt?: Millis;
  /** Whether windows of that backfill go on; left out: of all. */
  readonly goesOn?: (backfill: string) => boolean;
  /** By whose clock windows have ended; left out: by ours. */
  readonly sourceNow?: () => Millis;
  /** For removing empty files that are old; left out: they stay until something happens to their window. */
  readonly tidy?: Pick<TidyPorts, 'lake' | 'tables' | 'refused'>;
}

/** What one tick did for one feed. */
export interface FeedPlan {
  readonly feed: Feed;
  readonly planned: number;
  /** Windows that were enqueued again. */
  readonly repeated: number;
  /** Windows that are not done, as far as this tick looked. */
  readonly open: number;
  readonly failed: number;
  readonly horizon: Millis;
  readonly watermark: Millis;
  /** The ledger had lost how far this feed was planned, and it was found from the entries; left out: it had not. */
  readonly refound?: boolean;
  /** How long the source keeps its rows; left out: not known. */
  readonly retention?: Millis;
}

/** A transaction of the ledger holds that many entries. */
const together = 40;

/**
 * One tick for a query feed: sends again what is open and needs it, moves the watermark, and plans every window that
 * has become due since the horizon, however long ago that was. `from`: start of the first window; undefined: the grid
 * line before now. Two planners at once plan nothing twice: the windows and the horizon are written in one transaction,
 * and the loser stops. Where nothing has happened this costs one call to the ledger. At the end the tallies of its days
 * are brought up to date.
 */
export async function planFeed(
  feed: Feed,
  tiling: Tiling,
  from: Millis | undefined,
  ports: PlanPorts,
): Promise<FeedPlan> {
  const { ledger, clock, limit, sourceNow = clock.now } = ports;
  const seen = await revive(feed, ports);
  const [known, refound] = await progressOf(feed, seen.progress, ports);
  const first = from ?? gridLine(sourceNow(), tiling.size);
  let stands = known ?? { value: { horizon: first, watermark: first }, etag: undefined };
  const watermark = await watermarkOf(feed, stands.value, seen.held, ledger);
  let planned = 0;
  for (;;) {
    const most = Math.min(together, limit - planned);
    const due = dueWindows(stands.value.horizon, sourceNow(), tiling, most);
    const next = { horizon: due.at(-1)?.end ?? stands.value.horizon, watermark };
    const isNew = stands.etag === undefined || due.length > 0 || watermark > stands.value.watermark;
    if (!isNew || !(await planWindows(feed, due, next, stands.etag, ports))) break;
    planned += due.length;
    stands = { ...stands, value: next };
    if (due.length < most || planned >= limit) break;
    const after = await ledger.progress(feed);
    if (after === undefined) break;
    stands = after;
  }
  const { horizon } = stands.value;
  await ledger.tally(feed);
  return { ...factsOf(feed, seen), planned, horizon, watermark, ...(refound && { refound }) };
}

/**
 * The progress of a feed, found from its entries where it is lost. Where the lake has windows that come after the last
 * entry more is lost than that: planned anew, in another length maybe, their rows would come twice.
 */
async function progressOf(
  feed: Feed,
  seen: Versioned<Progress> | undefined,
  { ledger, beyond }: PlanPorts,
): Promise<readonly [Versioned<Progress> | undefined, boolean]> {
  if (seen !== undefined) return [seen, false];
  const found = await progressFound(feed, ledger);
  if (found === undefined) return [undefined, false];
  if (await beyond?.(feed, found.horizon))
    throw new Error(
      `the ledger has lost how far it was planned, and windows from ${new Date(found.horizon).toISOString()} on ` +
        'of which the lake has files; run insights-lake adopt, which finds them again (it says what it would do first)',
    );
  await ledger.plan(feed, found, undefined, []);
  return [await ledger.progress(feed), true];
}

/**
 * False when somebody else was first. The messages go out when the windows stand in the ledger, and are noted there
 * afterwards.
 */
async function planWindows(
  feed: Feed,
  due: readonly Interval[],
  next: Progress,
  etag: string | undefined,
  { ledger, hints, clock }: PlanPorts,
): Promise<boolean> {
  const windows = due.map((interval): Window => ({ ...feed, ...interval }));
  const entries = windows.map((window) => plannedEntry(window));
  if ((await ledger.plan(feed, next, etag, entries)) === undefined) return false;
  const sent: Window[] = [];
  try {
    for (const window of windows) {
      await hints.send(window, 0);
      sent.push(window);
    }
  } finally {
    if (sent.length > 0) await ledger.hinted(feed, sent, clock.now());
  }
  return true;
}

/**
 * Enqueues again what is not done and whose lease, back-off or patience has run out: lost messages, crashed and failed
 * runs. Windows that no message was sent for (an archive, mostly) follow as there is room: `limit` messages of a feed
 * are on their way at most.
 */
export async function reviveFeed(feed: Feed, ports: PlanPorts): Promise<FeedPlan> {
  const seen = await revive(feed, ports);
  await ports.ledger.tally(feed);
  return factsOf(feed, seen);
}

interface Revived {
  readonly repeated: number;
  readonly open: number;
  readonly failed: number;
  /** Start of the first window that was never done. */
  readonly held: Millis | undefined;
  readonly progress: Versioned<Progress> | undefined;
}

const factsOf = (feed: Feed, { repeated, open, failed }: Revived): FeedPlan => ({
  feed,
  planned: 0,
  repeated,
  open,
  failed,
  horizon: 0,
  watermark: 0,
});

async function revive(feed: Feed, ports: PlanPorts): Promise<Revived> {
  const { ledger, clock, limit } = ports;
  let [open, failed, repeated, underWay, revivedBackfills, tidied] = [0, 0, 0, 0, 0, 0];
  const never: Millis[] = [];
  const waiting: Window[] = [];
  const all = ledger.open(feed);
  let step = await all.next();
  for (; !step.done; step = await all.next()) {
    const entry = step.value;
    if (!isOpen(entry)) {
      if (ports.tidy && tidied < limit && (await tidyWindow(entry, { ...ports, ...ports.tidy }))) tidied += 1;
      continue;
    }
    open += 1;
    if (entry.doneAt === 0) never.push(entry.window.start);
    if (entry.state === 'failed') failed += 1;
    if (entry.backfill !== undefined) {
      if (isDue(entry, ports) && revivedBackfills < limit && (await hintOnce(entry.window, ports)))
        revivedBackfills += 1;
    } else if (isUnhinted(entry, clock.now())) {
      if (waiting.length < limit) waiting.push(entry.window);
    } else if (!isDue(entry, ports))
      underWay += entry.state === 'failed' ? 0 : 1; // what keeps failing blocks no archive
    else if (repeated < limit && (await hintOnce(entry.window, ports))) repeated += 1;
  }
  const room = Math.max(0, limit - underWay - repeated);
  for (const window of waiting.slice(0, room)) if (await hintOnce(window, ports)) repeated += 1;
  // What lies before the watermark (a backfill) does not hold it back.
  const watermark = step.value?.value.watermark ?? 0;
  const held = never.filter((start) => start >= watermark).reduce<Millis | undefined>(earlier, undefined);
  return { open, failed, repeated: repeated + revivedBackfills, held, progress: step.value };
}

const earlier = (one: Millis | undefined, other: Millis): Millis => Math.min(one ?? other, other);
const isDue = (entry: LedgerEntry, { clock, patience, resumedAt = 0, goesOn = () => true }: PlanPorts): boolean =>
  (entry.backfill === undefined || goesOn(entry.backfill)) &&
  (hintDue(believedEntry(entry, clock), clock.now(), patience) || wasHeld(entry, clock.now(), resumedAt));

/**
 * False when the window has gone on meanwhile. The message goes first: one that was not sent is not noted. But what
 * waits for the end of a back-off that the lake is to blame for must be free before it.
 */
async function hintOnce(window: Window, ports: PlanPorts): Promise<boolean> {
  const { ledger, hints, clock } = ports;
  const seen = await ledger.read(window);
  if (seen === undefined || !isOpen(seen.value) || !isDue(seen.value, ports)) return false;
  let { value: entry, etag } = seen;
  if (entry.state === 'failed' && entry.notBefore > clock.now()) {
    entry = { ...entry, notBefore: 0 };
    const freed = await ledger.write(entry, etag);
    if (freed === undefined) return false;
    etag = freed;
  }
  await hints.send(window, 0, entry.backfill !== undefined);
  await ledger.write(hintedEntry(entry, clock.now()), etag);
  return true;
}

/** While the lake is paused: how far the feed is, and nothing else. */
export async function heldFeed(feed: Feed, ledger: Ledger): Promise<FeedPlan> {
  const { horizon, watermark } = (await ledger.progress(feed))?.value ?? { horizon: 0, watermark: 0 };
  return { feed, planned: 0, repeated: 0, open: 0, failed: 0, horizon, watermark };
}

/**
 * The watermark follows the gap-free run of done windows; it never goes back. Nothing is listed as long as it cannot
 * have moved.
 */
async function watermarkOf(
  feed: Feed,
  { horizon, watermark }: Progress,
  held: Millis | undefined,
  ledger: Ledger,
): Promise<Millis> {
  const most = Math.min(horizon, held ?? horizon);
  return most > watermark ? gapFreeEnd(feed, watermark, most, ledger) : watermark;
}
