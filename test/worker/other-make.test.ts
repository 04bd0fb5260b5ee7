/**
 * Late rows and purges at query APIs of other makes (makes.ts), one app each, through the functions in their worker
 * (worker.ts; the real one where that is at hand): the audit has those windows run again that changed, each once, and
 * no other; no row is in the lake twice meanwhile, and in the end the lake is the source, row by row and column by
 * column. WORKER_MAKES=all: three signals of six hours (the default takes one, of four).
 */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { signalOf } from '../../local/telemetry/asCells.ts';
import type { Row } from '../../local/telemetry/row.ts';
import { telemetryRows } from '../../local/telemetry/telemetryRows.ts';
import type { LedgerEntry, Signal, Window } from '../../shared/model.ts';
import { differences, shortened } from '../e2e/compare.ts';
import { blobsLeft } from '../e2e/left.ts';
import { readLake } from '../e2e/readLake.ts';
import { fromQuery, fromWorkspace } from '../e2e/truth.ts';
import { HOUR, MINUTE, START } from './inputs.ts';
import { MAKES } from './makes.ts';
import { type OtherApi, startOtherApi } from './other-api.ts';
import { type Scene, startScene, until } from './scene.ts';

const all = process.env.WORKER_MAKES === 'all';
const SIGNALS: readonly Signal[] = all ? ['requests', 'traces', 'customMetrics'] : ['requests'];
const HOURS = all ? 6 : 4;
const FROM = START + 9 * HOUR;

let scene: Scene;
let apis: ReadonlyMap<string, OtherApi>;
before(async () => {
  const made = MAKES.map(async (make) => {
    const shop = { seed: '7', app: make.name, perHour: 14, start: FROM, end: FROM + HOURS * HOUR };
    const rows = SIGNALS.flatMap((signal) => [...telemetryRows({ ...shop, signal })]);
    return [make.name, await startOtherApi(make, rows)] as const;
  });
  apis = new Map(await Promise.all(made));
  const apps = [...apis.values()].map(({ make: { name, kind }, url }) => ({
    ...{ name, endpoint: url },
    ...(kind === 'app' ? { appId: 'the-app' } : { workspaceId: 'the-workspace' }),
  }));
  const settings = {
    ...{ APP_NAME: '', APP_ID: '', QUERY_ENDPOINT: '', INSIGHTS_LAKE_CONFIG: JSON.stringify({ apps }) },
    ...{ AUDIT_RECHECK: '30d', LEASE: '1m', TZ: 'America/New_York' },
  };
  scene = await startScene({ hours: HOURS, from: 9, signals: SIGNALS.join(), settings });
});
after(async () => {
  await scene?.close();
  for (const api of apis?.values() ?? []) api.close();
});

const nameOf = ({ app, signal, start }: Pick<Window, 'app' | 'signal' | 'start'>): string =>
  `${app} ${signal} ${new Date(start).toISOString().slice(0, 13)}`;
const isOpen = ({ state, again }: LedgerEntry): boolean => state !== 'done' || again;
const open = async (): Promise<Window[]> => (await scene.entries()).filter(isOpen).map(({ window }) => window);

/** Runs the window until it is done, by its back-off where it fails; how often it was done. */
async function run(window: Window): Promise<number> {
  const [start, end] = [window.start, window.end].map((at) => new Date(at).toISOString());
  const text = JSON.stringify({ ...window, start, end });
  let times = 0;
  const done = async () => {
    const { logs, error } = await scene.call('runWindow', text);
    times += /"state":"done"/.test(logs.join('\n')) ? 1 : 0;
    return error === '' && times > 0;
  };
  assert.notEqual(await until(done, 90 * MINUTE), undefined, nameOf(window));
  return times;
}

async function assertNoneTwice(): Promise<void> {
  const texts = [...(await blobsLeft(scene.azurite, 'lake')).values()];
  const ids = texts.flatMap((text) => [...text.matchAll(/"itemId":"([^"]+)"/g)].map(([, id]) => id ?? ''));
  assert.equal(new Set(ids).size, ids.length, 'a row is twice in the lake');
}

async function runAll(windows: readonly Window[]): Promise<number> {
  let done = 0;
  for (const [n, window] of windows.entries()) {
    done += await run(window);
    if (n % 5 === 0) await assertNoneTwice();
  }
  return done;
}

/** The lake is what the sources have now; how many rows that are. */
async function assertSame(): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'other-make-'));
  for (const [name, text] of await blobsLeft(scene.azurite, 'lake')) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text, 'latin1');
  }
  let all = 0;
  for (const signal of SIGNALS) {
    const { rows, faults } = await readLake(folder, signal, 'ndjson');
    assert.deepEqual(faults, []);
    for (const { make, rows: source } of apis.values()) {
      const from = make.kind === 'app' ? fromQuery : fromWorkspace;
      const truth = source.filter((row) => signalOf(row) === signal).map((row) => from(signal, row, HOUR));
      const own = rows.filter(({ filename }) => String(filename).includes(`/app=${make.name}/`));
      assert.deepEqual(shortened(differences(truth, own, { ignored: ['extra'] })), [], `${signal} of ${make.name}`);
      all += truth.length;
    }
  }
  await rm(folder, { recursive: true });
  return all;
}

/** What happens to the windows of a feed, by their hours. */
type Change = 'late' | 'purged' | 'swapped' | 'emptied';
const ROUNDS: readonly Readonly<Record<number, Change>>[] = [
  { 0: 'late', 1: 'purged', 2: 'swapped', 3: 'emptied', ...(all && { 5: 'late' }) },
  { 0: 'swapped', 3: 'late', ...(all && { 4: 'purged' }) },
];

/** Rows of the window's time that came two days late. */
function lateRows(api: OtherApi, signal: Signal, hour: number): Row[] {
  const one = api.rows.find((row) => signalOf(row) === signal);
  assert.ok(one);
  return [17, 43].map((minute) => {
    const at = FROM + hour * HOUR + minute * MINUTE;
    const timestamp = new Date(at).toISOString().replace('Z', '0001Z');
    return { ...one, timestamp, itemId: `late-${api.make.name}-${signal}-${hour}-${minute}-${api.rows.length}` };
  });
}

/** Names of the windows that have changed. */
function changeSources(changes: Readonly<Record<number, Change>>): string[] {
  const changed: string[] = [];
  for (const api of apis.values())
    for (const signal of SIGNALS)
      for (const [hour, change] of Object.entries(changes)) {
        const start = FROM + Number(hour) * HOUR;
        const isIn = (row: Row) =>
          signalOf(row) === signal && Math.floor(Date.parse(String(row.timestamp)) / HOUR) * HOUR === start;
        const most = { late: 0, purged: 1, swapped: 2, emptied: Number.POSITIVE_INFINITY }[change];
        const going = new Set(api.rows.filter(isIn).slice(0, most));
        const gone = api.purge((row) => going.has(row));
        const more = change === 'late' || change === 'swapped' ? lateRows(api, signal, Number(hour)) : [];
        api.add(change === 'swapped' ? more.slice(0, gone.length) : more);
        if (gone.length + more.length > 0) changed.push(nameOf({ app: api.make.name, signal, start }));
      }
  return changed.toSorted();
}

test('the first time all windows are read', async (t) => {
  assert.equal((await scene.call('planWindows')).error, '');
  const windows = await open();
  assert.equal(windows.length, MAKES.length * SIGNALS.length * HOURS);
  assert.equal(await runAll(windows), windows.length);
  t.diagnostic(`${await assertSame()} rows, in the ${scene.worker.kind}`);
  assert.equal((await scene.call('auditWindows')).error, '');
  assert.deepEqual((await open()).map(nameOf), [], 'nothing has changed');
});

for (const [n, changes] of ROUNDS.entries())
  test(`late rows and purges, round ${n + 1}: what changed runs again, once`, async (t) => {
    const changed = changeSources(changes);
    assert.equal((await scene.call('auditWindows')).error, '');
    const again = await open();
    assert.deepEqual(again.map(nameOf).toSorted(), changed);
    assert.equal(await runAll(again), changed.length);
    t.diagnostic(`${changed.length} windows, ${await assertSame()} rows`);
    assert.equal((await scene.call('auditWindows')).error, '');
    assert.deepEqual((await open()).map(nameOf), []);
  });
