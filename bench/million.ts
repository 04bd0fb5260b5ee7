/**
 * What a lake of a million files costs `adopt`, with the ledger's table and without, and a sweep over the folders of
 * 1,000 apps with a million blobs of which 100 changed: calls, processor time, memory of the process (VmHWM). `node
 * bench/million.ts [FILES]`. Each case in a process of its own; the stores are made up as they are listed. Linux.
 */

import { fork } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parquetEncoding } from '../shared/engine/encode/parquet/parquet.ts';
import { readLedgerFile } from '../shared/engine/ledger-table/read.ts';
import { createLedgerFile } from '../shared/engine/ledger-table/write.ts';
import { defaultPathTemplate } from '../shared/lake/path-template.ts';
import { filePath } from '../shared/lake/paths.ts';
import { createGroups } from '../shared/lake/spool/groups.ts';
import { workFolders } from '../shared/lake/work-folders.ts';
import type { Ledger, LedgerMark, LedgerRow, ObjectStore, Progress, StoredObject, Window } from '../shared/model.ts';
import { adoptLake } from '../shared/pipeline/adopt/adopt.ts';
import { fileOfDay } from '../shared/pipeline/ledger-table/days.ts';
import { signals } from '../shared/signals/tables.ts';
import { createMemoryLedger } from '../shared/state/ledger-memory.ts';
import { systemClock } from '../shared/wire/clock.ts';
import { createStories, rangesOf } from '../shared/wire/stories.ts';
import { sweepCase } from './million-sweep.ts';
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

/** A Parquet file that says nothing but its rows. */
function smallFile(): Uint8Array {
  const encoding = parquetEncoding([{ name: 'a', type: 'long' }], {});
  const rows = { count: 3, vectors: [{ kind: 'long' as const, validity: undefined, values: new BigInt64Array(3) }] };
  return Buffer.concat([encoding.begin(), ...[...encoding.rows(rows)].map((piece) => piece.slice()), encoding.end(3)]);
}

/** The lake, as it is listed; with the ledger's table in a folder. */
function madeUpLake(table: string): ObjectStore {
  const small = smallFile();
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
            const name = pathOf(windowAt(app, signals.indexOf(signal), n));
            yield { name, bytes: small.length, etag: 'e', archived: false } satisfies StoredObject;
          }
    },
    async *read(name, range) {
      calls.reads += 1;
      const bytes = name.startsWith('_') ? await tableFile(name) : small;
      yield bytes.subarray(range?.start ?? 0, range?.end);
    },
  };
}

async function writeTables(folder: string): Promise<void> {
  const bytes = smallFile().length;
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
            ...{ fingerprint: 'rows:3', files: [{ path: pathOf(window), signal: window.signal, rows: 3, bytes }] },
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
    if (withTable) await writeTables(folder);
    const before = process.cpuUsage();
    const lake = madeUpLake(withTable ? folder : '');
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
  sweep: () => sweepCase(madeUpLake(''), files),
};
const [, , name] = process.argv;
if (name !== undefined && name in cases) {
  const text = await cases[name as keyof typeof cases]();
  console.log(`${text}, ${Math.round((await residentPeak(process.pid)) / 1e6)} MB at most`);
} else
  for (const each of Object.keys(cases))
    await new Promise((ended) => fork(import.meta.filename, [each, String(files)]).once('exit', ended));
