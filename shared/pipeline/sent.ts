import type { Feed, Millis, Window } from '../model.ts';
import { feedKey, windowKey } from './keys.ts';
import type { PlanPorts } from './plan.ts';

/**
 * New windows of a feed that a tick sent messages for, and when: the next tick notes it of those that still wait. Most
 * have been claimed by then and need no note. Lost with the process, each of the others gets a second message, which
 * does no harm.
 */
export type SentMemory = Map<string, { readonly at: Millis; readonly windows: readonly string[] }>;

/** Notes that these messages were sent: in the ledger, or for the next tick. */
export async function noteSent(
  feed: Feed,
  windows: readonly Window[],
  { ledger, clock, notes }: Pick<PlanPorts, 'ledger' | 'clock' | 'notes'>,
): Promise<void> {
  if (notes === undefined) return ledger.hinted(feed, windows, clock.now());
  const before = notes.get(feedKey(feed))?.windows ?? [];
  notes.set(feedKey(feed), { at: clock.now(), windows: [...before, ...windows.map(windowKey)] });
}
