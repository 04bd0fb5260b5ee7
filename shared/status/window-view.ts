import type { LedgerEntry, Millis } from '../model.ts';
import type { WindowView } from './schema.ts';

const FILES_SHOWN = 200;
const orNone = (at: Millis): string | null => (at > 0 ? new Date(at).toISOString() : null);

/** One window as people look at it. */
export function windowView(entry: LedgerEntry, now: Millis): WindowView {
  const { window, state, counts, totals, files } = entry;
  return {
    app: window.app,
    signal: window.signal,
    source: window.source,
    start: new Date(window.start).toISOString(),
    end: new Date(window.end).toISOString(),
    state,
    revision: entry.revision,
    attempts: entry.attempts,
    died: entry.died,
    error: entry.error,
    advice: adviceOf(entry, now),
    startedAt: orNone(entry.startedAt),
    doneAt: orNone(entry.doneAt),
    leaseUntil: orNone(entry.leaseUntil),
    notBefore: orNone(entry.notBefore),
    fingerprint: entry.fingerprint,
    counts: { ...counts, filtered: counts.filtered ?? 0 },
    totals: {
      asked: totals?.asked ?? entry.asked,
      wasted: totals?.wasted ?? 0,
      late: totals?.late ?? 0,
      purged: totals?.purged ?? 0,
    },
    asked: entry.asked,
    files: files.slice(0, FILES_SHOWN).map(({ path, signal, rows, bytes }) => ({ path, signal, rows, bytes })),
    fileCount: files.length,
  };
}

function adviceOf({ state, again, leaseUntil, notBefore, died }: LedgerEntry, now: Millis): string {
  if (state === 'failed')
    return notBefore > now
      ? 'It is tried again by itself when its back-off has passed, without end; the error says what to mend. Run ' +
          'again skips the back-off.'
      : 'It is tried again with the next tick.';
  if (state === 'running')
    return leaseUntil > now ? 'A run holds it.' : 'Its run has ended without a word; the next tick has it run again.';
  if (state === 'halved') return 'It was too heavy for one run; its halves stand for it.';
  if (state === 'unavailable') return 'The source does not keep its rows any more; what the lake has of it stays.';
  if (state === 'retired')
    return 'It is older than the lake keeps its rows (LAKE_RETENTION): its files are removed, and it never runs again.';
  if (state === 'due') return died > 0 ? 'Its last runs ended without a word.' : 'It waits for its turn.';
  return again ? 'It is done, and due once more: its source has changed, or somebody asked for it.' : '';
}
