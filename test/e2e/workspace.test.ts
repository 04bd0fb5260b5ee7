import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { memoryData } from '../../local/simulator/data.ts';
import { type Simulator, startSimulator } from '../../local/simulator/startSimulator.ts';
import { resourceIdOf, signalOf } from '../../local/telemetry/asCells.ts';
import type { Row } from '../../local/telemetry/row.ts';
import { SIGNALS } from '../../local/telemetry/tables.ts';
import { seedOf } from '../seeds.ts';
import { assertStruck, assertValid, strikeWithAll } from './asked.ts';
import { assertLake } from './assertLake.ts';
import { differences } from './compare.ts';
import { startCommand } from './process.ts';
import { shopRows } from './shopRows.ts';
import { fromWorkspace, type LakeRow } from './truth.ts';

/**
 * `export` of a Log Analytics workspace that two components report to, under faults and with answers that hold few
 * rows. The lake is compared with the workspace row by row and column by column. E2E_SEED repeats a run.
 */
const seed = seedOf('E2E_SEED');
const HOUR = 3_600_000;
const START = Date.UTC(2024, 4, 10, 9);
const END = START + 2 * HOUR;
const workspaceId = '99999999-8888-7777-6666-555555555555';

/** Some rows of a workspace have no id. */
const withoutSomeIds = (row: Row, place: number): Row => (place % 9 === 0 ? { ...row, itemId: '' } : row);

/** More in one tick than an answer holds: no time can part them. */
function burst(rows: readonly Row[]): Row[] {
  const traces = rows.filter((row) => signalOf(row) === 'traces');
  const more = Array.from({ length: 150 }, (_, n): Row[] =>
    traces.slice(0, 1).map((row) => ({ ...row, itemId: `burst-${row.appName}-${n}`, message: `burst ${n}` })),
  );
  return more.flat().map(withoutSomeIds);
}

/** What a component reports. The second's name begins like the first's, and its telemetry is of the same minutes. */
const components = ['shop', 'shop-eu'].map((name) => {
  const rows = shopRows({ seed, app: name, perHour: 40, start: START, end: END });
  return { name, rows: [...rows.map(withoutSomeIds), ...(name === 'shop' ? burst(rows) : [])] };
});
const allRows = components.flatMap(({ rows }) => rows);

let folder = '';
let simulator: Simulator;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'e2e-workspace-'));
  simulator = await startSimulator({ data: memoryData(allRows), ids: [workspaceId], rowLimit: 60, seed, gzip: true });
  strikeWithAll(simulator);
});
after(async () => {
  await simulator?.close();
  await rm(folder, { recursive: true, force: true });
});

/** As the portal shows it: not in the case in which the rows have it. */
const portalId = (rows: readonly Row[]): string =>
  rows
    .slice(0, 1)
    .map(resourceIdOf)
    .join('')
    .replace('/resourcegroups/', '/resourceGroups/')
    .replace('.insights/', '.Insights/');

const time = (at: number): string => new Date(at).toISOString();

/** Until it is done: a window may fail under so many faults. */
async function exported(workspaces: readonly string[], end: number, lake: string): Promise<void> {
  const words = [
    'export',
    ...workspaces.flatMap((each) => ['--workspace', each]),
    '--from',
    time(START),
    '--to',
    time(end),
  ];
  for (let tries = 0; ; tries++) {
    const { code, err } = await startCommand([...words, '--out', lake, '--endpoint', simulator.url], folder).ended;
    if (code === 0) return;
    assert.ok(code === 1 && tries < 5, `export ended with ${code} (seed ${seed}): ${err.slice(-2000)}`);
  }
}

/** A row without an id goes by all that it holds. */
const byContent = ({ filename, ...row }: LakeRow): LakeRow => {
  const itemId = row.itemId === '' ? JSON.stringify(Object.entries(row).sort()) : (row.itemId ?? null);
  return { ...row, itemId, filename: filename ?? null };
};

const assertSame = (lake: string, app: string, rows: readonly Row[]): Promise<number> =>
  assertLake(lake, {
    app,
    seed,
    truthOf: (signal) => rows.filter((row) => signalOf(row) === signal).map((row) => fromWorkspace(signal, row, HOUR)),
    compare: (truth, found) => differences(truth.map(byContent), found.map(byContent)),
  });

test('export of a whole workspace', async (t) => {
  t.diagnostic(`E2E_SEED=${seed}`);
  const lake = join(folder, 'whole');
  await exported([`shops=${workspaceId}`], END, lake);
  await assertSame(lake, 'shops', allRows);
});

test('export of two components of a workspace', async () => {
  const lake = join(folder, 'components');
  await exported(
    components.map(({ name, rows }) => `${name}=${workspaceId},${portalId(rows)}`),
    START + HOUR,
    lake,
  );
  const inTime = (row: Row) => Date.parse(String(row.timestamp)) < START + HOUR;
  for (const { name, rows } of components) await assertSame(lake, name, rows.filter(inTime));
});

test('every query was valid for its workspace table, and every fault struck', (t) => {
  assertValid(simulator, 'workspace');
  assertStruck(simulator, seed);
  const { requests } = simulator;
  assert.deepEqual(new Set(requests.map(({ path }) => path)), new Set([`/v1/workspaces/${workspaceId}/query`]));
  assert.deepEqual(new Set(requests.map(({ parsed }) => parsed?.signal)), new Set(SIGNALS));
  assert.ok(requests.some(({ parsed }) => parsed?.hash !== undefined && parsed.resourceId !== undefined));
  t.diagnostic(`${requests.length} questions, ${allRows.length} rows`);
});
