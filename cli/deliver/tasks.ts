import type { Interval, Signal } from '../../shared/model.ts';
import { type Stretch, windowsOf } from '../../shared/pipeline/grid/stretch.ts';
import type { Task } from './ports.ts';

/** Windows, oldest first. Those of a long range are made one by one, when their turn comes. */
interface Some extends Iterable<Task> {
  readonly count: number;
  readonly weight: number;
  /** What the heaviest of them weighs. */
  readonly heaviest: number;
}

/** Those of a signal of an app, from the query API or from blobs; `start`, `end`: around all of them. */
export interface FeedTasks extends Some, Interval {
  readonly app: string;
  readonly signal: Signal;
  readonly source: string;
}

/** All windows of a command. */
export interface Tasks extends Some {
  readonly feeds: readonly Pick<FeedTasks, 'app' | 'signal' | 'count'>[];
}

/** Windows that are known one by one, as those of blobs are. */
export function listedTasks(tasks: readonly Task[]): FeedTasks[] {
  const feeds = Map.groupBy(tasks, ({ window: { app, signal, source } }) => [app, signal, source === 'query'].join());
  return [...feeds.values()].flatMap((some) => {
    const [first] = some;
    const inTime = some.toSorted((one, other) => one.window.start - other.window.start);
    return first === undefined ? [] : [summed(first, inTime)];
  });
}

/** Windows of a range of time, as heavy as they are long. */
export function rangeTasks(
  { app, signal, source }: Pick<FeedTasks, 'app' | 'signal' | 'source'>,
  stretches: readonly Stretch[],
): FeedTasks[] {
  const [first, last] = [stretches[0], stretches.at(-1)];
  if (first === undefined || last === undefined) return [];
  const feed = { app, signal, source };
  const tasks = {
    *[Symbol.iterator]() {
      for (const { start, end } of windowsOf(stretches)) yield { window: { ...feed, start, end }, weight: end - start };
    },
  };
  const count = stretches.reduce((sum, { times }) => sum + times, 0);
  const weight = stretches.reduce((sum, { size, times }) => sum + size * times, 0);
  const heaviest = stretches.reduce((most, { size }) => Math.max(most, size), 0);
  return [{ ...feed, ...tasks, count, weight, heaviest, start: first.start, end: last.start + last.size * last.times }];
}

/** Those of the feed that `keep` lets pass; none: undefined. */
export function sifted(feed: FeedTasks, keep: (task: Task) => boolean): FeedTasks | undefined {
  const tasks = {
    *[Symbol.iterator]() {
      for (const task of feed) if (keep(task)) yield task;
    },
  };
  for (const first of tasks) return summed(first, tasks);
  return undefined;
}

function summed({ window: { app, signal, source } }: Task, tasks: Iterable<Task>): FeedTasks {
  let [count, weight, heaviest, start, end] = [0, 0, 0, Number.POSITIVE_INFINITY, 0];
  for (const task of tasks) {
    count++;
    weight += task.weight;
    heaviest = Math.max(heaviest, task.weight);
    start = Math.min(start, task.window.start);
    end = Math.max(end, task.window.end);
  }
  const own = { [Symbol.iterator]: () => tasks[Symbol.iterator]() };
  return { ...own, app, signal, source, count, weight, heaviest, start, end };
}

/** About so many are in memory at once. */
const together = 4096;

/** The windows of all feeds, oldest first, so that what is there after an interruption has no gaps. */
export function allTasks(feeds: readonly FeedTasks[]): Tasks {
  const count = feeds.reduce((sum, feed) => sum + feed.count, 0);
  const start = feeds.reduce((first, feed) => Math.min(first, feed.start), Number.POSITIVE_INFINITY);
  const end = feeds.reduce((last, feed) => Math.max(last, feed.end), 0);
  const slice = Math.max(1, Math.ceil((together * (end - start)) / Math.max(1, count)));
  return {
    feeds,
    count,
    weight: feeds.reduce((sum, feed) => sum + feed.weight, 0),
    heaviest: feeds.reduce((most, feed) => Math.max(most, feed.heaviest), 0),
    *[Symbol.iterator]() {
      const takers = feeds.map(taker);
      for (let until = start + slice; until < end + slice; until += slice)
        yield* takers.flatMap((take) => take(until)).sort((one, other) => one.window.start - other.window.start);
    },
  };
}

/** Gives what begins before a time, and has not been given yet. */
function taker(feed: FeedTasks): (until: number) => Task[] {
  const tasks = feed[Symbol.iterator]();
  let next = tasks.next();
  return (until) => {
    const taken: Task[] = [];
    for (; !next.done && next.value.window.start < until; next = tasks.next()) taken.push(next.value);
    return taken;
  };
}
