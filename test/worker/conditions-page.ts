/** The table of conditions in docs/operations.md, of which each cell is measured by itself. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { between } from '../../local/docs/operations-page.ts';
import { conditions } from './conditions.ts';
import type { Weathered } from './weather.ts';

const page = join(import.meta.dirname, '../../docs/operations.md');
const NAME = 'conditions';
const HEAD = ['| condition | one app: calls | minutes | ten apps: struck of all | minutes |', '|---|--:|--:|--:|--:|'];

/** Two cells of a row: calls and minutes. */
export interface Cell {
  readonly apps: number;
  readonly text: string;
  /** For whoever looks on. */
  readonly told: string;
}

/** Of many apps what the condition strikes is told by itself: the others go on as on any day. */
export function cellOf(weathered: Weathered, apps: number): Cell {
  const { worst, struck, last, healed, rows, longest, steps, errors } = weathered;
  const minutes = healed === undefined ? 'NOT WHOLE' : (healed / 60_000).toFixed(1);
  const most = [steps.slice(0, 40).join(', '), ...errors.slice(0, 3)].join('; ');
  const told = `${worst} all, ${struck} struck, ${last} last, ${rows} rows, longest ${Math.round(longest / 1000)} s; ${most}`;
  return { apps, text: `${apps === 1 ? worst : `${struck} of ${worst}`} | ${minutes}`, told };
}

const rowsIn = (text: string): Map<string, string[]> =>
  new Map(
    [...text.matchAll(/^\| (.+?) \| ([^|]*) \| ([^|]*) \| ([^|]*) \| ([^|]*) \|$/gm)].map(([, key = '', ...cells]) => [
      key,
      [`${cells[0]} | ${cells[1]}`, `${cells[2]} | ${cells[3]}`],
    ]),
  );

export const measured = (name: string): boolean => rowsIn(readFileSync(page, 'utf8')).has(name);

/** What was measured of a condition before stays. */
export function writeCells(name: string, { apps, text }: Cell): void {
  const before = readFileSync(page, 'utf8');
  const rows = rowsIn(before);
  const row = rows.get(name) ?? [' | ', ' | '];
  row[apps === 1 ? 0 : 1] = text;
  rows.set(name, row);
  const lines = conditions.flatMap((each) => {
    const cells = rows.get(each.name);
    return cells === undefined ? [] : [`| ${each.name} | ${cells.join(' | ')} |`];
  });
  writeFileSync(page, between(before, NAME, [...HEAD, ...lines]));
}
