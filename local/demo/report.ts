import { type Comparison, isComplete } from './verify.ts';

/** Plain text for a terminal of 80 columns. The first column is flush left, the others right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  const cell = (text: string, column: number): string =>
    column === 0 ? text.padEnd(widths[0] ?? 0) : text.padStart(widths[column] ?? 0);
  return rows.map((row) => `  ${row.map(cell).join('  ')}`).join('\n');
}

const count = (value: number): string => value.toLocaleString('en');
const size = (bytes: number): string =>
  bytes < 1_000_000 ? `${count(Math.ceil(bytes / 1_000))} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;

const sumOf = (of: readonly Comparison[], pick: (one: Comparison) => number): number =>
  of.reduce((sum, one) => sum + pick(one), 0);

export function comparisonTable(comparisons: readonly Comparison[]): string {
  const total = {
    signal: 'all',
    windows: sumOf(comparisons, (one) => one.windows),
    atSource: sumOf(comparisons, (one) => one.atSource),
    inLake: sumOf(comparisons, (one) => one.inLake),
    files: sumOf(comparisons, (one) => one.files),
    bytes: sumOf(comparisons, (one) => one.bytes),
    complete: comparisons.every(isComplete),
  };
  const row = (one: Omit<typeof total, 'signal'> & { signal: string }): string[] => [
    one.signal,
    count(one.windows),
    count(one.atSource),
    one.complete ? '=' : '≠',
    count(one.inLake),
    count(one.files),
    size(one.bytes),
  ];
  const head = ['signal', 'windows', 'rows at the source', '', 'rows in the lake', 'files', 'size'];
  return table([head, ...comparisons.map((one) => row({ ...one, complete: isComplete(one) })), row(total)]);
}

/** What is wrong, one line for each signal that is not complete; none when all is well. */
export const shortfalls = (comparisons: readonly Comparison[]): string[] =>
  comparisons
    .filter((one) => !isComplete(one))
    .map(
      ({ signal, missing, strange, duplicates }) =>
        `${signal}: ${missing} rows are missing, ${strange} are strange, ${duplicates} are there twice`,
    );
