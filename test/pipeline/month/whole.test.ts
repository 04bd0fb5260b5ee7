import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import type { Fault } from '../../../local/simulator/faults.ts';
import { SIGNALS } from '../../../local/telemetry/tables.ts';
import type { Signal } from '../../../shared/model.ts';
import { keptFrom } from '../../../shared/pipeline/retention/due.ts';
import { differences, shortened } from '../../e2e/compare.ts';
import { readLake } from '../../e2e/readLake.ts';
import { fromQuery } from '../../e2e/truth.ts';
import { type Instance, startInstance } from './instance.ts';
import { timeOf } from './shop-source.ts';
import { day, deliver, differs, hour, past, start, startWorld, type World } from './whole-world.ts';

/**
 * A month with everything at once, hour by hour with a clock of its own: the simulator's query API, the engine, plain
 * files or Delta tables, and two instances that plan, run and audit at the same time. Rows come up to 48 hours late and
 * are purged; the API is away, throttles, breaks off and answers in parts; answers hold few rows; runs die between any
 * two changes, and some windows kill whoever reads them whole until they are halved; messages are lost; files of the
 * lake are removed by hand; a backfill runs beside, is paused and resumed; the size of windows changes; the lake is
 * away, for ten days in a whole month; what is older than a rule is retired, and the rule becomes longer again.
 * At every change of the lake no row is seen twice. In the end it has what the source has, in every column, and every
 * window that an audit had run again had changed.
 *
 * MONTH_DAYS=30 MONTH_SIGNALS=all MONTH_TABLE=delta is all of it; MONTH_SEED repeats a run.
 */
const seed = process.env.MONTH_SEED ?? '7';
const days = Number(process.env.MONTH_DAYS ?? 2);
const signals: readonly Signal[] =
  process.env.MONTH_SIGNALS === 'all' ? SIGNALS : (['requests', 'traces', 'customEvents'].slice(0, 2) as Signal[]);
const kinds = process.env.MONTH_TABLE === undefined ? [false, true] : [process.env.MONTH_TABLE === 'delta'];

const title = 'a month with everything at once';

for (const table of kinds)
  test(`${title}, in ${table ? 'Delta tables' : 'plain files'}: ${days} days`, async (t) => {
    const world = await startWorld({ seed, signals, table, perHour: days >= 30 ? 3 : 4 });
    const instances = [startInstance(world), startInstance(world)];
    /** Where the rows of a signal begin that are not retired. */
    const kept = new Map<Signal, number>();
    try {
      world.source.past({ start: start - past, end: start }, start);
      for (let n = 1; n <= days * 24; n++) await oneHour(world, instances, n, kept);
      Object.assign(world, { lakeAway: false });
      world.source.faults([]);
      await resumed(instances);
      for (let n = 1; n <= 75; n++) await quietHour(world, instances, n, kept);
      t.diagnostic(JSON.stringify({ seed, ...world.source.count, ...world.count, changes: world.lake.changes() }));
      await assertWhole(world, instances, kept);
    } finally {
      await world.source.simulator.close();
      await rm(world.work, { recursive: true, force: true });
    }
  });

const firstOf = (instances: readonly Instance[]): Instance => instances[0] ?? assert.fail();

async function oneHour(world: World, instances: Instance[], n: number, kept: Map<Signal, number>): Promise<void> {
  const { chance, source } = world;
  world.now = start + n * hour;
  source.hourTo(world.now);
  // Not of the first day: a source whose first rows are all gone does not keep them so long (`vanished`).
  if (chance.hit(0.04) && n > 26) {
    const from = start + chance.int(Math.max(24, n - 25 * 24), n - 1) * hour;
    source.purge({ start: from, end: from + hour });
  }
  source.faults(weather(world, n));
  outageOfLake(world, n);
  if (!world.lakeAway) await resumed(instances);
  if (n === Math.floor(days * 12) + 3) world.window = 2 * hour;
  if (days >= 10 && n === 9 * 24) world.rules = { traces: 8 * day, requests: 7 * day };
  if (days >= 10 && n === Math.floor((days - 4) * 24)) world.rules = { traces: 20 * day, requests: 20 * day };
  await steerBackfill(world, instances, n);
  if (chance.hit(0.05)) instances[chance.int(0, 1)] = startInstance(world);
  for (const instance of instances) if (chance.hit(0.1)) instance.fuse(chance.int(0, 60));
  await round(world, instances, n, kept);
  if (chance.hit(0.03) && !world.lakeAway) await vandalise(world);
}

/** Faults of the query API at that hour. */
function weather({ chance }: World, n: number): Fault[] {
  const storm = Math.floor(n / 7) % 5 === 2;
  return [
    ...(Math.floor(n / 6) % 9 === 4 ? [{ kind: 'unavailable' as const }] : []),
    ...(storm ? [{ kind: 'throttle' as const, probability: 0.33, retryAfter: 7 }] : []),
    { kind: 'drop', at: 'middle', probability: 0.02 },
    { kind: 'partial', probability: 0.02 },
    { kind: 'truncate', probability: 0.01 },
    { kind: 'cached', probability: chance.hit(0.2) ? 0.1 : 0 },
    { kind: 'gatewayTimeout', probability: 0.01 },
  ];
}

/** A third of the time into the month it is gone, for ten days of thirty; now and then for some hours. */
function outageOfLake(world: World, n: number): void {
  const from = Math.floor(days * 8);
  const long = days >= 30 ? 240 : days * 4;
  world.lakeAway = (n >= from && n < from + long) || Math.floor(n / 5) % 23 === 11;
}

/** After a week nobody looks any more whether it is back: a person says so. */
async function resumed(instances: readonly Instance[]): Promise<void> {
  for (const instance of instances)
    if ((await instance.gate.look()).state === 'disabled') await instance.gate.order('resume', 'it is back');
}

async function steerBackfill(world: World, instances: readonly Instance[], n: number): Promise<void> {
  const orders = { 20: 'start', 26: 'pause', 40: 'resume' } as const;
  const order = orders[n as keyof typeof orders];
  if (order === undefined) return;
  const began = startInstance(world);
  await began.backfill(order);
  assert.ok(instances.length === 2);
}

/** What dies in planning or auditing is begun anew. */
async function alive<T>(world: World, instances: Instance[], n: number, act: (one: Instance) => Promise<T>) {
  const instance = instances[n] ?? firstOf(instances);
  try {
    return await act(instance);
  } catch (error) {
    if (!instance.isDead()) throw error;
    instances[n] = startInstance(world);
    return undefined;
  }
}

async function round(world: World, instances: Instance[], n: number, kept: Map<Signal, number>): Promise<void> {
  const { chance, count, messages } = world;
  // Twice an hour: what fails for a while is seen to do so, and the lake is paused.
  for (let times = 0; times < 2; times++) {
    await Promise.all([0, 1].map((which) => alive(world, instances, which, (one) => one.plan())));
    if (chance.hit(0.02)) count.lost = (count.lost ?? 0) + messages.splice(0, messages.length).length;
    await deliver(world, instances);
    world.now += hour / 6;
  }
  const auditors = chance.hit(0.2) ? [0, 1] : [chance.int(0, 1)];
  for (const outcome of await Promise.all(
    auditors.map((which) => alive(world, instances, which, (one) => one.audit())),
  ))
    for (const { feed, enqueued } of outcome?.feeds ?? [])
      for (const interval of enqueued) {
        count.audited = (count.audited ?? 0) + 1;
        if (!(await differs(world, { ...feed, ...interval }))) count.idle = (count.idle ?? 0) + 1;
      }
  await deliver(world, instances);
  if (n % 24 === 4) await tend(world, instances, kept);
  assert.deepEqual(world.lake.twice, [], `seen twice at hour ${n}`);
}

async function tend(world: World, instances: Instance[], kept: Map<Signal, number>): Promise<void> {
  let found: Awaited<ReturnType<Instance['tend']>> | undefined;
  // Of a feed that cannot be looked at it says so, and looks at it the next time: here at once, unless the lake is away.
  while (found === undefined) {
    const tended = await alive(world, instances, 0, (one) => one.tend());
    if (world.lakeAway) return deliver(world, instances);
    const isBroken = [...(tended?.retired ?? []), ...(tended?.files ?? [])].some(({ error }) => error !== '');
    if (isBroken) assert.ok(firstOf(instances).isDead());
    if (isBroken) instances[0] = startInstance(world);
    else found = tended;
  }
  if ((await firstOf(instances).gate.look()).state !== 'active') return;
  for (const { repaired } of found.files) world.count.repaired = (world.count.repaired ?? 0) + repaired;
  world.count.retired = (world.count.retired ?? 0) + found.retired.reduce((sum, { windows }) => sum + windows, 0);
  for (const signal of signals) {
    const from = keptFrom(signal, world.rules, world.now);
    if (from !== undefined) kept.set(signal, Math.max(from, kept.get(signal) ?? 0));
  }
  await deliver(world, instances);
}

/** Somebody removes a file. */
async function vandalise({ lake, chance, count }: World): Promise<void> {
  const files = lake.files();
  const name = files[chance.int(0, files.length - 1)];
  if (name === undefined) return;
  await lake.remove(name, (await lake.head(name)) ?? '');
  count.vandals = (count.vandals ?? 0) + 1;
}

/** Nothing new comes, and all is well. */
async function quietHour(world: World, instances: Instance[], n: number, kept: Map<Signal, number>): Promise<void> {
  world.now = start + (days * 24 + n) * hour;
  await round(world, instances, world.now / hour, kept);
}

async function assertWhole(world: World, instances: Instance[], kept: Map<Signal, number>): Promise<void> {
  const { ledger, feeds, count, source } = world;
  const plans = await firstOf(instances).plan();
  for await (const { state } of world.backfills.list()) assert.equal(state, 'done', 'the backfill has come to its end');
  const end = Math.min(...plans.map(({ watermark }) => watermark));
  assert.ok(end > world.now - 3 * hour, `complete until ${new Date(end).toISOString()}`);
  for (const feed of feeds) {
    const entries = await Array.fromAsync(ledger.list(feed));
    const open = entries.filter(({ state, again }) => again || !['done', 'halved', 'retired'].includes(state));
    assert.deepEqual(
      open.map(({ window, state, error }) => [window, state, error]),
      [],
    );
  }
  const seen = world.lake.seen();
  const all = new Set(
    signals.flatMap((signal) => expected(world, signal, kept).map(({ itemId }) => `${signal} ${itemId}`)),
  );
  assert.deepEqual(shortened([...all].filter((row) => !seen.has(row))), [], 'not in the lake');
  assert.deepEqual(shortened([...seen].filter((row) => !all.has(row))), [], 'not at the source');
  assert.equal(seen.size, all.size);
  assert.equal(count.idle, 0, 'what an audit had run again had changed');
  assert.ok((count.held ?? 0) > 0, 'the lake was paused');
  assert.ok((count.audited ?? 0) > 10 && (count.deaths ?? 0) > 3 && (count.halved ?? 0) > 0, JSON.stringify(count));
  assert.ok(source.count.late > 20 && all.size > 500);
  await assertColumns(world, kept);
}

const expected = ({ source }: World, signal: Signal, kept: Map<Signal, number>) =>
  source.data.all(signal).filter((row) => timeOf(row) >= (kept.get(signal) ?? 0));

/** What readers see, in a folder for DuckDB: every column of every row. */
async function assertColumns(world: World, kept: Map<Signal, number>): Promise<void> {
  const folder = join(world.work, 'copy');
  for (const name of world.lake.files()) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(
      join(folder, name),
      Buffer.concat(await Array.fromAsync(world.lake.read(name), (piece) => Uint8Array.from(piece))),
    );
  }
  for (const signal of signals) {
    const truth = expected(world, signal, kept).map((row) => fromQuery(signal, row, hour));
    const { rows } = await readLake(folder, signal, 'parquet');
    assert.deepEqual(shortened(differences(truth, rows, { ignored: ['exportWindow'] })), [], signal);
  }
}
