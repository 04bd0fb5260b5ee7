import type { Confirmation, LedgerEntry, LedgerRow, Millis } from '../../model.ts';
import { shownState } from '../../status/day-tally.ts';
import { isAtRest } from '../entry.ts';
import { windowKey } from '../keys.ts';

/** What is known of the source beside the entries. */
export interface Confirmed {
  /** What audits have found, by `windowKey` of the window. */
  readonly audits: ReadonlyMap<string, Confirmation>;
  /**
   * When the last sweep began that came to its end, and how long after its time a folder is swept. Undefined: blobs are
   * not swept here.
   */
  readonly sweep: { readonly at: Millis; readonly lookback: Millis } | undefined;
}

/** Undefined for a window that was halved: its halves have rows of their own. Pure. */
export function ledgerRow(entry: LedgerEntry, confirmed: Confirmed): LedgerRow | undefined {
  if (entry.state === 'halved') return undefined;
  const { window, revision, counts, totals, doneAt, fingerprint, files } = entry;
  const first = totals?.delay === undefined ? doneAt : window.end + totals.delay;
  return {
    ...{ window, revision, fingerprint, files },
    state: shownState(entry),
    ...{ read: counts.read, written: counts.written, twice: counts.deduplicated },
    ...{ filtered: counts.filtered ?? 0, quarantined: counts.quarantined },
    ...{ late: totals?.late ?? 0, purged: totals?.purged ?? 0 },
    ...{ firstDone: doneAt === 0 ? 0 : first, lastDone: doneAt, lastConfirmed: lastSeen(entry, confirmed) },
  };
}

/**
 * Sweeps follow each other without a gap, however long an outage: one that came to its end has seen what is at rest
 * since, as long as the window's folder can change.
 */
function lastSeen(entry: LedgerEntry, { audits, sweep }: Confirmed): Millis {
  const { window, revision, doneAt } = entry;
  if (doneAt === 0 || !isAtRest(entry)) return doneAt;
  const audit = audits.get(windowKey(window));
  if (audit?.revision === revision) return Math.max(doneAt, audit.last);
  if (window.source === 'query' || sweep === undefined) return doneAt;
  return Math.max(doneAt, Math.min(sweep.at, window.end + sweep.lookback));
}
