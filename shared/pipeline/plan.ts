import type { Clock, Feed, Hints, Ledger, Millis, Progress, Versioned, Window } from '../model.ts';
import { hintDue, isOpen, isUnhinted, plannedEntry } from './entry.ts';
import { dueWindows, gridLine, type Tiling } from './tile.ts';

export interface PlanPorts {
  readonly ledger: Ledger;
  readonly hints: Hints;
  readonly clock: Clock;
  /** How long a hint may lead to nothing before it is sent again. */
  readonly patience: Millis;
  /** New windows, and likewise repeated hints, that one tick makes at most for one feed. */
  readonly limit: number;
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
}

/** A transaction of the ledger holds that many entries. */
const together = 40;

/**
 * One tick for a query feed: plans every window that has become due since the horizon, however long ago that was, and moves the
 * watermark. `from`: start of the first window; undefined: the grid line before now. Two planners at once plan nothing twice: the
 * windows and the horizon are written in one transaction, and the loser stops.
 */
export async function planFeed(
  feed: Feed,
  tiling: Tiling,
  from: Millis | undefined,
  ports: PlanPorts,
): Promise<FeedPlan> {
  const { ledger, clock, hints, limit } = ports;
  const first = from ?? gridLine(clock.now(), tiling.size);
  let planned = 0;
  for (;;) {
    const known = await ledger.progress(feed);
    const progress = known?.value ?? { horizon: first, watermark: first };
    const due = dueWindows(progress.horizon, clock.now(), tiling, Math.min(together, limit - planned));
    if (due.length === 0 && known !== undefined) break;
    const windows = due.map((interval): Window => ({ ...feed, ...interval }));
    const entries = windows.map((window) => plannedEntry(window, clock.now()));
    const next = { ...progress, horizon: due.at(-1)?.end ?? progress.horizon };
    if (!(await ledger.plan(feed, next, known?.etag, entries))) break;
    for (const window of windows) await hints.send(window, 0);
    planned += windows.length;
    if (due.length === 0) break;
  }
  return { ...(await reviveFeed(feed, ports)), ...(await moveWatermark(feed, ledger)), planned };
}

/**
 * Enqueues again what is not done and whose lease, back-off or patience has run out: lost messages, crashed and failed runs. Windows
 * of an archive, which no message was sent for, follow as there is room: `limit` messages of a feed are on their way at most.
 */
export async function reviveFeed(feed: Feed, ports: PlanPorts): Promise<FeedPlan> {
  const { ledger, clock, patience, limit } = ports;
  let [open, failed, repeated, underWay] = [0, 0, 0, 0];
  const waiting: Window[] = [];
  for await (const entry of ledger.open(feed)) {
    open += 1;
    if (entry.state === 'failed') failed += 1;
    const now = clock.now();
    if (isUnhinted(entry, now)) {
      if (waiting.length < limit) waiting.push(entry.window);
    } else if (!hintDue(entry, now, patience))
      underWay += entry.state === 'failed' ? 0 : 1; // what keeps failing blocks no archive
    else if (repeated < limit && (await hintOnce(entry.window, ports))) repeated += 1;
  }
  const room = Math.max(0, limit - underWay - repeated);
  for (const window of waiting.slice(0, room)) if (await hintOnce(window, ports)) repeated += 1;
  return { feed, planned: 0, repeated, open, failed, horizon: 0, watermark: 0 };
}

/** False when somebody else has sent it, or the window has gone on meanwhile. */
async function hintOnce(window: Window, { ledger, hints, clock, patience }: PlanPorts): Promise<boolean> {
  const [seen, now] = [await ledger.read(window), clock.now()];
  if (seen === undefined || !isOpen(seen.value) || !hintDue(seen.value, now, patience)) return false;
  if ((await ledger.write({ ...seen.value, hintedAt: now }, seen.etag)) === undefined) return false;
  await hints.send(window, 0);
  return true;
}

/** The watermark follows the gap-free run of done windows; it never goes back. Where one was halved it follows the halves. */
async function moveWatermark(feed: Feed, ledger: Ledger): Promise<Progress> {
  const known = await ledger.progress(feed);
  if (known === undefined) return { horizon: 0, watermark: 0 };
  const watermark = await gapFreeEnd(feed, known, ledger);
  if (watermark > known.value.watermark) await ledger.plan(feed, { ...known.value, watermark }, known.etag, []);
  return { ...known.value, watermark };
}

async function gapFreeEnd(feed: Feed, known: Versioned<Progress>, ledger: Ledger): Promise<Millis> {
  let end = known.value.watermark;
  for await (const entry of ledger.list(feed, { start: end })) {
    if (entry.state === 'halved') continue;
    if (entry.window.start !== end || entry.doneAt === 0) break;
    end = entry.window.end;
  }
  return end;
}
