import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { entryName } from '../../../shared/lake/delta/actions.ts';
import { openDeltaLake } from '../../../shared/lake/delta/lake-tables.ts';
import { logPath, tablePath } from '../../../shared/lake/delta/names.ts';
import { openTable } from '../../../shared/lake/delta/table.ts';
import { tableFilePath } from '../../../shared/lake/paths.ts';
import { createMemoryStore } from '../../../shared/lake/store-memory.ts';
import type { DraftFile, Engine, LedgerEntry, ObjectStore, Signal, Window } from '../../../shared/model.ts';
import { auditLake, differs } from '../../../shared/pipeline/audit/audit-lake.ts';
import { plannedEntry } from '../../../shared/pipeline/entry.ts';
import { runWindow } from '../../../shared/pipeline/run.ts';
import { createMemoryLedger } from '../../../shared/state/ledger-memory.ts';
import { manualClock } from '../world.ts';

/** The ledger, the logs of its tables and the files in the store, one beside the other. */

const hour = 3_600_000;
const day = 24 * hour;
const windowOf = (n: number): Window => ({
  ...{ app: 'a b', signal: 'requests', source: 'continuous' },
  start: n * hour,
  end: (n + 1) * hour,
});
/** Rows of a window, by the signal that they turn out to be of. */
type Found = Readonly<Partial<Record<Signal, string>>>;
const everything = { start: 0, end: 100 * day, app: '', signals: [] as readonly Signal[], repair: false };

function place() {
  const clock = manualClock();
  let ledger = createMemoryLedger();
  const memory = createMemoryStore();
  const lake: ObjectStore = {
    ...memory,
    // Local files are their own contents.
    put: (name, content, etag) =>
      memory.put(name, content instanceof Uint8Array ? content : Buffer.from(content.files.join('')), etag),
  };
  let [ids, found]: [number, Found] = [0, {}];
  const tablesNow = () =>
    openDeltaLake({ lake, clock, newId: () => `${++ids}`, columns: () => [{ name: 'timestamp', type: 'timestamp' }] });
  const engine: Engine = {
    emptyFile: async () => new Uint8Array(),
    begin: async () => ({
      counts: { read: 1, written: 1, deduplicated: 0, quarantined: 0 },
      add: async () => [],
      finish: async () =>
        Object.entries(found).map(
          ([signal, text]): DraftFile => ({
            ...{ signal: signal as Signal, partition: 0, part: 1, rows: 1 },
            content: { files: [text], bytes: text.length },
          }),
        ),
      close: async () => {},
    }),
  };
  const run = async (n: number, rows: Found) => {
    found = rows;
    const seen = await ledger.read(windowOf(n));
    const asked = seen ? { ...seen.value, again: true, notBefore: 0, fingerprint: 'other' } : plannedEntry(windowOf(n));
    await ledger.write(asked, seen?.etag);
    for (let tries = 0; tries < 4; tries += 1) {
      clock.advance(2 * hour);
      const outcome = await runWindow(windowOf(n), {
        ...{ ledger, lake, tables: tablesNow(), clock: { ...clock, sleep: async () => {} }, lease: 10_000, engine },
        source: {
          open: async () => ({ fingerprint: JSON.stringify(rows), empty: false, asked: 1, async *chunks() {} }),
        },
        path: (file, window, revision) =>
          tableFilePath({ window, signal: file.signal as Signal, partition: 0, part: 1, revision }),
        discard: async () => {},
        withWorkFolder: (use) => use('work'),
      });
      if (outcome.state === 'done') return;
      if (!/older than the lake|there already/.test(outcome.error)) throw new Error(outcome.error);
    }
    assert.fail('it was never done');
  };
  const audit = (more: Partial<typeof everything> = {}) => {
    clock.advance(1_000);
    return auditLake({ ...everything, ...more }, { ledger, lake, tables: tablesNow(), clock });
  };
  const live = async (): Promise<string[]> => {
    const tables = tablesNow();
    const listings = [await tables.listing('requests'), await tables.listing('traces')];
    return listings.flatMap((each) => [...each.live.keys()]).sort();
  };
  const loseLedger = () => {
    ledger = createMemoryLedger();
  };
  /** As it was when somebody made a copy of it. */
  const restore = async (entry: LedgerEntry) => {
    loseLedger();
    await ledger.write(entry, undefined);
  };
  const remove = async (path: string) => {
    const etag = await lake.head(path);
    assert.ok(etag !== undefined && (await lake.remove(path, etag)), path);
  };
  return { lake, run, audit, live, loseLedger, restore, remove, ledgerNow: () => ledger };
}
const pathOf = (n: number, revision: number, signal: Signal = 'requests') =>
  tableFilePath({ window: windowOf(n), signal, partition: 0, part: 1, revision });

const inLog = (path: string): string => logPath(tablePath(path, 'requests'));

/** An entry of another hand. */
async function commit({ lake }: ReturnType<typeof place>, actions: readonly object[]): Promise<void> {
  const table = openTable({ store: lake, root: 'requests/', pause: async () => {} });
  const version = await table.read((snapshot) => snapshot.version + 1);
  const text = actions.map((action) => `${JSON.stringify(action)}\n`).join('');
  await lake.put(`requests/${entryName(version)}`, Buffer.from(text), undefined);
}

describe('audit of tables', () => {
  test('as its ledger says: files of earlier revisions are dead and no strays', async () => {
    const here = place();
    await here.run(0, { requests: 'a' });
    await here.run(0, { requests: 'ab' });
    await here.run(1, { requests: 'c' });
    await here.run(1, {});
    const found = await here.audit();
    assert.equal(differs(found), false, JSON.stringify(found));
    assert.deepEqual([found.dead, found.unknown, found.strangers], [2, [], []]);
    // Nor when the ledger has forgotten them, and the log alone tells.
    const ledger = here.ledgerNow();
    const seen = await ledger.read(windowOf(0));
    assert.ok(seen);
    await ledger.write({ ...seen.value, files: seen.value.files.filter(({ rows }) => rows > 0) }, seen.etag);
    assert.equal(differs(await here.audit()), false);
  });

  test('a file that somebody took away, another length, and what was never committed', async () => {
    const here = place();
    await here.run(0, { requests: 'a' });
    await here.run(1, { requests: 'bcd' });
    await here.remove(pathOf(0, 1));
    await here.lake.put(pathOf(1, 1), Buffer.from('changed'), await here.lake.head(pathOf(1, 1)));
    await here.lake.put(pathOf(1, 7), Buffer.from('x'), undefined);
    const found = await here.audit();
    assert.deepEqual(
      found.feeds[0]?.wrong.map(({ path, problem }) => [path, problem]),
      [
        [pathOf(0, 1), 'missing'],
        [pathOf(1, 1), 'differs'],
      ],
    );
    assert.deepEqual([found.unknown, found.strangers], [[pathOf(1, 7)], []]);
    assert.equal((await here.audit({ repair: true })).feeds[0]?.repaired, 2);
    await here.run(0, { requests: 'a' });
    await here.run(1, { requests: 'bcd' });
    assert.deepEqual((await here.audit()).feeds[0]?.wrong, []);
  });

  test('another hand at the log: what readers do not see, see still, or see beside', async () => {
    const here = place();
    await here.run(0, { requests: 'a' });
    await here.run(1, { requests: 'b' });
    await here.run(1, { requests: 'bb' });
    const add = (path: string) => ({
      ...{ path: inLog(path), partitionValues: { app: 'a b', date: '1970-01-01' } },
      ...{ size: 1, modificationTime: 0, dataChange: true },
    });
    const foreign = 'requests/app=a b/date=1970-01-01/part-00000-c000.snappy.parquet';
    await commit(here, [
      { remove: { path: inLog(pathOf(0, 1)), dataChange: true } },
      { add: add(pathOf(1, 1)) },
      { add: add(foreign) },
    ]);
    const found = await here.audit();
    assert.ok(differs(found));
    assert.deepEqual(
      found.feeds[0]?.wrong.map(({ path, problem }) => [path, problem]),
      [
        [pathOf(0, 1), 'hidden'],
        [pathOf(1, 1), 'shown'],
      ],
    );
    assert.deepEqual(found.strangers, [foreign]);
    // Of another app nothing is asked.
    assert.deepEqual((await here.audit({ app: 'other' })).strangers, []);
  });

  test('a ledger that was lost: what readers see is named, until its windows have run', async () => {
    const here = place();
    await here.run(0, { requests: 'a' });
    await here.run(1, { requests: 'b' });
    here.loseLedger();
    assert.deepEqual((await here.audit()).strangers, [pathOf(0, 1), pathOf(1, 1)]);
    await here.run(0, { requests: 'a' });
    assert.deepEqual((await here.audit()).strangers, [pathOf(1, 1)]);
    await here.run(1, { requests: 'b' });
    assert.equal(differs(await here.audit()), false);
  });
});

describe('a ledger that was lost, and rows of a window in the table of another signal', () => {
  const before: Found = { requests: 'a', traces: 't' };
  const after: readonly Found[] = [before, { requests: 'a' }, { traces: 't' }, {}];
  for (const first of [before, { traces: 't' }])
    for (const rows of after)
      test(`${Object.keys(first)} before, ${Object.keys(rows).join() || 'nothing'} now`, async () => {
        const here = place();
        await here.run(0, first);
        await here.run(0, first);
        here.loseLedger();
        await here.run(0, rows);
        const entry = (await here.ledgerNow().read(windowOf(0)))?.value;
        assert.ok((entry?.revision ?? 0) > 2);
        const expected = Object.keys(rows).map((signal) => pathOf(0, entry?.revision ?? 0, signal as Signal));
        assert.deepEqual(await here.live(), expected.sort());
        assert.equal(differs(await here.audit()), false);
        await here.run(0, { requests: 'new' });
        assert.equal((await here.live()).length, 1);
      });
});

test('a ledger that was restored goes on above what the table has seen, and takes the place of that', async () => {
  const here = place();
  await here.run(0, { requests: 'a' });
  const old = (await here.ledgerNow().read(windowOf(0)))?.value;
  assert.ok(old);
  for (const text of ['ab', 'abc']) await here.run(0, { requests: text });
  await here.restore(old);
  const found = await here.audit();
  assert.deepEqual(
    [found.feeds[0]?.wrong.map(({ problem }) => problem), found.strangers],
    [['hidden'], [pathOf(0, 3)]],
    'the audit sees both sides of it',
  );
  await here.run(0, { requests: 'abcd' });
  assert.deepEqual(await here.live(), [pathOf(0, 4)]);
  assert.equal(differs(await here.audit()), false);
});

test('a ledger lost, and the files merged by another engine: the run is refused, no row comes twice', async () => {
  const here = place();
  for (const text of ['a', 'ab']) await here.run(0, { requests: text });
  const merged = 'requests/app=a b/date=1970-01-01/part-00000-c000.snappy.parquet';
  await commit(here, [
    { remove: { path: inLog(pathOf(0, 2)), dataChange: false } },
    {
      add: { path: inLog(merged), partitionValues: {}, size: 1, modificationTime: 0, dataChange: false },
    },
  ]);
  here.loseLedger();
  await assert.rejects(here.run(0, { requests: 'ab' }), /OPTIMIZE/);
  assert.deepEqual(await here.live(), [merged]);
});
