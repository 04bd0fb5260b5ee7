import type { BackfillChoice, Clock, LedgerEntry, Millis } from '../../model.ts';
import { askedAgain, isAtRest } from '../entry.ts';
import { gridLine } from '../grid/tile.ts';
import { requeuedFingerprint } from '../verdict.ts';

/**
 * What a backfill has to do with a window that the ledger has: `ours` was taken by it before, in a turn that did not
 * come to its end.
 */
export function backfillChoice(
  { state, again, backfill }: LedgerEntry,
  id: string,
  choice: BackfillChoice,
): 'run' | 'ours' | 'leave' {
  if (backfill === id) return state === 'due' || again ? 'ours' : 'leave';
  if (again || state === 'due' || state === 'running') return 'leave';
  if (state === 'halved' || state === 'retired') return 'leave';
  return state === 'failed' || choice === 'all' ? 'run' : 'leave';
}

/** A turn of a backfill runs it next: so its message is out, as it were. */
export const backfilledEntry = (entry: LedgerEntry, id: string, now: Millis): LedgerEntry => ({
  ...(isAtRest(entry) ? askedAgain(entry, 0) : { ...entry, notBefore: 0 }),
  fingerprint: requeuedFingerprint(entry.fingerprint),
  hintedAt: now,
  backfill: id,
});

/** Where the live windows of a feed begin that was never planned. */
export const firstLive = (
  { window, from }: { readonly window: Millis; readonly from: Millis | undefined },
  clock: Pick<Clock, 'now'>,
): Millis => from ?? gridLine(clock.now(), window);
