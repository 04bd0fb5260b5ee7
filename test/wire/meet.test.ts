import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMemoryStore } from '../../shared/lake/store-memory.ts';
import type { LedgerPlace, ObjectStore, Window } from '../../shared/model.ts';
import { finishedEntry, plannedEntry } from '../../shared/pipeline/entry.ts';
import { NotItsLake } from '../../shared/pipeline/lake/meet.ts';
import { createMemoryLedger } from '../../shared/state/ledger-memory.ts';
import { guardedLake, lakeMet } from '../../shared/wire/meet.ts';

const here: LedgerPlace = { kind: 'table', url: 'https://one.table.core.windows.net', table: 'ledger', part: 'a1' };
const window: Window = { app: 'shop', signal: 'requests', source: 'query', start: 0, end: 3_600_000 };
const bytes = Buffer.from('x');

/** A process that has met its lake, and put a file; `looks`: how often it looked for the lake's word since. */
async function scene(file = 'requests/first.parquet') {
  const time = { now: 1_000_000 };
  const [store, ledger] = [createMemoryStore(), createMemoryLedger()];
  const looks: string[] = [];
  const refuse: { with?: Error | undefined; until?: Promise<void> } = {};
  const lake: ObjectStore = {
    ...store,
    head: async (name) => {
      looks.push(name);
      await refuse.until;
      if (refuse.with !== undefined) throw refuse.with;
      return store.head(name);
    },
  };
  let ids = 0;
  const ports = { lake, ledger, here, now: () => time.now, newId: () => `lake-${++ids}`, product: '1' };
  const { met, still } = lakeMet(ports, () => lake.prepare());
  await met();
  const guarded = guardedLake(lake, still);
  await guarded.put(file, bytes, undefined);
  const counts = { read: 1, written: 1, deduplicated: 0, quarantined: 0 };
  const files = [{ path: file, signal: 'requests' as const, rows: 1, bytes: 1 }];
  await ledger.write(
    finishedEntry(plannedEntry(window), 1, { fingerprint: 'rows:1', counts, asked: 1, files }),
    undefined,
  );
  looks.length = 0;
  return { time, store, ledger, looks, guarded, met, refuse };
}

async function empty(store: ObjectStore): Promise<void> {
  for (const { name, etag } of await Array.fromAsync(store.list(''))) await store.remove(name, etag);
}

test('nothing is put into a container that was emptied, or given to another lake', async () => {
  for (const word of [undefined, '{"lake":"other","ledger":{"kind":"table","url":"u","table":"t","part":"p"}}']) {
    const { time, store, guarded } = await scene();
    await empty(store);
    if (word !== undefined) await store.put('_insights-lake/lake.json', Buffer.from(word), undefined);
    time.now += 10_000;
    await assert.rejects(guarded.put('requests/next.parquet', bytes, undefined), NotItsLake);
    await assert.rejects(guarded.put('requests/next.parquet', bytes, undefined), NotItsLake, 'nor by the next');
    const left = (await Array.fromAsync(store.list(''))).map(({ name }) => name);
    assert.deepEqual(left, word === undefined ? [] : ['_insights-lake/lake.json']);
  }
});

test('a lake that is there is looked for once in ten seconds, by all that put', async () => {
  const { time, guarded, looks } = await scene();
  for (const [passed, most] of [
    [9_999, 0],
    [1, 1],
    [5_000, 1],
    [5_000, 2],
  ] as const) {
    time.now += passed;
    await Promise.all([1, 2, 3].map((n) => guarded.put(`requests/${time.now}-${n}.parquet`, bytes, undefined)));
    assert.equal(looks.length, most);
  }
});

test('that others have counted stops nothing', async () => {
  const { time, store, ledger, guarded, met } = await scene();
  const other = lakeMet({ lake: store, ledger, here, now: () => time.now, newId: () => 'none', product: '2' }, () =>
    store.prepare(),
  );
  time.now += 300_000;
  await other.met();
  assert.ok(await guarded.put('requests/next.parquet', bytes, undefined));
  await met();
  time.now -= 3_600_000; // a clock that is set right
  assert.ok(await guarded.put('requests/last.parquet', bytes, undefined));
  await met();
});

test('a word that may not be read, or does not come, keeps back what puts, and nothing longer than that', async () => {
  const { time, store, guarded, refuse } = await scene();
  time.now += 10_000;
  refuse.with = Object.assign(new Error('403'), { code: 'AuthorizationPermissionMismatch' });
  await assert.rejects(guarded.put('requests/next.parquet', bytes, undefined), /403/);
  assert.equal(await store.head('requests/next.parquet'), undefined);
  refuse.with = undefined;
  const { promise, resolve } = Promise.withResolvers<void>();
  refuse.until = promise;
  const puts = [1, 2].map((n) => guarded.put(`requests/${n}.parquet`, bytes, undefined));
  await new Promise((go) => setImmediate(go));
  assert.equal(await store.head('requests/1.parquet'), undefined, 'it waits');
  resolve();
  assert.equal((await Promise.all(puts)).filter((tag) => tag !== undefined).length, 2);
});

test('processes whose clocks differ by any time count once in five minutes each, whatever the others say', async () => {
  for (const skew of [0, 60_000, 360_000, 86_400_000]) {
    const [store, ledger] = [createMemoryStore(), createMemoryLedger()];
    const made = { now: 1_000_000_000, ids: 0, counts: 0 };
    const counting = {
      ...ledger,
      putMark: (...args: Parameters<typeof ledger.putMark>) => {
        made.counts += 1;
        return ledger.putMark(...args);
      },
    };
    const [one, two] = [0, skew].map((behind) =>
      lakeMet(
        {
          ...{ lake: store, ledger: counting, here, product: '1' },
          now: () => made.now - behind,
          newId: () => `lake-${++made.ids}`,
        },
        () => store.prepare(),
      ),
    );
    await one?.met();
    await two?.met();
    made.counts = 0;
    for (let second = 1; second <= 1200; second++) {
      made.now += 1000;
      for (const each of [one, two]) {
        if (second % 60 === 0) await each?.met();
        await each?.still();
      }
    }
    assert.ok(made.counts >= 3 && made.counts <= 9, `${skew}: ${made.counts} in 20 minutes`);
  }
});
