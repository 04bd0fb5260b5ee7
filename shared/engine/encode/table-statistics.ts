import type { Rows, Vector } from '../vectors.ts';
import type { NamedType } from './parquet/footer.ts';
import { countValid, isValid } from './validity.ts';

/** What a Delta log tells of a file, so that readers can pass it over. */
export interface TableStatistics {
  add(rows: Rows): void;
  /** JSON: numRecords, nullCount of every column, minValues and maxValues of times and whole numbers. */
  text(): string;
  /** Returns what makes them as they are now. */
  mark(): () => void;
}

interface Range {
  nulls: number;
  least: bigint | undefined;
  most: bigint | undefined;
}

/**
 * Doubles have no range (NaN has no place in one), nor have texts (a maximum that is cut short is below the text
 * itself, and readers then find nothing).
 */
export function createTableStatistics(columns: readonly NamedType[]): TableStatistics {
  let count = 0;
  let ranges = columns.map((): Range => ({ nulls: 0, least: undefined, most: undefined }));
  return {
    add: (rows) => {
      count += rows.count;
      for (const [index, vector] of rows.vectors.entries()) {
        const range = ranges[index];
        if (range !== undefined) widen(range, vector, rows.count);
      }
    },
    mark() {
      const [before, told] = [count, ranges.map((range) => ({ ...range }))];
      return () => {
        count = before;
        ranges = told.map((range) => ({ ...range }));
      };
    },
    text: () => {
      const members = (of: (range: Range) => bigint | undefined, round: (micros: bigint) => bigint) =>
        columns.flatMap(({ name, type }, index) => {
          const value = of(ranges[index] as Range);
          const text = type === 'timestamp' && value !== undefined ? instant(round(value)) : value;
          return text === undefined ? [] : [`${JSON.stringify(name)}:${text}`];
        });
      const least = members(({ least }) => least, floorMillis);
      const most = members(({ most }) => most, ceilMillis);
      const nulls = columns.map(({ name }, index) => `${JSON.stringify(name)}:${ranges[index]?.nulls}`);
      return `{"numRecords":${count},"minValues":{${least}},"maxValues":{${most}},"nullCount":{${nulls}}}`;
    },
  };
}

function widen(range: Range, vector: Vector, count: number): void {
  range.nulls += count - countValid(vector.validity, 0, count);
  if (vector.kind !== 'long') return;
  for (let row = 0; row < count; row++) {
    if (!isValid(vector.validity, row)) continue;
    const value = vector.values[row] as bigint;
    if (range.least === undefined || value < range.least) range.least = value;
    if (range.most === undefined || value > range.most) range.most = value;
  }
}

/**
 * Readers take times in milliseconds: rounded outwards, no row falls out of the range. Down for times before 1970, too.
 */
function floorMillis(micros: bigint): bigint {
  const rest = ((micros % 1000n) + 1000n) % 1000n;
  return (micros - rest) / 1000n;
}

const ceilMillis = (micros: bigint): bigint => -floorMillis(-micros);

/** Undefined for a time that is not spelled with four digits of the year, which readers would not take. */
function instant(millis: bigint): string | undefined {
  const text = JSON.stringify(new Date(Number(millis)).toISOString());
  return /^"\d{4}-/.test(text) ? text : undefined;
}
