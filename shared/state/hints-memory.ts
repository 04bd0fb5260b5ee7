/** Hints in memory, for tests and for a run in one process: whoever made it looks at `sent` and takes from it. */
import type { Hints, Millis, Window } from '../model.ts';

export interface SentHint {
  readonly window: Window;
  readonly delay: Millis;
  /** To the queue of backfills. */
  readonly backfill?: true;
}

export function createMemoryHints(): Hints & { readonly sent: SentHint[] } {
  const sent: SentHint[] = [];
  return {
    sent,
    prepare: async () => {},
    send: async (window, delay, backfill = false) => {
      const { app, signal, source, start, end } = window;
      sent.push({ window: { app, signal, source, start, end }, delay, ...(backfill && { backfill }) });
    },
  };
}
