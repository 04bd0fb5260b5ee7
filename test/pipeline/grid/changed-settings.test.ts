import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { defaultPathTemplate, extension } from '../../../shared/lake/path-template.ts';
import { filePath } from '../../../shared/lake/paths.ts';
import { createMemoryStore } from '../../../shared/lake/store-memory.ts';
import type { DraftFile, Engine, Feed, Hints, Millis, ObjectStore, Signal, Window } from '../../../shared/model.ts';
import { rerunWindows } from '../../../shared/pipeline/ask/rerun.ts';
import { planFeed } from '../../../shared/pipeline/plan.ts';
import { runWindow } from '../../../shared/pipeline/run.ts';
import { createMemoryLedger } from '../../../shared/state/ledger-memory.ts';

/**
 * Settings that change while an app runs: what is done stays, what is planned anew follows them, and a rerun of an old
 * window replaces its old files whatever they were called. At every moment no row is in the lake twice, and at the end
 * all are there once.
 */

const hour: Millis = 3_600_000;
const start = Date.UTC(2026, 0, 1);

interface Settings {
  readonly window: Millis;
  readonly lag: Millis;
  readonly from: Millis;
  readonly signals: readonly Signal[];
  readonly apps: readonly string[];
  readonly format: 'parquet' | 'ndjson' | 'csv';
  readonly gzip: boolean;
  readonly path: string;
  /** What the shape makes of a row. */
  readonly shape: string;
}

const before: Settings = {
  ...{ window: hour, lag: 10 * 60_000, from: start, signals: ['requests'], apps: ['shop'] },
  ...{ format: 'parquet', gzip: false, path: defaultPathTemplate('hour'), shape: '' },
};

/** A row every ten minutes, of each app and signal, from long before the first window on. */
const rowsIn = ({ start: from, end }: Pick<Window, 'start' | 'end'>): readonly Millis[] => {
  const first = Math.ceil(from / 600_000) * 600_000;
  return Array.from({ length: Math.max(0, Math.ceil((end - first) / 600_000)) }, (_, n) => first + n * 600_000);
};

function world() {
  const memory = createMemoryStore();
  const ledger = createMemoryLedger();
  let now = start;
  const lake: ObjectStore = {
    ...memory,
    // Local files are their own contents.
    put: (name, content, etag) =>
      memory.put(name, content instanceof Uint8Array ? content : Buffer.from(content.files.join('')), etag),
  };
  const clock = { now: () => now, random: () => 0.5, sleep: async () => {} };
  const sent: Window[] = [];
  const hints: Hints = { prepare: async () => {}, send: async (window) => void sent.push(window) };
  const engineOf = ({ shape, path }: Settings): Engine => ({
    emptyFile: async () => new Uint8Array(),
    begin: async (window) => {
      const grid = path.includes('{HH}') ? hour : 24 * hour;
      const rows = rowsIn(window);
      return {
        counts: { read: rows.length, written: rows.length, deduplicated: 0, quarantined: 0 },
        add: async () => [],
        finish: async () =>
          [...Map.groupBy(rows, (at) => Math.floor(at / grid) * grid)].map(([partition, own]): DraftFile => {
            const text = own.map((at) => `${window.app} ${window.signal} ${at}${shape}\n`).join('');
            const content = { files: [text], bytes: text.length };
            return { signal: window.signal, partition, part: 1, rows: own.length, content };
          }),
        close: async () => {},
      };
    },
  });
  const ports = (settings: Settings) => ({
    ...{ ledger, lake, clock, hints, engine: engineOf(settings), lease: hour, refresh: 0, patience: hour, limit: 240 },
    source: {
      open: async (window: Window) => ({
        ...{ fingerprint: `rows:${rowsIn(window).length}`, empty: false, asked: 1 },
        async *chunks() {},
      }),
    },
    path: (file: DraftFile, window: Window) =>
      filePath(settings.path, { ...settings, ...file, signal: window.signal, window }),
    discard: async () => {},
    withWorkFolder: <T>(use: (folder: string) => Promise<T>) => use('work'),
  });
  const feedsOf = ({ apps, signals }: Settings): readonly Feed[] =>
    apps.flatMap((app) => signals.map((signal) => ({ app, signal, source: 'query' })));
  /** Rows of the lake, each with the file that holds it. */
  const read = new Map<string, readonly string[]>();
  const rows = async (): Promise<readonly string[]> => {
    const found: string[] = [];
    for await (const { name, etag } of memory.list('')) {
      const key = `${name} ${etag}`;
      const own = read.get(key) ?? (await textOf(memory, name)).split('\n').filter((row) => row !== '');
      read.set(key, own);
      if (!name.startsWith('_')) found.push(...own);
    }
    return found;
  };
  let runs = 0;
  const deliver = async (settings: Settings) => {
    for (let window = sent.shift(); window !== undefined; window = sent.shift()) {
      const { state, error } = await runWindow(window, ports(settings));
      assert.equal(state, 'done', error);
      runs += 1;
      if (runs % 5 === 0) await noneTwice();
    }
    await noneTwice();
  };
  const noneTwice = async () => {
    const keys = (await rows()).map((row) => row.replace(/ shaped$/, ''));
    assert.equal(new Set(keys).size, keys.length, 'a row is in the lake twice');
  };
  /** Ticks of the planner until that time, with all that they make run. */
  const live = async (settings: Settings, until: Millis) => {
    for (; now < until; now += hour / 2) {
      for (const feed of feedsOf(settings)) {
        const tiling = { size: settings.window, lag: settings.lag, until: undefined };
        await planFeed(feed, tiling, settings.from, ports(settings));
      }
      await deliver(settings);
    }
  };
  const rerun = async (settings: Settings) => {
    const all = { start: 0, end: start * 2, app: '', signals: [], faulty: false, begin: true };
    await rerunWindows(all, { ledger, clock });
    await live(settings, now + hour);
  };
  const horizons = async (settings: Settings) =>
    Promise.all(feedsOf(settings).map(async (feed) => (await ledger.progress(feed))?.value.horizon ?? 0));
  const names = async () =>
    (await Array.fromAsync(memory.list(''), ({ name }) => name)).filter((n) => !n.startsWith('_'));
  const full = async () => {
    const found: string[] = [];
    for (const name of await names()) if ((await textOf(memory, name)) !== '') found.push(name);
    return found;
  };
  return { ledger, live, rerun, rows, full, horizons, feedsOf };
}

const textOf = async (store: ObjectStore, name: string): Promise<string> =>
  Buffer.concat(await Array.fromAsync(store.read(name), (piece) => Uint8Array.from(piece))).toString();

/** What the lake is to hold: all rows from `from` to the horizon, of what the settings named until then. */
function expected(app: string, signal: Signal, from: Millis, to: Millis): readonly string[] {
  return rowsIn({ start: from, end: to }).map((at) => `${app} ${signal} ${at}`);
}

const changes: readonly [name: string, after: Partial<Settings>][] = [
  ['a shorter window', { window: hour / 4 }],
  ['a longer window', { window: 6 * hour }],
  ['a window that does not divide the former', { window: 8 * hour }],
  ['more lag', { lag: 3 * hour }],
  ['no lag', { lag: 0 }],
  ['an earlier start', { from: start - 24 * hour }],
  ['a later start', { from: start + 100 * hour }],
  ['another signal', { signals: ['requests', 'traces'] }],
  ['a signal less', { signals: ['traces'] }],
  ['another app', { apps: ['shop', 'pay'] }],
  ['another format', { format: 'ndjson' }],
  ['text, compressed', { format: 'csv', gzip: true }],
  ['partitions of days', { path: defaultPathTemplate('day') }],
  ['another template', { path: 'raw/{app}/{signal}/{yyyy}/{MM}/{dd}/{HH}-{source}-{start}-{end}.{ext}' }],
  ['another shape', { shape: ' shaped' }],
  [
    'all at once',
    {
      ...{ window: hour / 2, lag: hour, format: 'ndjson', gzip: true, shape: ' shaped', apps: ['shop', 'pay'] },
      ...{ signals: ['requests', 'traces'], path: 'd/{signal}/{app}/{yyyy}{MM}{dd}/{source}_{start}_{end}.{ext}' },
    },
  ],
];

describe('settings that change while the app runs', () => {
  for (const [name, change] of changes)
    for (const back of [false, true])
      test(`${name}${back ? ', and back again' : ''}`, async () => {
        const here = world();
        const after = { ...before, ...change };
        const middle = start + 13.4 * hour;
        await here.live(before, middle);
        const done = await here.rows();
        const filesBefore = await here.full();
        await here.live(after, start + 26 * hour);
        const stayed = new Set(await here.rows());
        assert.deepEqual(
          done.filter((row) => !stayed.has(row)),
          [],
          'what is done stays',
        );
        for (const file of filesBefore) assert.ok((await here.full()).includes(file), file);
        if (back) await here.live(before, start + 40 * hour);
        const last = back ? before : after;
        const whole = async () => {
          const all = (await here.rows()).map((row) => row.replace(' shaped', '')).sort();
          const should: string[] = [];
          for await (const { app, signal } of here.ledger.feeds()) {
            const windows = await Array.fromAsync(here.ledger.list({ app, signal, source: 'query' }));
            const [first, end] = [windows[0]?.window.start ?? 0, windows.at(-1)?.window.end ?? 0];
            assert.ok(first >= Math.min(before.from, start));
            should.push(...expected(app, signal, first, end));
          }
          assert.deepEqual(all, should.sort());
        };
        await whole();
        // A rerun replaces old files, whatever they were called: none has rows but those that the settings name now.
        const signals = before.signals.concat(change.signals ?? []);
        await here.rerun({ ...last, signals, apps: before.apps.concat(change.apps ?? []) });
        await whole();
        const ending = `.${extension(last)}`;
        for (const file of await here.full()) {
          assert.ok(file.endsWith(ending), `${file} is of the former format`);
          assert.equal(file.startsWith('raw/'), last.path.startsWith('raw/'), file);
          assert.equal(file.startsWith('d/'), last.path.startsWith('d/'), file);
        }
        assert.ok((await here.rows()).every((row) => row.includes('shaped') === (last.shape !== '')));
        for (const horizon of await here.horizons(last)) assert.ok(horizon >= start + 16 * hour);
      });
});
