/** `sweep` and `transform` take the same for a copy of an export tree beside it, and say so once. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { run } from '../real.ts';

const base = await mkdtemp(join(tmpdir(), 'insights-copies-'));
after(() => rm(base, { recursive: true }));

const KEY = '2b1f0c9d8e7a4b5c9d0e1f2a3b4c5d6e';
const TRACES = 'insights-logs-apptraces';
const COMPONENT = 'resourceId=/SUBSCRIPTIONS/S/RESOURCEGROUPS/G/PROVIDERS/MICROSOFT.INSIGHTS/COMPONENTS/SHOP';
const rows = [1, 2, 3].map((n) => ({ time: `2026-03-04T05:1${n}:00Z`, Type: 'AppTraces', Message: `m${n}` }));
const classic = rows.map(({ time, Message }) => ({
  message: [{ raw: Message }],
  context: { data: { eventTime: time } },
}));
const text = (records: readonly unknown[]) => records.map((record) => `${JSON.stringify(record)}\n`).join('');
const blob = (folder: string) => `${folder}/Messages/2026-03-04/05/a_20260304_051000.blob`;
const appended = (folder: string) => `${folder}/${COMPONENT}/y=2026/m=03/d=04/h=05/m=00/PT1H.json`;

const TREES: readonly (readonly [what: string, container: string, records: readonly unknown[], names: string[]])[] = [
  ['below another folder', '', classic, [blob(`shop_${KEY}`), blob(`backup/shop_${KEY}`), blob(`old/of/shop_${KEY}`)]],
  ['under another name', '', classic, [blob(`shop_${KEY}`), blob(`shop-old_${KEY}`)]],
  ['in its container', TRACES, rows, [appended(TRACES), appended(`${TRACES}/backup`)]],
];
for (const [what, container, records, names] of TREES)
  test(`a copy ${what}: each record once, by either command and by both`, async () => {
    const root = join(base, what);
    for (const name of names) {
      await mkdir(dirname(join(root, name)), { recursive: true });
      await writeFile(join(root, name), text(records));
    }
    const commands = [
      ['transform', root],
      ['sweep', '--container', join(root, container)],
    ];
    for (const [n, order] of [commands, commands.toReversed()].entries()) {
      const lake = `${root}-lake-${n}`;
      for (const [turn, words] of order.entries()) {
        const { code, out } = await run([...words, '--out', lake, '--format', 'ndjson', '--json']);
        const { notices, totals } = JSON.parse(out);
        assert.deepEqual([code, totals.failed], [0, 0], out);
        if (turn === 0) assert.match(String(notices), /cop(y|ies) of (a )?(file|blob)s? that (is|are) read, left out/);
        const files = (await readdir(lake, { recursive: true })).filter((each) => /^[a-z].*ndjson$/.test(each));
        const texts = await Promise.all(files.map((each) => readFile(join(lake, each), 'utf8')));
        const told = texts.flatMap((each) => each.split('\n').filter(Boolean)).map((line) => JSON.parse(line).message);
        assert.deepEqual(told.sort(), ['m1', 'm2', 'm3'], words.join(' '));
      }
    }
  });
