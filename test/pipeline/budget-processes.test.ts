import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startAzurite } from '../../local/azurite.ts';
import type { Fault } from '../../local/simulator/faults.ts';
import type { LoggedRequest } from '../../local/simulator/request.ts';
import { startSimulator } from '../../local/simulator/startSimulator.ts';
import { environment } from '../e2e/process.ts';
import { fastEnv, speedUp } from '../worker/fast-clock.ts';

/**
 * Four processes of an app, whose clocks are minutes apart, ask as fast as they may: counted at the server, over every
 * 30 seconds that there are. One is killed while it holds places; a 429 that wants 20 s of quiet quietens all. Time
 * passes twice as fast as on the wall. BUDGET_SECONDS: how long each part takes.
 */
const part = Number(process.env.BUDGET_SECONDS ?? 30) * 1000;
const factor = 2;
const [inFlight, rate] = [3, 30];
const since = Date.now();
speedUp(factor, since);
const skews = [0, -90_000, 15_000, 150_000];

const begin = (ends: AsyncDisposableStack, env: Readonly<Record<string, string>>): Promise<ChildProcess> =>
  new Promise((resolve, reject) => {
    const child = fork(join(import.meta.dirname, 'budget-asker.ts'), [], {
      env,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    ends.defer(() => void child.kill('SIGKILL'));
    child.once('message', () => resolve(child));
    child.once('exit', (code) => reject(new Error(`an asker ended with ${code}`)));
  });

/** The most of these that came in any `length`. */
function most(requests: readonly LoggedRequest[], length: number): number {
  const times = requests.map(({ at }) => at);
  return Math.max(0, ...times.map((from) => times.filter((at) => from <= at && at < from + length).length));
}

/** What all of these are told, and how they go. */
async function startAskers(ends: AsyncDisposableStack, envs: readonly Readonly<Record<string, string>>[]) {
  const children = await Promise.all(envs.map((env) => begin(ends, env)));
  const errors: string[] = [];
  const asked = new Map<number, number>();
  for (const [n, child] of children.entries())
    child.on('message', (said: { readonly error?: string; readonly asked?: number }) => {
      if (said.error !== undefined) errors.push(said.error);
      asked.set(n, said.asked ?? asked.get(n) ?? 0);
    });
  const end = () => {
    for (const child of children) child.kill('SIGKILL');
  };
  return { children, errors, asked, end };
}

test('four processes never ask more than the budget, whatever their clocks say, and whoever dies', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'budget-'));
  await using ends = new AsyncDisposableStack();
  ends.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  const azurite = await startAzurite({ inMemory: true, env: fastEnv(factor, since) });
  ends.defer(azurite.close);
  const simulator = await startSimulator();
  ends.defer(simulator.close);
  // Each answer takes a while, so that places are what is short.
  const slow: Fault = { kind: 'stall', at: 'middle', pause: 700 };
  simulator.fault(slow);
  const env = environment({
    ...fastEnv(factor, since),
    ...{ AzureWebJobsStorage: azurite.connectionString, LAKE_FOLDER: join(folder, 'lake'), TMPDIR: folder },
    ...{ APP_NAME: 'shop', APP_ID: '11111111-2222-3333-4444-555555555555', QUERY_ENDPOINT: simulator.url },
    ...{ SIGNALS: 'traces', BUDGET_IN_FLIGHT: String(inFlight), BUDGET_RATE: String(rate), LANES: '3' },
  });
  const askers = await startAskers(
    ends,
    skews.map((skew) => ({ ...env, SKEW_MS: String(skew) })),
  );
  const { children, errors, asked } = askers;
  await sleep(part);
  children[1]?.kill('SIGKILL');
  await sleep(part);
  const before = simulator.requests.length;
  simulator.clearFaults();
  simulator.fault({ kind: 'throttle', retryAfter: 20, times: 1 });
  simulator.fault(slow);
  const { requests } = simulator;
  const toldAt = () =>
    requests.find(({ status, index }) => status === 429 && index >= before)?.at ?? Number.POSITIVE_INFINITY;
  // The budget may have been used up when they were to be told.
  for (let parts = 0; parts < 20 && !requests.some(({ at }) => at > toldAt() + 20_000); parts++) await sleep(part);
  askers.end();
  const told = toldAt();
  assert.ok(Number.isFinite(told), 'no 429');
  const quiet = requests.filter(({ at }) => at > told + 6_000 && at < told + 19_000);
  const seen = {
    requests: requests.length,
    most: most(requests, 30_000),
    atOnce: Math.max(...requests.map(({ concurrent }) => concurrent)),
  };
  t.diagnostic(
    JSON.stringify({ ...seen, asked: [...asked.values()], quiet: quiet.length, errors: errors.slice(0, 3) }),
  );
  // The margin of the budget is of 2 s on the wall: a machine that stands still for longer delays those on their way.
  assert.ok(seen.most <= rate + inFlight, `${seen.most} requests in 30 s`);
  assert.ok(seen.atOnce <= inFlight, `${seen.atOnce} at once`);
  assert.ok(quiet.length < inFlight, `a 429 quietens all but those on their way: ${quiet.map(({ at }) => at - told)}`);
  const late = requests.filter(({ at }) => at > told + 20_000);
  assert.ok(late.length > 0, 'they go on afterwards');
  // After the lease of the dead one all places are used again.
  const after = requests.filter(({ index }) => index < before).slice(-20);
  assert.ok(Math.max(...after.map(({ concurrent }) => concurrent)) === inFlight || seen.most > rate / 2);
  assert.ok(requests.length > ((2 * part) / 34_000) * rate * 0.6, `${requests.length} requests: the budget is used`);
  assert.deepEqual(errors, []);
});

test('processes ask tables on the Basic plan two questions at a time, all together, and others as ever', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'budget-'));
  await using ends = new AsyncDisposableStack();
  ends.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  const azurite = await startAzurite({ inMemory: true, env: fastEnv(factor, since) });
  ends.defer(azurite.close);
  const basic = await startSimulator({ basic: ['traces'] });
  ends.defer(basic.close);
  const other = await startSimulator();
  ends.defer(other.close);
  for (const { fault } of [basic, other]) fault({ kind: 'stall', at: 'middle', pause: 700 });
  const workspace = { workspaceId: '33333333-4444-5555-6666-777777777777', plan: 'basic' };
  const apps = [
    { name: 'one', endpoint: basic.url, ...workspace },
    // Whoever asks is limited, not what is asked.
    { name: 'two', endpoint: basic.url, ...workspace, workspaceId: '33333333-4444-5555-6666-777777777778' },
    { name: 'three', endpoint: other.url, appId: '11111111-2222-3333-4444-555555555555' },
  ];
  const env = environment({
    ...fastEnv(factor, since),
    ...{ AzureWebJobsStorage: azurite.connectionString, LAKE_FOLDER: join(folder, 'lake'), TMPDIR: folder },
    ...{ INSIGHTS_LAKE_CONFIG: JSON.stringify({ apps }), SIGNALS: 'traces', LANES: '2' },
    ...{ BUDGET_IN_FLIGHT: '6', BUDGET_RATE: '200' },
  });
  const askers = await startAskers(
    ends,
    [0, 60_000, 0].map((skew) => ({ ...env, SKEW_MS: String(skew) })),
  );
  const most = ({ requests }: Pick<typeof basic, 'requests'>, from = 0) =>
    Math.max(0, ...requests.slice(from).map(({ concurrent }) => concurrent));
  const until = async (holds: () => boolean) => {
    for (const began = Date.now(); !holds() && Date.now() - began < 600_000; ) await sleep(100);
  };
  await until(() => most(basic) === 2 && basic.requests.length > 20);
  // It holds a place, as each does now and then; after its lease others have that.
  askers.children[0]?.kill('SIGKILL');
  const before = basic.requests.length + 2;
  await until(() => most(basic, before) === 2 && basic.requests.length > before + 20);
  askers.end();
  const seen = { basic: most(basic), other: most(other), later: most(basic, before) };
  const requests = [before, basic.requests.length, other.requests.length];
  t.diagnostic(JSON.stringify({ ...seen, requests, errors: askers.errors.slice(0, 3) }));
  assert.deepEqual({ basic: seen.basic, later: seen.later }, { basic: 2, later: 2 });
  assert.ok(seen.other > 2, `${seen.other} at once`);
  assert.deepEqual(askers.errors, []);
});
