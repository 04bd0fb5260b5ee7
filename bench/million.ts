/**
 * What a lake of a million files costs `adopt`, with the ledger's table and without, and a sweep over the folders of
 * 1,000 apps with a million blobs of which 100 changed: calls, processor time, memory of the process (VmHWM). `node
 * bench/million.ts [FILES]`. Each case in a process of its own; the stores are made up as they are listed, files of
 * windows have the footers that the engine writes. Linux.
 */

import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEngine, engineDefaults } from '../shared/engine/engine.ts';
import { readLedgerFile } from '../shared/engine/ledger-table/read.ts';
import { createLedgerFile } from '../shared/engine/ledger-table/write.ts';
import { defaultPathTemplate } from '../shared/lake/path-template.ts';
import { filePath } from '../shared/lake/paths.ts';
import { createGroups } from '../shared/lake/spool/groups.ts';
import { workFolders } from '../shared/lake/work-folders.ts';
import type {
  Ledger,
  LedgerMark,
  LedgerRow,
  ObjectStore,
  Progress,
  Signal,
  StoredObject,
  Window,
} from '../shared/model.ts';
import { adoptLake } from '../shared/pipeline/adopt/adopt.ts';
import { fileOfDay } from '../shared/pipeline/ledger-table/days.ts';
import { signals } from '../shared/signals/tables.ts';
import { windowName } from '../shared/signals/window-name.ts';
import { createMemoryLedger } from '../shared/state/ledger-memory.ts';
import { systemClock } from '../shared/wire/clock.ts';
import { createStories, rangesOf } from '../shared/wire/stories.ts';
import { sweepCase } from './million-sweep.ts';
import { exportText } from './telemetry.ts';
import { residentPeak } from './watch.ts';

const hour = 3_600_000;
const day = 24 * hour;
const start = Date.UTC(2024, 0, 1);
const files = Number(process.argv[3] ?? process.argv[2] ?? 1_000_000) || 1_000_000;
const apps = 10;
const hours = Math.ceil(files / (apps * signals.length) / 24) * 24;
const page = 5000;

const calls = { pages: 0, heads: 0, reads: 0, puts: 0, ledger: 0 };
const windowAt = (app: number, signal: number, n: number): Window => ({
  ...{ app: `app-${app}`, signal: signals[signal] ?? 'requests', source: 'query' },
  ...{ start: start + n * hour, end: start + (n + 1) * hour },
});
const pathOf = (window: Window): string =>
  filePath(defaultPathTemplate('hour'), {
    ...{ window, signal: window.signal, partition: window.start, part: 1, format: 'parquet', gzip: false },
  });

/** The file of a signal's first window, as the engine writes it: columns, statistics, metadata. */
async function realFile(signal: Signal, folder: string): Promise<Buffer> {
  const output = { format: 'parquet', gzip: false, partition: 'hour', path: '' } as const;
  const draft = await createEngine({ ...engineDefaults, output }).begin(
    windowAt(0, signals.indexOf(signal), 0),
    folder,
    1,
  );
  try {
    const [piece = ''] = exportText(1, 0, signal);
    const bytes = Buffer.from(piece.slice(0, piece.indexOf('\n') + 1));
    const segments = [{ blob: 'a', offset: 0, position: 0, length: bytes.length }];
    await draft.add({ bytes, layout: 'continuous', columns: [], segments, faults: [] });
    const [file] = await draft.finish();
    return Buffer.concat(await Promise.all((file?.content.files ?? []).map((path) => readFile(path))));
  } finally {
    await draft.close();
  }
}

/** What the footer of any window's file says: that of the first one with app and times of this one. */
async function createReal(folder: string) {
  const kinds = new Map<string, { readonly file: Buffer; readonly app: number; readonly times: number }>();
  for (const signal of signals) {
    const file = await realFile(signal, await mkdtemp(join(folder, 'real-')));
    const first = windowAt(0, signals.indexOf(signal), 0);
    kinds.set(signal, { file, app: file.lastIndexOf(first.app), times: file.lastIndexOf(windowName(first)) });
  }
  const kindOf = (signal: string) => kinds.get(signal) ?? assert.fail(signal);
  return {
    bytes: ({ signal }: Window) => kindOf(signal).file.length,
    read: (name: string, start = 0, end?: number): Uint8Array => {
      const [, signal = '', app = '', times = ''] = /^(\w+)\/app=([^/]+)\/.*\/query_(\w+)\.parquet$/.exec(name) ?? [];
      const kind = kindOf(signal);
      const piece = Buffer.from(kind.file.subarray(start, end));
      piece.write(app, kind.app - start);
      piece.write(times, kind.times - start);
      return piece;
    },
  };
}

/** The lake, as it is listed; with the ledger's table in a folder. */
function madeUpLake(table: string, real: Awaited<ReturnType<typeof createReal>>): ObjectStore {
  const tables = new Map<string, Uint8Array>();
  const tableFile = async (name: string) => {
    const known = tables.get(name) ?? (await readFile(join(table, /\d{4}-\d\d-\d\d/.exec(name)?.[0] ?? '')));
    tables.clear();
    tables.set(name, known);
    return known;
  };
  return {
    place: 'made up',
    prepare: async () => {},
    head: async () => {
      calls.heads += 1;
      return undefined;
    },
    put: async () => {
      calls.puts += 1;
      return 'x';
    },
    remove: async () => true,
    async *folders() {},
    async *list(prefix) {
      if (prefix !== '') {
        for (let n = 0; table !== '' && n < hours / 24; n++) {
          const name = fileOfDay(start + n * day);
          yield { name, bytes: (await tableFile(name)).length, etag: 'e', archived: false };
        }
        return;
      }
      let listed = 0;
      for (const signal of signals.toSorted())
        for (let app = 0; app < apps; app++)
          for (let n = 0; n < hours; n++) {
            if (listed++ % page === 0) calls.pages += 1;
            const window = windowAt(app, signals.indexOf(signal), n);
            yield {
              name: pathOf(window),
              bytes: real.bytes(window),
              etag: 'e',
              archived: false,
            } satisfies StoredObject;
          }
    },
    async *read(name, range) {
      calls.reads += 1;
      if (name.startsWith('_')) yield (await tableFile(name)).subarray(range?.start ?? 0, range?.end);
      else yield real.read(name, range?.start, range?.end);
    },
  };
}

async function writeTables(folder: string, real: Awaited<ReturnType<typeof createReal>>): Promise<void> {
  for (let n = 0; n < hours / 24; n++) {
    const at = start + n * day;
    const file = createLedgerFile(join(folder, new Date(at).toISOString().slice(0, 10)));
    const rows: LedgerRow[] = [];
    for (let app = 0; app < apps; app++)
      for (let signal = 0; signal < signals.length; signal++)
        for (let h = 0; h < 24; h++) {
          const window = windowAt(app, signal, n * 24 + h);
          rows.push({
            ...{ window, state: 'done', revision: 1, read: 3, written: 3, twice: 0, filtered: 0, quarantined: 0 },
            ...{ late: 0, purged: 0, firstDone: at + day, lastDone: at + day, lastConfirmed: at + day },
            ...{
              fingerprint: 'rows:3',
              files: [{ path: pathOf(window), signal: window.signal, rows: 3, bytes: real.bytes(window) }],
            },
          });
        }
    await file.add(rows);
    await file.end();
  }
}

/** Takes all and keeps how far feeds are: its memory is none of adopt's. */
function countingLedger(): Ledger {
  const reached = new Map<string, Progress>();
  let mark: LedgerMark | undefined;
  const keyOf = ({ app, signal }: Pick<Window, 'app' | 'signal'>) => `${app} ${signal}`;
  const inner = createMemoryLedger();
  return {
    ...inner,
    mark: async () => mark && { value: mark, etag: 'm' },
    putMark: async (next) => {
      mark = next;
      return true;
    },
    async *feeds() {},
    list: (...of) => {
      calls.ledger += 1;
      return inner.list(...of);
    },
    progress: async (feed) => {
      calls.ledger += 1;
      const found = reached.get(keyOf(feed));
      return found && { value: found, etag: 'p' };
    },
    plan: async (feed, progress) => {
      calls.ledger += 1;
      reached.set(keyOf(feed), progress);
      return { progress: 'p', entries: [] } as never;
    },
  };
}

async function adoptCase(withTable: boolean): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'insights-million-'));
  try {
    const real = await createReal(folder);
    if (withTable) await writeTables(folder, real);
    const before = process.cpuUsage();
    const lake = madeUpLake(withTable ? folder : '', real);
    const withWorkFolder = workFolders();
    const report = await adoptLake(true, {
      ...{ lake, ledger: countingLedger(), clock: systemClock, now: systemClock.now, newId: () => 'id', product: '1' },
      here: { kind: 'table', url: 'https://a.table.core.windows.net', table: 't', part: 'p' },
      story: createStories(lake, [], '_quarantine'),
      rows: (file) => readLedgerFile(rangesOf(file, lake)),
      withGroups: (use) => withWorkFolder((work) => use(createGroups(work))),
      tell: () => {},
    });
    const { user, system } = process.cpuUsage(before);
    const adopted = report.feeds.reduce((sum, feed) => sum + feed.new, 0);
    return (
      `adopt, ${withTable ? "with the ledger's table" : 'from the files alone'}: ${report.files} files, ` +
      `${adopted} windows; ` +
      `${calls.pages} pages, ${calls.reads} reads, ${calls.heads} heads, ${calls.ledger} calls to the ledger; ` +
      `${Math.round((user + system) / 1e6)} s of processor`
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const cases = {
  files: () => adoptCase(false),
  table: () => adoptCase(true),
  sweep: () => sweepCase(madeUpLake('', { bytes: () => 0, read: () => new Uint8Array() }), files),
};
const [, , name] = process.argv;
if (name !== undefined && name in cases) {
  const text = await cases[name as keyof typeof cases]();
  console.log(`${text}, ${Math.round((await residentPeak(process.pid)) / 1e6)} MB at most`);
} else
  for (const each of Object.keys(cases))
    await new Promise((ended) => fork(import.meta.filename, [each, String(files)]).once('exit', ended));
