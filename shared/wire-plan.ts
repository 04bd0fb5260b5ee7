import type { Config, Feed, LakeHealth } from './model.ts';
import { type FeedPlan, heldFeed, type PlanPorts, planFeed, reviveFeed } from './pipeline/plan.ts';
import { queryFeeds } from './wire-query.ts';

/** What one tick of the planner did, feed by feed. A feed that fails does not stop the others. */
export interface PlanOutcome {
  readonly feeds: readonly FeedPlan[];
  readonly errors: readonly string[];
  /** How the lake was: nothing is planned while it is not active. */
  readonly health: LakeHealth;
}

/**
 * Query feeds are planned; feeds of blobs, which arrive by themselves, are looked after. One that fails does not stop
 * the others. While the lake is paused it is only said how far they are.
 */
export async function planAll(config: Config, ports: PlanPorts, health: LakeHealth): Promise<PlanOutcome> {
  const feeds: FeedPlan[] = [];
  const errors: string[] = [];
  const attempt = async (feed: Feed, plan: () => Promise<FeedPlan>) => {
    try {
      feeds.push(await plan());
    } catch (error) {
      errors.push(`plan ${feed.app} ${feed.signal} ${feed.source}: ${error instanceof Error ? error.message : error}`);
    }
  };
  const held = health.state !== 'active';
  const now = { ...ports, resumedAt: health.since };
  for (const { feed, query } of config.apps.flatMap(queryFeeds)) {
    const tiling = { size: query.window, lag: query.lag, until: query.until };
    const plan = held ? () => heldFeed(feed, ports.ledger) : () => planFeed(feed, tiling, query.from, now);
    await attempt(feed, async () => ({ ...(await plan()), ...(query.retention && { retention: query.retention }) }));
  }
  if (held) return { feeds, errors, health };
  for await (const feed of ports.ledger.feeds()) {
    if (feed.source !== 'query') await attempt(feed, () => reviveFeed(feed, now));
  }
  return { feeds, errors, health };
}
