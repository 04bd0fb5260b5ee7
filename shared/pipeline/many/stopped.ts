import type { Feed, Ledger } from '../../model.ts';
import { type FeedPlan, type PlanPorts, planFeed } from '../plan.ts';

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

/**
 * A feed of an app that goes by another name now: what it has is tried again and becomes done, and nothing new is
 * planned.
 */
export async function oldName(feed: Feed, ports: PlanPorts): Promise<FeedPlan> {
  const plan = await planFeed(feed, { size: 1, lag: 0, until: 0 }, 0, ports);
  return { ...plan, horizon: 0, watermark: 0 };
}
