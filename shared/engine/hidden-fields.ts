import type { Layout, Shaping, Signal, SignalShape } from '../model.ts';
import type { Column } from '../signals/column.ts';
import { columnsOf } from '../signals/columns.ts';
import { hiddenColumns, hiddenPromotions, isPrivate, noShape } from '../signals/shape.ts';
import { signals, signalTables } from '../signals/tables.ts';
import { DIMENSIONS, isRoot, METRICS } from './continuous-paths.ts';

/** Which members of an object (or of the objects of an array) must not be seen. Names in small letters, compared without regard to case. */
export interface FieldTree {
  readonly remove: Set<string>;
  /** If there, all others go. */
  keep: Set<string> | undefined;
  readonly inside: Map<string, FieldTree>;
  /** Only objects are looked into: text in their place could hold anything, and goes. */
  objectsOnly: boolean;
}

const emptyTree = (): FieldTree => ({ remove: new Set(), keep: undefined, inside: new Map(), objectsOnly: false });

const isEmptyTree = ({ remove, keep, inside, objectsOnly }: FieldTree): boolean =>
  remove.size === 0 && keep === undefined && !objectsOnly && [...inside.values()].every(isEmptyTree);

/** What of a record is part of a column's value, although no path of the column says so. */
const KIN: Partial<Record<Signal, Readonly<Record<string, readonly string[]>>>> = {
  requests: { url: ['urlData'] },
  dependencies: { data: ['urlData', 'baseName'], target: ['urlData'] },
  exceptions: { details: ['parsedStack', 'stack', 'message', 'exceptionType', 'typeName', 'outerId', 'id'] },
  pageViews: { url: ['urlData'] },
  browserTimings: { url: ['urlData'] },
};

/** Keys of the links of an exception's chain (the column `details`) that repeat a column. */
const LINK_KEYS: readonly (readonly [key: string, columns: readonly string[]])[] = [
  ['message', ['message', 'outerMessage', 'innermostMessage']],
  ['type', ['type', 'outerType', 'innermostType']],
];

/**
 * What `extra` must not hold of a signal's records of that layout: all paths of columns that are dropped or hashed, first and fallback
 * ones alike (a record may be in `extra` whole), denied fields, denied dimensions, and whole elements of other signals that hide anything.
 */
function hiddenFields(signal: Signal, layout: Layout, shaping: Shaping): FieldTree {
  const shape = shaping.signals[signal] ?? noShape;
  const tree = emptyTree();
  const pathsOf = layout === 'continuous' ? continuousPathsOf : flatPathsOf;
  for (const column of hiddenColumns(signal, shape)) for (const path of pathsOf(column, signal)) removePath(tree, path);
  if (layout === 'continuous') for (const other of elementsOfOthers(signal, shaping)) removePath(tree, [other]);
  for (const path of shape.extra.deny) removePath(tree, path.split('.'));
  hidePromoted(tree, shape, signal, layout);
  const dimensions = dimensionTree(shape);
  if (!isEmptyTree(dimensions)) {
    for (const path of columnsOf(signal)
      .filter(({ name }) => name === 'customDimensions')
      .flatMap((column) => pathsOf(column, signal)))
      place(tree, path, dimensions);
  }
  keepPaths(tree, shape.extra.allow);
  return tree;
}

/** The columns of which something is hidden, and what. */
export function hiddenTrees(signal: Signal, layout: Layout, shaping: Shaping): ReadonlyMap<string, FieldTree> {
  const shape = shaping.signals[signal] ?? noShape;
  const trees: readonly (readonly [string, FieldTree])[] = [
    ['customDimensions', dimensionTree(shape)],
    ['customMeasurements', measurementTree(shape)],
    ['details', linkTree(signal, shape)],
    ['extra', hiddenFields(signal, layout, shaping)],
  ];
  const names = new Set(columnsOf(signal).map(({ name }) => name));
  return new Map(trees.filter(([name, tree]) => names.has(name) && !isEmptyTree(tree)));
}

/** What the column customDimensions must not hold. */
function dimensionTree(shape: SignalShape): FieldTree {
  const promoted = hiddenPromotions(shape).flatMap(({ from }) => fieldOf(from, 'customDimensions'));
  const small = (names: readonly string[]) => new Set(names.map((name) => name.toLowerCase()));
  const { allow, deny } = shape.dimensions;
  const remove = small([...deny, ...promoted]);
  return { ...emptyTree(), remove, keep: allow && small(allow), objectsOnly: remove.size > 0 || allow !== undefined };
}

/** What the column customMeasurements must not hold. */
function measurementTree(shape: SignalShape): FieldTree {
  const names = hiddenPromotions(shape).flatMap(({ from }) => fieldOf(from, 'customMeasurements'));
  return { ...emptyTree(), remove: new Set(names.map((name) => name.toLowerCase())), objectsOnly: names.length > 0 };
}

/** What the links in the column details must not hold: the same text as a hidden column. */
function linkTree(signal: Signal, shape: SignalShape): FieldTree {
  const hidden = new Set(hiddenColumns(signal, shape).map(({ name }) => name));
  const keys = signal === 'exceptions' ? LINK_KEYS.filter(([, columns]) => columns.some((name) => hidden.has(name))) : [];
  return { ...emptyTree(), remove: new Set(keys.map(([key]) => key)), objectsOnly: keys.length > 0 };
}

const fieldOf = (from: string, column: string): readonly string[] => (from.startsWith(`${column}.`) ? [from.slice(column.length + 1)] : []);

function hidePromoted(tree: FieldTree, shape: SignalShape, signal: Signal, layout: Layout): void {
  for (const { from } of hiddenPromotions(shape)) for (const path of fieldOf(from, 'extra')) removePath(tree, path.split('.'));
  const measured = measurementTree(shape);
  if (isEmptyTree(measured)) return;
  const pathsOf = layout === 'continuous' ? continuousPathsOf : flatPathsOf;
  for (const column of columnsOf(signal).filter(({ name }) => name === 'customMeasurements'))
    for (const path of pathsOf(column, signal)) place(tree, path, measured);
}

/** Element keys of other signals of which something is hidden: a record may carry elements of several. */
const elementsOfOthers = (signal: Signal, { signals: shapes }: Shaping): readonly string[] =>
  signals.filter((other) => other !== signal && shapes[other] && isPrivate(shapes[other])).map((other) => signalTables[other].element);

type Steps = readonly string[];

function continuousPathsOf(column: Column, signal: Signal): readonly Steps[] {
  const { element, own } = signalTables[signal];
  const steps = (path: string) => (isRoot(path) ? path.split('.') : [element, ...path.split('.')]);
  const kin = (KIN[signal]?.[column.name] ?? []).map((key) => [element, key]);
  if (column.as === 'dimensions') return [DIMENSIONS.split('.')];
  if (column.as === 'measurements') return [METRICS.split('.')];
  // Names and values of metrics and counters are keys and members of objects that the engine takes apart.
  if (own.includes(column) && signal === 'customMetrics')
    return [METRICS.split('.'), ...column.continuous.map((path) => [element, path.replace('#.', '')])];
  if (column.continuous.some((path) => path.startsWith('#.')) && signal === 'performanceCounters') return [[element]];
  return [...column.continuous.filter((path) => !path.startsWith('#.')).map(steps), ...kin];
}

const flatPathsOf = ({ name, workspace }: Column): readonly Steps[] => [name, ...workspace].map((key) => [key]);

function removePath(tree: FieldTree, path: Steps): void {
  const last = path.at(-1);
  if (last !== undefined) nodeAt(tree, path.slice(0, -1)).remove.add(last.toLowerCase());
}

function nodeAt(tree: FieldTree, path: Steps): FieldTree {
  return path.reduce((at, step) => {
    const next = at.inside.get(step.toLowerCase()) ?? emptyTree();
    at.inside.set(step.toLowerCase(), next);
    return next;
  }, tree);
}

function place(tree: FieldTree, path: Steps, { remove, keep, objectsOnly }: FieldTree): void {
  const node = nodeAt(tree, path);
  for (const name of remove) node.remove.add(name);
  if (keep !== undefined) node.keep = keep;
  node.objectsOnly ||= objectsOnly;
}

function keepPaths(tree: FieldTree, allow: readonly string[] | undefined): void {
  if (allow === undefined) return;
  tree.keep ??= new Set();
  const wide = allow.filter((path) => !allow.some((other) => path.toLowerCase().startsWith(`${other.toLowerCase()}.`)));
  for (const path of wide) {
    const steps = path.toLowerCase().split('.');
    for (const [index, step] of steps.entries()) {
      const node = nodeAt(tree, steps.slice(0, index));
      node.keep ??= new Set();
      node.keep.add(step);
    }
  }
}
