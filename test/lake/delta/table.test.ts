import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Action, CommitInfo } from '../../../shared/lake/delta/actions.ts';
import { checkpointName, entryName, lastCheckpointName } from '../../../shared/lake/delta/actions.ts';
import { checkpointFile, readCheckpoint } from '../../../shared/lake/delta/checkpoint.ts';
import { readEntry } from '../../../shared/lake/delta/log.ts';
import { cleanLog, logNames } from '../../../shared/lake/delta/maintain.ts';
import { schemaString, widenedSchema } from '../../../shared/lake/delta/schema.ts';
import { afterEntry, emptySnapshot, type Snapshot } from '../../../shared/lake/delta/snapshot.ts';
import { openTable } from '../../../shared/lake/delta/table.ts';
import { createMemoryStore } from '../../../shared/lake/store-memory.ts';
import type { ObjectStore } from '../../../shared/model.ts';

const DAY = 24 * 3_600_000;
const root = 'requests/';
const open = (store: ObjectStore) => openTable({ store, root, pause: async () => {} });
const info = (txnId: string, timestamp = 0): CommitInfo => ({
  timestamp,
  operation: 'WRITE',
  operationParameters: {},
  engineInfo: 'test',
  txnId,
});
const begin: Action[] = [
  { protocol: { minReaderVersion: 1, minWriterVersion: 2 } },
  {
    metaData: {
      id: 'x',
      format: { provider: 'parquet', options: {} },
      schemaString: schemaString([{ name: 'timestamp', type: 'timestamp' }]),
      partitionColumns: ['app', 'date'],
      configuration: {},
      createdTime: 5,
    },
  },
];
const add = (path: string): Action => ({
  add: {
    path,
    partitionValues: { app: 'ä b', date: '2026-01-01' },
    size: 12,
    modificationTime: 1e12,
    dataChange: true,
    stats: '{"numRecords":1}',
  },
});
const always = async (): Promise<void> => {};
const commit = (table: ReturnType<typeof open>, path: string, time = 0) =>
  table.commit((snapshot) => [...(snapshot.version < 0 ? begin : []), add(path)], always, info(path, time));
const pathsOf = ({ files }: Snapshot): string[] => [...files.keys()].sort();

describe('commits', () => {
  test('writers at once: every entry has its version, none is lost', async () => {
    const store = createMemoryStore();
    const names = Array.from({ length: 8 }, (_, writer) => Array.from({ length: 5 }, (__, n) => `w${writer}-${n}`));
    await Promise.all(
      names.map(async (own) => {
        const table = open(store);
        for (const name of own) await commit(table, name);
      }),
    );
    assert.deepEqual(
      (await logNames(store, root)).entries.toSorted((a, b) => a - b),
      [...Array(40).keys()],
    );
    assert.deepEqual(await open(store).read(pathsOf), names.flat().sort());
  });

  test('three calls where nobody else commits', async () => {
    const steps: string[] = [];
    const store = createMemoryStore({
      onStep: (step) => {
        if (!step.endsWith(': done')) steps.push(step);
      },
    });
    const table = open(store);
    await commit(table, 'a');
    steps.length = 0;
    await table.commit(
      () => [add('b')],
      async () => void steps.push('ledger'),
      info('b'),
    );
    assert.deepEqual(steps, [`head ${root}${entryName(1)}`, 'ledger', `put ${root}${entryName(1)}`]);
  });

  test('an answer that was lost: what stands there decides', async () => {
    let lose = false;
    const store = createMemoryStore({
      onStep: (step) => {
        if (!lose || !/^put .*: done$/.test(step)) return;
        lose = false;
        throw new Error('ECONNRESET');
      },
    });
    const table = open(store);
    await commit(table, 'a');
    lose = true;
    assert.equal(await commit(table, 'b'), 1);
    assert.equal(await commit(table, 'c'), 2);
    assert.deepEqual(await open(store).read(pathsOf), ['a', 'b', 'c']);
  });

  test('a client that repeats its put and loses against itself has won', async () => {
    const inner = createMemoryStore();
    const store: ObjectStore = {
      ...inner,
      put: async (name, content, etag) => {
        await inner.put(name, content, etag);
        return inner.put(name, content, etag); // the SDK's own second try
      },
    };
    const table = open(store);
    assert.equal(await commit(table, 'a'), 0);
    assert.equal(await commit(table, 'b'), 1);
    assert.equal((await logNames(store, root)).entries.length, 2);
  });

  test('a run that was overtaken commits nothing', async () => {
    const store = createMemoryStore();
    const refused = open(store).commit(
      () => [...begin, add('a')],
      async () => {
        throw new Error('overtaken');
      },
      info('a'),
    );
    await assert.rejects(refused, /overtaken/);
    assert.deepEqual((await logNames(store, root)).entries, []);
  });

  test('a log without its beginning is not begun again', async () => {
    const store = createMemoryStore();
    await store.put(root + entryName(7), Buffer.from('{}\n'), undefined);
    await assert.rejects(
      commit(open(store), 'a'),
      /neither _delta_log\/_last_checkpoint nor the first entry; restore them .*or move the table away/,
    );
  });

  test('a log that somebody begins meanwhile is gone on with', async () => {
    const inner = createMemoryStore();
    let begun = false;
    const store: ObjectStore = {
      ...inner,
      async *list(prefix) {
        if (!begun) {
          begun = true;
          await commit(open(inner), 'a');
          await commit(open(inner), 'b');
        }
        yield* inner.list(prefix);
      },
    };
    assert.equal(await commit(open(store), 'c'), 2);
    assert.deepEqual(await open(inner).read(pathsOf), ['a', 'b', 'c']);
  });

  test('an entry that somebody removed is named, and nobody writes in its place', async () => {
    for (const commits of [4, 56]) {
      const store = createMemoryStore();
      const table = open(store);
      for (let n = 0; n < commits; n++) {
        await commit(table, `f${n}`);
        if (n === 51) await table.maintain(1);
      }
      const hole = root + entryName(commits - 2);
      const etag = await store.head(hole);
      assert.ok(etag !== undefined && (await store.remove(hole, etag)));
      const missing = new RegExp(`entry ${commits - 2} is missing, though ${commits - 1} is there`);
      await assert.rejects(open(store).read(pathsOf), missing);
      await assert.rejects(commit(open(store), 'more'), missing);
      assert.equal(await store.head(hole), undefined);
    }
  });

  test('an entry that comes while the log is listed is no gap', async () => {
    const store = createMemoryStore();
    const table = open(store);
    for (const name of ['a', 'b', 'c']) await commit(table, name);
    const listed: ObjectStore = {
      ...store,
      // A folder is listed in no order: it can show the later of two that came meanwhile, and not the earlier.
      async *list(prefix) {
        for await (const found of store.list(prefix)) if (!found.name.endsWith(entryName(1))) yield found;
      },
    };
    assert.deepEqual(await open(listed).read(pathsOf), ['a', 'b', 'c']);
  });

  test('an entry that is not JSON is named', async () => {
    const store = createMemoryStore();
    await store.put(root + entryName(0), Buffer.from('{"add":\n'), undefined);
    await assert.rejects(commit(open(store), 'a'), /00000\.json: line 1 is not JSON/);
  });
});

describe('checkpoints', () => {
  test('hold what the entries made, to the last value', async () => {
    const now = 10 * DAY;
    const entry: Action[] = [
      ...begin,
      { txn: { appId: 'app=ä b/q_1_2', version: 4 } },
      add('a'),
      add('b'),
      { remove: { path: 'b', deletionTimestamp: now, dataChange: true, size: 3 } },
      { remove: { path: 'old', deletionTimestamp: now - 8 * DAY, dataChange: true, size: 3 } },
    ];
    const { bytes, size } = checkpointFile(afterEntry(emptySnapshot, 3, entry), now);
    const again = afterEntry(emptySnapshot, 3, await readCheckpoint(bytes));
    assert.equal(size, 5);
    assert.deepEqual(again.metaData, (begin[1] as { metaData: object }).metaData);
    assert.deepEqual(again.protocol, { minReaderVersion: 1, minWriterVersion: 2 });
    assert.deepEqual([...again.txns], [['app=ä b/q_1_2', 4]]);
    assert.deepEqual([...again.files.values()], [{ ...(add('a') as { add: object }).add, dataChange: false }]);
    assert.deepEqual([...again.removed.keys()], ['b']);
  });

  test('come every 50 entries; another process starts from the last one', async () => {
    const steps: string[] = [];
    const store = createMemoryStore({ onStep: (step) => void steps.push(step) });
    const table = open(store);
    for (let n = 0; n < 120; n++) {
      await commit(table, `f${n}`);
      await table.maintain(0);
    }
    assert.deepEqual((await logNames(store, root)).checkpoints, [50, 100]);
    steps.length = 0;
    assert.equal((await open(store).read(pathsOf)).length, 120);
    assert.ok(steps.includes(`read ${root}${checkpointName(100)}`));
    assert.ok(!steps.includes(`read ${root}${entryName(100)}`));
  });

  test('an older one never replaces a newer one', async () => {
    const store = createMemoryStore();
    const [first, second] = [open(store), open(store)];
    for (let n = 0; n < 60; n++) await commit(first, `f${n}`);
    await second.read(pathsOf); // at 59
    for (let n = 60; n < 70; n++) await commit(first, `f${n}`);
    await first.maintain(0); // 69
    await second.maintain(0);
    const [text = ''] = (await Array.fromAsync(store.read(root + lastCheckpointName))).map((piece) =>
      String(Buffer.from(piece)),
    );
    assert.equal(JSON.parse(text).version, 69);
    assert.equal((await open(store).read(pathsOf)).length, 70);
  });

  test('the log loses what is older than a month and stands in a checkpoint, and not more', async () => {
    const store = createMemoryStore();
    const table = open(store);
    for (let n = 0; n < 160; n++) {
      await commit(table, `f${n}`, n * DAY);
      await table.maintain(n * DAY);
    }
    // At day 159: versions up to 129 are older than a month; the newest checkpoint among them is that of 100.
    assert.equal(await cleanLog(store, root, 159 * DAY), 0);
    const { entries, checkpoints } = await logNames(store, root);
    assert.deepEqual([Math.min(...entries), ...checkpoints.toSorted((a, b) => a - b)], [100, 100, 150]);
    assert.equal(await readEntry(store, root, 99), undefined);
    assert.equal((await open(store).read(pathsOf)).length, 160);
  });
});

test('a schema grows by columns, keeps those of others, and refuses another type', () => {
  const known = schemaString([
    { name: 'timestamp', type: 'timestamp' },
    { name: 'itemCount', type: 'integer' },
  ]);
  assert.equal(widenedSchema(known, [{ name: 'itemCount', type: 'long' }]), undefined);
  const widened = JSON.parse(widenedSchema(known, [{ name: 'tenant', type: 'string' }]) ?? '{}');
  assert.deepEqual(
    widened.fields.map(({ name, type }: { name: string; type: string }) => `${name} ${type}`),
    ['app string', 'date date', 'timestamp timestamp', 'itemCount long', 'tenant string'],
  );
  assert.throws(() => widenedSchema(known, [{ name: 'itemcount', type: 'long' }]), /column itemcount/);
  assert.throws(
    () => widenedSchema(known, [{ name: 'itemCount', type: 'real' }]),
    /\(double\) is itemCount \("long"\)/,
  );
});
