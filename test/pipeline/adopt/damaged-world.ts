import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { openDeltaLake } from '../../../shared/lake/delta/lake-tables.ts';
import { openTable } from '../../../shared/lake/delta/table.ts';
import { identityOf } from '../../../shared/lake/path-identity.ts';
import { defaultPathTemplate } from '../../../shared/lake/path-template.ts';
import { filePath, quarantinePath, tableFilePath } from '../../../shared/lake/paths.ts';
import { createMemoryStore, type Held } from '../../../shared/lake/store-memory.ts';
import type {
  Chunk,
  Engine,
  Feed,
  LedgerEntry,
  LedgerPlace,
  Millis,
  ObjectStore,
  Window,
} from '../../../shared/model.ts';
import { type AdoptPorts, adoptLake } from '../../../shared/pipeline/adopt/adopt.ts';
import { type AuditPorts, auditWindows } from '../../../shared/pipeline/audit/audit.ts';
import { OutOfTime } from '../../../shared/pipeline/halve/watch.ts';
import { meetLake } from '../../../shared/pipeline/lake/meet.ts';
import { writeLedgerTable } from '../../../shared/pipeline/ledger-table/write.ts';
import { planFeed } from '../../../shared/pipeline/plan.ts';
import { type RunPorts, runWindow } from '../../../shared/pipeline/run.ts';
import { createMemoryLedger } from '../../../shared/state/ledger-memory.ts';
import { lakeLook, windowNames } from '../../../shared/wire/stories.ts';
import { gated } from '../world.ts';
import { foundInMemory } from './found.ts';
import { tableInMemory } from './table-in-memory.ts';

/**
 * A feed of the query API, a lake of text under the paths of the product, ledgers that are lost, halved, restored and
 * swapped. Files say their revision in their first line, as Parquet does in its metadata.
 */
export const hour: Millis = 3_600_000;
export const day = 24 * hour;
export const begun = Date.UTC(2026, 0, 1);
export const feed: Feed = { app: 'shop', signal: 'requests', source: 'query' };

/** Those named `bad…` cannot be read, and are set aside. */
export interface Row {
  readonly id: string;
  readonly at: Millis;
}

export interface Settings {
  readonly size: Millis;
  readonly format: 'parquet' | 'csv' | 'ndjson';
  readonly partition: 'hour' | 'day';
  readonly delta: boolean;
  /** Every other day, and a day with late rows, is too much for one run. */
  readonly heavy?: boolean;
  /** Left out: the usual one. */
  readonly path?: string;
  /** Left out: no. */
  readonly gzip?: boolean;
  /** Of the ledger's table; left out: the usual one. */
  readonly account?: string;
}

export type Ledger = ReturnType<typeof createMemoryLedger>;

/** A lake and its ledger. */
export interface Both {
  readonly lake: ObjectStore;
  readonly ledger: Ledger;
}

const wordStore = (store: ObjectStore): ObjectStore => ({
  ...store,
  put: (name, content, etag) =>
    store.put(name, content instanceof Uint8Array ? content : Buffer.from(content.files.join('')), etag),
});

/** As it is at that moment, tags and all; `elsewhere`: in another account, where every file has a new tag. */
export async function copyOfLake(lake: ObjectStore, elsewhere = false): Promise<ObjectStore> {
  const objects: [string, Held][] = [];
  for await (const { name, etag } of lake.list(''))
    objects.push([name, { bytes: Buffer.concat(await Array.fromAsync(lake.read(name))), etag }]);
  if (!elsewhere) return wordStore(createMemoryStore({ objects }));
  return wordStore(
    createMemoryStore({ objects: objects.map(([name, { bytes }], n) => [name, { bytes, etag: `m${1e6 + n}` }]) }),
  );
}

/** As it lies there, the tag of its mark, too. `keeps`: which of its rows; left out: all. */
export async function copyOfLedger(
  from: Ledger,
  keeps: (entry: LedgerEntry, n: number) => boolean = () => true,
  keepsRest = true,
  keepsProgress = keepsRest,
): Promise<Ledger> {
  const to = createMemoryLedger(keepsRest ? await from.mark() : undefined);
  let n = 0;
  for await (const entry of from.list(feed)) if (keeps(entry, n++)) await to.write(entry, undefined);
  const progress = keepsProgress ? await from.progress(feed) : undefined;
  if (progress) await to.plan(feed, progress.value, undefined, []);
  return to;
}

const isBad = ({ id }: Row): boolean => id.startsWith('bad');

function lineEngine(rowsOf: (window: Window) => readonly Row[]): Engine {
  return {
    emptyFile: async () => new Uint8Array(),
    begin: async (window, _work, revision) => {
      const all = rowsOf(window);
      const bad = all.filter(isBad);
      const rows = all.filter((row) => !isBad(row));
      const counts = { read: rows.length, written: rows.length, deduplicated: 0, quarantined: bad.length };
      const file = (signal: 'requests' | 'quarantine', partition: Millis, some: readonly Row[]) => {
        const text = [`rev=${revision}`, ...some.map(({ id }) => id)].join('\n');
        return { signal, partition, part: 1, rows: some.length, content: { files: [text], bytes: text.length } };
      };
      return {
        counts,
        add: async () => [],
        finish: async () => {
          const hours = Map.groupBy(rows, ({ at }) => Math.floor(at / hour) * hour);
          const aside = bad.length > 0 ? [file('quarantine', window.start, bad)] : [];
          return [...[...hours].map(([partition, some]) => file('requests', partition, some)), ...aside];
        },
        close: async () => {},
      };
    },
  };
}

/** What makes and reads files otherwise than as lines of words. */
export interface Making
  extends Pick<RunPorts, 'engine' | 'path' | 'hash' | 'discard' | 'withWorkFolder' | 'inLake'>,
    Pick<AdoptPorts, 'story'> {
  chunks(rows: readonly Row[]): readonly Chunk[];
  /** The words of the rows of that file. */
  words(name: string): Promise<readonly string[]>;
}

/** A lease is renewed when time has passed, and here it stands. */
const briefly = (length: Millis, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (length < 60_000) setTimeout(resolve, 1);
    else if (signal === undefined || signal.aborted) setImmediate(resolve);
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

/** Everything that works on a lake and a ledger at one time, with these settings. */
export function worldOn(
  { lake, ledger }: Both,
  truth: { rows: readonly Row[] },
  time: { now: Millis },
  settings: Settings,
  making?: Making,
) {
  const sent: Window[] = [];
  const sleep = making === undefined ? async () => {} : briefly;
  const clock = { now: () => time.now, random: () => 0.5, sleep };
  let ids = 0;
  const { delta } = settings;
  const tables = delta
    ? openDeltaLake({
        lake,
        clock,
        newId: () => `t${++ids}`,
        columns: () => [{ name: 'timestamp', type: 'timestamp' }],
      })
    : undefined;
  const within = ({ start, end }: { readonly start: Millis; readonly end: Millis }) =>
    truth.rows.filter(({ at }) => start <= at && at < end);
  const print = (window: Window): string => {
    const ids = within(window).map(({ id }) =>
      [...id].reduce((sum, char) => (sum * 31 + char.charCodeAt(0)) % 99991, 7),
    );
    return ids.length === 0 ? 'rows:0' : `rows:${ids.length} ids:${ids.reduce((one, other) => one + other, 0)}`;
  };
  const template = settings.path ?? defaultPathTemplate(settings.partition);
  const templates = new Set([template]);
  const part = (at: Millis) => (settings.partition === 'hour' ? at : Math.floor(at / day) * day);
  const wordStory: AdoptPorts['story'] = async ({ name, bytes }) => {
    const named = identityOf(name.replace(/^_quarantine\//, ''), templates);
    if (named === undefined) return undefined;
    const [head = '', ...lines] = await linesIn(lake, name);
    const revision = name.endsWith('.parquet') ? Number(head.slice(4) || 0) : 0;
    const signal = name.startsWith('_quarantine/') ? ('quarantine' as const) : ('requests' as const);
    return {
      window: named.window,
      revision: Math.max(revision, named.revision),
      file: { path: name, signal, rows: lines.length, bytes },
    };
  };
  const story = making?.story ?? wordStory;
  const wordsIn = making?.words ?? (async (name: string) => (await linesIn(lake, name)).slice(1));
  const inLake: RunPorts['inLake'] = async ({ start, end }) => {
    const all = await Array.fromAsync(lake.list(''));
    const named = windowNames(templates, '_quarantine');
    const seen = delta ? all.filter(({ name }) => name.startsWith('_quarantine/')) : all;
    const own = seen.filter(({ name }) => named(name)?.start === start && named(name)?.end === end);
    return (await Promise.all(own.map(story))).filter((each) => typeof each === 'object');
  };
  const isHeavy = (window: Window): boolean =>
    settings.heavy === true &&
    window.end - window.start === day &&
    (((window.start - begun) / day) % 2 === 1 || within(window).some(({ id }) => id.startsWith('late')));
  const hints = { prepare: async () => {}, send: async (window: Window) => void sent.push(window) };
  const run: RunPorts = {
    ...{ ledger, lake, clock, lease: hour / 4, ...(tables && { tables }), inLake },
    ...(settings.heavy && { hints }),
    hash: async (content) =>
      createHash('sha256')
        .update(content instanceof Uint8Array ? content : content.files.join(''))
        .digest('hex')
        .slice(0, 32),
    engine: lineEngine(within),
    source: {
      open: async (window) => {
        if (isHeavy(window)) throw new OutOfTime('it takes too long');
        return {
          fingerprint: print(window),
          empty: false,
          asked: 1,
          async *chunks() {
            yield* making?.chunks(within(window)) ?? [];
          },
        };
      },
    },
    path: (file, window, revision) => {
      if (file.signal === 'quarantine') return quarantinePath(window);
      const identity = { window, signal: 'requests' as const, partition: part(file.partition), part: file.part };
      return delta
        ? tableFilePath({
            ...identity,
            partition: Math.floor(file.partition / day) * day,
            part: file.part + (file.partition % day) / hour,
            revision,
          })
        : filePath(template, {
            ...identity,
            part: settings.partition === 'hour' ? 1 : 1 + (file.partition % day) / hour,
            format: settings.format,
            gzip: settings.gzip === true,
          });
    },
    discard: async () => {},
    withWorkFolder: (use) => use('work'),
    ...making,
  };
  const here: LedgerPlace = {
    kind: 'table',
    url: `https://${settings.account ?? 'state'}.table.core.windows.net`,
    table: 't',
    part: 'p',
  };
  const meeting = {
    lake,
    ledger,
    here,
    now: clock.now,
    newId: () => `id-${time.now}-${++ids}`,
    product: '1',
    templates,
  };
  const audits = {
    ...run,
    ...{ hints, recheck: 3 * day, horizon: 90 * day, purged: 'follow', limit: 500, refresh: 0 },
  } as unknown as AuditPorts;
  const survey = {
    survey: async (windows: readonly Window[]) => ({
      looks: windows.map((window) => ({ fingerprint: print(window), empty: false })),
      asked: 1,
    }),
  };
  const adopting: AdoptPorts = {
    ...{ ...meeting, clock, ...(tables && { tables }), ...foundInMemory, tell: () => {} },
    rows: tableInMemory.rows(lake),
    planned: [{ feed, from: begun }],
    story,
  };
  const lost = lakeLook({ lake, clock, ...(tables && { tables }) }, templates, '_quarantine', {
    ready: () => meetLake(meeting),
    rules: async () => ({ planned: { from: begun }, retired: undefined }),
    story,
  });
  const opens = { ledger, clock, lost };
  const deliver = async () => {
    for (let window = sent.shift(); window !== undefined; window = sent.shift()) await runWindow(window, run);
  };
  return {
    meet: () => meetLake(meeting),
    adopt: (write = true) => adoptLake(write, adopting),
    table: () => writeLedgerTable({ ...tableInMemory.ports, ledger, lake, clock, young: 3 * day }),
    plan: () =>
      planFeed(feed, { size: settings.size, lag: 0, until: undefined }, begun, {
        ...run,
        ...{ hints, lost, patience: hour / 2, limit: 500 },
      }),
    /** What puts windows beside the planner. */
    opens,
    run,
    named: windowNames(templates, '_quarantine'),
    audit: () =>
      auditWindows(
        [{ app: feed.app, feeds: [feed], survey, retention: 900 * day }],
        audits,
        new AbortController().signal,
      ),
    deliver,
    /** Runs what was asked for, one of them until it dies at that call; false when it lived. */
    dieAt: async (call: number): Promise<boolean> => {
      let left = call;
      const gate = async () => {
        if (left-- <= 0) throw new Error('killed');
      };
      const store = gated(lake, gate);
      const dying = { ...run, ledger: { ...ledger, ...pick(gated(ledger, gate), ['read', 'write', 'claimed']) } };
      const looks = run.inLake && { inLake: gated({ inLake: run.inLake }, gate).inLake };
      for (let window = sent.shift(); window !== undefined; window = sent.shift())
        await runWindow(window, { ...dying, ...looks, lake: { ...lake, ...pick(store, ['head', 'put']) } }).catch(
          () => undefined,
        );
      return left < 0;
    },
    /**
     * Runs what was asked for, with the source as it is then; at that call it waits. `lives`: the ledger that it meets
     * from then on.
     */
    stallAt: (call: number, wake: Promise<void>, source: { readonly rows: readonly Row[] }) => {
      let left = call;
      let now = ledger;
      const { promise: reached, resolve: reach } = Promise.withResolvers<boolean>();
      const gate = async () => {
        if (left-- !== 0) return;
        reach(true);
        await wake;
      };
      const live = new Proxy(ledger, { get: (_, key) => Reflect.get(now, key) });
      const own = source.rows;
      const stalls: RunPorts = {
        ...run,
        engine: lineEngine(({ start, end }) => own.filter(({ at }) => start <= at && at < end)),
        ledger: gated(live, gate),
        lake: { ...lake, ...pick(gated(lake, gate), ['head', 'put']) },
      };
      const window = sent.shift();
      const ended =
        window === undefined
          ? Promise.resolve()
          : runWindow(window, stalls).then(
              () => {},
              () => {},
            );
      void ended.then(() => reach(false));
      const lives = (next: Ledger): void => {
        now = next;
      };
      return { reached, ended, lives };
    },
    /** The words of rows that readers see. */
    seen: async (): Promise<string[]> => {
      const names = delta
        ? await liveIn(lake)
        : (await Array.fromAsync(lake.list(''))).map(({ name }) => name).filter((name) => !name.startsWith('_'));
      return (await Promise.all(names.map(wordsIn))).flat().sort();
    },
    /** The words of what was set aside. */
    aside: async (): Promise<string[]> => {
      const files = await Array.fromAsync(lake.list('_quarantine/'));
      return (await Promise.all(files.map(({ name }) => wordsIn(name)))).flat().sort();
    },
    entries: () => Array.fromAsync(ledger.list(feed)),
  };
}

function pick<T extends object, K extends keyof T>(from: T, names: readonly K[]): Pick<T, K> {
  return Object.fromEntries(names.map((name) => [name, from[name]])) as Pick<T, K>;
}

async function linesIn(lake: ObjectStore, name: string): Promise<string[]> {
  const text = Buffer.concat(await Array.fromAsync(lake.read(name))).toString();
  return text === '' ? [] : text.split('\n');
}

async function liveIn(lake: ObjectStore): Promise<string[]> {
  const table = openTable({ store: lake, root: 'requests/', pause: async () => {} });
  return table.read((snapshot) => [...snapshot.files.keys()].map((path) => `requests/${decodeURIComponent(path)}`));
}

export type World = ReturnType<typeof worldOn>;

/** The lake has what the source has, each row once; what cannot be read is set aside. */
export async function assertRows(world: World, { rows }: { readonly rows: readonly Row[] }, told: string) {
  const ids = (bad: boolean) => rows.flatMap((row) => (isBad(row) === bad ? [row.id] : [])).sort();
  assert.deepEqual(await world.seen(), ids(false), told);
  assert.deepEqual(await world.aside(), ids(true), `${told}, set aside`);
}

/** And nothing of the ledger is open. */
export async function assertWhole(world: World, truth: { readonly rows: readonly Row[] }, told: string) {
  await assertRows(world, truth, told);
  const open = (await world.entries()).filter(({ state, again }) => state !== 'done' || again);
  assert.deepEqual(open, [], told);
}
