import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type MemoryData, memoryData } from '../../local/simulator/data.ts';
import { type Simulator, startSimulator } from '../../local/simulator/startSimulator.ts';
import { type Chance, chanceOf, shareOf } from '../../local/telemetry/chance.ts';
import type { Row } from '../../local/telemetry/row.ts';
import { SIGNALS } from '../../local/telemetry/tables.ts';
import type { Format } from '../../shared/model.ts';
import { seedOf } from '../seeds.ts';
import { assertStruck, assertValid, strikeWithAll } from './asked.ts';
import { assertLake } from './assertLake.ts';
import { differences, type Leniency } from './compare.ts';
import { type RunningCommand, startCommand } from './process.ts';
import { shopRows } from './shopRows.ts';
import { fromQuery } from './truth.ts';

/**
 * `export` killed at random moments under every fault of the query API; the lake is compared with the simulator row by
 * row and column by column. E2E_SEED repeats a run, E2E_KILLS (default 40) and E2E_HOURS (default 3: an hour is ten
 * windows) make it longer.
 */
const seed = seedOf('E2E_SEED');
const kills = Number(process.env.E2E_KILLS ?? 40);
const hours = Number(process.env.E2E_HOURS ?? 3);

const HOUR = 3_600_000;
const START = Date.UTC(2024, 4, 10);
const appId = '11111111-2222-3333-4444-555555555555';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'e2e-export-'));
});
after(() => rm(folder, { recursive: true, force: true }));

const time = (at: number): string => new Date(at).toISOString();
const words = (simulator: Simulator, lake: string, length: number): string[] => [
  ...['export', '--app', `shop=${appId}`, '--from', time(START), '--to', time(START + length * HOUR), '--out', lake],
  ...['--endpoint', simulator.url, '--json'],
];

const rowsOf = (length: number): Row[] =>
  shopRows({ seed, app: 'shop', perHour: 60, start: START, end: START + length * HOUR });

const assertSame = (data: MemoryData, lake: string, format: Format, leniency: Leniency = {}): Promise<number> =>
  assertLake(lake, {
    app: 'shop',
    seed,
    format,
    truthOf: (signal) => data.all(signal).map((row) => fromQuery(signal, row, HOUR)),
    compare: (truth, rows) => differences(truth, rows, leniency),
  });

/**
 * Kills the command at a moment by chance: while it starts, or when so many questions have been asked; not if it ends
 * before.
 */
async function killedInTime({ child, ended }: RunningCommand, simulator: Simulator, chance: Chance): Promise<boolean> {
  const gone = new AbortController();
  const before = simulator.requests.length;
  const moment = async () => {
    if (chance.hit(0.15)) return sleep(chance.int(50, 900), undefined, { signal: gone.signal });
    const questions = chance.int(1, 3);
    while (simulator.requests.length < before + questions) await sleep(4, undefined, { signal: gone.signal });
    await sleep(chance.int(0, 80), undefined, { signal: gone.signal });
  };
  await Promise.race([moment().catch(() => undefined), ended.finally(() => gone.abort())]);
  child.kill('SIGKILL');
  return (await ended).code === undefined;
}

/** A command that is run again and again, each time later than a killed one's claims are respected. */
function repeated(simulator: Simulator, lake: string) {
  let starts = 0;
  const start = (more: readonly string[]) =>
    startCommand([...words(simulator, lake, hours), ...more], folder, 20_000 * starts++);
  return {
    /** Until so many kills have struck, or all was done before (never with `--again`). Resolves with how many did. */
    async killed(times: number, more: readonly string[], chance: Chance): Promise<number> {
      let struck = 0;
      while (struck < times) {
        const command = start(more);
        if (await killedInTime(command, simulator, chance)) struck++;
        else if ((await command.ended).code === 0 && !more.includes('--again')) break;
      }
      return struck;
    },
    /** Until it is done, failed windows and all. */
    async done(more: readonly string[]): Promise<{ readonly totals: { readonly rows: number } }> {
      for (let tries = 0; ; tries++) {
        const { code, out, err } = await start(more).ended;
        if (code === 0) return JSON.parse(out);
        assert.ok(code === 1 && tries < 5, `export ended with ${code} (seed ${seed}): ${err.slice(-2000)}`);
      }
    },
  };
}

// First, as those that are not killed leave compiled code for the others to start with.
for (const [format, leniency] of [
  ['ndjson', {}],
  ['csv', { blanks: true }],
] as const) {
  test(`export to ${format}`, async (t) => {
    const data = memoryData(rowsOf(1));
    const simulator = await startSimulator({ data, cells: 'text', form: 'old' });
    t.after(() => simulator.close());
    const lake = join(folder, format);
    const { code, err } = await startCommand([...words(simulator, lake, 1), '--format', format], folder).ended;
    assert.equal(code, 0, err);
    await assertSame(data, lake, format, leniency);
    assertValid(simulator, 'app');
  });
}

test(`export killed ${kills} times under faults`, async (t) => {
  t.diagnostic(`E2E_SEED=${seed}`);
  const chance = chanceOf(`kills/${seed}`);
  const all = rowsOf(hours);
  const isLate = (row: Row): boolean => shareOf(`late/${row.itemId}`) < 0.1;
  const data = memoryData(all.filter((row) => !isLate(row)));
  const simulator = await startSimulator({ data, seed, gzip: true });
  t.after(() => simulator.close());
  strikeWithAll(simulator);
  const lake = join(folder, 'killed');
  const command = repeated(simulator, lake);

  const first = await command.killed(Math.ceil(kills * 0.6), [], chance);
  await command.done([]);
  const rows = await assertSame(data, lake, 'parquet');

  // What was late arrives, some is purged, and an hour of two signals loses all it had: its files become empty.
  data.add(all.filter(isLate));
  for (const signal of SIGNALS) data.purge(signal, (row) => shareOf(`purge/${row.itemId}`) < 0.03);
  for (const signal of ['requests', 'traces'] as const)
    data.purge(signal, (row) => String(row.timestamp).startsWith('2024-05-10T02'));
  const second = await command.killed(kills - first, ['--again'], chance);
  const summary = await command.done(['--again']);
  assert.equal(summary.totals.rows, await assertSame(data, lake, 'parquet'));

  assertValid(simulator, 'app');
  assertStruck(simulator, seed);
  assert.equal(first + second, kills);
  t.diagnostic(
    `${first} + ${second} kills, ${simulator.requests.length} questions, ${rows} and ${summary.totals.rows} rows`,
  );
});
