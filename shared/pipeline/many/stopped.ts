import type { Feed, Ledger } from '../../model.ts';
import type { FeedPlan } from '../plan.ts';

/**
 * A feed of the query API that the settings name no more: nothing of it is planned, sent for or tried again, but its
 * tallies go on being brought up to date, so that it is seen as it is. It counts for no lag: nobody waits for it.
 */
export async function stoppedFeed(feed: Feed, ledger: Pick<Ledger, 'open' | 'tally'>): Promise<FeedPlan> {
  // The marks of days lie next to what is open.
  for await (const _ of ledger.open(feed));
  await ledger.tally(feed);
  return { feed, planned: 0, repeated: 0, open: 0, failed: 0, horizon: 0, watermark: 0 };
}
