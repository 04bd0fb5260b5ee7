import type { Signal } from '../../shared/model.ts';
import { countText, spanText, timeText } from '../terminal/numbers.ts';
import type { Progress } from '../terminal/progress.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { createPatience } from './patience.ts';
import type { Delivery, Task, TaskOutcome } from './ports.ts';
import { taskOrder } from './task-order.ts';

export interface TaskResult {
  readonly task: Task;
  readonly outcome: TaskOutcome;
}

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
  readonly ended: readonly TaskResult[];
  readonly left: readonly Left[];
  /** Windows that were not tried: of `left`, or because the user or the same failure over and over stopped the run. */
  readonly untried: number;
  /** What made it stop before the end. */
  readonly stopped: 'no' | 'interrupted' | 'source' | 'destination' | 'machine';
}

/**
 * Runs all windows, `parallel` at a time; results come in the order of the tasks. Failed windows hold back no other.
 */
export async function runTasks(
  delivery: Delivery,
  parallel: number,
  terminal: Terminal,
  progress: Progress,
  abort: AbortSignal,
): Promise<Results> {
  const ended: (TaskResult & { readonly at: number })[] = [];
  const patience = createPatience();
  const order = taskOrder(delivery.tasks, parallel);
  let next = 0;
  const runner = async (): Promise<void> => {
    for (;;) {
      const at = order[next++] ?? delivery.tasks.length;
      const task = patience.ended() === undefined && !abort.aborted ? delivery.tasks[at] : undefined;
      if (task === undefined) return;
      if (patience.leaves(task)) continue;
      const begun = patience.begin();
      const outcome = await runOne(task, delivery, terminal, progress, abort);
      if (outcome === undefined) return;
      ended.push({ task, outcome, at });
      if (outcome.state === 'failed') progress.note(failureLine({ task, outcome }), 'bad');
      else if (outcome.remark !== undefined) progress.note(`${windowText(task)}: ${outcome.remark}`);
      const left = patience.note(task, outcome, begun);
      if (left !== undefined) progress.note(`${left} is left, the rest goes on`, 'bad');
      progress.ended(task.weight);
    }
  };
  await Promise.all(Array.from({ length: parallel }, runner));
  ended.sort((a, b) => a.at - b.at);
  const tried = new Set(ended.map(({ at }) => at));
  const rest = delivery.tasks.filter((_, at) => !tried.has(at));
  const stopped = abort.aborted && rest.length > 0 ? 'interrupted' : (patience.ended() ?? 'no');
  return { ended, left: patience.left(rest), untried: rest.length, stopped };
}

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

export const failureLine = ({ task, outcome }: TaskResult): string => `${windowText(task)} failed: ${outcome.error}`;

export const windowsText = (count: number): string => `${countText(count)} window${count === 1 ? '' : 's'}`;
