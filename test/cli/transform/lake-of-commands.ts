/** A lake that commands are run over, one after the other, and what they are given. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after } from 'node:test';
import type { Summary } from '../../../cli/deliver/summary.ts';
import { run } from '../real.ts';

const base = await mkdtemp(join(tmpdir(), 'insights-again-'));
after(() => rm(base, { recursive: true }));

export const KEY = '1234567890abcdef1234567890abcdef';
export const classic = (file: string, hour = '05', folder = `shop_${KEY}`) =>
  `${folder}/Messages/2026-03-04/${hour}/${file}`;
export const diagnostic = (hour: string) =>
  'insights-logs-apptraces/resourceId=/SUBSCRIPTIONS/S/RESOURCEGROUPS/G/PROVIDERS/' +
  `MICROSOFT.INSIGHTS/COMPONENTS/TILL/y=2026/m=03/d=04/h=${hour}/m=00/PT1H.json`;
export const old = (id: number, day = '04') =>
  `${JSON.stringify({
    message: [{ raw: `m${id}` }],
    internal: { data: { id: `id-${id}` } },
    context: { data: { eventTime: `2026-03-${day}T05:${String(id % 60).padStart(2, '0')}:00Z` } },
  })}\n`;
export const flat = (id: number, hour = '05') =>
  `${JSON.stringify({ time: `2026-03-04T${hour}:${String(id).padStart(2, '0')}:00Z`, Type: 'AppTraces', Message: `m${id}` })}\n`;
export const lines = (from: number, to: number, make: (id: number) => string = old) =>
  Array.from({ length: to - from }, (_, n) => make(from + n)).join('');

type Files = Readonly<Record<string, string | Uint8Array>>;

export async function put(folder: string, files: Files): Promise<string> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  return folder;
}

let lakes = 0;
export function newLake() {
  const root = join(base, `${++lakes}`);
  const lake = join(root, 'lake');
  const command = async (...words: readonly string[]) => {
    const { code, out } = await run([...words, '--out', lake, '--format', 'ndjson', '--json']);
    return { code, summary: JSON.parse(out) as Summary };
  };
  const messages = async (): Promise<string[]> => {
    const names = await readdir(lake, { recursive: true });
    const found: string[] = [];
    for (const name of names.filter((each) => each.endsWith('.ndjson') && !each.startsWith('_')))
      found.push(...(await readFile(join(lake, name), 'utf8')).split('\n').filter((line) => line !== ''));
    return found.map((line) => String(JSON.parse(line).message)).sort();
  };
  return { root, lake, transform: (...words: readonly string[]) => command('transform', ...words), command, messages };
}
export const named = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => `m${from + n}`).sort();
