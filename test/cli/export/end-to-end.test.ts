import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { DuckDBInstance } from '@duckdb/node-api';
import type { Summary } from '../../../cli/deliver/summary.ts';
import { telemetryData } from '../../../local/simulator/data.ts';
import { type Simulator, startSimulator } from '../../../local/simulator/startSimulator.ts';
import { exportBlobs } from '../../../local/telemetry/exportBlobs.ts';
import { SIGNALS } from '../../../local/telemetry/tables.ts';
import { telemetryRows } from '../../../local/telemetry/telemetryRows.ts';
import { assertValid } from '../../e2e/asked.ts';

/** The whole command line as a process of its own, against a folder. */
const root = join(import.meta.dirname, '../../..');
const base = await mkdtemp(join(tmpdir(), 'insights-cli-'));
after(() => rm(base, { recursive: true, force: true }));

const shop = { seed: 'cli', app: 'shop', perHour: 60 };
const start = Date.UTC(2026, 0, 31, 6);
const range = { start, end: start + 2 * 3_600_000 };

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function begin(words: readonly string[]): { readonly child: ChildProcess; readonly ended: Promise<Ran> } {
  const env = { NODE_COMPILE_CACHE: join(base, 'cache'), ...process.env };
  const child = spawn(process.execPath, [join(root, 'cli/main.ts'), ...words], {
    cwd: base,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const text = { out: '', err: '' };
  child.stdout.on('data', (piece) => {
    text.out += piece;
  });
  child.stderr.on('data', (piece) => {
    text.err += piece;
  });
  return { child, ended: new Promise((resolve) => child.on('close', (code) => resolve({ code, ...text }))) };
}

const run = (...words: string[]): Promise<Ran> => begin(words).ended;

async function summary(...words: string[]): Promise<Summary> {
  const { code, out, err } = await run(...words, '--json');
  assert.equal(code, 0, err);
  return JSON.parse(out) as Summary;
}

/** Rows and distinct item ids by signal, as another reader sees them. */
async function lakeRows(lake: string): Promise<Record<string, { rows: number; ids: number }>> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const found: Record<string, { rows: number; ids: number }> = {};
  for (const signal of (await readdir(lake)).filter((name) => /^[a-z]/i.test(name))) {
    const sql =
      'SELECT count(*)::INT, count(DISTINCT itemId)::INT FROM ' +
      `read_parquet('${lake}/${signal}/**/*.parquet', ` +
      'hive_partitioning = false)';
    const [row = []] = (await connection.runAndReadAll(sql)).getRows();
    found[signal] = { rows: Number(row[0]), ids: Number(row[1]) };
  }
  connection.closeSync();
  instance.closeSync();
  return found;
}

const truth = (): Record<string, { rows: number; ids: number }> =>
  Object.fromEntries(
    SIGNALS.flatMap((signal) => {
      const rows = [...telemetryRows({ ...shop, ...range, signal })].length;
      return rows === 0 ? [] : [[signal, { rows, ids: rows }]];
    }),
  );

/** Names and times of change of all files below a folder. */
async function filesIn(folder: string): Promise<string[]> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => !/^[._]/.test(name)).sort();
  return Promise.all(names.map(async (name) => `${name} ${(await stat(join(folder, name))).mtimeMs}`));
}

let simulator: Simulator;
before(async () => {
  simulator = await startSimulator({ data: telemetryData(shop) });
});
after(() => simulator.close());

const exporting = (lake: string, ...more: string[]): string[] => [
  ...[
    'export',
    '--app',
    'shop=sim',
    '--endpoint',
    simulator.url,
    '--from',
    '2026-01-31T06:00',
    '--to',
    '2026-01-31T08:00',
  ],
  ...['--out', lake, ...more],
];

async function untilAsked(times: number, child: ChildProcess): Promise<void> {
  const seen = simulator.requests.length;
  while (simulator.requests.length < seen + times && child.exitCode === null)
    await new Promise((resolve) => setTimeout(resolve, 10));
}

test('transform: loose files of every make', async () => {
  const lake = join(base, 'loose-lake');
  const done = await summary(
    'transform',
    join(root, 'test/corpus/continuous-export'),
    '--out',
    lake,
    '--app',
    'corpus',
  );
  assert.equal(done.totals.failed, 0);
  assert.ok(done.totals.rows >= 5);
  const there = Object.values(await lakeRows(lake)).reduce((sum, { rows }) => sum + rows, 0);
  assert.equal(there, done.totals.rows);
});

test('transform: Continuous Export; run again it does nothing; a new blob runs its window alone', async () => {
  const archive = join(base, 'archive');
  const [lake, blobs] = [join(base, 'archive-lake'), [...exportBlobs({ ...shop, ...range })]];
  const held = blobs.find(({ name }) => name.includes('/Requests/'));
  const put = async (name: string, text: string) => {
    await mkdir(dirname(join(archive, name)), { recursive: true });
    await writeFile(join(archive, name), text);
  };
  for (const { name, text } of blobs) if (name !== held?.name) await put(name, text);

  const first = await summary('transform', archive, '--out', lake);
  assert.equal(first.totals.done, first.totals.windows);
  const before = await filesIn(lake);
  const second = await summary('transform', archive, '--out', lake);
  assert.deepEqual(
    [second.totals.done, second.totals.unchanged, second.totals.rows],
    [0, first.totals.windows, first.totals.rows],
  );
  assert.deepEqual(await filesIn(lake), before);

  await put(held?.name ?? '', held?.text ?? '');
  const third = await summary('transform', archive, '--out', lake);
  assert.equal(third.totals.done, 1);
  assert.deepEqual(await lakeRows(lake), truth());
});

test('export: the rows of the source, once; run again it asks nothing', async () => {
  const lake = join(base, 'export-lake');
  const first = await summary(...exporting(lake));
  assert.equal(first.totals.done, 20);
  assert.deepEqual(await lakeRows(lake), truth());
  const asked = simulator.requests.length;
  const before = await filesIn(lake);
  const second = await summary(...exporting(lake));
  assert.deepEqual([second.totals.done, second.totals.unchanged, second.totals.rows], [0, 20, first.totals.rows]);
  assert.deepEqual([simulator.requests.length, await filesIn(lake)], [asked, before]);
  const again = await summary(...exporting(lake, '--again', '--signals', 'requests'));
  // Two windows, which are counted with one question.
  assert.deepEqual([again.totals.done, simulator.requests.length], [2, asked + 3]);
  assertValid(simulator, 'app');
  assert.deepEqual(await lakeRows(lake), truth());
});

test('export: killed on the way and run again, in pieces and other windows: the same rows', async () => {
  const lake = join(base, 'killed-lake');
  await summary(...exporting(lake, '--to', '2026-01-31T07:20', '--signals', 'requests,traces'));
  const { child, ended } = begin(exporting(lake, '--window', '15m'));
  await untilAsked(12, child);
  child.kill('SIGKILL');
  await ended;
  const { code, err, out } = await run(...exporting(lake));
  assert.equal(code, 0, err + out);
  assert.deepEqual(await lakeRows(lake), truth());
});

test('Ctrl-C: exit code 130 at once, and the same command goes on without waiting', async () => {
  const lake = join(base, 'interrupted-lake');
  const { child, ended } = begin(exporting(lake));
  await untilAsked(5, child);
  child.kill('SIGINT');
  const { code, err } = await ended;
  assert.equal(code, 130, err);
  const next = await run(...exporting(lake));
  assert.equal(next.code, 0);
  assert.doesNotMatch(next.err, /held by another run/);
  assert.deepEqual(await lakeRows(lake), truth());
});

const wrong: readonly (readonly [
  what: string,
  words: () => string[] | Promise<string[]>,
  code: number,
  message: RegExp,
])[] = [
  [
    'a missing file',
    () => ['transform', join(base, 'none'), '--out', join(base, 'x1')],
    3,
    /there is no such file or folder/,
  ],
  [
    'a folder without exports',
    async () => {
      await mkdir(join(base, 'notes'));
      await cp(join(root, 'LICENSE'), join(base, 'notes/LICENSE'));
      return ['transform', join(base, 'notes'), '--out', join(base, 'x2')];
    },
    3,
    /no export blobs there/,
  ],
  [
    'a file in place of the lake',
    () => ['transform', join(root, 'test/corpus/continuous-export'), '--out', join(root, 'LICENSE')],
    4,
    /LICENSE/,
  ],
  [
    'another format than the lake has',
    async () => {
      await cp(join(base, 'loose-lake'), join(base, 'x3'), { recursive: true });
      return ['transform', join(root, 'test/corpus/continuous-export'), '--out', join(base, 'x3'), '--format', 'csv'];
    },
    2,
    /was written with --format parquet, not --format csv/,
  ],
];
for (const [what, words, expected, message] of wrong) {
  test(`refuses ${what} in one line, and writes nothing`, async () => {
    const { code, out, err } = await run(...(await words()));
    assert.equal(code, expected, err);
    assert.match(err, message);
    assert.match(err, /^insights-lake: [^\n]+\n$/);
    assert.equal(out, '');
    for (const lake of ['x1', 'x2']) await assert.rejects(stat(join(base, lake)));
  });
}

test('a source that refuses: exit code 3 with what to do, nothing half-written', async () => {
  const lake = join(base, 'refused-lake');
  const fault = simulator.fault({ kind: 'forbidden' });
  const { code, out, err } = await run(...exporting(lake));
  fault.remove();
  assert.equal(code, 3, err);
  assert.match(err, /failed: query requests of shop .*403/);
  assert.match(
    out,
    /^shop was left after \d refusals, \d+ windows of it not tried: status 403.*\nrun the same command again .*$/m,
  );
  assert.deepEqual(await lakeRows(lake), {});
});
