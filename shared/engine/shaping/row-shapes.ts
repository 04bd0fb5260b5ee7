import type { Layout, Shaping, Signal } from '../../model.ts';
import { columnsOf } from '../../signals/columns-of.ts';
import { isPromotion, noShape, type ShapedColumn, shapedColumns } from '../../signals/shape.ts';
import type { Row } from '../decode/rows/row.ts';
import { asDecoded, type RowShape, type RowShapes } from '../decode/rows/row-shape.ts';
import type { TableColumn } from '../decode/rows/table.ts';
import { Sink } from '../sink.ts';
import type { Conditions } from '../where/conditions.ts';
import { fieldRules } from './field-rules.ts';
import { isHiddenPath } from './field-tree.ts';
import { createHashing } from './hashing.ts';
import { hiddenTrees } from './hidden-fields.ts';
import { createPromoting } from './promoting.ts';
import { rowTest } from './row-test.ts';
import { scrub } from './scrub.ts';

/** What the settings make of rows. Signals that nothing is said about stay as they are decoded. */
export function createRowShapes(shaping: Shaping, conditions: Conditions): RowShapes {
  return (signal, layout) => {
    const shapesNothing = shaping.signals[signal] === undefined && hiddenTrees(signal, layout, shaping).size === 0;
    return shapesNothing ? asDecoded(signal, layout) : rowShape(signal, layout, shaping, conditions);
  };
}

function rowShape(signal: Signal, layout: Layout, shaping: Shaping, conditions: Conditions): RowShape {
  const shape = shaping.signals[signal] ?? noShape;
  const own = columnsOf(signal).map(({ name }) => name);
  const shaped = shapedColumns(signal, shape);
  const columns = shaped.map((column): TableColumn & ShapedColumn => ({ ...column, cell: cellOf(column, own, shape) }));
  const scratch = new Sink();
  const promote = createPromoting(shape, own, scratch);
  const holds = rowTest(signal, shape, own, conditions);
  const trees = hiddenTrees(signal, layout, shaping);
  const hidden = [...trees].map(([name, tree]) => ({
    cell: own.indexOf(name),
    rules: fieldRules(tree),
    isExtra: name === 'extra',
  }));
  const hash = createHashing(columns, shaping.key);
  const tellsNothing = shape.drop.includes('extra') || shape.hash.includes('extra');
  return {
    cells: shape.promote.length,
    columns: columns.map(({ name, type, cell }) => ({ name, type, cell })),
    keep(row: Row) {
      scratch.length = 0;
      // Promoted fields are read before anything is taken out of what they stand in, and conditions know them.
      promote(row);
      if (!holds(row)) return false;
      for (const { cell, rules, isExtra } of hidden) scrub(row, cell, rules, isExtra, scratch);
      hash(row);
      return true;
    },
    hides: (path) => tellsNothing || isHiddenPath(path, trees.get('extra')),
  };
}

/** Promoted columns lie behind those of the signal, in the order of the settings. */
function cellOf({ from }: ShapedColumn, own: readonly string[], { promote }: typeof noShape): number {
  return isPromotion(from) ? own.length + promote.indexOf(from) : own.indexOf(from.name);
}
