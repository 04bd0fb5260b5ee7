import type { Task } from './ports.ts';
import type { Tasks } from './tasks.ts';

/** A window is large where it is more than this part of what each runner has to do. */
const LARGE = 1 / 4;

/** A window, and which one of all it is by time. */
export interface Turn {
  readonly task: Task;
  readonly at: number;
}

/**
 * The order in which tasks begin: oldest first, so that what is there after an interruption has no gaps. Where several
 * run at once large ones come before that, the largest first: begun last, one would keep the others waiting for it.
 */
export function* taskOrder(tasks: Tasks, parallel: number): Generator<Turn> {
  const most = (tasks.weight / parallel) * LARGE;
  const large: Turn[] = [];
  if (parallel > 1 && tasks.heaviest > most)
    for (const turn of turnsOf(tasks)) if (turn.task.weight > most) large.push(turn);
  const areAll = large.length === tasks.count;
  if (!areAll) yield* large.sort((one, other) => other.task.weight - one.task.weight);
  const isLeft = ({ task }: Turn): boolean => areAll || large.length === 0 || task.weight <= most;
  for (const turn of turnsOf(tasks)) if (isLeft(turn)) yield turn;
}

function* turnsOf(tasks: Iterable<Task>): Generator<Turn> {
  let at = 0;
  for (const task of tasks) yield { task, at: at++ };
}
