import type { Column } from '../../../signals/column.ts';
import { childOf, newNode, USE } from '../walk/key-node.ts';
import { type ColumnPlan, slotNumbers } from './program.ts';

/** Where flat records name their table. */
export const TYPE_KEYS = ['Type', 'type', 'category', 'Category'] as const;

/** The keys of flat records (diagnostic settings, data export) are the workspace's names of columns. */
export function flatTree(layout: 'diagnostics' | 'dataExport', columns: readonly Column[]) {
  const numbers = slotNumbers();
  const root = newNode('', USE.object);
  const keysOf = ({ as, type, workspace }: Column) => {
    if (as === 'itemType') return [];
    return layout === 'diagnostics' && type === 'timestamp' ? workspace.toReversed() : workspace;
  };
  const slot = (key: string, use: number): number => {
    const node = childOf(root, key, use);
    node.slot = numbers.of(key);
    if (use === USE.taken) node.use = use;
    return node.slot;
  };
  const plans: ColumnPlan[] = columns.map((column) => ({
    column,
    slots: keysOf(column).map((key, index) => slot(key, index === 0 ? USE.taken : USE.kept)),
  }));
  const types = TYPE_KEYS.map((key, index) => slot(key, index === 0 ? USE.taken : USE.kept));
  childOf(root, 'records', USE.wrapper);
  return { root, plans, types, slots: numbers.count, elementSlots: numbers.count, slotOf: numbers.of };
}
