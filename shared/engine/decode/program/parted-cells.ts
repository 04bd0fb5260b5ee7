import type { ColumnPlan } from './program.ts';

/** Cells by what they are made of. Most are texts that stand in one place: they come in a loop of their own. */
export interface PartedCells {
  readonly texts: Int32Array;
  /** Of each text its slot. */
  readonly textSlots: Int32Array;
  readonly others: Int32Array;
}

export function partedCells(plans: readonly ColumnPlan[]): PartedCells {
  const cells = plans.map((_, cell) => cell);
  const texts = cells.filter((cell) => isPlainText(plans[cell] as ColumnPlan));
  return {
    texts: Int32Array.from(texts),
    textSlots: Int32Array.from(texts, (cell) => plans[cell]?.slots[0] ?? 0),
    others: Int32Array.from(cells.filter((cell) => !texts.includes(cell))),
  };
}

const isPlainText = ({ column: { as, type }, slots }: ColumnPlan): boolean =>
  as === 'value' && type === 'string' && slots.length === 1;
