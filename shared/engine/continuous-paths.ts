import type { Signal } from '../model.ts';
import type { Column } from '../signals/column.ts';
import { signalTables } from '../signals/tables.ts';
import { containersOf, jsonPath } from './sql.ts';

export const DIMENSIONS = 'context.custom.dimensions';
export const METRICS = 'context.custom.metrics';

/** What is read from one side of a classic record (its root, or one of its elements). */
export interface Side {
  /** Paths of the texts that are read, in the order of the list that they are read into. The `taken` ones come first. */
  readonly read: readonly string[];
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
  const side = (ofSide: (path: string) => boolean, also: readonly string[], dropped: readonly string[]): Side => {
    const mine = [...new Set(taken.filter(ofSide))];
    const objects = ['$', ...containersOf([...mine, ...dropped]).map(jsonPath)];
    return { read: [...new Set([...mine, ...read.filter(ofSide), ...also])], taken: mine, dropped, objects };
  };
  const dropped = [signalTables[signal].element, ...(signal === 'customMetrics' ? [METRICS] : [])];
  return { root: side(isRoot, [DIMENSIONS, METRICS], dropped), element: side((path) => !isRoot(path), [], []) };
}
