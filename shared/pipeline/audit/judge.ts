import type { Confirmation, LedgerEntry, Millis } from '../../model.ts';
import { rowsOf, sameRows } from '../same-rows.ts';

/** What the source has of a window now, beside what was read of it: the same rows, fewer, or others. */
export type WindowVerdict = 'same' | 'fewer' | 'other';

/**
 * `confirmed`: what an audit saw when the window was last as the ledger says. It may know more than the run did (an
 * ingestion time), and counts unless the window has run since.
 */
export function judge(entry: LedgerEntry, confirmed: Confirmation | undefined, seen: string): WindowVerdict {
  if (entry.state === 'unavailable' && (rowsOf(seen) ?? 0) === 0) return 'same';
  const counts = confirmed?.revision === entry.revision;
  if (sameRows(entry.fingerprint, seen) && (!counts || sameRows(confirmed.fingerprint, seen))) return 'same';
  return (rowsOf(seen) ?? 0) < (rowsOf(entry.fingerprint) ?? 0) ? 'fewer' : 'other';
}

export interface Judged {
  readonly entry: LedgerEntry;
  readonly fingerprint: string;
  readonly verdict: WindowVerdict;
}

/** Younger rows do not go by themselves: tables keep theirs for four days at least. */
const kept: Millis = 4 * 24 * 3_600_000;

/**
 * Windows whose rows are all gone, and with them those of all time before: that is no purge, the source does not keep
 * them so long (or was emptied; then the operator decides). The lake must not follow. Nor where the first window that
 * still has rows has lost some.
 */
export function vanished(judged: readonly Judged[], now: Millis): ReadonlySet<LedgerEntry> {
  const gone = new Set<LedgerEntry>();
  for (const { entry, fingerprint, verdict } of judged.toSorted(
    (a, b) => a.entry.window.start - b.entry.window.start,
  )) {
    if (entry.window.end > now - kept) break;
    const rows = rowsOf(fingerprint) ?? 0;
    if (verdict === 'fewer' && (rows === 0 || gone.size > 0)) gone.add(entry);
    if (rows > 0) break;
  }
  return gone;
}
