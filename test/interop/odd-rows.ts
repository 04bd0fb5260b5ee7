import type { Signal } from '../../shared/model.ts';
import type { ColumnType } from '../../shared/signals/column.ts';
import { columnsOf } from '../../shared/signals/columns-of.ts';
import type { Cell } from '../engine/encode/rows.ts';

/** Values at the edges of their types, such as decoding lets into columns. */
const odd: Readonly<Record<ColumnType, readonly Cell[]>> = {
  timestamp: [
    -62_135_596_800_000_000n,
    253_402_300_799_999_999n,
    0n,
    -1n,
    1_780_000_000_123_456n,
    1_780_000_000_123_457n,
  ],
  string: [
    ...[
      '',
      ' ',
      ' blank ',
      '\ttab',
      'NUL \0 within',
      '\0',
      'cut \ufffd pair',
      'é',
      'e\u0301',
      '\u{1f986}',
      '\uffee',
      '\u{10ffff}',
    ],
    ...['null', 'NaN', '007', '1e5', 'true', "O'Brien", 'a "quote", a comma', 'two\nlines\r\n', '=1+1', '\\', '\ufeff'],
    ...['x'.repeat(63), 'x'.repeat(64), 'x'.repeat(65), 'y'.repeat(300)],
  ],
  dynamic: ['{}', '[]', '{"a":"\\u0000"}', '{"n":1e400,"":{"deep":[null,true]}}', '"text"', '{"é":"\u{1f986}"}'],
  integer: [0n, 1n, -1n, 2n ** 31n - 1n, -(2n ** 31n)],
  long: [0n, 2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n)],
  real: [
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    -0,
    0,
    1,
    1.5,
    5e-324,
    Number.MAX_VALUE,
    1 / 3,
  ],
  boolean: [true, false],
};

/** Chance that is the same every time. */
function chance(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % below;
  };
}

export interface OddGroup {
  readonly count: number;
  /**
   * `mixed`: anything. `constant`: one value a column. `nulls`: nothing. `gaps`: a constant among nulls, and NaN among
   * doubles. `long`: cells of 4 MiB.
   */
  readonly look: 'mixed' | 'constant' | 'nulls' | 'gaps' | 'long';
}

/** Rows of one row group; each has an itemId of its own that begins with `name`. */
export function oddRows(signal: Signal, name: string, { count, look }: OddGroup): Cell[][] {
  const pick = chance([...`${signal} ${name}`].reduce((sum, sign) => Math.imul(sum, 31) + sign.charCodeAt(0), 7));
  const columns = columnsOf(signal);
  const constants = columns.map(({ type }) => odd[type][pick(odd[type].length)] ?? null);
  return Array.from({ length: count }, (_, row) =>
    columns.map(({ name: column, type }, index): Cell => {
      if (column === 'itemId') return `${name}-${String(row).padStart(4, '0')}`;
      if (look === 'nulls') return null;
      if (look === 'constant') return type === 'real' ? 1 : (constants[index] ?? null);
      if (look === 'gaps')
        return row % 3 === 1 ? (type === 'real' ? Number.NaN : null) : type === 'real' ? 1 : (constants[index] ?? null);
      if (look === 'long' && row === 1 && (column === 'name' || column === 'message')) return 'long '.repeat(840_000);
      if (look === 'long' && row === 1 && column === 'extra') return `{"long":"${'ü'.repeat(2_100_000)}"}`;
      return pick(5) === 0 ? null : (odd[type][pick(odd[type].length)] ?? null);
    }),
  );
}
