import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readLedgerFile } from '../../../shared/engine/ledger-table/read.ts';
import { createMemoryStore } from '../../../shared/lake/store-memory.ts';
import type { Feed, LedgerEntry, Window } from '../../../shared/model.ts';
import { type AdoptPorts, adoptLake } from '../../../shared/pipeline/adopt/adopt.ts';
import { finishedEntry, plannedEntry, unavailableEntry } from '../../../shared/pipeline/entry.ts';
import { fileOfDay } from '../../../shared/pipeline/ledger-table/days.ts';
import { writeTableOf } from '../../../shared/pipeline/ledger-table/write.ts';
import { createMemoryLedger } from '../../../shared/state/ledger-memory.ts';
import { ledgerFile } from '../../../shared/wire/ledger-table.ts';
import { rangesOf } from '../../../shared/wire/stories.ts';
import { manualClock } from '../world.ts';
import { foundInMemory } from './found.ts';

/** A ledger that was lost, of a lake that has its table: what adopt takes from the table, and what from the files. */
const hour = 3_600_000;
const start = Date.UTC(2026, 0, 5);
const feed: Feed = { app: 'shop', signal: 'requests', source: 'query' };
const base = await mkdtemp(join(tmpdir(), 'insights-told-'));
after(() => rm(base, { recursive: true, force: true }));

const windowAt = (n: number): Window => ({ ...feed, start: start + n * hour, end: start + (n + 1) * hour });
const pathOf = (n: number): string => `odd/${n}.parquet`;

function doneEntry(n: number, rows: number, revision = 3): LedgerEntry {
  const files = rows === 0 ? [] : [{ path: pathOf(n), signal: feed.signal, rows, bytes: rows * 2 }];
  const counts = { read: rows + 2, written: rows, deduplicated: 2, quarantined: 1 };
  const finish = { fingerprint: `rows:${rows + 2} latest:x`, counts, asked: 1, files };
  return finishedEntry({ ...plannedEntry(windowAt(n)), revision }, windowAt(n).end + 7, finish);
}

async function lostWorld(entries: readonly LedgerEntry[]) {
  const lake = createMemoryStore();
  const clock = manualClock();
  const before = createMemoryLedger();
  for (const entry of entries) {
    await before.write(entry, undefined);
    for (const { path, bytes } of entry.files) await lake.put(path, Buffer.alloc(bytes), undefined);
  }
  const withWorkFolder = async <T>(use: (folder: string) => Promise<T>) => use(await mkdtemp(join(base, 'work-')));
  const table = { ledger: before, lake, clock, young: 0, withWorkFolder, file: ledgerFile };
  await writeTableOf(
    entries.map(({ window }) => window.start),
    table,
  );
  const opened: string[] = [];
  let ids = 0;
  const ports: AdoptPorts = {
    ...{ lake, ledger: createMemoryLedger(), clock, now: clock.now, newId: () => `id-${++ids}`, product: '1' },
    here: { kind: 'table', url: 'https://a.table.core.windows.net', table: 't', part: 'p' },
    story: async ({ name, bytes }) => {
      opened.push(name);
      const n = Number(/^odd\/(\d+)/.exec(name)?.[1]);
      const file = { path: name, signal: feed.signal, rows: bytes / 2, bytes };
      return Number.isNaN(n) ? undefined : { window: windowAt(n), revision: 9, file };
    },
    tell: () => {},
    ...foundInMemory,
    rows: (file) => readLedgerFile(rangesOf(file, lake)),
  };
  return { lake, ports, opened, ledger: ports.ledger };
}

test('files that are as the table says are not opened, and their windows know more than files tell', async () => {
  const entries = [doneEntry(0, 5), doneEntry(1, 0), doneEntry(2, 7)];
  const { ports, opened, ledger } = await lostWorld(entries);
  const report = await adoptLake(true, ports);
  assert.deepEqual([report.files, report.told, report.feeds[0]?.new, opened], [2, 2, 3, []]);
  const adopted = await Array.fromAsync(ledger.list(feed));
  assert.deepEqual(
    adopted.map(({ state, revision, counts, fingerprint, files, totals }) => ({
      state,
      revision,
      counts,
      fingerprint,
      files,
      delay: totals?.delay,
    })),
    entries.map(({ state, revision, counts, fingerprint, files }) => ({
      state,
      revision,
      counts,
      fingerprint,
      files,
      delay: 7,
    })),
  );
});

test('what changed since the table was written is told by its files; what is gone is not believed', async () => {
  const { lake, ports, opened, ledger } = await lostWorld([doneEntry(0, 5), doneEntry(1, 6), doneEntry(2, 7)]);
  await lake.put(pathOf(0), Buffer.alloc(22), await lake.head(pathOf(0)));
  await lake.put(pathOf(7), Buffer.alloc(8), undefined);
  await lake.remove(pathOf(1), (await lake.head(pathOf(1))) ?? '');
  await adoptLake(true, ports);
  assert.deepEqual(opened, [pathOf(0), pathOf(7)]);
  const adopted = await Array.fromAsync(ledger.list(feed));
  assert.deepEqual(
    adopted.map(({ window, revision, counts, fingerprint }) => [
      (window.start - start) / hour,
      revision,
      counts.written,
      fingerprint,
    ]),
    [
      [0, 9, 11, 'rows:11'],
      [2, 3, 7, 'rows:9 latest:x'],
      [7, 9, 4, 'rows:4'],
    ],
  );
});

test('a window without rows that was not done is not adopted; a spoilt day is told by its files', async () => {
  const lost = unavailableEntry({ ...plannedEntry(windowAt(1)), revision: 1 }, start + 9 * hour, 1, 'gone');
  const { lake, ports, opened, ledger } = await lostWorld([
    doneEntry(0, 5),
    lost,
    plannedEntry(windowAt(2)),
    doneEntry(30, 4),
  ]);
  const day = fileOfDay(start + 24 * hour);
  await lake.put(day, Buffer.from('spoilt'), await lake.head(day));
  await adoptLake(true, ports);
  assert.deepEqual(opened, [pathOf(30)]);
  const adopted = await Array.fromAsync(ledger.list(feed));
  assert.deepEqual(
    adopted.map(({ window }) => (window.start - start) / hour),
    [0, 30],
  );
});

test('of blobs nobody knows what they look like: their windows are adopted with the rows that they have', async () => {
  const blobs = { ...feed, source: 'diagnostics' };
  const entry = { ...doneEntry(0, 5), window: { ...windowAt(0), ...blobs } };
  const { ports, opened, ledger } = await lostWorld([entry]);
  await adoptLake(true, ports);
  const [adopted] = await Array.fromAsync(ledger.list(blobs));
  assert.deepEqual([adopted?.fingerprint, adopted?.counts.read, opened], ['adopted:5', 7, []]);
});
