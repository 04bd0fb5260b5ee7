import type { LedgerEntry, Reading, Source } from '../../model.ts';
import { loses, verdictOf } from '../verdict.ts';

/** A source that was opened for the run to come, and what ends it. */
export interface OpenedLook {
  readonly reading: Reading;
  readonly stop: AbortController;
}

/**
 * What the source of a window that was done looks like. Nothing is read or written. `look`: it is to be run. `less`: it
 * is as it was, '', or holds less than the lake, which stays, and how. Where the source cannot be seen there is
 * neither: a run meets the same and says so.
 */
export async function lookFirst(
  { window, fingerprint }: LedgerEntry,
  source: Source,
  origin?: string,
): Promise<{ readonly look?: OpenedLook; readonly less?: string }> {
  const stop = new AbortController();
  const reading = await source.open(window, stop.signal, origin).catch(() => undefined);
  if (reading === undefined) return {};
  const verdict = verdictOf(fingerprint, reading);
  if (verdict === 'run') return { look: { reading, stop } };
  // Where the source holds less than the lake, that is said, although nothing is wrong with the window.
  return { less: verdict === 'kept' ? loses(fingerprint, reading) : '' };
}

/**
 * The source, already opened for the run that has claimed the window since: whatever was told of in between has changed
 * the entry, so that the claim would have been lost. Opened once more, it is opened anew.
 */
export function lookedAt({ reading: opened, stop }: OpenedLook, source: Source): Source {
  let first: Reading | undefined = opened;
  return {
    open: async (window, abort, origin) => {
      const reading = first ?? (await source.open(window, abort, origin));
      first = undefined;
      abort.addEventListener('abort', () => stop.abort(abort.reason));
      if (abort.aborted) stop.abort(abort.reason);
      return reading;
    },
  };
}
