import type { ColumnPlan } from './program.ts';

/** Cells by what they are made of. Most are texts that stand in one place: they come in a loop of their own. */
export interface PartedCells {
  readonly texts: Int32Array;
  /** Of each text its slot. */
  readonly textSlots: Int32Array;
  /** Those of them that anything is made of before `extra` is. */
  readonly others: Int32Array;
  /** Of each cell that tells a range of time the one with the time itself; -1: there is none. */
  readonly durations: Int32Array;
}

export function partedCells(plans: readonly ColumnPlan[]): PartedCells {
  const cells = plans.map((_, cell) => cell);
  const texts = cells.filter((cell) => isPlainText(plans[cell] as ColumnPlan));
  return {
    texts: Int32Array.from(texts),
    textSlots: Int32Array.from(texts, (cell) => plans[cell]?.slots[0] ?? 0),
    others: Int32Array.from(cells.filter((cell) => !texts.includes(cell) && !isNothing(plans[cell] as ColumnPlan))),
    durations: Int32Array.from(plans, ({ column: { continuous } }) =>
      plans.findIndex(({ column: other }) => other.as === 'ticks' && other.continuous[0] === continuous[0]),
    ),
  };
}

const isNothing = ({ column: { as }, slots }: ColumnPlan): boolean =>
  as === 'extra' || (as === 'value' && slots.length === 0);

const isPlainText = ({ column: { as, type }, slots }: ColumnPlan): boolean =>
  as === 'value' && type === 'string' && slots.length === 1;
