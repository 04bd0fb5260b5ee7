import type { Feed, Signal } from '../../shared/model.ts';
import { countText, spanText, timeText } from '../terminal/numbers.ts';
import type { Progress } from '../terminal/progress.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { type Came, createOutcomes, type TaskResult } from './outcomes.ts';
import { createPatience, type Untried } from './patience.ts';
import type { Delivery, Task, TaskOutcome } from './ports.ts';
import { taskOrder } from './task-order.ts';
import type { Tasks } from './tasks.ts';

/** An app, or a table of it, that refused so often that the rest of it was not asked for any more. */
export interface Left {
  readonly app: string;
  /** Undefined: the app with all its signals. */
  readonly signal: Signal | undefined;
  readonly reason: string;
  readonly failed: number;
  readonly untried: number;
}

export interface Results {
  readonly came: Came;
  readonly left: readonly Left[];
  /** Windows that were not tried: of `left`, or because the user or the same failure over and over stopped the run. */
  readonly untried: number;
  /** What made it stop before the end. */
  readonly stopped: 'no' | 'interrupted' | 'source' | 'destination' | 'machine';
}

/**
 * Runs all windows, `parallel` at a time. Failed windows hold back no other.
 */
export async function runTasks(
  delivery: Delivery,
  parallel: number,
  terminal: Terminal,
  progress: Progress,
  abort: AbortSignal,
): Promise<Results> {
  const outcomes = createOutcomes();
  const tried = new Map<string, number>();
  const triedOf = (key: string): number => tried.get(key) ?? 0;
  const patience = createPatience();
  const order = taskOrder(delivery.tasks, parallel);
  const runner = async (): Promise<void> => {
    while (patience.ended() === undefined && !abort.aborted) {
      const next = order.next();
      if (next.done) return;
      const { task } = next.value;
      if (patience.leaves(task)) continue;
      const begun = patience.begin();
      const outcome = await runOne(task, delivery, terminal, progress, abort);
      if (outcome === undefined) return;
      const ended = { ...next.value, outcome };
      outcomes.note(ended);
      tried.set(feedKey(task.window), triedOf(feedKey(task.window)) + 1);
      if (outcome.state === 'failed') progress.note(failureLine(ended), 'bad');
      else if (outcome.remark !== undefined) progress.note(`${windowText(task)}: ${outcome.remark}`);
      const left = patience.note(task, outcome, begun);
      if (left !== undefined) progress.note(`${left} is left, the rest goes on`, 'bad');
      progress.ended(task.weight);
    }
  };
  await Promise.all(Array.from({ length: parallel }, runner));
  const came = outcomes.came();
  const untried = delivery.tasks.count - came.totals.windows;
  const stopped = abort.aborted && untried > 0 ? 'interrupted' : (patience.ended() ?? 'no');
  return { came, left: patience.left(untriedOf(delivery.tasks.feeds, triedOf)), untried, stopped };
}

/** Of each app and signal. */
function untriedOf(feeds: Tasks['feeds'], triedOf: (key: string) => number): Untried[] {
  const all = Map.groupBy(feeds, feedKey);
  return [...all].flatMap(([key, some]) => {
    const count = some.reduce((sum, each) => sum + each.count, 0) - triedOf(key);
    return some.slice(0, 1).map(({ app, signal }) => ({ app, signal, count }));
  });
}

const feedKey = ({ app, signal }: Pick<Feed, 'app' | 'signal'>): string => `${app}\n${signal}`;

/** No claim of ours lasts longer. */
const longestWait = 3_600_000;

/**
 * A window that is held is waited for: its holder was killed most likely, and its claim runs out soon. Undefined:
 * interrupted.
 */
async function runOne(
  task: Task,
  delivery: Delivery,
  terminal: Terminal,
  progress: Progress,
  abort: AbortSignal,
): Promise<TaskOutcome | undefined> {
  for (let told = false; !abort.aborted; told = true) {
    const outcome = await delivery.run(task.window);
    if (outcome.state !== 'busy') return abort.aborted && outcome.state === 'failed' ? undefined : outcome;
    const left = outcome.retryAt - terminal.now();
    // of a claim that has run out, or of a machine whose clock differs, there is no time to tell
    const most = left > 0 && left < longestWait ? ` (${spanText(left)} at most)` : '';
    if (!told) progress.note(`${windowText(task)} is held by another run; waiting${most}`);
    const wait = Math.min(Math.max(left, 100), 5_000);
    await terminal.sleep(wait, abort).catch(() => undefined);
  }
  return undefined;
}

export const windowText = ({ window }: Task): string =>
  `${window.app} ${window.signal} ${timeText(window.start)} to ${timeText(window.end)}`;

export const failureLine = ({ task, outcome }: Pick<TaskResult, 'task' | 'outcome'>): string =>
  `${windowText(task)} failed: ${outcome.error}`;

export const windowsText = (count: number): string => `${countText(count)} window${count === 1 ? '' : 's'}`;
