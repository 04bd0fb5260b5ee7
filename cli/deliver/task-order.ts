import type { Task } from './ports.ts';

/** A window is large where it is more than this part of what each runner has to do. */
const LARGE = 1 / 4;

/**
 * The order in which tasks begin, as indices: oldest first, so that what is there after an interruption has no gaps.
 * Where several run at once large ones come before that, the largest first: begun last, one would keep the others
 * waiting for it.
 */
export function taskOrder(tasks: readonly Task[], parallel: number): readonly number[] {
  const inTime = tasks.map((_, index) => index);
  if (parallel < 2) return inTime;
  const weightOf = (index: number): number => tasks[index]?.weight ?? 0;
  const share = tasks.reduce((sum, { weight }) => sum + weight, 0) / parallel;
  const large = inTime.filter((index) => weightOf(index) > share * LARGE);
  if (large.length === tasks.length) return inTime;
  const first = new Set(large);
  return [...large.sort((one, other) => weightOf(other) - weightOf(one)), ...inTime.filter((at) => !first.has(at))];
}
