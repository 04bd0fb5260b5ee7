import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { BlobServiceClient } from '@azure/storage-blob';
import { type Azurite, startAzurite } from '../../local/azurite.ts';
import { createContainerStore } from '../../shared/lake/store-container.ts';
import { createFolderStore } from '../../shared/lake/store-folder.ts';
import { createMemoryStore } from '../../shared/lake/store-memory.ts';
import type { Feed, Ledger, LedgerEntry, Window } from '../../shared/model.ts';
import { plannedEntry } from '../../shared/pipeline/entry.ts';
import { createStoreLedger } from '../../shared/state/ledger-store.ts';
import { ledgerContract } from '../contracts/ledger.ts';
import fc from '../seeds.ts';

let base = '';
let azurite: Azurite;
let made = 0;
before(async () => {
  base = await mkdtemp(join(tmpdir(), 'ledger-'));
  azurite = await startAzurite();
});
after(async () => {
  await azurite.close();
  await rm(base, { recursive: true, force: true });
});

ledgerContract('in a memory store', {
  make: async () => {
    const store = createMemoryStore();
    return () => createStoreLedger(store);
  },
  runs: 100,
  files: 3000,
  opens: false,
});

ledgerContract('in a folder', {
  make: async () => {
    const folder = await mkdtemp(join(base, 'store-'));
    return () => createStoreLedger(createFolderStore(folder));
  },
  runs: 5,
  files: 3000,
  opens: false,
});

ledgerContract('in a container of Azurite', {
  make: async () => {
    const client = BlobServiceClient.fromConnectionString(azurite.connectionString).getContainerClient(
      `test-${++made}`,
    );
    return () => createStoreLedger(createContainerStore({ client, prefix: 'lake', newId: randomUUID }));
  },
  runs: 3,
  files: 3000,
  opens: false,
});

const feed: Feed = { app: 'shop', signal: 'requests', source: 'query' };
const window = (n: number): Window => ({ ...feed, start: n * 3_600_000, end: (n + 1) * 3_600_000 });
const planned = (n: number) => plannedEntry(window(n), 0);
const isOpen = ({ state, again }: LedgerEntry) => state !== 'halved' && (state !== 'done' || again);
const halves = [plannedEntry({ ...window(0), end: 1_800_000 }, 0), plannedEntry({ ...window(0), start: 1_800_000 }, 0)];

/** A store on which the process dies before its k-th step, and another process's view of the same store. */
function dying() {
  let left = Infinity;
  const store = createMemoryStore({
    onStep: () => {
      left -= 1;
      if (left < 0) throw new Error('killed');
    },
  });
  return {
    store,
    dieAfter: (steps: number) => {
      left = steps;
    },
  };
}

describe('ledger in a store: killed between any two steps', () => {
  const acts: Record<
    string,
    { setUp: (ledger: Ledger) => Promise<unknown>; act: (ledger: Ledger) => Promise<unknown> }
  > = {
    plan: {
      setUp: async () => {},
      act: (ledger) => ledger.plan(feed, { horizon: 3, watermark: 0 }, undefined, [planned(0), planned(1), planned(2)]),
    },
    'plan again': {
      setUp: (ledger) => ledger.plan(feed, { horizon: 1, watermark: 0 }, undefined, [planned(0)]),
      act: async (ledger) => {
        const seen = await ledger.progress(feed);
        return ledger.plan(feed, { horizon: 3, watermark: 0 }, seen?.etag, [planned(1), planned(2)]);
      },
    },
    close: {
      setUp: (ledger) => ledger.write(planned(0), undefined),
      act: async (ledger) => ledger.write({ ...planned(0), state: 'done' }, (await ledger.read(window(0)))?.etag),
    },
    reopen: {
      setUp: (ledger) => ledger.write({ ...planned(0), state: 'done' }, undefined),
      act: async (ledger) => ledger.write({ ...planned(0), state: 'running' }, (await ledger.read(window(0)))?.etag),
    },
  };
  for (const [name, { setUp, act }] of Object.entries(acts)) {
    test(name, async () => {
      let finished = false;
      for (let steps = 0; !finished; steps += 1) {
        const { store, dieAfter } = dying();
        await setUp(createStoreLedger(store));
        dieAfter(steps);
        finished = await act(createStoreLedger(store)).then(
          () => true,
          () => false,
        );
        dieAfter(Infinity);

        const ledger = createStoreLedger(store);
        const entries = await Array.fromAsync(ledger.list(feed));
        assert.deepEqual(
          await Array.fromAsync(ledger.open(feed)),
          entries.filter(isOpen),
          `killed after ${steps} steps`,
        );
        if (name.startsWith('plan')) {
          const { horizon = 0 } = (await ledger.progress(feed))?.value ?? {};
          assert.deepEqual(
            entries.map((entry) => entry.window),
            [0, 1, 2].slice(0, horizon).map(window),
            `killed after ${steps} steps`,
          );
        }
        assert.ok(steps < 200);
      }
    });
  }

  test('a plan that nobody finished is finished by the next, also of a process that knew the feed', async () => {
    for (let steps = 0; steps < 30; steps += 1) {
      const { store, dieAfter } = dying();
      const survivor = createStoreLedger(store);
      assert.ok(await survivor.plan(feed, { horizon: 1, watermark: 0 }, undefined, [planned(0)]));
      const other = createStoreLedger(store);
      const etag = (await other.progress(feed))?.etag;
      dieAfter(steps);
      await other.plan(feed, { horizon: 3, watermark: 0 }, etag, [planned(1), planned(2)]).catch(() => {});
      dieAfter(Infinity);
      const seen = await survivor.progress(feed);
      const horizon = seen?.value.horizon ?? 0;
      assert.ok(await survivor.plan(feed, { horizon: horizon + 1, watermark: 0 }, seen?.etag, [planned(horizon)]));
      const starts = (await Array.fromAsync(survivor.list(feed))).map((entry) => entry.window);
      assert.deepEqual(
        starts,
        Array.from({ length: horizon + 1 }, (_, n) => window(n)),
      );
      assert.equal((await Array.fromAsync(survivor.open(feed))).length, horizon + 1);
    }
  });
});

test('a window is halved as a whole or not at all, wherever killed, whoever looks at it first', async () => {
  const found = new Set<string>();
  /** Throws when one of the two ways to look shows a part of the halving. */
  const looks: Readonly<Record<string, (ledger: Ledger) => Promise<unknown>>> = {
    list: async (ledger) => {
      const states = (await Array.fromAsync(ledger.list(feed))).map(({ state }) => state).join();
      found.add(states);
      assert.ok(['running,due', 'due,halved,due,due'].includes(states), states);
    },
    open: async (ledger) => {
      const states = (await Array.fromAsync(ledger.open(feed))).map(({ state }) => state).join();
      found.add(states);
      assert.ok(['running,due', 'due,due,due'].includes(states), states);
    },
    read: async (ledger) => {
      const { state } = (await ledger.read(window(0)))?.value ?? {};
      for (const half of halves)
        assert.equal((await ledger.read(half.window))?.value.state, state === 'halved' ? 'due' : undefined);
    },
  };
  for (const [name, look] of Object.entries(looks))
    for (const who of ['one that knew the feed', 'another']) {
      for (let [steps, finished] = [0, false]; !finished; steps += 1) {
        const { store, dieAfter } = dying();
        const survivor = createStoreLedger(store);
        await survivor.write({ ...planned(0), state: 'running' }, undefined);
        await survivor.write(planned(1), undefined);
        const etag = (await survivor.read(window(0)))?.etag ?? '';
        dieAfter(steps);
        const act = createStoreLedger(store).halve({ ...planned(0), state: 'halved' }, etag, halves);
        finished = (await act.catch(() => undefined)) !== undefined;
        dieAfter(Infinity);
        const ledger = who === 'another' ? createStoreLedger(store) : survivor;
        const shown = `${name} by ${who}, killed after ${steps} steps`;
        await assert.doesNotReject(look(ledger), shown);
        for (const second of Object.values(looks)) await assert.doesNotReject(second(ledger), shown);
        assert.ok(steps < 100);
      }
    }
  assert.equal(found.size, 3);
});

test('halves that went on are not set back by who copies them once more', async () => {
  const store = createMemoryStore();
  const ledger = createStoreLedger(store);
  const etag = (await ledger.write({ ...planned(0), state: 'running' }, undefined)) ?? '';
  await ledger.halve({ ...planned(0), state: 'halved' }, etag, halves);
  for (const half of halves) await ledger.write({ ...half, state: 'done' }, (await ledger.read(half.window))?.etag);
  const states = (await Array.fromAsync(createStoreLedger(store).list(feed))).map(({ state }) => state);
  assert.deepEqual(states, ['done', 'halved', 'done']);
});

test('an open entry always has its mark, wherever one process comes between two steps of another', async () => {
  const change = async (ledger: Ledger, state: 'running' | 'done') => {
    const seen = await ledger.read(window(0));
    assert.ok(seen);
    await ledger.write({ ...seen.value, state, revision: seen.value.revision + 1 }, seen.etag);
  };
  for (const start of ['running', 'done'] as const)
    for (const one of ['running', 'done'] as const)
      for (const other of [['running'], ['done'], ['done', 'running'], ['running', 'done']] as const)
        for (let at = 0, paused = true; paused; at += 1) {
          let step = 0;
          let between: (() => Promise<void>) | undefined;
          paused = false;
          const store = createMemoryStore({
            onStep: async () => {
              if (between === undefined || step++ !== at) return;
              const act = between;
              between = undefined;
              paused = true;
              await act();
            },
          });
          const second = createStoreLedger(store);
          await second.write({ ...planned(0), state: start }, undefined);
          between = async () => {
            for (const state of other) await change(second, state);
          };
          await change(createStoreLedger(store), one);
          between = undefined;
          const seen = await second.read(window(0));
          const open = await Array.fromAsync(createStoreLedger(store).open(feed));
          assert.deepEqual(
            open,
            seen && isOpen(seen.value) ? [seen.value] : [],
            `${start}: ${other} at step ${at} of ${one}`,
          );
        }
});

test('an open entry always has its mark, whatever the order in which processes take their steps', async () => {
  const states = fc.array(fc.constantFrom('running' as const, 'done' as const), { minLength: 1, maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.array(states, { minLength: 2, maxLength: 3 }), async (scheduler, processes) => {
      let free = true;
      const store = createMemoryStore({
        onStep: (step) => (free ? undefined : scheduler.schedule(Promise.resolve(), step)),
      });
      await createStoreLedger(store).write(planned(0), undefined);
      free = false;
      const running = processes.map(async (changes) => {
        const ledger = createStoreLedger(store);
        for (const state of changes) {
          const seen = await ledger.read(window(0));
          if (seen) await ledger.write({ ...seen.value, state, revision: seen.value.revision + 1 }, seen.etag);
        }
      });
      await scheduler.waitFor(Promise.all(running));
      free = true;
      const seen = await createStoreLedger(store).read(window(0));
      const open = await Array.fromAsync(createStoreLedger(store).open(feed));
      assert.deepEqual(open, seen && isOpen(seen.value) ? [seen.value] : []);
    }),
    { numRuns: 200 },
  );
});

test('documents of a newer version and broken ones are refused with one line', async () => {
  const store = createMemoryStore();
  const ledger = createStoreLedger(store);
  await ledger.write(planned(0), undefined);
  const [document] = await Array.fromAsync(
    store.list('_insights-lake/ledger/app=shop/source=query/signal=requests/windows/'),
  );
  assert.ok(document);
  const newer = await store.put(document.name, new TextEncoder().encode('{"stateVersion": 4}'), document.etag);
  await assert.rejects(ledger.read(window(0)), /a newer version of Insights Lake wrote it .*upgrade this instance/);
  await store.put(document.name, new TextEncoder().encode('{"stateVersion": '), newer);
  await assert.rejects(
    ledger.read(window(0)),
    /^Error: read _insights-lake\/ledger\/.*\.json in memory: it is no JSON document any more/,
  );
});
