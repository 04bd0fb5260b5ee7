import type { Signal } from '../model.ts';
import type { Column } from '../signals/column.ts';
import { documentedFields } from '../signals/documented.ts';
import { signalTables } from '../signals/tables.ts';
import { type KnownField, type KnownFields, knownFields } from './known.ts';
import { containersOf, jsonPath } from './sql.ts';

export const DIMENSIONS = 'context.custom.dimensions';
export const METRICS = 'context.custom.metrics';

/** What is read from one side of a classic record (its root, or one of its elements). */
export interface Side {
  /** All that is known of it, read or not. */
  readonly fields: KnownFields;
  /** Paths that the columns hold, so that they do not come back in `extra`. */
  readonly taken: readonly string[];
  /** Paths that do not come back for another reason. */
  readonly dropped: readonly string[];
  /** JSON paths of the objects on the way to what is taken. */
  readonly objects: readonly string[];
}

export interface ContinuousPaths {
  readonly root: Side;
  readonly element: Side;
}

export const isRoot = (path: string): boolean => /^(context|internal)\./.test(path);
export const isMetric = ({ as }: Column): boolean => as === 'ticks' || as === 'share' || as === 'bucket';

export function continuousPaths(columns: readonly Column[], signal: Signal): ContinuousPaths {
  const read = columns.flatMap((column) =>
    isMetric(column) ? column.continuous.flatMap((path) => [`${path}.value`, `${path}.count`]) : column.continuous,
  );
  const taken = columns.flatMap((column) => {
    const path = column.continuous[0];
    // What measurements are made of is more than the column can hold.
    if (path === undefined || column.as === 'measurements') return [];
    return [isMetric(column) ? `${path}.value` : path];
  });
  const { element } = signalTables[signal];
  const documented = documentedFields(signal);
  const side = (
    name: string,
    ofSide: (path: string) => boolean,
    others: readonly KnownField[],
    also: readonly string[],
  ): Side => {
    const mine = [...new Set(taken.filter(ofSide))];
    const dropped = others.filter(({ path, left }) => !left && !mine.includes(path)).map(({ path }) => path);
    const objects = ['$', ...containersOf([...mine, ...dropped]).map(jsonPath)];
    const lists = new Set(others.map(({ path }) => path));
    const rest = [...read.filter(ofSide), ...also].filter((path) => !mine.includes(path) && !lists.has(path));
    const fields = [
      ...others,
      ...mine.filter((path) => !lists.has(path)).map((path) => ({ path, as: 'text' as const, left: false })),
      ...[...new Set(rest)].map((path) => ({ path, as: 'json' as const, left: true })),
    ];
    return { fields: knownFields(name, fields, read), taken: mine, dropped, objects };
  };
  const list = (path: string, left: boolean): KnownField => ({ path, as: 'list', left });
  const rootLists = [list(element, false), list(DIMENSIONS, false), list(METRICS, signal !== 'customMetrics')];
  const elementLists = taken.includes('#.details') ? [list('#.details', false)] : [];
  return {
    root: side('_doc', isRoot, rootLists, documented.root),
    element: side('_own', (path) => !isRoot(path), elementLists, documented.element),
  };
}
