import type {
  Clock,
  Feed,
  Hints,
  Interval,
  Ledger,
  Millis,
  OriginOf,
  PlannedTags,
  Progress,
  Versioned,
  Window,
} from '../model.ts';
import type { TakeInPorts } from './adopt/take-in.ts';
import { plannedEntry } from './entry.ts';
import { dueWindows, gridLine, type Tiling } from './grid/tile.ts';
import { dueBeside } from './names/due-beside.ts';
import { holdName, isFirstOf, isHeldFor } from './names/hold.ts';
import { fillLeftOut } from './names/left-out.ts';
import { endOfOthers, type Names, type Others } from './names/names.ts';
import { gapFreeEnd, regainProgress } from './progress.ts';
import { type Revived, revive } from './revive.ts';
import { noteSent, type SentMemory } from './sent.ts';
import type { Left, TidyPorts } from './tidy.ts';

export interface PlanPorts extends Pick<TakeInPorts, 'lost'> {
  readonly ledger: Ledger;
  readonly hints: Hints;
  readonly clock: Clock;
  /** How long a hint may lead to nothing before it is sent again. */
  readonly patience: Millis;
  /** New windows, and likewise repeated hints, that one tick makes at most for one feed. */
  readonly limit: number;
  /** When the lake was last resumed: what was hinted before has come to nothing, and its back-off is over. */
  readonly resumedAt?: Millis;
  /**
   * When this process began, or its first tick after some that failed: what was sent for before is sent for once more.
   * Left out: it is not.
   */
  readonly began?: Millis;
  /** Whether windows of that backfill go on; left out: of all. */
  readonly goesOn?: (backfill: string) => boolean;
  /** By whose clock windows have ended; left out: by ours. */
  readonly sourceNow?: () => Millis;
  /** For removing empty files that are old; left out: they stay until something happens to their window. */
  readonly tidy?: Pick<TidyPorts, 'lake' | 'tables' | 'refused'>;
  /** What other names of the feed's app have brought, which is not planned once more; left out: nothing. */
  readonly others?: Names['others'];
  /** Whether the ledger is known to say that the feed reads that; left out: it is. */
  readonly isSaid?: Names['isSaid'];
  /** What new windows are read from, however late; left out: it is not kept. */
  readonly originOf?: OriginOf;
  /** What this process has sent for and not noted in the ledger; left out: it is noted at once. */
  readonly notes?: SentMemory;
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
  /** Old empty files that the lake did not let go, where that was not said within the last day; left out: none. */
  readonly left?: Left;
  /** How long the source keeps its rows; left out: not known. */
  readonly retention?: Millis;
  /** Time that was left out, as another name of the same app has brought its rows; left out: none. */
  readonly had?: Interval & { readonly app: string };
  /** How far the feed is in the ledger, with its tag, as far as this tick knows: a later one can plan from it. */
  readonly stands?: Versioned<Progress>;
}

/** A transaction of the ledger holds that many entries. */
const together = 40;
/** So often a tick looks anew who else plans the app of a feed. */
const mostHolds = 2;

/**
 * One tick for a query feed: sends again what is open and needs it, moves the watermark, and plans every window that
 * has become due since the horizon, however long ago that was. `from`: start of the first window; undefined: the grid
 * line before now. Two planners at once plan nothing twice: the windows and the horizon are written in one transaction,
 * and the loser stops. Where nothing has happened this costs one call to the ledger. At the end the tallies of its days
 * are brought up to date. `idle`: how the feed stood when nothing of it was open: what has become due since is planned
 * without a look, which is the next tick's.
 */
export async function planFeed(
  feed: Feed,
  tiling: Tiling,
  from: Millis | undefined,
  ports: PlanPorts,
  idle?: Versioned<Progress>,
): Promise<FeedPlan> {
  const { ledger, clock, limit, sourceNow = clock.now } = ports;
  const unseen = idle && (await planUnseen(feed, tiling, idle, ports));
  if (unseen !== undefined) return unseen;
  const seen = await revive(feed, ports);
  const known = await regainProgress(feed, seen.progress, ports);
  const refound = known !== undefined && (seen.progress === undefined || seen.progress.value.regaining === true);
  let others = await ports.others?.(feed);
  const line = gridLine(sourceNow(), tiling.size);
  const first = from ?? (known === undefined ? Math.min(line, (await endOfOthers(others, ledger)) ?? line) : line);
  let stands = known ?? { value: { horizon: first, watermark: first }, etag: undefined };
  if (await fillLeftOut(feed, { start: from, end: stands.value.horizon }, tiling.size, others, ports))
    stands = (await ledger.progress(feed)) ?? stands;
  let watermark = await watermarkOf(feed, stands.value, seen.held, ledger, others);
  let [planned, holds, triedAgain] = [0, 0, false];
  let had: FeedPlan['had'];
  for (;;) {
    const most = Math.min(together, limit - planned);
    const { due, over } = await dueBeside(stands.value.horizon, sourceNow(), tiling, most, others, ledger);
    const origin = ports.originOf?.(feed);
    if (due.length > 0 && origin !== undefined && !isHeldFor(stands.value, origin)) {
      const held = holds++ < mostHolds ? await holdName(feed, stands, origin, ports) : undefined;
      if (held === undefined) break;
      ({ stands, others } = held);
      continue;
    }
    if (over !== undefined) {
      had = { ...over, start: had?.start ?? stands.value.horizon };
      // Not over windows that are open before it.
      if (watermark === stands.value.horizon) watermark = over.end;
    }
    const next = { ...stands.value, horizon: over?.end ?? due.at(-1)?.end ?? stands.value.horizon, watermark };
    const { value } = stands;
    // Of a name that nothing is planned for whoever else plans it says where it begins.
    const begins = stands.etag === undefined && value.horizon < (tiling.until ?? Number.POSITIVE_INFINITY);
    const hasMoved = begins || next.horizon > value.horizon || watermark > value.watermark;
    const tags = hasMoved ? await planWindows(feed, due, next, stands.etag, ports) : undefined;
    if (tags === undefined) {
      if (!hasMoved || holds === 0 || triedAgain || !isFirstOf(feed, others)) break;
      triedAgain = true;
      stands = (await ledger.progress(feed)) ?? stands;
      continue;
    }
    planned += due.length;
    stands = { value: next, etag: tags.progress };
    if ((over === undefined && due.length === 0) || planned >= limit) break;
    if (over === undefined && others === undefined && due.length < most) break;
    const after = await ledger.progress(feed);
    if (after === undefined) break;
    stands = after;
  }
  const { value, etag } = stands;
  await ledger.tally(feed);
  const more = {
    ...(etag !== undefined && !value.regaining && { stands: { value, etag } }),
    ...(refound && { refound }),
    ...(had && { had }),
  };
  return { ...factsOf(feed, seen), planned, horizon: value.horizon, watermark, ...more };
}

/** Undefined where that cannot be all: more is due, or the ledger has changed since. */
async function planUnseen(
  feed: Feed,
  tiling: Tiling,
  { value, etag }: Versioned<Progress>,
  ports: PlanPorts,
): Promise<FeedPlan | undefined> {
  const { horizon, watermark } = value;
  const { clock, limit, sourceNow = clock.now } = ports;
  const most = Math.min(together, limit);
  const due = dueWindows(horizon, sourceNow(), tiling, most);
  const end = due.at(-1)?.end;
  if (end === undefined || due.length === most || (await ports.others?.(feed)) !== undefined) return undefined;
  const origin = ports.originOf?.(feed);
  if (origin !== value.origin) return undefined;
  const tags = await planWindows(feed, due, { ...value, horizon: end }, etag, ports);
  return tags && { ...factsOf(feed, nothing), planned: due.length, horizon: end, watermark };
}

/**
 * Undefined when somebody else was first. The messages go out when the windows stand in the ledger, and are noted
 * there afterwards, or remembered.
 */
async function planWindows(
  feed: Feed,
  due: readonly Interval[],
  next: Progress,
  etag: string | undefined,
  ports: PlanPorts,
): Promise<PlannedTags | undefined> {
  const { ledger, hints } = ports;
  const windows = due.map((interval): Window => ({ ...feed, ...interval }));
  const entries = windows.map((window) => plannedEntry(window, 0, ports.originOf?.(window)));
  const tags = await ledger.plan(feed, next, etag, entries);
  if (tags === undefined) return undefined;
  const sent: Window[] = [];
  try {
    for (const window of windows) {
      await hints.send(window, 0);
      sent.push(window);
    }
  } finally {
    if (sent.length > 0) await noteSent(feed, sent, ports);
  }
  return tags;
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

const nothing = { repeated: 0, open: 0, failed: 0, left: { files: 0, why: '' } };
const factsOf = (feed: Feed, { repeated, open, failed, left }: Pick<Revived, keyof typeof nothing>): FeedPlan => ({
  feed,
  planned: 0,
  repeated,
  open,
  failed,
  horizon: 0,
  watermark: 0,
  ...(left.files > 0 && { left }),
});

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
  others: Others | undefined,
): Promise<Millis> {
  const most = Math.min(horizon, held ?? horizon);
  return most > watermark ? gapFreeEnd(feed, watermark, most, ledger, others) : watermark;
}
