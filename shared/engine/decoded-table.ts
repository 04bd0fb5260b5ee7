import type { Chunk, Layout, Millis, Signal, Window } from '../model.ts';
import { columnsOf } from '../signals/columns.ts';
import { rowTimes } from '../signals/row-times.ts';
import type { RowConstants } from './continuous-cells.ts';
import { DUCKDB_TYPES } from './convert.ts';
import { continuousSteps } from './decode-continuous.ts';
import { flatSteps } from './decode-flat.ts';
import { querySteps } from './decode-query.ts';
import { named } from './sql.ts';
import { nested, type Step } from './steps.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

export const partitionSize = (partition: 'hour' | 'day'): Millis => (partition === 'hour' ? HOUR : DAY);

export const decodedTable = (signal: Signal): string => named(`decoded_${signal}`);

/**
 * Makes the empty table that the rows of a signal are decoded into: its columns, and `_element`, `_bytes`, `_known` and `_same` as the decoders
 * give them, `_partition` (start of the partition, ms) and `_ordinal` (of the line, where that was asked for).
 */
export function createDecoded(signal: Signal): string {
  const columns = columnsOf(signal).map(({ name, type }) => `${named(name)} ${DUCKDB_TYPES[type]}`);
  return `CREATE OR REPLACE TEMP TABLE ${decodedTable(signal)} (${[
    ...columns,
    '_element BIGINT',
    '_bytes BIGINT',
    '_known BOOLEAN',
    '_same UHUGEINT',
    '_partition BIGINT',
    '_ordinal BIGINT',
  ].join(', ')})`;
}

/** Decodes the relation `from` (a column `doc`, and `ordinal` where `numbered`) into the signal's table. */
export function insertDecoded(
  signal: Signal,
  chunk: Pick<Chunk, 'layout' | 'columns'>,
  constants: RowConstants,
  target: {
    readonly from: string;
    readonly numbered: boolean;
    readonly window: Window;
    readonly partition: 'hour' | 'day';
    readonly byRecord: boolean;
  },
): string {
  const steps = stepsOf(signal, chunk, constants);
  const later = new Set(steps.flatMap(({ add }) => Object.keys(add).filter((name) => name.startsWith('"='))));
  const columns = columnsOf(signal).map(({ name }) => (later.has(`"=${name}"`) ? `"=${name}"` : named(name)));
  return `INSERT INTO ${decodedTable(signal)} SELECT ${columns.join(', ')}, _element, _bytes, _known, ${sameOf(signal, chunk.layout, target.byRecord)},
  ${partitionOf(target.window, partitionSize(target.partition))}, ${target.numbered ? 'ordinal' : 'NULL'}
FROM (${nested(steps, target.from)})`;
}

/** Line ends differ between the two ways that lines are read. A cut value is told by its hash: equal lines stay equal. */
const sameOf = (signal: Signal, layout: Layout, byRecord: boolean): string =>
  byRecord && layout !== 'query'
    ? `coalesce(_same, md5_number('${signal}/' || _element || '/record/' || trim(doc, E' \\t\\r')))`
    : '_same';

function stepsOf(
  signal: Signal,
  { layout, columns }: Pick<Chunk, 'layout' | 'columns'>,
  constants: RowConstants,
): readonly Step[] {
  if (layout === 'continuous') return continuousSteps(signal, constants);
  return layout === 'query' ? querySteps(signal, columns, constants) : flatSteps(signal, layout, constants);
}

function partitionOf(window: Window, size: Millis): string {
  const { start } = window;
  const time = 'epoch_us("timestamp")';
  const near = `${time} >= ${rowTimes(window).start * 1000} AND ${time} < ${rowTimes(window).end * 1000}`;
  return `CASE WHEN ${near} THEN ${time} // ${size * 1000} * ${size} ELSE ${Math.floor(start / size) * size} END`;
}
