/**
 * What else storage, clocks and workspaces do to the functions in their worker (worker.ts; the real one where that is at
 * hand): a ledger that was restored in part, files that may not be removed, windows of many files, a lease by a clock
 * that is ahead, a table that the workspace does not have yet. Windows are days of a workspace.
 */
import assert from 'node:assert/strict';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { TableClient } from '@azure/data-tables';
import { BlobServiceClient } from '@azure/storage-blob';
import { ownerWord } from '../../shared/lake/folder-owner.ts';
import type { LedgerEntry, Signal, Window } from '../../shared/model.ts';
import { askedAgain, claimedEntry } from '../../shared/pipeline/entry.ts';
import { requeuedFingerprint } from '../../shared/pipeline/verdict.ts';
import { windowMessage } from '../../shared/state/window-message.ts';
import { HOUR, MINUTE, START } from './inputs.ts';
import { type Ended, type Scene, startScene, until } from './scene.ts';
import { stepOf } from './step-names.ts';
import { startWorker, type Worker } from './worker.ts';

const DAY = 24 * HOUR;
const DAYS = 4;
/** By their names, whose word each has. */
const folders: Readonly<Record<string, string>> = {
  'insights-lake-work-own001': ownerWord().replace(/^\d+\.\d+/, '4999999.1'),
  'insights-lake-work-other1': '4999999.1.0badc0de',
  'insights-lake-work-other2': ownerWord().replace(/\w+$/, '0badc0de'),
};
let scene: Scene;
let next: Worker | undefined;
before(async () => {
  scene = await startScene({
    ...{ hours: DAYS * 24, signals: 'requests,traces' },
    settings: {
      ...{ APP_ID: '', WORKSPACE_ID: '99999999-8888-7777-6666-555555555555', QUERY_WINDOW: '1d' },
      ...{ EXPORT_CONTAINER: '', EXPORT_CONNECTION: '', PLAN_LIMIT: '2', LEASE: '1m' },
    },
  });
  for (const [name, owner] of Object.entries(folders)) {
    const folder = join(scene.env.TMPDIR ?? '', name);
    await mkdir(folder);
    await writeFile(join(folder, 'owner'), owner);
  }
});
after(async () => {
  await next?.kill();
  await scene?.close();
});

const dayOf = (day: number, signal: Signal = 'requests'): Window => ({
  ...{ app: 'shop', signal, source: 'query', start: START + day * DAY, end: START + (day + 1) * DAY },
});
const run = (window: Window, by?: Worker) => scene.call('runWindow', JSON.stringify(windowMessage(window)), by);
const entryOf = async (window: Window) => (await scene.ledger.read(window)) ?? assert.fail('no entry');
const saidBy = ({ logs }: Ended): string => logs.join('\n');

async function change(window: Window, make: (entry: LedgerEntry) => LedgerEntry): Promise<void> {
  const { value, etag } = await entryOf(window);
  assert.ok(await scene.ledger.write(make(value), etag));
}

/** What it says, done. */
async function done(window: Window): Promise<string> {
  const ended = await run(window);
  assert.equal(ended.error, '');
  assert.match(saidBy(ended), /"state":"done"/);
  return saidBy(ended);
}

async function withoutError(name: string): Promise<string> {
  const ended = await scene.call(name);
  assert.equal(ended.error, '', name);
  return saidBy(ended);
}

test('a ledger without its horizon rows: said once, found from the entries, and planned on', async (t) => {
  await withoutError('planWindows');
  assert.equal((await scene.entries()).length, 2 * 2);
  const { connectionString } = scene.azurite;
  const table = TableClient.fromConnectionString(connectionString, 'table', { allowInsecureConnection: true });
  const rows = await Array.fromAsync(table.listEntities({ queryOptions: { filter: "RowKey eq 'p'" } }));
  for (const { partitionKey = '', rowKey = '' } of rows) await table.deleteEntity(partitionKey, rowKey);
  assert.equal(rows.length, 2);
  assert.match(
    await withoutError('planWindows'),
    /lost how far these feeds were planned; found from its entries: shop requests, shop traces/,
  );
  assert.doesNotMatch(await withoutError('planWindows'), /lost how far/);
  assert.equal((await scene.entries()).length, 2 * DAYS);
  t.diagnostic(`in the ${scene.worker.kind}`);
});

test('a table that the workspace does not have yet: said once, and an audit looks again', async () => {
  const when = ({ query }: { readonly query: string }) => /\bAppTraces\b/.test(query);
  const missing = scene.simulator.fault({ kind: 'noTable', table: 'AppTraces', when });
  assert.match(await done(dayOf(0, 'traces')), /no table AppTraces: taken for no rows, and looked for again by audits/);
  assert.doesNotMatch(await done(dayOf(1, 'traces')), /no table/);
  missing.remove();
  for (const day of [2, 3]) await done(dayOf(day, 'traces'));
  await withoutError('auditWindows');
  for (const day of [0, 1]) await done(dayOf(day, 'traces'));
  for (let day = 0; day < DAYS; day++)
    assert.ok((await entryOf(dayOf(day, 'traces'))).value.counts.written > 0, `day ${day}`);
});

/** How often a run reads an entry whole, and how many files it puts. */
async function readsOf(window: Window): Promise<{ reads: number; puts: number }> {
  const from = scene.front.calls.length;
  await done(window);
  const calls = scene.front.calls.slice(from);
  const steps = calls.filter(({ path }) => !/[?&]\$select=/.test(decodeURIComponent(path))).map(stepOf);
  const reads = steps.filter((step) => step === 'table GET /table w').length;
  return { reads, puts: steps.filter((step) => step.startsWith('blob PUT ')).length };
}

test('a window of many files: no check before a file reads its entry', async (t) => {
  const window = dayOf(0);
  for (const what of ['first', 'again']) {
    const { reads, puts } = await readsOf(window);
    t.diagnostic(`${what}: ${puts} files, its entry read ${reads} times`);
    assert.ok(puts >= 20);
    assert.ok(reads > 0 && reads < 10, `${what}: ${reads}`);
    // As if its rows had been doubted: all of it is put once more.
    await change(window, (entry) => ({ ...askedAgain(entry, 0), fingerprint: requeuedFingerprint(entry.fingerprint) }));
  }
  await done(window);
});

test('a lease by a clock that is an hour ahead is over after a minute', async () => {
  const window = dayOf(1);
  await change(window, (entry) => claimedEntry(entry, Date.now() + HOUR, MINUTE));
  const held = await run(window);
  assert.equal(held.error, '');
  assert.match(saidBy(held), /"state":"busy"/);
  const isDone = async () => /"state":"done"/.test(saidBy(await run(window)));
  assert.notEqual(await until(isDone, 20 * MINUTE), undefined);
  assert.equal((await entryOf(window)).value.revision, 2);
});

test('what a dead process left goes; the folders of another machine stay, whatever process has its number here', async () => {
  assert.deepEqual(
    (await readdir(scene.env.TMPDIR ?? '')).filter((name) => name in folders),
    ['insights-lake-work-other1', 'insights-lake-work-other2'],
  );
});

test('old empty files that may not be removed: the window stays done, that is said once a day, and they go', async () => {
  const window = dayOf(2);
  await done(window);
  const lake = BlobServiceClient.fromConnectionString(scene.azurite.connectionString).getContainerClient('lake');
  const paths = ['leased', 'shown', 'kept'].map((name) => `requests/${name}.ndjson`);
  const [leased, shown] = paths.map((path) => lake.getBlockBlobClient(path));
  for (const path of paths) await lake.getBlockBlobClient(path).upload('', 0);
  await leased?.getBlobLeaseClient().acquireLease(-1);
  await shown?.createSnapshot();
  scene.front.fate = ({ method, path }) =>
    method === 'DELETE' && path.includes('kept')
      ? { refuse: { status: 409, code: 'BlobImmutableDueToPolicy' } }
      : undefined;
  const then = Date.now() - 2 * DAY;
  const old = paths.map((path) => ({ path, signal: 'requests', rows: 0, bytes: 0 }) as const);
  const made = (await entryOf(window)).value.files;
  await change(window, (entry) => ({ ...entry, startedAt: then, doneAt: then, files: [...made, ...old] }));
  const told = async (by?: Worker): Promise<string> => {
    const ended = await run(window, by);
    assert.equal(ended.error, '');
    assert.match(saidBy(ended), /"state":"unchanged"/);
    return saidBy(ended);
  };
  assert.match(
    await told(),
    /"left":3,"leftWhy":"[^"]*somebody holds a lease on it; break the lease \(LeaseIdMissing\)"/,
  );
  const tried = () =>
    scene.front.calls.filter(({ method, path }) => method === 'DELETE' && path.includes('/requests/'));
  assert.equal(tried().length, 3);
  await withoutError('planWindows');
  for (let n = 0; n < 2; n++) assert.match(await told(), /"left":3\}/);
  assert.equal(tried().length, 3, 'nor tried meanwhile');
  await leased?.getBlobLeaseClient().breakLease(0);
  await shown?.delete({ deleteSnapshots: 'only' }).catch(() => undefined);
  scene.front.fate = undefined;
  // Another process has not been refused.
  next = await startWorker(scene.env);
  assert.doesNotMatch(await told(next), /"left"/);
  assert.deepEqual((await entryOf(window)).value.files, made);
  for (const path of paths) assert.ok(!(await lake.getBlockBlobClient(path).exists()), path);
});

test('in the end the lake is whole', async (t) => {
  await done(dayOf(3));
  t.diagnostic(`${await scene.assertWhole()} rows`);
});
