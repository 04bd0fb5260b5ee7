import type { Ledger } from '../../shared/model.ts';

/** A ledger of which one sees how many windows were opened anew, after it was said or not. */
export function openedLedger(inner: Ledger) {
  const opened = { said: 0, unsaid: 0 };
  const feeds = new Set<string>();
  const ledger: Ledger = {
    ...inner,
    opening: async (feed) => {
      feeds.add(`${feed.app} ${feed.signal} ${feed.source}`);
      await inner.opening(feed);
    },
    write: async (entry, ...rest) => {
      const { app, signal, source } = entry.window;
      const isSaid = feeds.delete(`${app} ${signal} ${source}`);
      if (entry.again) opened[isSaid ? 'said' : 'unsaid'] += 1;
      return inner.write(entry, ...rest);
    },
  };
  return { ledger, opened };
}
