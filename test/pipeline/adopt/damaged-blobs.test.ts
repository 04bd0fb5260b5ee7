/**
 * As damaged.test.ts, for feeds of export blobs: a ledger dropped, halved, restored, swapped, after a run that died;
 * then the lake is adopted and swept with the same settings and with others. DAMAGED=1: all settings, a death at every
 * call (DAMAGED_EVERY=5: at every fifth, which of them in turn).
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { identityOf } from '../../../shared/lake/path-identity.ts';
import { defaultPathTemplate } from '../../../shared/lake/path-template.ts';
import { filePath, quarantinePath } from '../../../shared/lake/paths.ts';
import { createMemoryStore } from '../../../shared/lake/store-memory.ts';
import type { Engine, LedgerEntry, LedgerPlace, Millis, ObjectStore, Signal, Window } from '../../../shared/model.ts';
import { type AdoptPorts, adoptLake } from '../../../shared/pipeline/adopt/adopt.ts';
import { rerunWindows } from '../../../shared/pipeline/ask/rerun.ts';
import { meetLake } from '../../../shared/pipeline/lake/meet.ts';
import { reviveFeed } from '../../../shared/pipeline/plan.ts';
import { runWindow } from '../../../shared/pipeline/run.ts';
import { sweepBlobs } from '../../../shared/pipeline/sweep/sweep.ts';
import { createMemoryLedger } from '../../../shared/state/ledger-memory.ts';
import { lakeLook, windowNames } from '../../../shared/wire/stories.ts';
import { blobName, exportStore, exportsWorld, mortal, never } from '../exports-world.ts';
import { copyOfLake } from './damaged-world.ts';
import { foundInMemory } from './found.ts';

const [hour, day] = [3_600_000, 86_400_000];
const begun = Date.UTC(2026, 0, 1);
const isWhole = process.env.DAMAGED === '1';
const every = Number(process.env.DAMAGED_EVERY ?? 1);

interface Settings {
  readonly window: Millis;
  readonly format: 'parquet' | 'csv' | 'ndjson';
  readonly partition: 'hour' | 'day';
}
type Ledger = ReturnType<typeof createMemoryLedger>;
type Exports = ReturnType<typeof exportStore>;

const line = (id: string, at: Millis): string => `${JSON.stringify({ id, at })}\n`;

/** What cannot be read, and is set aside. */
const isBad = (id: string): boolean => / bad$/.test(id);

/** What lies in the folder of another signal than its own. */
const isStrayed = ({ id }: { readonly id: string }): boolean => / strayed$/.test(id);

function lineEngine(): Engine {
  return {
    emptyFile: async () => new Uint8Array(),
    begin: async (window, _work, revision) => {
      const rows: { id: string; at: Millis }[] = [];
      const bad: typeof rows = [];
      const counts = { read: 0, written: 0, deduplicated: 0, quarantined: 0 };
      return {
        counts,
        add: async ({ bytes }) => {
          const lines = Buffer.from(bytes).toString().split('\n').filter(Boolean);
          for (const row of lines.map((text): (typeof rows)[number] => JSON.parse(text)))
            (isBad(row.id) ? bad : rows).push(row);
          Object.assign(counts, { read: rows.length, written: rows.length, quarantined: bad.length });
          return [];
        },
        finish: async () => {
          const file = (signal: Signal | 'quarantine', partition: Millis, some: typeof rows) => {
            const text = [`rev=${revision}`, ...some.map(({ id }) => id)].join('\n');
            return { signal, partition, part: 1, rows: some.length, content: { files: [text], bytes: text.length } };
          };
          const files = [false, true].flatMap((strayed) => {
            const some = rows.filter((row) => isStrayed(row) === strayed);
            const hours = Map.groupBy(some, ({ at }) => Math.floor(at / hour) * hour);
            return [...hours].map(([partition, each]) =>
              file(strayed ? 'customEvents' : window.signal, partition, each),
            );
          });
          return bad.length === 0 ? files : [...files, file('quarantine', window.start, bad)];
        },
        close: async () => {},
      };
    },
  };
}

async function worldOn(exports: Exports, lake: ObjectStore, ledger: Ledger, now: Millis, settings: Settings) {
  const template = defaultPathTemplate(settings.partition);
  const linesIn = async (name: string) => {
    const text = Buffer.concat(await Array.fromAsync(lake.read(name))).toString();
    return text === '' ? [] : text.split('\n');
  };
  const story: AdoptPorts['story'] = async ({ name, bytes }) => {
    const named = identityOf(name.replace(/^_quarantine\//, ''), [template]);
    if (named === undefined) return undefined;
    const [head = '', ...lines] = await linesIn(name);
    const revision = name.endsWith('.parquet') ? Number(head.slice(4) || 0) : 0;
    const signal = name.startsWith('_quarantine/') ? ('quarantine' as const) : named.signal;
    return { window: named.window, revision, file: { path: name, signal, rows: lines.length, bytes } };
  };
  const lost = lakeLook({ lake, clock: { now: () => now } }, [template], '_quarantine', {
    ready: async () => {},
    story,
  });
  const files = async () => (await Array.fromAsync(lake.list(''))).filter(({ name }) => !name.startsWith('_insights'));
  const isOf = (one: Window, of: Window) =>
    one.app === of.app && one.signal === of.signal && one.start === of.start && one.end === of.end;
  const world = await exportsWorld({
    ...{ stores: { export: exports }, start: now, window: settings.window, ledger, pause: hour },
    making: {
      engine: lineEngine(),
      lake,
      hash: async (content) => JSON.stringify(content).slice(0, 500),
      inLake: async (window) => {
        const named = windowNames([template], '_quarantine');
        const own = (await files()).filter(({ name }) => isOf(named(name) ?? window, window));
        return (await Promise.all(own.map(story))).filter((each) => typeof each === 'object');
      },
      path: (file, window) =>
        file.signal === 'quarantine'
          ? quarantinePath(window)
          : filePath(template, {
              ...{ window, signal: file.signal, format: settings.format, gzip: false },
              partition: settings.partition === 'hour' ? file.partition : Math.floor(file.partition / day) * day,
              part: settings.partition === 'hour' ? 1 : 1 + (file.partition % day) / hour,
            }),
      discard: async () => {},
      withWorkFolder: (use) => use('work'),
      lost,
    },
  });
  const { ports, clock, messages } = world;
  const here: LedgerPlace = { kind: 'table', url: 'https://s.table.core.windows.net', table: 't', part: 'p' };
  let ids = 0;
  const meeting = { lake, ledger, here, now: clock.now, newId: () => `id-${clock.now()}-${++ids}`, product: '1' };
  return {
    meet: () => meetLake(meeting),
    sweep: async () => {
      const { errors } = await sweepBlobs(ports, never);
      assert.deepEqual(errors, []);
    },
    settle: world.settle,
    /** Until nothing is open but what waits for a person; those windows run again as the message says. */
    bringIn: async () => {
      for (let round = 0; round < 40; round++) {
        for (let next = messages.shift(); next !== undefined; next = messages.shift())
          await runWindow(next.window, ports);
        clock.advance(hour);
        let open = 0;
        for await (const feed of ledger.feeds())
          open += (await reviveFeed(feed, { ...ports, patience: 1, limit: 1000 })).open;
        if (open === 0) return;
        if (round % 4 < 3) continue;
        for await (const feed of ledger.feeds())
          for await (const { state, error } of ledger.list(feed))
            if (state === 'failed')
              assert.match(error, /the lake has \d+ of it; its files stay as they are.*insights-lake rerun/);
        const all = { app: '', signals: [], start: 0, end: clock.now(), missing: false, faulty: true, begin: true };
        await rerunWindows(all, ports);
      }
      assert.fail('windows stay open');
    },
    adopt: () => adoptLake(true, { ...meeting, clock, story, ...foundInMemory, tell: () => {} }),
    now: clock.now,
    advance: clock.advance,
    /** Runs what was asked for, in a process that dies at that call; false when it lived. */
    dieAt: async (call: number): Promise<boolean> => {
      let died = false;
      const dying = mortal(ports, call);
      for (let next = messages.shift(); next !== undefined && !died; next = messages.shift())
        died = await runWindow(next.window, dying).then(
          ({ error }) => /killed/.test(error),
          () => true,
        );
      messages.splice(0);
      return died;
    },
    /** What was set aside, too: bad lines lie nowhere else. */
    seen: async () => {
      const all = await files();
      const lines = await Promise.all(all.map(({ name }) => linesIn(name)));
      for (const [n, { name }] of all.entries())
        assert.ok(lines[n]?.slice(1).every((id) => isBad(id) === name.startsWith('_quarantine/')));
      return lines.flatMap((some) => some.slice(1)).sort();
    },
    entries: async () => {
      const all: LedgerEntry[] = [];
      for await (const feed of ledger.feeds()) all.push(...(await Array.fromAsync(ledger.list(feed))));
      return all;
    },
    close: world.close,
  };
}

/** `rest`: mark, feeds and the last sweep as well. */
async function copyOf(from: Ledger, keeps = (_: number) => true, rest = true): Promise<Ledger> {
  const to = createMemoryLedger(rest ? await from.mark() : undefined);
  let n = 0;
  for await (const feed of from.feeds()) {
    for await (const entry of from.list(feed)) if (keeps(n++)) await to.write(entry, undefined);
    const progress = await from.progress(feed);
    if (progress) await to.plan(feed, progress.value, undefined, []);
  }
  const swept = await from.swept();
  if (rest && swept !== undefined) await to.recordSweep(swept);
  return to;
}

/** Five days of blobs; those of the last hours come into old folders, and hold events of other hours. */
async function fiveDays(settings: Settings) {
  const exports = exportStore();
  const lake = await copyOfLake(createMemoryStore());
  const ledger = createMemoryLedger();
  const copies: Record<string, Ledger> = {};
  let now = begun;
  const world = async () => worldOn(exports, lake, ledger, now, settings);
  const put = (at: Millis, type: string, n: number, ...rows: (readonly [string, Millis])[]) =>
    exports.write(blobName.continuous(at, type, n), rows.map(([id, when]) => line(id, when)).join(''));
  const round = async () => {
    const here = await world();
    await here.meet();
    await here.sweep();
    await here.settle();
    now = here.now() + 1;
    await here.close();
  };
  for (let n = 0; n < 5; n++) {
    for (const at of [3, 9, 21])
      for (const type of ['Requests', 'Messages']) {
        const folder = begun + n * day + at * hour;
        await put(folder, type, 0, [`${type} ${n} ${at} a`, folder], [`${type} ${n} ${at} b`, folder - 2 * hour]);
        await put(folder + hour, type, 0, [`${type} ${n} ${at} bad`, folder]);
        if (at === 9) await put(folder, type, 2, [`${type} ${n} ${at} too bad`, folder]);
      }
    // A feed that has no row of its own signal.
    const far = begun + n * day + 6 * hour;
    await put(far, 'RemoteDependency', 0, [`${n} strayed`, far], [`${n} also strayed`, far - hour]);
    now = Math.max(now, begun + (n + 1) * day);
    await round();
    if (n === 2) copies['two days before'] = await copyOf(ledger);
    if (n === 3) copies['a day before'] = await copyOf(ledger);
  }
  copies['an hour before'] = await copyOf(ledger);
  now += hour;
  await put(begun + 4 * day + 9 * hour, 'Requests', 1, ['late', begun + 4 * day + 7 * hour]);
  await put(
    begun + 3 * day + 21 * hour,
    'Messages',
    0,
    ['replaced', begun + 3 * day + 20 * hour],
    ['more', begun + 4 * day],
  );
  await round();
  now += hour;
  // Under way when the run dies.
  await put(
    begun + 4 * day + 9 * hour,
    'Requests',
    0,
    ['moved', begun + 4 * day + 8 * hour],
    ['and b', begun + 4 * day],
  );
  return { exports, lake, ledger, copies, now };
}

async function rowsIn(exports: Exports): Promise<string[]> {
  const texts: string[] = [];
  for await (const { name } of exports.list(''))
    texts.push(Buffer.concat(await Array.fromAsync(exports.read(name))).toString());
  return texts
    .flatMap((text) => text.split('\n').filter(Boolean))
    .map((text): string => JSON.parse(text).id)
    .sort();
}

async function strange(settings: Settings): Promise<Ledger> {
  const [exports, ledger] = [exportStore(), createMemoryLedger()];
  await exports.write(blobName.continuous(begun + 3 * hour, 'Requests', 7), line('strange', begun + 3 * hour));
  const lake = await copyOfLake(createMemoryStore());
  const world = await worldOn(exports, lake, ledger, begun + 77 * hour, { ...settings, window: 12 * hour });
  await world.meet();
  await world.sweep();
  await world.settle();
  await world.close();
  return ledger;
}

type Damage = (ledger: Ledger, copies: Readonly<Record<string, Ledger>>, settings: Settings) => Promise<Ledger>;
const older = /is older than the lake.*insights-lake adopt/;
const damages: readonly (readonly [string, Damage, RegExp | undefined])[] = [
  ['dropped', async () => createMemoryLedger(), /knows of none.*insights-lake adopt/],
  ['halved', async (ledger) => copyOf(ledger, (n) => n % 2 === 0, false), older],
  ['halved but for its mark', async (ledger) => copyOf(ledger, (n) => n % 2 === 0), undefined],
  ...['an hour before', 'a day before', 'two days before'].map((name): [string, Damage, RegExp] => [
    `restored from ${name}`,
    async (_, copies) => copyOf(copies[name] ?? createMemoryLedger()),
    older,
  ]),
  ['swapped', async (_, __, settings) => strange(settings), /describes another one.*insights-lake adopt/],
];
const others: readonly (readonly [string, (settings: Settings) => Settings])[] = [
  ['the same settings', (settings) => settings],
  ['another window length', (settings) => ({ ...settings, window: 6 * hour })],
  ['another template', (settings) => ({ ...settings, partition: 'day' })],
  ['another format', (settings) => ({ ...settings, window: 2 * hour, format: 'ndjson' })],
];

let tried = 0;
for (const format of ['parquet', 'csv'] as const)
  describe(`${format}, of export blobs`, () => {
    const settings: Settings = { window: hour, format, partition: 'hour' };
    const days = fiveDays(settings);
    const tryOne = async (
      [name, damage, refusal]: (typeof damages)[number],
      change: (of: Settings) => Settings,
      call: number,
    ) => {
      const { exports, lake: held, ledger: whole, copies, now } = await days;
      const [lake, ledger] = [await copyOfLake(held), await copyOf(whole)];
      const before = await worldOn(exports, lake, ledger, now, settings);
      await before.meet();
      await before.sweep();
      const died = await before.dieAt(call);
      const damaged = await damage(ledger, copies, settings);
      const world = await worldOn(exports, lake, damaged, before.now() + hour, change(settings));
      const told = `${name}, killed at ${call}`;
      if (refusal !== undefined) await assert.rejects(world.meet(), refusal, told);
      else await world.meet();
      await world.adopt();
      await world.meet();
      for (let n = 0; n < 3; n++) {
        world.advance(hour);
        await world.sweep();
        await world.bringIn();
      }
      assert.deepEqual(await world.seen(), await rowsIn(exports), told);
      const stuck = (await world.entries()).filter(({ state, again }) => !['done', 'halved'].includes(state) || again);
      assert.deepEqual(stuck, [], told);
      await Promise.all([before.close(), world.close()]);
      return died;
    };
    for (const [words, change] of isWhole ? others : [others[format === 'csv' ? 1 : 3] as (typeof others)[number]])
      test(`all of a ledger gone but its mark and how far it was, then swept with ${words}`, async () => {
        const { exports, lake: held, ledger: whole, now } = await days;
        for (const keeps of [() => false, (n: number) => n % 2 === 0, (n: number) => n % 3 === 0]) {
          const [lake, ledger] = [await copyOfLake(held), await copyOf(whole, keeps)];
          const world = await worldOn(exports, lake, ledger, now + hour, change(settings));
          await world.meet();
          for (let n = 0; n < 3; n++) {
            world.advance(hour);
            await world.sweep();
            await world.bringIn();
          }
          assert.deepEqual(await world.seen(), await rowsIn(exports));
          await world.close();
        }
      });
    for (const damage of damages)
      for (const [words, change] of isWhole ? others : [others[tried++ % others.length] as (typeof others)[number]])
        test(`a ledger ${damage[0]}, then swept with ${words}`, async () => {
          if (!isWhole) await tryOne(damage, change, (tried++ * 7) % 23);
          else for (let call = tried++ % every; await tryOne(damage, change, call); call += every);
        });
  });
