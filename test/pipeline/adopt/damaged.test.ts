import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createMemoryLedger } from '../../../shared/state/ledger-memory.ts';
import {
  type Both,
  begun,
  copyOfLake,
  copyOfLedger,
  day,
  hour,
  type Ledger,
  type Row,
  type Settings,
  worldOn,
} from './damaged-world.ts';

/**
 * A ledger dropped, halved, restored from before, swapped, while a run dies at any call; with plain files and tables,
 * with the ledger's table in the lake and without; then commands, planner and audit with the same settings and with
 * others. DAMAGED=1 tries all settings after each, and has a run die at every call (DAMAGED_EVERY=5:
 * at every fifth, which of them in turn); else one of each, in turn.
 */
const isWhole = process.env.DAMAGED === '1';
const every = Number(process.env.DAMAGED_EVERY ?? 1);
let tried = 0;

const kinds = {
  parquet: { format: 'parquet', delta: false },
  csv: { format: 'csv', delta: false },
  delta: { format: 'parquet', delta: true },
  'parquet, days that are halved': { format: 'parquet', delta: false, heavy: true },
} as const;
const same = { size: day, partition: 'hour' } as const;

const rowsOfDay = (n: number): Row[] =>
  [3, 9].flatMap((at) => [0, 1].map((each) => ({ id: `d${n}h${at}n${each}`, at: begun + n * day + at * hour + each })));

/** A month of days, and what lay in lake and ledger on the way; late and purged rows of old days in its last hours. */
async function monthOf(settings: Settings, withTable: boolean) {
  const held: Both = { lake: await copyOfLake((await emptyHeld()).lake), ledger: createMemoryLedger() };
  const truth = { rows: [] as readonly Row[] };
  const time = { now: begun };
  const world = worldOn(held, truth, time, settings);
  const copies: Record<string, Ledger> = {};
  for (let n = 0; n < 32; n++) {
    truth.rows = [...truth.rows, ...rowsOfDay(n)];
    time.now = begun + (n + 1) * day + hour / 6;
    await world.meet();
    await world.plan();
    await world.deliver();
    if (n === 0) copies['a month before'] = await copyOfLedger(held.ledger);
    if (n === 30) copies['a day before'] = await copyOfLedger(held.ledger);
  }
  if (withTable) await world.table();
  time.now += hour;
  await world.meet();
  truth.rows = truth.rows.filter(({ id }) => !/^d20h9/.test(id));
  truth.rows = [...truth.rows, { id: 'late', at: begun + 25 * day + 15 * hour }];
  await world.audit();
  await world.deliver();
  copies['an hour before'] = await copyOfLedger(held.ledger);
  time.now += hour;
  await world.meet();
  // What changed since that hour, and is on its way when the run dies.
  truth.rows = truth.rows.filter(({ id }) => !/^d28h3/.test(id));
  truth.rows = [...truth.rows, { id: 'later', at: begun + 29 * day + 20 * hour }];
  await world.audit();
  return { held, truth, time, copies, sent: async (at: number) => world.dieAt(at) };
}

async function emptyHeld(): Promise<Both> {
  const { createMemoryStore } = await import('../../../shared/lake/store-memory.ts');
  return { lake: createMemoryStore(), ledger: createMemoryLedger() };
}

/** Of another lake, with the same feed. */
async function strange(settings: Settings): Promise<Ledger> {
  const held = { lake: await copyOfLake((await emptyHeld()).lake), ledger: createMemoryLedger() };
  const truth = { rows: [0, 1, 2].flatMap(rowsOfDay) };
  const world = worldOn(held, truth, { now: begun + 3 * day + 77 }, { ...settings, size: 12 * hour });
  await world.meet();
  await world.plan();
  await world.deliver();
  return held.ledger;
}

type Damage = (ledger: Ledger, copies: Readonly<Record<string, Ledger>>, settings: Settings) => Promise<Ledger>;
const restored = (name: string): [string, Damage, RegExp] => [
  `restored from ${name}`,
  async (_, copies) => copyOfLedger(copies[name] ?? createMemoryLedger()),
  /is older than the lake.*insights-lake adopt/,
];
const damages: readonly (readonly [string, Damage, RegExp | undefined])[] = [
  ['dropped', async () => createMemoryLedger(), /knows of none.*insights-lake adopt/],
  ['halved', async (ledger) => copyOfLedger(ledger, (_, n) => n % 2 === 0, false), /is older than the lake.*adopt/],
  ['halved but for mark and progress', async (ledger) => copyOfLedger(ledger, (_, n) => n % 2 === 0), undefined],
  ['its last half gone', async (ledger) => copyOfLedger(ledger, (_, n) => n < 16), undefined],
  ...['an hour before', 'a day before', 'a month before'].map(restored),
  ['swapped', async (_, __, settings) => strange(settings), /describes another one.*insights-lake adopt/],
];

const others: readonly (readonly [string, (settings: Settings) => Settings])[] = [
  ['the same settings', (settings) => settings],
  ['another window length', (settings) => ({ ...settings, size: 6 * hour })],
  ['another template', (settings) => ({ ...settings, partition: settings.delta ? 'hour' : 'day' })],
  ['another format', (settings) => ({ ...settings, format: settings.delta ? 'parquet' : 'ndjson' })],
];

async function tryOne(
  month: Awaited<ReturnType<typeof monthOf>>,
  settings: Settings,
  withTable: boolean,
  [name, damage, refusal]: (typeof damages)[number],
  change: (settings: Settings) => Settings,
  call: number,
): Promise<boolean> {
  const [lake, whole] = [await copyOfLake(month.held.lake), await copyOfLedger(month.held.ledger)];
  const time = { ...month.time };
  const truth = { ...month.truth };
  const before = worldOn({ lake, ledger: whole }, truth, time, settings);
  await before.plan(); // sends again what the copies have open
  time.now += hour;
  await before.plan();
  const died = await before.dieAt(call);
  const ledger = await damage(whole, month.copies, settings);
  const world = worldOn({ lake, ledger }, truth, time, change(settings));
  const told = `${name}, killed at ${call}`;
  if (refusal !== undefined) await assert.rejects(world.meet(), refusal, told);
  else {
    await world.meet();
    time.now += 25 * hour;
    if (withTable) await assert.rejects(world.table(), /has lost windows .*insights-lake adopt/, told);
  }
  await world.adopt();
  await world.meet();
  for (let n = 0; n < 4; n++) {
    time.now += 13 * hour;
    await world.plan();
    await world.deliver();
    await world.audit();
    await world.deliver();
  }
  assert.deepEqual(await world.seen(), truth.rows.map(({ id }) => id).sort(), told);
  const stuck = (await world.entries()).filter(({ state, again }) => (state !== 'done' && state !== 'halved') || again);
  assert.deepEqual(stuck, [], told);
  return died;
}

for (const [kind, of] of Object.entries(kinds))
  for (const withTable of [true, false])
    describe(`${kind}${withTable ? '' : ', no table of the ledger'}`, () => {
      const settings: Settings = { ...same, ...of };
      const month = monthOf(settings, withTable);
      for (const damage of damages)
        for (const [words, change] of isWhole ? others : [others[tried++ % others.length] as (typeof others)[number]])
          test(`a ledger ${damage[0]}, then ${words}`, async () => {
            const tryAt = async (call: number) => tryOne(await month, settings, withTable, damage, change, call);
            if (!isWhole) await tryAt((tried++ * 7) % 23);
            else for (let call = tried++ % every; await tryAt(call); call += every);
          });
    });
