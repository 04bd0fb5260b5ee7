import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Chance, chanceOf } from '../../../local/telemetry/chance.ts';
import { createMemoryStore } from '../../../shared/lake/store-memory.ts';
import type { ObjectStore, Output, Window } from '../../../shared/model.ts';
import { type RunPorts, runWindow } from '../../../shared/pipeline/run.ts';
import { sweepBlobs } from '../../../shared/pipeline/sweep/sweep.ts';
import { windowName } from '../../../shared/signals/window-name.ts';
import { localPorts } from '../../../shared/wire/local.ts';
import { seedOf } from '../../seeds.ts';
import { blobName, exportStore, exportsWorld, hour, mortal, never } from '../exports-world.ts';
import { cutsOf, endsInCharacter, type Line, linesOf, looksWhole, type Row } from './appended.ts';

/**
 * Issue 4: a blob appended to in 1,000 random cuts with sweeps between, kills and duplicate messages; at every settled
 * moment the lake equals one clean read. The real engine over containers in memory. APPEND_CUTS says how many cuts
 * (1,000), APPEND_SEED repeats a run; APPEND_EVERY after how many cuts, on average, the world settles and is compared
 * (30; 1 takes some minutes).
 */
const CUTS = Number(process.env.APPEND_CUTS ?? 1000);
const EVERY = Number(process.env.APPEND_EVERY ?? 30);
const seed = seedOf('APPEND_SEED');

const start = Date.UTC(2026, 0, 31, 12);
const PLACES = [
  { container: 'insights-logs-apprequests', name: blobName.diagnostics(start), layout: 'diagnostics', start },
  {
    container: 'insights-logs-apprequests',
    name: blobName.diagnostics(start + hour),
    layout: 'diagnostics',
    start: start + hour,
  },
  { container: 'am-apptraces', name: blobName.dataExport(start, '00'), layout: 'dataExport', start },
  { container: 'am-apptraces', name: blobName.dataExport(start, '05'), layout: 'dataExport', start },
] as const;

interface Growing {
  readonly place: (typeof PLACES)[number];
  readonly lines: readonly Line[];
  readonly all: Buffer;
  readonly cuts: number[];
  length: number;
}

const output: Output = {
  format: 'ndjson',
  gzip: false,
  partition: 'hour',
  path: '{signal}/app={app}/date={yyyy}-{MM}-{dd}/hour={HH}/{source}_{start}_{end}.{ext}',
};

type Stores = Readonly<Record<(typeof PLACES)[number]['container'], ReturnType<typeof exportStore>>>;

/** The real blob source, view, pipeline and engine over `stores`, with a lake and a ledger of their own. */
async function engineWorld(stores: Stores, base: string) {
  let runs = 0;
  const lake = createMemoryStore();
  const withWorkFolder: RunPorts['withWorkFolder'] = async (use) => {
    const folder = await mkdtemp(join(base, `${++runs}-`));
    return use(folder).finally(() => rm(folder, { recursive: true }));
  };
  const making = { ...localPorts(output), lake, withWorkFolder };
  // Both hours have begun: a sweep looks no further ahead of the clock.
  const world = await exportsWorld({ stores, start: start + hour, lookback: 60 * 24 * hour, making, pause: 200_000 });
  return { ...world, lake, runs: () => runs };
}

type World = Awaited<ReturnType<typeof engineWorld>>;

/** Rows by file, in an order of their own; files without rows left out. */
async function contentsOf(lake: ObjectStore): Promise<Map<string, Row[]>> {
  const files = new Map<string, Row[]>();
  for await (const { name } of lake.list('')) {
    const lines = Buffer.concat(await Array.fromAsync(lake.read(name)))
      .toString()
      .split('\n');
    const rows = lines.filter((line) => line !== '').map((line): Row => JSON.parse(line));
    if (rows.length > 0) files.set(name, sorted(rows));
  }
  return files;
}

const sorted = (rows: readonly Row[]): Row[] => rows.toSorted((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
const keyOf = (row: Row): string => JSON.stringify([row.itemId, row.blob, row.offset]);
const isQuarantine = (name: string): boolean => name.startsWith('_quarantine');

/** What the whole lines that are there must have become; an item id that was repeated within a window is one row. */
function expectedRows(blobs: readonly Growing[]): Row[] {
  const rows = new Map<string, Row>();
  for (const { place, lines, length } of blobs) {
    const exportWindow = windowName({ start: place.start, end: place.start + hour } as Window);
    let from = 0;
    for (const { bytes, row, early } of lines) {
      // A record is whole with its last brace, whether the line has ended or not.
      const whole = bytes.toString('latin1').trimEnd().length <= length - from;
      const found = early?.lengths.includes(length - from) ? early.row : whole ? row : undefined;
      if (found !== undefined) rows.set(`${place.layout} ${place.start} ${found.itemId}`, { ...found, exportWindow });
      from += bytes.length;
    }
  }
  return sorted([...rows.values()]);
}

/** At most three of them, so that a failure can be read. */
function differences(found: readonly object[], expected: readonly object[]): string[] {
  const texts = (rows: readonly object[]) => new Set(rows.map((row) => JSON.stringify(Object.entries(row).sort())));
  const [here, there] = [texts(found), texts(expected)];
  const stray = [...here].filter((text) => !there.has(text)).map((text) => `not expected: ${text}`);
  const missing = [...there].filter((text) => !here.has(text)).map((text) => `missing: ${text}`);
  const counts = found.length === expected.length ? [] : [`${found.length} rows, not ${expected.length}`];
  return [...counts, ...stray, ...missing].slice(0, 3).map((text) => text.slice(0, 2000));
}

/** Where unreadable bytes lie in their blob, and what they are. */
interface Unreadable {
  readonly blob: string;
  readonly offset: number;
  readonly bytes: string;
}

const expectedQuarantine = (blobs: readonly Growing[]): Unreadable[] =>
  blobs.flatMap(({ place, lines }) => {
    let offset = 0;
    return lines.flatMap(({ bytes, bad }) => {
      offset += bytes.length;
      return bad === undefined
        ? []
        : [{ blob: `${place.container}/${place.name}`, offset: offset - bytes.length, bytes: bad.toString('base64') }];
    });
  });

/** Of what is in quarantine, that which lies in no bad line. */
function strays(found: readonly Unreadable[], blobs: readonly Growing[]): readonly Unreadable[] {
  const bad = expectedQuarantine(blobs);
  const within = (one: Unreadable, other: Unreadable) =>
    one.blob === other.blob && one.offset >= other.offset && one.offset + bytesIn(one) <= other.offset + bytesIn(other);
  return found.filter((one) => !bad.some((other) => within(one, other)));
}

const bytesIn = ({ bytes }: Unreadable): number => Buffer.from(bytes, 'base64').length;

const quarantined = (files: ReadonlyMap<string, Row[]>): Unreadable[] =>
  [...files]
    .flatMap(([name, rows]) => (isQuarantine(name) ? rows : []))
    .map(({ blob, offset, bytes, encoding }) => ({
      blob: String(blob),
      offset: Number(offset),
      bytes: Buffer.from(String(bytes), encoding === 'base64' ? 'base64' : 'utf8').toString('base64'),
    }));

/**
 * The lake against the records that the test has made, and, when asked, file by file against a lake made by one clean
 * read now.
 */
async function compare(here: World, blobs: readonly Growing[], clean: World | undefined): Promise<void> {
  const found = await contentsOf(here.lake);
  const rows = [...found].flatMap(([name, each]) => (isQuarantine(name) ? [] : each));
  assert.deepEqual(differences(rows, expectedRows(blobs)), []);
  assert.deepEqual(strays(quarantined(found), blobs), [], 'records that are not whole yet wait');
  if (clean === undefined) return;
  clean.clock.advance(here.clock.now() - clean.clock.now());
  await clean.sweep();
  await clean.settle();
  assert.deepEqual(found, await contentsOf(clean.lake));
}

/** The window of a message that has come; the message stays. */
async function dueWindow(here: World, chance: Chance): Promise<Window | undefined> {
  await here.sweep();
  const message = here.messages.length > 0 ? chance.pick(here.messages) : undefined;
  if (message) here.clock.advance(Math.max(0, message.at - here.clock.now()));
  return message?.window;
}

/** What else happens between two appends; false when there was nothing that it could happen to. */
const disturb: Readonly<Record<string, (here: World, chance: Chance) => Promise<boolean>>> = {
  sweep: async (here) => (await here.sweep()).windows > 0,
  wait: async ({ clock }, chance) => {
    clock.advance(chance.int(1, 10) * 60_000);
    return true;
  },
  /** The message stays, and comes once more: while its window runs, or later. */
  repeated: async (here, chance) => {
    const window = await dueWindow(here, chance);
    if (window)
      await Promise.all([runWindow(window, here.ports), ...(chance.hit(0.5) ? [runWindow(window, here.ports)] : [])]);
    return window !== undefined;
  },
  lost: async ({ messages }, chance) =>
    messages.length > 0 && messages.splice(chance.int(0, messages.length - 1), 1).length > 0,
  killedRun: async (here, chance) => {
    const window = await dueWindow(here, chance);
    if (window === undefined) return false;
    return runWindow(window, mortal(here.ports, chance.int(2, 20))).then(
      ({ state }) => state === 'failed',
      () => true,
    );
  },
  killedSweep: ({ ports }, chance) =>
    sweepBlobs(mortal(ports, chance.int(0, 8)), never).then(
      () => false,
      () => true,
    ),
};

type Tally = Record<'cuts' | 'inCharacters' | 'settled' | 'clean', number> & Record<string, number>;

test(`blobs appended to in ${CUTS} cuts: rows by the real engine are those of one clean read`, async (t) => {
  t.diagnostic(`APPEND_SEED=${seed}`);
  const chance = chanceOf(`append/${seed}`);
  const base = await mkdtemp(join(tmpdir(), 'append-'));
  const stores: Stores = { 'insights-logs-apprequests': exportStore(), 'am-apptraces': exportStore() };
  const blobs = PLACES.map((place, index): Growing => {
    const lines = linesOf(place.layout, 60, index * 1000, place.start, chance);
    const cuts = cutsOf(lines, Math.ceil(CUTS / PLACES.length), chance);
    return { place, lines, cuts, all: Buffer.concat(lines.map(({ bytes }) => bytes)), length: 0 };
  });
  const here = await engineWorld(stores, base);
  const worlds = [here];
  const tally = { cuts: 0, inCharacters: 0, settled: 0, clean: 0 } as Tally;
  const cleanWorld = async () => {
    const clean = await engineWorld(stores, base);
    worlds.push(clean);
    tally.clean++;
    return clean;
  };
  try {
    let next = chance.pick(blobs);
    for (let left = blobs; left.length > 0; left = blobs.filter(({ cuts }) => cuts.length > 0)) {
      if (next.cuts.length === 0 || chance.hit(0.05)) next = chance.pick(left);
      next.length = next.cuts.shift() ?? next.length;
      await stores[next.place.container].write(next.place.name, next.all.subarray(0, next.length));
      tally.cuts++;
      if (endsInCharacter(next.all, next.length)) tally.inCharacters++;
      if (chance.hit(0.25)) {
        const kind = chance.pick([...Object.keys(disturb), 'sweep']);
        if (await disturb[kind]?.(here, chance)) tally[kind] = (tally[kind] ?? 0) + 1;
      }
      if (!chance.hit(1 / EVERY) && !looksWhole(next.lines, next.length)) continue;
      await here.sweep();
      await here.settle();
      await compare(here, blobs, ++tally.settled % 10 === 0 ? await cleanWorld() : undefined);
    }
    await here.sweep();
    await here.settle();
    await compare(here, blobs, await cleanWorld());
    const found = quarantined(await contentsOf(here.lake));
    assert.deepEqual(differences(found, expectedQuarantine(blobs)), []);
    assert.ok(
      found.length > 0 && tally.inCharacters > tally.cuts / 20,
      'bad lines and cuts inside of characters were among them',
    );
    const runs = here.runs();
    await here.sweep();
    await here.settle();
    assert.equal(here.runs(), runs, 'what has settled is left alone');
    t.diagnostic(`${JSON.stringify(tally)}, ${runs} runs`);
  } finally {
    for (const world of worlds) await world.close();
    await rm(base, { recursive: true, force: true });
  }
});
