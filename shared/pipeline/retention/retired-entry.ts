import type { LedgerEntry, Millis } from '../../model.ts';

/**
 * Older than the lake keeps its rows: never runs again, whoever asks. The revision is a new one: an attempt
 * that stalled finds itself overtaken. `startedAt` stays that of the last claim: no file may go while that attempt
 * could put it once more. `counts` and `totals` stay, for whoever asks what there was.
 */
export const retiredEntry = ({ backfill: _, ...entry }: LedgerEntry, now: Millis, revision: number): LedgerEntry => ({
  ...entry,
  state: 'retired',
  revision,
  leaseUntil: 0,
  notBefore: 0,
  again: false,
  doneAt: now,
  error: '',
});
