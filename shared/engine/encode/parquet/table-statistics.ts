import type { Bounds } from './bounds.ts';
import type { NamedType, RowGroup } from './footer.ts';

/**
 * What a Delta log tells of a file, so that readers can pass it over, as JSON: numRecords, nullCount of every column,
 * minValues and maxValues of times and whole numbers. Doubles have no range (NaN has no place in one), nor have texts
 * (a maximum that is cut short is below the text itself, and readers then find nothing).
 */
export function tableStatistics(columns: readonly NamedType[], groups: readonly RowGroup[]): string {
  const chunks = columns.map((_, index) => groups.flatMap((group) => group.columns[index] ?? []));
  const members = (say: (column: NamedType, index: number) => string | undefined) =>
    columns.flatMap((column, index) => {
      const said = say(column, index);
      return said === undefined ? [] : [`${JSON.stringify(column.name)}:${said}`];
    });
  const range = (side: keyof Bounds, goesBefore: (one: bigint, other: bigint) => boolean) =>
    members(({ type }, index) => {
      if (type !== 'integer' && type !== 'long' && type !== 'timestamp') return undefined;
      const all = (chunks[index] ?? []).flatMap(({ bounds }) => (bounds === undefined ? [] : [longOf(bounds[side])]));
      if (all.length === 0) return undefined;
      const value = all.reduce((one, other) => (goesBefore(other, one) ? other : one));
      return type === 'timestamp' ? instant(side === 'min' ? floorMillis(value) : ceilMillis(value)) : String(value);
    });
  const count = groups.reduce((sum, { rows }) => sum + rows, 0);
  const least = range('min', (one, other) => one < other);
  const most = range('max', (one, other) => one > other);
  const nulls = members((_, index) => String((chunks[index] ?? []).reduce((sum, chunk) => sum + chunk.nulls, 0)));
  return `{"numRecords":${count},"minValues":{${least}},"maxValues":{${most}},"nullCount":{${nulls}}}`;
}

const longOf = ({ buffer, byteOffset }: Uint8Array): bigint => new DataView(buffer, byteOffset).getBigInt64(0, true);

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
