import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { DuckDBInstance } from '@duckdb/node-api';
import { readLedgerFile } from '../../../shared/engine/ledger-table/read.ts';
import { createMemoryStore } from '../../../shared/lake/store-memory.ts';
import type { Feed, LedgerEntry, LedgerRow, Millis, ObjectStore } from '../../../shared/model.ts';
import { finishedEntry, plannedEntry } from '../../../shared/pipeline/entry.ts';
import { dayOfFile, fileOfDay } from '../../../shared/pipeline/ledger-table/days.ts';
import { type LedgerTablePorts, writeLedgerTable, writeTableOf } from '../../../shared/pipeline/ledger-table/write.ts';
import { retiredEntry } from '../../../shared/pipeline/retention/retired-entry.ts';
import { createMemoryLedger } from '../../../shared/state/ledger-memory.ts';
import { createStoreLedger } from '../../../shared/state/ledger-store.ts';
import { ledgerFile } from '../../../shared/wire/ledger-table.ts';
import { fencesOf } from '../../docs/fences.ts';

const hour: Millis = 3_600_000;
const day = 24 * hour;
const start = Date.UTC(2026, 0, 5);
const feed: Feed = { app: 'shop', signal: 'requests', source: 'query' };
const base = await mkdtemp(join(tmpdir(), 'insights-ledger-table-'));
after(() => rm(base, { recursive: true, force: true }));

let folders = 0;
const withWorkFolder = async <T>(use: (folder: string) => Promise<T>): Promise<T> =>
  use(await mkdtemp(join(base, `work-${++folders}-`)));

function world(lake: ObjectStore = createMemoryStore(), ledger = createMemoryLedger()) {
  const time = { now: start + 3 * day };
  const clock = { now: () => time.now };
  const ports: LedgerTablePorts = { ledger, lake, clock, young: 2 * day, withWorkFolder, file: ledgerFile };
  return { ledger, lake, ports, time };
}

const doneAt = (at: Millis, rows = 10, { late = 0, of = feed, first = at + 2 * hour } = {}): LedgerEntry => {
  const window = { ...of, start: at, end: at + hour };
  const files = [{ path: `requests/${at}.parquet`, signal: of.signal, rows, bytes: rows * 20 }];
  const counts = { read: rows + 1, written: rows, deduplicated: 1, quarantined: 0 };
  const claimed = { ...plannedEntry(window), revision: 1 };
  const done = finishedEntry(claimed, first, { fingerprint: `rows:${rows}`, counts, asked: 1, files });
  return late === 0 ? done : { ...done, totals: { asked: 2, wasted: 0, purged: 0, delay: hour, late } };
};

async function put(ledger: LedgerTablePorts['ledger'], entries: readonly LedgerEntry[]): Promise<void> {
  for (const entry of entries) await ledger.write(entry, (await ledger.read(entry.window))?.etag);
}

async function rowsIn(lake: ObjectStore, name: string): Promise<LedgerRow[]> {
  for await (const { name: found, bytes, etag } of lake.list(name)) {
    if (found !== name) continue;
    const read = async (from: number, end: number) =>
      Buffer.concat(await Array.fromAsync(lake.read(name, { start: from, end, etag })));
    return (await Array.fromAsync(readLedgerFile({ bytes, read }))).flat();
  }
  return [];
}

const filesOf = async (lake: ObjectStore) =>
  (await Array.fromAsync(lake.list(''))).flatMap(({ name, etag }) =>
    Number.isNaN(dayOfFile(name)) ? [] : [[name.slice(22, 37), etag] as const],
  );

describe("the ledger's table", () => {
  test('has a row for each window, which says what the entry does', async () => {
    const { ledger, lake, ports } = world();
    await put(ledger, [
      doneAt(start),
      doneAt(start + hour, 4, { late: 3 }),
      plannedEntry({ ...feed, start: start + day, end: start + day + hour }),
    ]);
    assert.deepEqual({ ...(await writeLedgerTable(ports)), bytes: 0 }, { days: 2, rows: 3, bytes: 0 });
    const [one, two] = await rowsIn(lake, fileOfDay(start));
    const entry = doneAt(start);
    assert.deepEqual(one, {
      window: entry.window,
      state: 'done',
      revision: 1,
      ...{ read: 11, written: 10, twice: 1, filtered: 0, quarantined: 0, late: 0, purged: 0 },
      ...{ firstDone: start + 3 * hour - hour, lastDone: start + 2 * hour, lastConfirmed: start + 2 * hour },
      fingerprint: 'rows:10',
      files: entry.files,
    });
    assert.deepEqual([two?.late, two?.firstDone], [3, start + 3 * hour], 'when it was first done, not last');
    const [due] = await rowsIn(lake, fileOfDay(start + day));
    assert.deepEqual([due?.state, due?.firstDone, due?.lastConfirmed, due?.files], ['due', 0, 0, []]);
  });

  test('once a day, and only days that have changed; young ones each time, for what audits confirm', async () => {
    const { ledger, lake, ports, time } = world();
    await put(
      ledger,
      [0, 1, 2, 3].map((n) => doneAt(start - 10 * day + n * day)),
    );
    assert.equal((await writeLedgerTable(ports))?.days, 4);
    time.now += 5 * hour;
    assert.equal(await writeLedgerTable(ports), undefined, 'not a day yet');
    time.now += 20 * hour;
    assert.equal((await writeLedgerTable(ports))?.days, 0);
    const before = new Map(await filesOf(lake));
    await put(ledger, [doneAt(start - 9 * day, 11), doneAt(start + 3 * day)]);
    time.now += day;
    assert.equal((await writeLedgerTable(ports))?.days, 2);
    const after = await filesOf(lake);
    assert.deepEqual(
      after.filter(([name, etag]) => before.get(name) !== etag).map(([name]) => name),
      ['date=2025-12-27', 'date=2026-01-08'],
    );
    await ledger.recordAudits(feed, [
      {
        day: start + 3 * day,
        at: time.now + hour,
        windows: [
          {
            start: start + 3 * day,
            end: start + 3 * day + hour,
            revision: 1,
            fingerprint: 'x',
            first: 1,
            last: time.now + hour,
          },
        ],
      },
    ]);
    time.now += day;
    assert.equal((await writeLedgerTable(ports))?.days, 1, 'once more when it has settled');
    assert.equal((await rowsIn(lake, fileOfDay(start + 3 * day)))[0]?.lastConfirmed, time.now - day + hour);
    time.now += 3 * day;
    assert.equal((await writeLedgerTable(ports))?.days, 0);
  });

  test('killed at any call it leaves whole files, and the next one writes what is left', async () => {
    for (let at = 1; ; at++) {
      let calls = 0;
      let dies = true;
      const lake = createMemoryStore({
        onStep: () => {
          if (dies && ++calls === at) throw new Error('killed');
        },
      });
      const { ledger, ports } = world(lake);
      await put(ledger, [doneAt(start), doneAt(start + day), doneAt(start + 9 * hour)]);
      const first = await writeLedgerTable(ports).catch((error: Error) => error.message);
      dies = false;
      for (const n of [0, 1]) {
        const rows = await rowsIn(lake, fileOfDay(start + n * day));
        assert.ok([0, 2 - n].includes(rows.length), 'never half');
      }
      if (first === 'killed') await writeLedgerTable(ports);
      assert.equal((await rowsIn(lake, fileOfDay(start))).length, 2, `killed at ${at}`);
      assert.equal((await rowsIn(lake, fileOfDay(start + day))).length, 1, `killed at ${at}`);
      if (first !== 'killed') break;
      assert.ok(at < 60);
    }
  });

  test('of two at once the one that has read the ledger last has the last word', async () => {
    const held: (() => void)[] = [];
    let holds = true;
    const slow = createMemoryStore({
      onStep: async (step) => {
        if (holds && step === `put ${fileOfDay(start)}`) await new Promise<void>((go) => held.push(go));
      },
    });
    const { ledger, ports } = world(slow);
    await put(ledger, [doneAt(start, 5)]);
    const one = writeLedgerTable(ports);
    while (held.length === 0) await new Promise((go) => setTimeout(go, 1));
    holds = false;
    await put(ledger, [doneAt(start, 6)]);
    await writeTableOf([start], ports);
    held[0]?.();
    await one;
    assert.deepEqual(
      (await rowsIn(slow, fileOfDay(start))).map(({ written }) => written),
      [6],
    );
  });

  test('days of a year ago are found', async () => {
    const { ledger, ports, time } = world();
    await put(ledger, [doneAt(start - 400 * day), doneAt(start)]);
    assert.equal((await writeLedgerTable(ports))?.days, 2);
    await put(ledger, [doneAt(start - 400 * day, 7)]);
    time.now += day;
    assert.equal((await writeLedgerTable(ports))?.days, 1);
  });

  test('a ledger that has lost windows is told by its table, which stays as it is until adopt', async () => {
    const { ledger, lake, ports, time } = world();
    await put(
      ledger,
      [0, 1, 2].map((n) => doneAt(start + n * hour)),
    );
    await put(ledger, [doneAt(start + day)]);
    await writeLedgerTable(ports);
    for (const left of [[doneAt(start), doneAt(start + 2 * hour), doneAt(start + day)], [doneAt(start)]]) {
      time.now += day;
      const halved = createMemoryLedger();
      await put(halved, left);
      await assert.rejects(
        writeLedgerTable({ ...ports, ledger: halved }),
        /has lost windows .*\(2026-01-05 \d of 3.*insights-lake adopt/,
      );
      assert.equal((await rowsIn(lake, fileOfDay(start))).length, 3);
      assert.equal((await rowsIn(lake, fileOfDay(start + day))).length, 1, 'a day that is gone as a whole');
    }
    time.now += day;
    await writeLedgerTable(ports);
  });

  test('the ledger of a command line, in the same folder, takes its days for no apps', async () => {
    const lake = createMemoryStore();
    const { ports } = world(lake, createStoreLedger(lake));
    await put(ports.ledger, [doneAt(start)]);
    await writeTableOf([start], ports);
    assert.equal((await rowsIn(lake, fileOfDay(start))).length, 1);
    assert.deepEqual(await Array.fromAsync(ports.ledger.feeds()), [feed]);
  });

  test('the three queries of docs/reading.md find gaps, lateness, and rows a day beside the source', async () => {
    const { ledger, lake, ports } = world();
    const open = plannedEntry({ ...feed, start: start + 5 * hour, end: start + 6 * hour });
    await put(ledger, [doneAt(start), doneAt(start + hour, 4, { late: 3 }), doneAt(start + 4 * hour, 7), open]);
    await put(ledger, [doneAt(start + day, 20, { first: start + day + 5 * hour })]);
    await put(ledger, [retiredEntry(doneAt(start + 2 * hour), start + 3 * day, 2)]);
    await writeLedgerTable(ports);
    const root = await mkdtemp(join(base, 'lake-'));
    for (const each of [start, start + day]) {
      const name = join(root, fileOfDay(each));
      await mkdir(join(name, '..'), { recursive: true });
      await writeFile(name, Buffer.concat(await Array.fromAsync(lake.read(fileOfDay(each)))));
    }
    const duckdb = await (await DuckDBInstance.create(':memory:')).connect();
    await duckdb.run("SET TimeZone = 'UTC'");
    const queries = fencesOf('docs/reading.md').filter(
      ({ language, text }) => language === 'sql' && /ledger/.test(text),
    );
    assert.equal(queries.length, 3);
    const answers: unknown[] = [];
    for (const { text } of queries) {
      const sql = text.replaceAll("'lake/", `'${root.replaceAll("'", "''")}/`);
      answers.push((await duckdb.runAndReadAll(sql)).getRowObjectsJson());
    }
    const at = (hours: number) =>
      new Date(start + hours * hour).toISOString().replace('T', ' ').replace('.000Z', '+00');
    assert.deepEqual(answers, [
      [
        { ...feed, gapStart: at(3), gapEnd: at(4) },
        { ...feed, gapStart: at(5), gapEnd: at(6) },
        { ...feed, gapStart: at(6), gapEnd: at(24) },
      ],
      [
        {
          app: 'shop',
          signal: 'requests',
          windows: '5',
          longest: { months: 0, days: 0, micros: '14400000000' },
          p95Seconds: 12_240,
          lateRows: '3',
        },
      ],
      [
        {
          date: '2026-01-05',
          signal: 'requests',
          fromSource: '35',
          inLake: '21',
          leftOut: '4',
          unreadable: '0',
          confirmedSince: at(2),
          open: '1',
        },
        {
          date: '2026-01-06',
          signal: 'requests',
          fromSource: '21',
          inLake: '20',
          leftOut: '1',
          unreadable: '0',
          confirmedSince: at(29),
          open: '0',
        },
      ],
    ]);
  });
});
