/** A table and a queue whose service answers late, half, wrongly or not at all. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, beforeEach, describe, test } from 'node:test';
import { type Azurite, startAzurite } from '../../local/azurite.ts';
import { tellTime } from '../../shared/lake/missed.ts';
import { createContainerStore } from '../../shared/lake/store-container.ts';
import type { Feed, Hints, Ledger, Window } from '../../shared/model.ts';
import { plannedEntry } from '../../shared/pipeline/entry.ts';
import { createQueueHints } from '../../shared/state/hints-queue.ts';
import { createTableLedger } from '../../shared/state/ledger-table.ts';
import { frontClients, letTimePass } from '../front/clients.ts';
import { type Fate, type StorageCall, type StorageFront, startStorageFront } from '../front/storageFront.ts';

let azurite: Azurite;
let front: StorageFront;
let ledger: Ledger;
let hints: Hints;
let stopTime: () => Promise<void>;
let made = 0;
before(async () => {
  azurite = await startAzurite();
  front = await startStorageFront(azurite);
  stopTime = letTimePass(front);
});
after(async () => {
  await stopTime();
  await front.close();
  await azurite.close();
});
const table = () => frontClients(front).table(`test${made}`);
const queue = () => frontClients(front).queue(`test-${made}`);
beforeEach(async () => {
  made += 1;
  front.fate = undefined;
  ledger = createTableLedger({ client: table(), lakeId: 'lake', newId: randomUUID, now: Date.now });
  hints = createQueueHints(queue());
  await ledger.prepare();
  await hints.prepare();
  front.calls.length = 0;
});

const feed: Feed = { app: 'shop', signal: 'requests', source: 'query' };
const window: Window = { ...feed, start: 0, end: 3_600_000 };
const half = 1_800_000;
const isBatch = ({ path }: StorageCall) => path.includes('$batch');
/** The first so many calls of a kind meet that fate. */
function first(many: number, which: (call: StorageCall) => boolean, fate: Fate): (call: StorageCall) => Fate {
  let met = 0;
  return (call) => (which(call) && met++ < many ? fate : undefined);
}
const timedOut = { status: 500, code: 'OperationTimedOut' };

describe('a write of the ledger whose answer is wrong or does not come', () => {
  const fates: [string, Fate][] = [
    ['refused, done', { done: timedOut }],
    ['never answered, done', { never: 'done' }],
    ['never answered, not done', { never: 'undone' }],
    ['cut off, done', { cut: 10 }],
    ['refused', { refuse: { status: 503, code: 'ServerBusy' } }],
  ];
  for (const [name, fate] of fates)
    test(`${name}: whoever wrote it knows it as his own, in every kind of write`, async () => {
      front.fate = first(1, isBatch, fate);
      assert.ok(await ledger.plan(feed, { horizon: 1, watermark: 0 }, undefined, [plannedEntry(window)]));
      const planned = await ledger.read(window);
      assert.ok(planned);
      front.fate = first(1, isBatch, fate);
      const claimed = await ledger.write({ ...planned.value, state: 'running', revision: 1 }, planned.etag);
      assert.equal(claimed, (await ledger.read(window))?.etag);
      assert.ok(claimed !== undefined);
      front.fate = first(1, isBatch, fate);
      const done = await ledger.write({ ...planned.value, state: 'done', revision: 1 }, claimed);
      assert.ok(done !== undefined && done === (await ledger.read(window))?.etag);
      front.fate = first(1, isBatch, fate);
      assert.equal(await ledger.write({ ...planned.value, state: 'failed' }, claimed), undefined, 'truly lost');
      assert.equal((await ledger.read(window))?.value.state, 'done');
      const heavy = { ...window, start: window.end, end: 2 * window.end };
      const halves = [heavy, heavy].map((of, n) =>
        plannedEntry({ ...of, [n === 0 ? 'end' : 'start']: window.end + half }),
      );
      const entry = plannedEntry(heavy);
      const running = await ledger.write({ ...entry, state: 'running', revision: 1 }, undefined);
      front.fate = first(1, isBatch, fate);
      const tag = await ledger.halve({ ...entry, state: 'halved' }, running ?? '', halves);
      assert.ok(tag !== undefined && tag === (await ledger.read(heavy))?.etag);
      front.fate = first(1, isBatch, fate);
      await ledger.recordSweep(5);
      assert.equal(await ledger.swept(), 5);
    });

  test('a write that was done later than a newer one is refused by then', async () => {
    await ledger.write(plannedEntry(window), undefined);
    const seen = await ledger.read(window);
    assert.ok(seen);
    front.fate = first(1, isBatch, { later: timedOut });
    const tag = await ledger.write({ ...seen.value, state: 'running', revision: 1 }, seen.etag);
    assert.ok(tag !== undefined);
    await front.applyLater();
    assert.equal((await ledger.read(window))?.etag, tag);
  });

  test('another conflict is no lost race', async () => {
    for (const code of ['TableBeingDeleted', 'AccountBeingDeleted', 'OperationInProgress']) {
      front.fate = (call) => (isBatch(call) ? { refuse: { status: 409, code } } : undefined);
      await assert.rejects(ledger.write(plannedEntry(window), undefined), { code });
    }
  });

  test('what is refused as a lost race, over a row that stands as it was known, is no lost race, either', async () => {
    const etag = await ledger.write(plannedEntry(window), undefined);
    const code = 'UpdateConditionNotSatisfied';
    front.fate = (call) => (isBatch(call) ? { refuse: { status: 412, code } } : undefined);
    await assert.rejects(ledger.write({ ...plannedEntry(window), asked: 1 }, etag), { code });
    assert.equal(await ledger.write({ ...plannedEntry(window), asked: 1 }, 'before'), undefined);
    front.fate = (call) => (isBatch(call) ? { refuse: { status: 409, code: 'EntityAlreadyExists' } } : undefined);
    await assert.rejects(ledger.write(plannedEntry({ ...window, end: half }), undefined), /which nobody has/);
    assert.equal(await ledger.write(plannedEntry(window), undefined), undefined);
    // A row beside it was being put by another at that moment.
    let refusals = 0;
    front.fate = (call) => (isBatch(call) && refusals++ === 0 ? { refuse: { status: 412, code } } : undefined);
    assert.ok((await ledger.write({ ...plannedEntry(window), asked: 1 }, etag)) !== undefined);
    assert.equal(refusals, 2);
  });
});

test('no call to table or queue is without an end; an answer that breaks off is asked for again', async () => {
  await ledger.write(plannedEntry(window), undefined);
  front.fate = first(1, () => true, { stall: 60 });
  assert.equal((await Array.fromAsync(ledger.list(feed))).length, 1);
  front.fate = () => ({ never: 'undone' });
  const acts: (() => Promise<unknown>)[] = [
    () => ledger.prepare(),
    () => ledger.read(window),
    () => ledger.claimed(window),
    () => Array.fromAsync(ledger.list(feed)),
    () => Array.fromAsync(ledger.open(feed)),
    () => ledger.write(plannedEntry(window), undefined),
    () => hints.prepare(),
    () => hints.send(window, 0),
  ];
  for (const act of acts) await assert.rejects(act(), { code: 'NoAnswer' });
});

test('a queue that was deleted is made again by who misses it; one being deleted is an error', async () => {
  await queue().delete();
  await hints.send(window, 0);
  assert.equal((await queue().getProperties()).approximateMessagesCount, 1);
  front.fate = () => ({ refuse: { status: 409, code: 'QueueBeingDeleted' } });
  await assert.rejects(hints.send(window, 0), /the queue is being deleted; /);
  front.fate = ({ method }) => ({
    refuse: method === 'PUT' ? { status: 409, code: 'QueueBeingDeleted' } : { status: 404, code: 'QueueNotFound' },
  });
  await assert.rejects(hints.send(window, 0), /the queue is being deleted; /);
});

test('a table that is gone is not made again in silence', async () => {
  await ledger.write(plannedEntry(window), undefined);
  await table().deleteTable();
  await assert.rejects(ledger.read(window), /there is no such table any more; .*restore it/);
  await assert.rejects(ledger.write(plannedEntry(window), undefined), /there is no such table any more/);
});

describe('errors say since when something is missing', () => {
  let now = 0;
  const at = (time: string) => {
    now = Date.parse(`2026-11-27T${time}Z`);
  };
  before(() => tellTime(() => now));
  after(() => tellTime(undefined));

  test('a table: when it was last there, and since when it is missed, until it is there again', async () => {
    at('10:00:00');
    await ledger.write(plannedEntry(window), undefined);
    const gone: Fate = { refuse: { status: 404, code: 'TableNotFound' } };
    front.fate = () => gone;
    at('10:05:00');
    const text =
      /no such table any more; .*restore it.*; it was last there at .*10:00:00Z, .* misses it since .*10:05:00Z \(TableNotFound\)$/;
    await assert.rejects(ledger.read(window), text);
    at('11:00:00');
    await assert.rejects(ledger.prepare(), text);
    await assert.rejects(ledger.write(plannedEntry(window), undefined), text);
    await assert.rejects(Array.fromAsync(ledger.list(feed)), text);
    front.fate = undefined;
    at('12:00:00');
    await ledger.read(window);
    front.fate = () => gone;
    at('13:00:00');
    await assert.rejects(ledger.read(window), /last there at 2026-11-27T12:00:00Z, .* since 2026-11-27T13:00:00Z/);
  });

  test('a queue that may not be made: that it is missing, and not that making it was refused', async () => {
    at('10:00:00');
    front.fate = ({ method }) => ({
      refuse:
        method === 'PUT'
          ? { status: 403, code: 'AuthorizationPermissionMismatch' }
          : { status: 404, code: 'QueueNotFound' },
    });
    const lost = createQueueHints(frontClients(front).queue(`never-${made}`));
    await assert.rejects(
      lost.send(window, 0),
      /no such queue, and this identity may not make it; create it, .*Contributor \(Q/,
    );
    at('10:07:00');
    await assert.rejects(
      lost.send(window, 0),
      /; this process, which never saw it, misses it since 2026-11-27T10:00:00Z/,
    );
  });

  test('a container of the lake, whatever is asked of it', async () => {
    at('10:00:00');
    const client = frontClients(front).container(`test-${made}`);
    const store = createContainerStore({ client, prefix: 'lake', newId: randomUUID, pause: async () => {} });
    await store.prepare();
    at('10:01:00');
    assert.equal(await store.head('none'), undefined, 'a blob that is missing says that the container is there');
    front.fate = () => ({ refuse: { status: 404, code: 'ContainerNotFound' } });
    at('10:05:00');
    const calls: (() => Promise<unknown>)[] = [
      () => store.head('x'),
      () => store.put('x', new Uint8Array(1), undefined),
      () => store.remove('x', 'tag'),
      () => Array.fromAsync(store.list('')),
      () => Array.fromAsync(store.folders('')),
      () => Array.fromAsync(store.read('x')),
    ];
    for (const call of calls) {
      await assert.rejects(
        call(),
        /no such container; .*; it was last there at .*10:01:00Z, .* since .*10:05:00Z \(ContainerNotFound\)$/,
      );
      at('10:20:00');
    }
  });
});
