import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Signal } from '../../../shared/model.ts';
import { keptFrom } from '../../../shared/pipeline/retention/due.ts';
import { differences, shortened } from '../../e2e/compare.ts';
import { readLake } from '../../e2e/readLake.ts';
import { fromQuery, fromWorkspace } from '../../e2e/truth.ts';
import { type Instance, startInstance } from './instance.ts';
import { timeOf } from './shop-source.ts';
import { isLakeAway, storm, weather } from './weather.ts';
import { day, deliver, differs, hour, type MonthOptions, past, start, startWorld, type World } from './whole-world.ts';

/**
 * A month with everything at once, hour by hour with a clock of its own: the simulator's query API, the engine, plain
 * files or Delta tables, and two instances that plan, run and audit at the same time, with a budget of questions that
 * they share and that is too small for both. Rows come up to 48 hours late and are purged; the API is away, refuses
 * all or a third of the questions with 429, breaks off and answers in parts; answers hold few rows; runs die between any
 * two changes, and some windows kill whoever reads them whole until they are halved; messages are lost; files of the
 * lake are removed by hand; a backfill runs beside, is paused and resumed; the size of windows changes; the lake is
 * away, for ten days in a whole month; what is older than a rule is retired, and the rule becomes longer again.
 * At every change of the lake no row is seen twice; at every moment the API has had no more questions than the budget
 * allows, and none while it had asked for quiet. In the end the lake has what the source has, in every column, and
 * every window that an audit had run again had changed.
 * Throws where one of that is not so; resolves to what there was.
 */
export async function wholeMonth(options: MonthOptions): Promise<object> {
  const { days } = options;
  const world = await startWorld(options);
  const instances = [startInstance(world), startInstance(world)];
  /** Where the rows of a signal begin that are not retired. */
  const kept = new Map<Signal, number>();
  try {
    world.source.past({ start: start - past, end: start }, start);
    for (let n = 1; n <= days * 24; n++) await oneHour(world, instances, n, kept);
    Object.assign(world, { lakeAway: false });
    world.source.faults([]);
    await resumed(world, instances);
    for (let n = 1; n <= 75; n++) await quietHour(world, instances, n, kept);
    await assertWhole(world, instances, kept);
    return { ...world.source.count, ...world.count, changes: world.lake.changes() };
  } catch (error) {
    throw new Error(JSON.stringify({ ...world.source.count, ...world.count }), { cause: error });
  } finally {
    await world.source.simulator.close();
    await rm(world.work, { recursive: true, force: true });
  }
}

const minute = hour / 60;
const firstOf = (instances: readonly Instance[]): Instance => instances[0] ?? assert.fail();

async function oneHour(world: World, instances: Instance[], n: number, kept: Map<Signal, number>): Promise<void> {
  const { chance, source, options } = world;
  const { days } = options;
  world.clock.set(start + n * hour);
  source.hourTo(start + n * hour);
  // Not of the first day: a source whose first rows are all gone does not keep them so long (`vanished`).
  if (chance.hit(0.04) && n > 26) {
    const from = start + chance.int(Math.max(24, n - 25 * 24), n - 1) * hour;
    source.purge({ start: from, end: from + hour });
  }
  source.faults(weather(chance, n));
  world.lakeAway = isLakeAway(n, days);
  if (!world.lakeAway) await resumed(world, instances);
  if (n === Math.floor(days * 12) + 3) world.window *= 2;
  if (days >= 10 && n === 9 * 24) world.rules = { traces: 8 * day, requests: 7 * day };
  if (days >= 10 && n === Math.floor((days - 4) * 24)) world.rules = { traces: 20 * day, requests: 20 * day };
  await steerBackfill(world, instances, n);
  if (chance.hit(0.05)) instances[chance.int(0, 1)] = startInstance(world);
  for (const instance of instances) if (chance.hit(0.1)) instance.fuse(chance.int(0, 60));
  await round(world, instances, n, kept);
  if (chance.hit(0.03) && !world.lakeAway) await vandalise(world);
}

/** After a week nobody looks any more whether it is back: a person says so. */
async function resumed({ clock }: World, instances: readonly Instance[]): Promise<void> {
  for (const { gate } of instances)
    await clock.passing(async () => {
      if ((await gate.look()).state === 'disabled') await gate.order('resume', 'it is back');
    });
}

async function steerBackfill(world: World, instances: readonly Instance[], n: number): Promise<void> {
  const orders = { 20: 'start', 26: 'pause', 40: 'resume' } as const;
  const order = orders[n as keyof typeof orders];
  if (order === undefined) return;
  const began = startInstance(world);
  await world.clock.passing(() => began.backfill(order));
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
  const { chance, count, messages, clock, source } = world;
  const begun = world.now;
  // Twice an hour: what fails for a while is seen to do so, and the lake is paused.
  for (const minutes of [15, 30]) {
    await clock.passing(() => Promise.all([0, 1].map((which) => alive(world, instances, which, (one) => one.plan()))));
    if (chance.hit(0.02)) count.lost = (count.lost ?? 0) + messages.splice(0, messages.length).length;
    await deliver(world, instances, begun + minutes * minute);
    clock.set(begun + minutes * minute);
  }
  const auditors = chance.hit(0.2) ? [0, 1] : [chance.int(0, 1)];
  for (const outcome of await clock.passing(() =>
    Promise.all(auditors.map((which) => alive(world, instances, which, (one) => one.audit()))),
  ))
    for (const { feed, enqueued } of outcome?.feeds ?? [])
      for (const interval of enqueued) {
        count.audited = (count.audited ?? 0) + 1;
        if (!(await differs(world, { ...feed, ...interval }))) count.idle = (count.idle ?? 0) + 1;
      }
  await deliver(world, instances, begun + 55 * minute);
  if (n % 24 === 4) await tend(world, instances, kept);
  assert.deepEqual(world.lake.twice, [], `seen twice at hour ${n}`);
  // A run ends after half an hour, an audit after a third of one.
  assert.ok(world.now <= begun + 2 * hour, `hour ${n} took until ${new Date(world.now).toISOString()}`);
  if ((await clock.passing(() => firstOf(instances).gate.look())).state === 'paused')
    count.paused = (count.paused ?? 0) + 1;
  const { most, rash, throttled } = source.asked(1000 * (storm(n)[0]?.retryAfter ?? 0), world.unheard);
  count.asked = Math.max(count.asked ?? 0, most);
  count.throttled = (count.throttled ?? 0) + throttled;
  assert.ok(most <= world.budget.rate, `${most} requests in 30 s at hour ${n}`);
  assert.ok(world.mostAsking <= world.budget.inFlight, `${world.mostAsking} at once at hour ${n}`);
  assert.deepEqual(rash, [], `requests although it was asked for quiet, at hour ${n}`);
}

async function tend(world: World, instances: Instance[], kept: Map<Signal, number>): Promise<void> {
  let found: Awaited<ReturnType<Instance['tend']>> | undefined;
  // Of a feed that cannot be looked at it says so, and looks at it the next time: here at once, unless the lake is away.
  while (found === undefined) {
    const tended = await world.clock.passing(() => alive(world, instances, 0, (one) => one.tend()));
    if (world.lakeAway) return;
    const isBroken = [...(tended?.retired ?? []), ...(tended?.files ?? [])].some(({ error }) => error !== '');
    if (isBroken) assert.ok(firstOf(instances).isDead());
    if (isBroken) instances[0] = startInstance(world);
    else found = tended;
  }
  if ((await world.clock.passing(() => firstOf(instances).gate.look())).state !== 'active') return;
  for (const { repaired } of found.files) world.count.repaired = (world.count.repaired ?? 0) + repaired;
  world.count.retired = (world.count.retired ?? 0) + found.retired.reduce((sum, { windows }) => sum + windows, 0);
  for (const signal of world.options.signals) {
    const from = keptFrom(signal, world.rules, world.now);
    if (from !== undefined) kept.set(signal, Math.max(from, kept.get(signal) ?? 0));
  }
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
  world.clock.set(start + (world.options.days * 24 + n) * hour);
  await round(world, instances, world.options.days * 24 + n, kept);
}

async function assertWhole(world: World, instances: Instance[], kept: Map<Signal, number>): Promise<void> {
  const { ledger, feeds, count } = world;
  const plans = await world.clock.passing(() => firstOf(instances).plan());
  for await (const { state } of world.backfills.list()) assert.equal(state, 'done', 'the backfill has come to its end');
  const end = Math.min(...plans.map(({ watermark }) => watermark));
  assert.ok(end > world.now - world.window - hour, `complete until ${new Date(end).toISOString()}`);
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
    world.options.signals.flatMap((signal) => expected(world, signal, kept).map(({ itemId }) => `${signal} ${itemId}`)),
  );
  assert.deepEqual(shortened([...all].filter((row) => !seen.has(row))), [], 'not in the lake');
  assert.deepEqual(shortened([...seen].filter((row) => !all.has(row))), [], 'not at the source');
  assert.equal(seen.size, all.size);
  assert.equal(count.idle, 0, 'what an audit had run again had changed');
  assertTried(world, all.size);
  await assertColumns(world, kept);
}

/**
 * That there was something of each kind. How much is chance, as what runs beside what follows the wall's clock: on an
 * idle machine 36 questions in 30 s, 41 windows audited and 17 deaths of seed 7, on a loaded one 27, 22 and 15.
 */
function assertTried({ count, source, budget }: World, rows: number): void {
  const least = { asked: budget.rate / 2, throttled: 1, paused: 1, audited: 3, deaths: 2, halved: 1, runs: 100 };
  for (const [what, enough] of Object.entries(least))
    assert.ok((count[what] ?? 0) >= enough, `${what} at least ${enough}: ${JSON.stringify(count)}`);
  assert.ok(source.count.late > 20 && rows > 500, JSON.stringify(source.count));
}

const expected = ({ source }: World, signal: Signal, kept: Map<Signal, number>) =>
  source.rows(signal).filter((row) => timeOf(row) >= (kept.get(signal) ?? 0));

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
  for (const signal of world.options.signals) {
    const truthOf = world.options.workspace ? fromWorkspace : fromQuery;
    const truth = expected(world, signal, kept).map((row) => truthOf(signal, row, hour));
    const { rows } = await readLake(folder, signal, 'parquet');
    assert.deepEqual(shortened(differences(truth, rows, { ignored: ['exportWindow'] })), [], signal);
  }
}
