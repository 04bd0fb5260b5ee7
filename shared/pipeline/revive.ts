import type { Feed, LedgerEntry, Millis, Progress, Versioned, Window } from '../model.ts';
import { hintDue, hintedEntry, isFromBefore, isOpen, isUnhinted, wasHeld } from './entry.ts';
import { feedKey, windowKey } from './keys.ts';
import type { PlanPorts } from './plan.ts';
import { believedEntry } from './running/lease.ts';
import { type Left, tidyWindow } from './tidy.ts';

/** What is open of a feed, and what was sent for. */
export interface Revived {
  readonly repeated: number;
  readonly open: number;
  readonly failed: number;
  /** Start of the first window that was never done. */
  readonly held: Millis | undefined;
  readonly progress: Versioned<Progress> | undefined;
  /** Old empty files that the lake did not let go. */
  readonly left: Left;
}

/** Looks at what is open of a feed, and sends again for what needs it. */
export async function revive(feed: Feed, ports: PlanPorts): Promise<Revived> {
  const { ledger, clock, limit } = ports;
  let [open, failed, repeated, underWay, revivedBackfills, tidied] = [0, 0, 0, 0, 0, 0];
  const left = { files: 0, why: '' };
  const never: Millis[] = [];
  const waiting: Window[] = [];
  const noting: Window[] = [];
  const sent = ports.notes?.get(feedKey(feed));
  const all = ledger.open(feed);
  let step = await all.next();
  for (; !step.done; step = await all.next()) {
    const isSent = sent !== undefined && isNew(step.value) && sent.windows.includes(windowKey(step.value.window));
    const entry = isSent ? { ...step.value, hintedAt: sent.at } : step.value;
    if (isSent) noting.push(entry.window);
    if (!isOpen(entry)) {
      const stuck = ports.tidy && tidied < limit ? await tidyWindow(entry, { ...ports, ...ports.tidy }) : undefined;
      if (stuck === undefined) continue;
      tidied += 1;
      left.files += stuck.files;
      left.why ||= stuck.why;
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
  if (sent !== undefined && noting.length > 0) await ledger.hinted(feed, noting, sent.at);
  ports.notes?.delete(feedKey(feed));
  const room = Math.max(0, limit - underWay - repeated);
  for (const window of waiting.slice(0, room)) if (await hintOnce(window, ports)) repeated += 1;
  // What lies before the watermark (a backfill) does not hold it back.
  const watermark = step.value?.value.watermark ?? 0;
  const held = never.filter((start) => start >= watermark).reduce<Millis | undefined>(earlier, undefined);
  return { open, failed, repeated: repeated + revivedBackfills, held, progress: step.value, left };
}

/** Nobody has claimed it yet, and no message is noted. */
const isNew = ({ state, revision, hintedAt }: LedgerEntry): boolean =>
  state === 'due' && revision === 0 && hintedAt === 0;
const earlier = (one: Millis | undefined, other: Millis): Millis => Math.min(one ?? other, other);
function isDue(entry: LedgerEntry, ports: PlanPorts): boolean {
  const { clock, patience, resumedAt = 0, began = 0, goesOn = () => true } = ports;
  const now = clock.now();
  return (
    (entry.backfill === undefined || goesOn(entry.backfill)) &&
    (hintDue(believedEntry(entry, clock), now, patience) ||
      wasHeld(entry, now, resumedAt) ||
      isFromBefore(entry, now, began))
  );
}

/**
 * False when the window has gone on meanwhile. The message goes first: one that was not sent is not noted. But what
 * waits for the end of a back-off that the lake is to blame for, or a clock that is ahead, must be free before it.
 */
async function hintOnce(window: Window, ports: PlanPorts): Promise<boolean> {
  const { ledger, hints, clock } = ports;
  const seen = await ledger.read(window);
  if (seen === undefined || !isOpen(seen.value) || !isDue(seen.value, ports)) return false;
  let { value: entry, etag } = seen;
  if (entry.notBefore > clock.now()) {
    entry = { ...entry, notBefore: 0 };
    const freed = await ledger.write(entry, etag);
    if (freed === undefined) return false;
    etag = freed;
  }
  await hints.send(window, 0, entry.backfill !== undefined);
  await ledger.write(hintedEntry(entry, clock.now()), etag);
  return true;
}
