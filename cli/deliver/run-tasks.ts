import { countText, spanText, timeText } from '../terminal/numbers.ts';
import type { Progress } from '../terminal/progress.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { Delivery, Task, TaskOutcome } from './ports.ts';

export interface TaskResult {
  readonly task: Task;
  readonly outcome: TaskOutcome;
}

export interface Results {
  readonly ended: readonly TaskResult[];
  /** Windows that were not tried, because the user or the same failure over and over stopped the run. */
  readonly untried: number;
  /** What made it stop before the end. */
  readonly stopped: 'no' | 'interrupted' | 'source' | 'destination';
}

/** So many failures in a row, on one side and without a success between them, and the rest would fail as well. */
const hopeless = 3;

/** Runs all windows, `parallel` at a time, in order; so come the results. Failed windows hold back no other. */
export async function runTasks(
  delivery: Delivery,
  parallel: number,
  terminal: Terminal,
  progress: Progress,
  abort: AbortSignal,
): Promise<Results> {
  const ended: (TaskResult & { readonly at: number })[] = [];
  let next = 0;
  let inRow: TaskOutcome['side'][] = [];
  const stopped = (): Results['stopped'] => {
    if (abort.aborted) return 'interrupted';
    const side = inRow.length >= hopeless && new Set(inRow).size === 1 ? inRow[0] : undefined;
    return side === 'source' || side === 'destination' ? side : 'no';
  };
  const runner = async (): Promise<void> => {
    for (;;) {
      const at = next++;
      const task = stopped() === 'no' ? delivery.tasks[at] : undefined;
      if (task === undefined) return;
      const outcome = await runOne(task, delivery, terminal, progress, abort);
      if (outcome === undefined) return;
      ended.push({ task, outcome, at });
      inRow = outcome.state === 'failed' ? [...inRow, outcome.side].slice(-hopeless) : [];
      if (outcome.state === 'failed') progress.note(failureLine({ task, outcome }));
      progress.ended(task.weight);
    }
  };
  await Promise.all(Array.from({ length: parallel }, runner));
  const untried = delivery.tasks.length - ended.length;
  ended.sort((a, b) => a.at - b.at);
  return { ended, untried, stopped: untried === 0 && abort.aborted ? 'no' : stopped() };
}

/** A window that is held is waited for: its holder was killed most likely, and its claim runs out soon. Undefined: interrupted. */
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
    const wait = Math.min(Math.max(outcome.retryAt - terminal.now(), 100), 5_000);
    if (!told)
      progress.note(
        `${windowText(task)} is held by another run; waiting (${spanText(outcome.retryAt - terminal.now())} at most)`,
      );
    await terminal.sleep(wait, abort).catch(() => undefined);
  }
  return undefined;
}

export const windowText = ({ window }: Task): string =>
  `${window.app} ${window.signal} ${timeText(window.start)} to ${timeText(window.end)}`;

export const failureLine = ({ task, outcome }: TaskResult): string => `${windowText(task)} failed: ${outcome.error}`;

export const windowsText = (count: number): string => `${countText(count)} window${count === 1 ? '' : 's'}`;
