import { isDeepStrictEqual } from 'node:util';
import { chain, type LakeRow, type Value } from './truth.ts';

export interface Leniency {
  /** Columns that are not compared. */
  readonly ignored?: readonly string[];
  /** An empty string and nothing are the same (formats and records that cannot tell them apart). */
  readonly blanks?: boolean;
}

/**
 * How the lake differs from the truth, row by row (by itemId) and column by column: one line for each difference, none
 * when they are the same. A column of the lake that the truth does not have must be null in every row; one that the
 * lake lacks must be null in the truth.
 */
export function differences(
  truth: readonly LakeRow[],
  lake: readonly LakeRow[],
  { ignored = [], blanks = false }: Leniency = {},
): string[] {
  const found = Map.groupBy(lake, (row) => row.itemId);
  const expected = new Map(truth.map((row) => [row.itemId, row]));
  const passed = new Set(['filename', ...ignored]);
  const plain = (value: Value | undefined): Value =>
    value === undefined || (blanks && (value === '' || value === '{}')) ? null : value;
  const lines: string[] = [];
  for (const [id, rows] of found) {
    const row = expected.get(id);
    if (row === undefined) lines.push(`${id}: in the lake, not at the source`);
    else if (rows.length > 1)
      lines.push(`${id}: ${rows.length} times, in ${rows.map(({ filename }) => filename).join(' and ')}`);
    for (const other of row === undefined ? [] : rows) {
      for (const name of new Set([...Object.keys(row ?? {}), ...Object.keys(other)])) {
        if (passed.has(name) || isDeepStrictEqual(plain(row?.[name]), plain(other[name]))) continue;
        lines.push(
          `${id} ${name}: ${JSON.stringify(other[name])} instead of ${JSON.stringify(row?.[name])} (${other.filename})`,
        );
      }
    }
  }
  for (const id of expected.keys()) if (!found.has(id)) lines.push(`${id}: not in the lake`);
  return lines;
}

/**
 * As `differences`, for rows of Continuous Export: `{}` and no dimensions, '' and nothing cannot be told apart in a
 * classic record.
 */
export function classicDifferences(truth: readonly LakeRow[], lake: readonly LakeRow[]): string[] {
  const plain = lake.map((row) => (row.details === undefined ? row : { ...row, details: chain(row.details) }));
  const uncounted = truth.some((row) => 'itemCount' in row) ? [] : ['itemCount'];
  return differences(truth, plain, { blanks: true, ignored: ['extra', ...uncounted] });
}

/** The first lines and how many there are, for a message. */
export const shortened = (lines: readonly string[]): readonly string[] =>
  lines.length > 12 ? [...lines.slice(0, 12), `… ${lines.length} in all`] : lines;
