import type { Feed, Ledger, Millis, Progress, Versioned } from '../model.ts';
import { always, type TakeInPorts, takeIn } from './adopt/take-in.ts';
import { coveredEnd, type Others } from './names/names.ts';

/**
 * The end of the gap-free run of done windows from `start` on, at most `end`. Where one was halved it follows the
 * halves; what other names have brought is no gap. A window that is asked for again counts as done: it was.
 */
export async function gapFreeEnd(
  feed: Feed,
  start: Millis,
  end: Millis,
  ledger: Ledger,
  others?: Others,
): Promise<Millis> {
  let reached = start;
  for await (const { state, window, doneAt } of ledger.list(feed, { start, end })) {
    if (state === 'halved') continue;
    if (window.start > reached) reached = await coveredEnd(others, { start: reached, end: window.start }, ledger);
    if (window.start !== reached || doneAt === 0) return reached;
    reached = window.end;
  }
  return reached < end ? coveredEnd(others, { start: reached, end }, ledger) : reached;
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
 * The progress of a feed, `known` or, where the ledger has lost it, found again from its entries, and from the lake,
 * whose windows enter the ledger first: planned anew, in another length maybe, their rows would come twice. Undefined
 * where the feed is new.
 */
export async function regainProgress(
  feed: Feed,
  known: Versioned<Progress> | undefined,
  ports: TakeInPorts,
): Promise<Versioned<Progress> | undefined> {
  const { ledger } = ports;
  if (known !== undefined && known.value.regaining !== true) return known;
  if (!(await takeIn(feed, always, known, ports)) && known === undefined) {
    const found = await progressFound(feed, ledger);
    if (found === undefined) return undefined;
    await ledger.plan(feed, found, undefined, []);
  }
  return ledger.progress(feed);
}
