import type { Feed, Millis, Progress, Versioned } from '../../model.ts';
import { feedKey } from '../keys.ts';
import type { FeedPlan } from '../plan.ts';
import { inRounds } from './rounds.ts';

/** A feed that a tick of the planner may look at. */
export interface FeedTask {
  readonly feed: Feed;
  /**
   * `idle`: how it stood when nothing of it was open; undefined: not known. `look`: waits for a look that begins after
   * the call, one for all feeds of the tick.
   */
  plan(idle: Versioned<Progress> | undefined, look: () => Promise<void>): Promise<FeedPlan>;
  /** When a window of the feed becomes due that is not planned yet; Infinity: never, as things stand. */
  nextDue(plan: FeedPlan): Millis;
  /** Another one after somebody else has opened a window of it (`openings` of the ledger). Left out: ''. */
  readonly word?: string;
}

/** A feed in which nothing was open, as a tick found it. */
interface Idle {
  readonly plan: FeedPlan;
  readonly nextDue: Millis;
  readonly seenAt: Millis;
}

/** What the planner of a process remembers. Lost with the process, which costs one tick that looks at all. */
export interface FeedMemory {
  readonly idle: Map<string, Idle>;
  /** The words of feeds, since when this process has known that they are others than before, and its last look. */
  readonly words: Map<string, { readonly word: string; readonly since: Millis; looked: Millis }>;
}

export const createFeedMemory = (): FeedMemory => ({ idle: new Map(), words: new Map() });

export interface PlannedMany {
  readonly feeds: readonly FeedPlan[];
  readonly errors: readonly string[];
}

/** Apps that are looked at side by side. Each holds one place: one that is slow, or fails, holds up no other. */
const lanes = 32;
/**
 * Feeds that a tick looks at although nothing of them was open and nothing is due: so many that up to this number all
 * are seen by every tick, and that of 10,000 each is seen by every fifth.
 */
const idleLooks = 2000;
/**
 * Somebody else opens a window up to five minutes after that was said (`opening` of the ledger): so its feed is looked
 * at until a look was so long after it was heard.
 */
const opening: Millis = 6 * 60_000;

/**
 * One tick over all feeds. What is due, or had something open, is looked at in any case; of the idle ones those that
 * were seen the longest ago. The others are told as they were. `look`: what names the ledger has; feeds that ask for it
 * wait for the slowest of the tick that does not.
 */
export async function planMany(
  tasks: readonly FeedTask[],
  memory: FeedMemory,
  now: Millis,
  look = async (): Promise<void> => {},
): Promise<PlannedMany> {
  const chosen = new Set(tasksToLookAt(tasks, memory, now));
  const plans = new Map<FeedTask, FeedPlan>();
  const errors: string[] = [];
  const lookAt = async (task: FeedTask, together: () => Promise<void>) => {
    const { app, signal, source } = task.feed;
    const known = memory.idle.get(feedKey(task.feed));
    memory.idle.delete(feedKey(task.feed));
    try {
      const plan = await task.plan(known && known.nextDue <= now ? known.plan.stands : undefined, together);
      plans.set(task, plan);
      if (plan.open + plan.planned + plan.repeated === 0)
        memory.idle.set(feedKey(task.feed), { plan, nextDue: task.nextDue(plan), seenAt: now });
    } catch (error) {
      errors.push(`plan ${app} ${signal} ${source}: ${error instanceof Error ? error.message : error}`);
    }
  };
  const steps = [...chosen].map((task) => ({
    group: task.feed.app,
    act: (together: () => Promise<void>) => lookAt(task, together),
  }));
  await inRounds(steps, lanes, look);
  const told = tasks.flatMap((task) => plans.get(task) ?? (chosen.has(task) ? [] : remembered(task, memory)));
  return { feeds: told, errors };
}

function tasksToLookAt(tasks: readonly FeedTask[], memory: FeedMemory, now: Millis): FeedTask[] {
  const awake: FeedTask[] = [];
  const idle: { readonly task: FeedTask; readonly seenAt: Millis }[] = [];
  for (const task of tasks) {
    const known = memory.idle.get(feedKey(task.feed));
    // A clock that was set back makes nothing wait.
    if (isWatched(task, memory, now) || known === undefined || known.nextDue <= now || known.seenAt > now)
      awake.push(task);
    else idle.push({ task, seenAt: known.seenAt });
  }
  const some = idle.toSorted((one, other) => one.seenAt - other.seenAt).slice(0, idleLooks);
  return [...awake, ...some.map(({ task }) => task)];
}

function isWatched({ feed, word = '' }: FeedTask, { idle, words }: FeedMemory, now: Millis): boolean {
  if (word === '') return false;
  const known = words.get(feedKey(feed));
  if (known?.word === word) {
    if (known.looked >= known.since + opening) return false;
    known.looked = now;
    return true;
  }
  // A process that begins anew looks at all once, and goes on with what was opened just now.
  const isNews = known !== undefined || idle.has(feedKey(feed)) || Math.abs(now - Date.parse(word)) < 2 * opening;
  words.set(feedKey(feed), { word, since: isNews ? now : now - opening, looked: now });
  return isNews;
}

const remembered = ({ feed }: FeedTask, memory: FeedMemory): readonly FeedPlan[] => {
  const known = memory.idle.get(feedKey(feed));
  return known === undefined ? [] : [known.plan];
};
