import { createHash, createHmac } from 'node:crypto';
import type { Shaping, Signal, SignalShape } from '../../shared/model.ts';
import { noShape } from '../../shared/signals/shape.ts';

/** Signals without a shape have no mark. */
export type ShapeMarks = Readonly<Partial<Record<Signal, string>>>;

/**
 * By signal, what tells its shape from another one: the same for settings that make the same rows, however they are
 * written down. Another key for hashing makes another mark. The settings themselves stay out of it: a condition can
 * name a person.
 */
export function shapeMarks({ signals, key }: Shaping): ShapeMarks {
  const marks = Object.entries(signals).flatMap(([signal, shape]) => {
    const text = JSON.stringify(ordered(shape));
    if (text === JSON.stringify(ordered(noShape))) return [];
    const hash = shape.hash.length > 0 ? createHmac('sha256', key?.reveal() ?? '') : createHash('sha256');
    return [[signal, hash.update(text).digest('hex').slice(0, 16)] as const];
  });
  return Object.fromEntries(marks);
}

/** Order counts of promoted columns alone: they stand in it. */
function ordered({ drop, hash, rename, where, promote, dimensions, extra }: SignalShape): unknown {
  const names = (list: readonly string[] | undefined) => list && [...new Set(list)].toSorted();
  return [
    ...[names(drop), names(hash), Object.entries(rename).toSorted(), conditionsOf(where)],
    promote.map(({ from, as, type }) => [from, as, type]),
    ...[dimensions, extra].flatMap(({ allow, deny }) => [names(allow) ?? null, names(deny)]),
  ];
}

/** Named as KQL: the same words may have meant something else while conditions were SQL. */
function conditionsOf(where: SignalShape['where']): readonly string[] {
  return where.length === 0 ? [] : ['kql', ...new Set(where.map(({ kql }) => kql))].toSorted();
}
