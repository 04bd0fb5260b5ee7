import type { Feed, Ledger, Millis, Progress, Versioned } from '../model.ts';
import { always, type TakeInPorts, takeIn } from './adopt/take-in.ts';

/**
 * The end of the gap-free run of done windows from `start` on, at most `end`. Where one was halved it follows the
 * halves. A window that is asked for again counts as done: it was.
 */
export async function gapFreeEnd(feed: Feed, start: Millis, end: Millis, ledger: Ledger): Promise<Millis> {
  let reached = start;
  for await (const entry of ledger.list(feed, { start, end })) {
    if (entry.state === 'halved') continue;
    if (entry.window.start !== reached || entry.doneAt === 0) break;
    reached = entry.window.end;
  }
  return reached;
}

/**
 * Progress of a feed whose own row is gone (a ledger restored in part), as its entries tell it: the horizon is the end
 * of the last one, and the watermark begins anew at the first. Undefined when the feed has no entries: then it is new.
 */
async function progressFound(feed: Feed, ledger: Ledger): Promise<Progress | undefined> {
  let [first, horizon]: [Millis | undefined, Millis] = [undefined, 0];
  for await (const { window } of ledger.list(feed)) {
    first ??= window.start;
    horizon = Math.max(horizon, window.end);
  }
  return first === undefined ? undefined : { horizon, watermark: first };
}

/**
 * The progress of a feed that has lost it, found again from its entries, and from the lake, whose windows enter the
 * ledger first: planned anew, in another length maybe, their rows would come twice. Undefined where the feed is new.
 */
export async function regainProgress(feed: Feed, ports: TakeInPorts): Promise<Versioned<Progress> | undefined> {
  const { ledger } = ports;
  if (!(await takeIn(feed, always, undefined, ports))) {
    const found = await progressFound(feed, ledger);
    if (found === undefined) return undefined;
    await ledger.plan(feed, found, undefined, []);
  }
  return ledger.progress(feed);
}
