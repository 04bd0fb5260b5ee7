import type { Layout, Shaping, Signal, SignalShape } from '../../model.ts';
import type { Column } from '../../signals/column.ts';
import { columnsOf } from '../../signals/columns-of.ts';
import { hiddenColumns, hiddenPromotions, isPrivate, noShape } from '../../signals/shape.ts';
import { signals, signalTables } from '../../signals/tables.ts';
import { DIMENSIONS, isRoot, METRICS } from '../decode/program/classic-tree.ts';
import { type FieldTree, isEmptyTree, keepingTree, placeTree, readings, removePath, treeOf } from './field-tree.ts';

/** What of an element is part of a column's value, although no path of the column says so. */
const KIN: Partial<Record<Signal, Readonly<Record<string, readonly string[]>>>> = {
  requests: { url: ['urlData'] },
  dependencies: { data: ['urlData', 'baseName'], target: ['urlData'] },
  exceptions: {
    details: ['parsedStack', 'stack', 'rawStack', 'message', 'exceptionType', 'typeName', 'outerId', 'id'],
  },
  customMetrics: { value: ['sampledValue'], valueSum: ['sampledValue'] },
  pageViews: { url: ['urlData'] },
  browserTimings: { url: ['urlData'] },
};

/**
 * Keys of the links of an exception's chain that say what columns say: the text of a stack begins with type and
 * message.
 */
const LINKS: readonly (readonly [columns: readonly string[], keys: readonly string[]])[] = [
  [
    ['message', 'outerMessage', 'innermostMessage'],
    ['message', 'stack', 'rawStack'],
  ],
  [
    ['type', 'outerType', 'innermostType'],
    ['type', 'exceptionType', 'typeName', 'stack', 'rawStack'],
  ],
];

/** The columns of which something is hidden, and what. */
export function hiddenTrees(signal: Signal, layout: Layout, shaping: Shaping): ReadonlyMap<string, FieldTree> {
  const shape = shaping.signals[signal] ?? noShape;
  const trees = new Map([
    ['customDimensions', dimensionTree(shape)],
    ['customMeasurements', measurementTree(shape)],
    ['details', linkTree(signal, layout, shape)],
  ]);
  trees.set('extra', extraTree(signal, layout, shaping, trees));
  const names = new Set(columnsOf(signal).map(({ name }) => name));
  return new Map([...trees].filter(([name, tree]) => names.has(name) && !isEmptyTree(tree)));
}

/**
 * What `extra` must not hold of a signal's records of that layout: all paths of columns that are dropped or hashed,
 * first and fallback ones alike (a record may be in `extra` whole), what the other columns must not hold, denied
 * fields, fields of hashed promotions, and whole elements of other signals that hide anything.
 */
function extraTree(
  signal: Signal,
  layout: Layout,
  shaping: Shaping,
  others: ReadonlyMap<string, FieldTree>,
): FieldTree {
  const shape = shaping.signals[signal] ?? noShape;
  const tree = treeOf([]);
  const pathsOf = layout === 'continuous' ? continuousPathsOf : flatPathsOf;
  for (const column of hiddenColumns(signal, shape)) for (const path of pathsOf(column, signal)) removePath(tree, path);
  for (const column of columnsOf(signal)) {
    const hidden = others.get(column.name);
    if (hidden !== undefined) for (const path of wholePathsOf(column, signal, layout)) placeTree(tree, path, hidden);
  }
  if (layout === 'continuous') for (const element of elementsOfOthers(signal, shaping)) removePath(tree, [element]);
  for (const path of shape.extra.deny.flatMap(readings)) removePath(tree, path);
  for (const { from } of hiddenPromotions(shape))
    for (const path of fieldOf(from, 'extra')) removePath(tree, path.split('.'));
  if (shape.extra.allow !== undefined) placeTree(tree, [], keepingTree(shape.extra.allow));
  return tree;
}

/** What the column customDimensions must not hold. */
function dimensionTree(shape: SignalShape): FieldTree {
  const promoted = hiddenPromotions(shape).flatMap(({ from }) => fieldOf(from, 'customDimensions'));
  return treeOf([...shape.dimensions.deny, ...promoted], shape.dimensions.allow);
}

/** What the column customMeasurements must not hold. */
const measurementTree = (shape: SignalShape): FieldTree =>
  treeOf(hiddenPromotions(shape).flatMap(({ from }) => fieldOf(from, 'customMeasurements')));

/** What the links in the column details must not hold, nor the elements that they are made of. */
function linkTree(signal: Signal, layout: Layout, shape: SignalShape): FieldTree {
  if (signal !== 'exceptions') return treeOf([]);
  const hidden = hiddenColumns(signal, shape);
  const keys = LINKS.flatMap(([columns, keys]) => (hidden.some(({ name }) => columns.includes(name)) ? keys : []));
  const own =
    layout === 'continuous' ? hidden.flatMap(({ continuous }) => continuous.filter((path) => !isRoot(path))) : [];
  return treeOf([...keys, ...own]);
}

const fieldOf = (from: string, column: string): readonly string[] =>
  from.startsWith(`${column}.`) ? [from.slice(column.length + 1)] : [];

/** Element keys of other signals of which something is hidden: a record may carry elements of several. */
const elementsOfOthers = (signal: Signal, { signals: shapes }: Shaping): readonly string[] =>
  signals
    .filter((other) => other !== signal && shapes[other] && isPrivate(shapes[other]))
    .map((other) => signalTables[other].element);

type Steps = readonly string[];

/** Where the objects stand that a column of objects is made of. */
function wholePathsOf(column: Column, signal: Signal, layout: Layout): readonly Steps[] {
  if (layout !== 'continuous') return flatPathsOf(column);
  return column.name === 'details' ? [[signalTables[signal].element]] : continuousPathsOf(column, signal);
}

function continuousPathsOf(column: Column, signal: Signal): readonly Steps[] {
  const { element, own } = signalTables[signal];
  const steps = (path: string) => (isRoot(path) ? path.split('.') : [element, ...path.split('.')]);
  const kin = (KIN[signal]?.[column.name] ?? []).map((key) => [element, key]);
  // A class of durations is made of them, and says less.
  if (column.as === 'bucket') return [];
  if (column.as === 'dimensions') return [DIMENSIONS.split('.')];
  if (column.as === 'measurements') return [METRICS.split('.')];
  // Names and values of metrics and counters are keys and members of objects that the engine takes apart.
  if (own.includes(column) && signal === 'customMetrics')
    return [METRICS.split('.'), ...column.continuous.map((path) => [element, path.replace('#.', '')]), ...kin];
  if (column.continuous.some((path) => path.startsWith('#.')) && signal === 'performanceCounters') return [[element]];
  return [...column.continuous.filter((path) => !path.startsWith('#.')).map(steps), ...kin];
}

const flatPathsOf = ({ name, workspace }: Column): readonly Steps[] => [name, ...workspace].map((key) => [key]);
