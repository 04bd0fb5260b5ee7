import type { Signal } from '../../../model.ts';
import type { Column } from '../../../signals/column.ts';
import { documentedFields } from '../../../signals/documented.ts';
import { signals, signalTables } from '../../../signals/tables.ts';
import { childOf, type KeyNode, newNode, nodeAt, USE } from '../walk/key-node.ts';
import { type ColumnPlan, type SlotNumbers, slotNumbers } from './program.ts';

export const DIMENSIONS = 'context.custom.dimensions';
export const METRICS = 'context.custom.metrics';

export const isRoot = (path: string): boolean => /^(context|internal)\./.test(path);
const isMetric = ({ as }: Column): boolean => as === 'ticks' || as === 'share';
const METRIC_FIELDS = ['value', 'count', 'min', 'max'] as const;

/** Elements that are no rows by themselves: the signal takes them apart when the record has been read. */
const TAKEN_APART: ReadonlySet<Signal> = new Set(['exceptions', 'customMetrics', 'performanceCounters']);

/** The keys of classic records: root and element, and the slots that columns are made of. */
export function classicTree(signal: Signal, columns: readonly Column[]) {
  const numbers = slotNumbers();
  const root = newNode('', USE.object);
  const element = newNode('', USE.object);
  element.path = signalTables[signal].element;
  const documented = documentedFields(signal);
  for (const path of documented.root) nodeAt(root, path.split('.'), USE.left);
  // Root first: its slots are not emptied from element to element.
  const place = (path: string, use: number) => placeSlot(isRoot(path) ? root : element, path, use, numbers);
  const paths = columns.flatMap((column) => pathsOf(column, signal));
  for (const { path, use } of paths.filter(({ path }) => isRoot(path))) place(path, use);
  const elementSlots = numbers.count;
  for (const path of documented.element) nodeAt(element, path.split('.'), USE.left);
  for (const { path, use } of paths.filter(({ path }) => !isRoot(path))) place(path, use);
  for (const path of LINK_FIELDS[signal] ?? []) place(path, USE.kept);
  if (signal === 'exceptions') place('parsedStack', USE.stack);
  const measurement = newNode('', USE.object);
  for (const field of METRIC_FIELDS) placeSlot(measurement, field, USE.taken, numbers, '#.measurement.');
  lists(root, signal);
  loosen(root);
  loosen(element);
  childOf(root, 'records', USE.wrapper);
  givePaths(root, '');
  givePaths(element, element.path);
  const plans: ColumnPlan[] = columns.map((column) => ({
    column,
    slots: slotPaths(column).map((path) => numbers.of(path)),
  }));
  const own = TAKEN_APART.has(signal) ? { element, inline: false } : { element, inline: true };
  const measurementSlots = METRIC_FIELDS.map((field) => numbers.of(`#.measurement.${field}`));
  return { root, ...own, measurement, measurementSlots, plans, slots: numbers.count, elementSlots, slotOf: numbers.of };
}

/** Of exceptions also what a link of the chain is made of. */
const LINK_FIELDS: Partial<Record<Signal, readonly string[]>> = {
  exceptions: ['id', 'outerId', 'message', 'exceptionType', 'typeName', 'count'],
};

/** Paths in the record that a column is made of, and whether it takes them. */
const pathsOf = (column: Column, signal: Signal): readonly { readonly path: string; readonly use: number }[] =>
  slotPaths(column)
    .filter((path) => !path.startsWith('#.'))
    .map((path) => ({ path, use: takes(column, path, signal) ? USE.taken : USE.kept }));

/** A path may be the first of one column and the second of another. */
const takes = (column: Column, path: string, signal: Signal): boolean =>
  isMetric(column)
    ? path === `${column.continuous[0]}.value`
    : [column, ...signalTables[signal].own].some(({ continuous }) => continuous[0] === path);

/** The slots of a column, by their paths. */
function slotPaths(column: Column): readonly string[] {
  const { as, continuous } = column;
  if (as === 'dimensions' || as === 'measurements' || as === 'bucket') return [];
  return isMetric(column) ? METRIC_FIELDS.map((field) => `${continuous[0]}.${field}`) : continuous;
}

function placeSlot(from: KeyNode, path: string, use: number, numbers: SlotNumbers, prefix = ''): void {
  const node = nodeAt(from, path.split('.'), use);
  // What stands above other fields is an object first of all; a value in its place is odd.
  if (node.children.length > 0) return;
  node.slot = numbers.of(`${prefix}${path}`);
  if (use !== USE.kept || node.use === USE.left) node.use = use;
}

function lists(root: KeyNode, signal: Signal): void {
  nodeAt(root, DIMENSIONS.split('.'), USE.dimensions);
  // Metrics are rows of their own signal; of others measurements are made of them, which hold less than there is.
  const metrics = nodeAt(root, METRICS.split('.'), USE.metrics);
  metrics.slot = signal === 'customMetrics' ? 0 : -1;
  for (const other of signals) {
    const node = childOf(root, signalTables[other].element, USE.others);
    node.use = other === signal ? USE.elements : USE.others;
    node.path = node.name;
  }
}

/** Tells the objects below which no column takes anything; returns whether it is one. */
function loosen(node: KeyNode): boolean {
  const below = node.children.map(loosen);
  const takes = node.use === USE.taken || node.use === USE.elements || node.use === USE.dimensions || node.slot === 0;
  node.loose = !takes && !below.includes(false);
  return node.loose;
}

function givePaths(node: KeyNode, path: string): void {
  node.path = path;
  for (const child of node.children) givePaths(child, path === '' ? child.name : `${path}.${child.name}`);
}
