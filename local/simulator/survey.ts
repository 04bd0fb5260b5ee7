import type { Cell, Row } from '../telemetry/row.ts';
import { idHash } from './data.ts';
import type { KqlQuery } from './kql.ts';

/** Facts of the rows of each step, in place of the rows. */
type Survey = NonNullable<KqlQuery['survey']>;

export const surveyColumns = ({ label }: KqlQuery, { latest, ids }: Survey) => [
  { name: 'start', type: 'datetime' },
  { name: 'rows', type: 'long' },
  ...(latest ? [{ name: 'latest', type: 'datetime' }] : []),
  ...(ids === undefined ? [] : [{ name: 'ids', type: 'long' }]),
  ...(label === undefined ? [] : [{ name: 'signal', type: 'string' }]),
];

export function* surveyCells(
  { label }: KqlQuery,
  { latest, ids, step }: Survey,
  rows: Iterable<Row>,
  text: boolean,
  ingested: (row: Row) => string,
): Generator<readonly Cell[]> {
  const bins = new Map<number, { rows: number; latest: string; ids: number }>();
  for (const row of rows) {
    const start = Math.floor(Date.parse(String(row.timestamp)) / step) * step;
    const bin = bins.get(start) ?? { rows: 0, latest: '', ids: 0 };
    bins.set(start, bin);
    bin.rows++;
    const came = ingested(row);
    if (Date.parse(came) > (bin.latest === '' ? Number.NEGATIVE_INFINITY : Date.parse(bin.latest))) bin.latest = came;
    bin.ids += ids === undefined ? 0 : idHash(row, ids);
  }
  const number = (value: number): Cell => (text ? String(value) : value);
  for (const [start, bin] of bins) {
    yield [
      new Date(start).toISOString().replace('.000Z', 'Z'),
      number(bin.rows),
      ...(latest ? [bin.latest] : []),
      ...(ids === undefined ? [] : [number(bin.ids)]),
      ...(label === undefined ? [] : [label]),
    ];
  }
}
