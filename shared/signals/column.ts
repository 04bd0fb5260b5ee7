/**
 * How a column is typed in the lake: µs since 1970 in UTC, UTF-8, 64 bit for both kinds of whole numbers, double,
 * boolean, JSON as text.
 */
export type ColumnType = 'timestamp' | 'string' | 'integer' | 'long' | 'real' | 'boolean' | 'dynamic';

/**
 * How a value of the classic record becomes the column's; the flat layouts and the query need no more than a cast.
 * - `value`: cast to the column's type. Of several paths the first that is not empty counts.
 * - `ticks`: the path names a metric object. Its `value` is the sum over its `count` items, in ticks of 100 ns; the
 *   column is one item's, in ms.
 * - `share`: the same without ticks: `value / count`.
 * - `items`: the first path is a count, the second the sampling rate in percent, which counts where there is no count
 *   (100 / rate).
 * - `bucket`: the name of the duration class that `ticks` falls into.
 * - `severity`: Verbose 0, Information 1, Warning 2, Error 3, Critical 4.
 * - `passed`: Pass true, Fail false.
 * - `dimensions`: an array of objects merged into one; of a repeated key the last value counts.
 * - `measurements`: an array of objects of metric objects merged into one object `{name: value / count}`.
 * - `itemType`: the word of the signal's table. `folderKey`, `folderApp`: the two halves of the export's folder
 *   `{appName}_{ikey}`.
 * - `extra`, `exportWindow`: made by the engine: what no column holds, and the window that the row came from.
 */
export type Conversion =
  | 'value'
  | 'ticks'
  | 'share'
  | 'items'
  | 'bucket'
  | 'severity'
  | 'passed'
  | 'dimensions'
  | 'measurements'
  | 'itemType'
  | 'folderKey'
  | 'folderApp'
  | 'extra'
  | 'exportWindow';

/** One column of the lake, and where each layout keeps it. */
export interface Column {
  /** As in the query table. */
  readonly name: string;
  readonly type: ColumnType;
  /**
   * Names in the workspace table, so also in diagnostic settings, data export and workspace queries. The first that is
   * not empty counts.
   */
  readonly workspace: readonly string[];
  /**
   * Paths in the classic record. Those that start with `context.` or `internal.` count from the root, the others from
   * the element;
   * `#` holds what the engine brings into the form of an element first (metrics, counters, exception chains). The first
   * path is taken out of `extra`; the others are fallbacks and stay there.
   */
  readonly continuous: readonly string[];
  readonly as: Conversion;
  /** One line for docs/schema.md; '' where the name says it. */
  readonly note: string;
}

type Rest = Partial<Pick<Column, 'as' | 'note'>>;

const columnOf =
  (type: ColumnType) =>
  (name: string, workspace: readonly string[], continuous: readonly string[] = [], rest: Rest = {}): Column => ({
    name,
    type,
    workspace,
    continuous,
    as: 'value',
    note: '',
    ...rest,
  });

export const timestamp = columnOf('timestamp');
export const string = columnOf('string');
export const integer = columnOf('integer');
export const real = columnOf('real');
export const boolean = columnOf('boolean');
export const dynamic = columnOf('dynamic');
