import type { Interval, Ledger, Millis } from '../../model.ts';
import { dueWindows, type Tiling } from '../grid/tile.ts';
import { firstOfOthers, type Others } from './names.ts';

/** The windows that are due before time that other names of the app have brought; or, where it begins, that time. */
export async function dueBeside(
  horizon: Millis,
  now: Millis,
  tiling: Tiling,
  most: number,
  others: Others | undefined,
  ledger: Ledger,
): Promise<{ readonly due: readonly Interval[]; readonly over?: Interval & { readonly app: string } }> {
  const due = dueWindows(horizon, now, tiling, most);
  const end = due.at(-1)?.end;
  if (others === undefined || end === undefined) return { due };
  const first = await firstOfOthers(others, { start: horizon, end: Math.max(end, now) }, ledger);
  if (first === undefined || first.start >= end) return { due };
  if (first.start <= horizon) return { due: [], over: first };
  return {
    due: dueWindows(horizon, now, { ...tiling, until: Math.min(first.start, tiling.until ?? first.start) }, most),
  };
}
