import type { CellLetter } from '../../shared/status/cells.ts';
import type { Status } from '../../shared/status/schema.ts';
import type { Line, Tone } from '../terminal/colours.ts';
import { bytesText, countText, timeText } from '../terminal/numbers.ts';
import { tableLines } from '../terminal/table.ts';

/** One sign for a cell: that of the worst in it. */
const signs: readonly (readonly [CellLetter, string])[] = [
  ['f', 'X'],
  ['n', '?'],
  ['l', '!'],
  ['u', '-'],
  ['r', '▒'],
  ['q', '░'],
  ['a', '▓'],
  ['d', '█'],
  ['x', '·'],
];

/** What the page shows, for a terminal: the verdict, what needs a person, a strip for each feed, the sums. */
export function statusLines(status: Status, columns: number): readonly Line[] {
  const { verdict, needs, feeds, letters, total, range, at } = status;
  const legend = signs.toReversed().map(([letter, sign]) => `${sign} ${letters[letter]}`);
  const windows = Object.values(total.windows).reduce((sum, count) => sum + count, 0);
  return [
    [verdict.text, toneOf(verdict.state)],
    [`as of ${timeText(Date.parse(at))}, ${status.lake}`, 'faint'],
    ...needs.flatMap(({ kind, text, advice }): Line[] => [
      [`- ${text}`, kind === 'failed' || kind === 'health' ? 'bad' : 'warn'],
      [`  ${advice}`],
    ]),
    [''],
    ...feedLines(feeds, columns),
    [''],
    [legend.join('  '), 'faint'],
    [
      `${timeText(Date.parse(range.from))} to ${timeText(Date.parse(range.to))}: ${countText(windows)} windows, ` +
        `${countText(total.written)} rows, ${bytesText(total.bytes)}, ${countText(total.late)} rows late, ` +
        `${countText(total.quarantined)} in quarantine, ${countText(total.asked)} requests or blobs, ` +
        `${countText(total.wasted)} in vain`,
    ],
  ];
}

function feedLines(feeds: Status['feeds'], columns: number): readonly Line[] {
  const rows = feeds.map(({ app, signal, state, watermark, cells, source }) => [
    ...[app, signal, state, watermark === null ? source : timeText(Date.parse(watermark))],
    cellsText(cells),
  ]);
  // What is still to come says nothing.
  const wide = Math.max(0, ...rows.map((row) => (row[4] ?? '').trimEnd().length));
  const names = Math.max(
    0,
    ...tableLines(
      rows.map((row) => row.slice(0, 4)),
      4,
    ).map((line) => line.length),
  );
  // On a narrow terminal the newest cells stay.
  const room = Math.max(10, Math.min(wide, columns - names - 3));
  const lines = tableLines(
    rows.map((row) => [...row.slice(0, 4), (row[4] ?? '').slice(0, wide).slice(-room)]),
    5,
  );
  return lines.map((line, n): Line => [line, toneOf(feeds[n]?.state ?? 'complete')]);
}

function cellsText(cells: string): string {
  return cells
    .split(' ')
    .map((token) => {
      const [, times = '', cell = ''] = /^(\d*)(.*)$/.exec(token) ?? [];
      const sign = signs.find(([letter]) => cell.includes(letter))?.[1] ?? ' ';
      return sign.repeat(times === '' ? 1 : Number(times));
    })
    .join('');
}

function toneOf(state: string): Tone | undefined {
  if (state === 'failed' || state === 'paused') return 'bad';
  return state === 'late' || state === 'stopped' ? 'warn' : undefined;
}
