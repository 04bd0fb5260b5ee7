import { usualRetention } from '../config/query.ts';
import type { Config, LakeHealth, Millis, Opening } from '../model.ts';
import { nextDue } from '../pipeline/grid/tile.ts';
import { feedKey } from '../pipeline/keys.ts';
import { createFeedMemory, type FeedMemory, type FeedTask, planMany } from '../pipeline/many/plan-many.ts';
import { oldName, stoppedFeed } from '../pipeline/many/stopped.ts';
import type { Names } from '../pipeline/names/names.ts';
import { type FeedPlan, heldFeed, type PlanPorts, planFeed, reviveFeed } from '../pipeline/plan.ts';
import type { SentMemory } from '../pipeline/sent.ts';
import { queryFeeds } from './query.ts';
import { keptInLake } from './tend.ts';

/** What one tick of the planner did, feed by feed. A feed that fails does not stop the others. */
export interface PlanOutcome {
  readonly feeds: readonly FeedPlan[];
  readonly errors: readonly string[];
  /** How the lake was: nothing is planned while it is not active. */
  readonly health: LakeHealth;
}

/**
 * Query feeds are planned; feeds of blobs, which arrive by themselves, are looked after. One that fails does not stop
 * the others. While the lake is paused it is only said how far they are. `look`: how the lake is.
 * `atOnce`: what was sent for is noted by itself, as no other tick of this process may follow.
 */
export function createPlanner(
  config: Config,
  ports: PlanPorts & { readonly names: Names },
  tend: Tend = async () => new Set(),
): (look: () => Promise<LakeHealth>, atOnce?: boolean) => Promise<PlanOutcome> {
  const memory = createFeedMemory();
  const notes: SentMemory = new Map();
  let began = ports.clock.now();
  let failing = false;
  const tick = async (health: LakeHealth, atOnce: boolean): Promise<PlanOutcome> => {
    const held = health.state !== 'active';
    const faults: string[] = [];
    const failed = (error: unknown): ReadonlySet<string> => {
      faults.push(`plan backfills: ${error instanceof Error ? error.message : error}`);
      return new Set();
    };
    const running = held ? new Set<string>() : await tend(health.since, began).catch(failed);
    const now = {
      ...ports,
      ...(!atOnce && { notes }),
      resumedAt: health.since,
      began,
      goesOn: (backfill: string) => running.has(backfill),
    };
    const outcome = await planAll(config, now, health, memory);
    return { ...outcome, errors: [...outcome.errors, ...faults] };
  };
  return async (look, atOnce = false) => {
    try {
      const health = await look();
      // Where no tick could be made no run could, and the queue gives messages up that fail five times.
      if (failing) began = ports.clock.now();
      const outcome = await tick(health, atOnce);
      failing = outcome.feeds.length === 0 && outcome.errors.length > 0;
      return outcome;
    } catch (error) {
      failing = true;
      throw error;
    }
  };
}

/**
 * One tick of a process at a time: whoever asks for one meanwhile waits for the same. `woke`: the lake is active again,
 * and what was held is sent for; nobody waits for that, and where it fails the next tick does it.
 */
export function sharedTicks(tick: (atOnce: boolean) => Promise<PlanOutcome>) {
  let underWay: Promise<PlanOutcome> | undefined;
  const plan = (atOnce: boolean): Promise<PlanOutcome> => {
    underWay ??= tick(atOnce).finally(() => {
      underWay = undefined;
    });
    return underWay;
  };
  return {
    plan: () => plan(false),
    woke: (): void => {
      const again = ({ health }: PlanOutcome) => (health.state === 'active' ? undefined : plan(true));
      plan(true)
        .then(again)
        .catch(() => undefined);
    },
  };
}

/** Such a sweep begins at most so often: a state that comes and goes has no containers listed all the time. */
const sweepsApart: Millis = 10 * 60_000;

/**
 * Where no tick of the planner can be made no event is heard, and those that fail five times are given up. So after the
 * first tick that is made again blobs are swept at once. It is owed until one has come to its end, whatever that found:
 * a container that cannot be read is the next sweep's, too.
 */
export function sweepsOwed<T extends object>(
  plan: () => Promise<PlanOutcome>,
  sweep: () => Promise<T | undefined>,
  now: () => Millis,
) {
  let [isOwed, isMade, begun] = [false, false, Number.NEGATIVE_INFINITY];
  return {
    plan: async (): Promise<PlanOutcome> => {
      isMade = false;
      try {
        const outcome = await plan();
        isMade = outcome.feeds.length > 0 || outcome.errors.length === 0;
        return outcome;
      } finally {
        isOwed ||= !isMade;
      }
    },
    /** Undefined where none is owed, or none can be made now. */
    sweepOwed: async (): Promise<T | undefined> => {
      if (!isOwed || !isMade || Math.abs(now() - begun) < sweepsApart) return undefined;
      begun = now();
      const swept = await sweep();
      if (swept !== undefined) isOwed = false;
      return swept;
    },
  };
}

/**
 * Sends again what backfills have lost; resolves with those that go on. `resumedAt`: when the lake was resumed;
 * `began`: when this process began, or the last tick failed.
 */
type Tend = (resumedAt: Millis, began: Millis) => Promise<ReadonlySet<string>>;

async function planAll(
  config: Config,
  { names, ...ports }: PlanPorts & { readonly names: Names },
  health: LakeHealth,
  memory: FeedMemory,
): Promise<PlanOutcome> {
  const held = health.state !== 'active';
  const now = { ...ports, others: names.others, isSaid: names.isSaid };
  /** One look serves all feeds of a tick. */
  const looking = (look: () => Promise<void>): PlanPorts => ({
    ...now,
    others: async (feed, afresh) => {
      if (afresh) await look();
      return names.others(feed);
    },
  });
  const tasks = config.apps.flatMap(queryFeeds).map(({ feed, query }): FeedTask => {
    const tiling = { size: query.window, lag: query.lag, until: query.until };
    // What the lake would not keep is not brought in.
    const from = query.from && Math.max(query.from, keptInLake(config, now.clock.now)(feed.signal) ?? 0);
    const plan: FeedTask['plan'] = held
      ? () => heldFeed(feed, now.ledger)
      : (idle, look) => planFeed(feed, tiling, from, looking(look), idle);
    return {
      feed,
      plan: async (idle, look) => ({ ...(await plan(idle, look)), retention: query.retention ?? usualRetention }),
      nextDue: ({ horizon }) => nextDue(horizon, tiling),
    };
  });
  const known = new Set(tasks.map(({ feed }) => feedKey(feed)));
  const openings: readonly Opening[] = held ? [] : await Array.fromAsync(now.ledger.openings());
  if (!held) names.saw(openings);
  const words = new Map(openings.map(({ feed, word }) => [feedKey(feed), word]));
  for (const { feed } of openings) {
    if (known.has(feedKey(feed))) continue;
    const isOld = names.nameOf(feed) !== undefined;
    const end: FeedTask['plan'] = (_, look) => (isOld ? oldName(feed, looking(look)) : stoppedFeed(feed, now.ledger));
    const plan: FeedTask['plan'] = feed.source === 'query' ? end : () => reviveFeed(feed, now);
    tasks.push({ feed, plan, nextDue: () => Number.POSITIVE_INFINITY });
  }
  // What is said of a paused lake is no news for later, and after it has been resumed all is looked at.
  if (held) memory.idle.clear();
  const told = tasks.map((task): FeedTask => ({ ...task, word: words.get(feedKey(task.feed)) ?? '' }));
  return {
    ...(await planMany(told, held ? createFeedMemory() : memory, now.clock.now(), () => names.look(true))),
    health,
  };
}
