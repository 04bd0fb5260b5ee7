/** A container whose service answers late, half, wrongly or not at all. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { type Azurite, startAzurite } from '../../local/azurite.ts';
import { createContainerStore } from '../../shared/lake/store-container.ts';
import type { ObjectStore } from '../../shared/model.ts';
import { frontClients, letTimePass } from '../front/clients.ts';
import { type Fate, type StorageCall, type StorageFront, startStorageFront } from '../front/storageFront.ts';

/** Of storage, which lives beside this process. */
const wall = { setTimeout };
let azurite: Azurite;
let front: StorageFront;
let store: ObjectStore;
let stopTime: () => Promise<void>;
let containers = 0;
const container = () => frontClients(front).container(`test-${containers}`);
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
beforeEach(async () => {
  containers += 1;
  front.fate = undefined;
  await container().create();
  store = createContainerStore({ client: container(), prefix: 'lake', newId: randomUUID, pause: async () => {} });
  front.calls.length = 0;
});

const bytes = (text: string) => new TextEncoder().encode(text);
const isPut = ({ method }: StorageCall) => method === 'PUT';
const isGet = ({ method }: StorageCall) => method === 'GET';
/** The first so many calls of a kind meet that fate. */
function first(many: number, which: (call: StorageCall) => boolean, fate: Fate): (call: StorageCall) => Fate {
  let met = 0;
  return (call) => (which(call) && met++ < many ? fate : undefined);
}
const textOf = async (name: string, range?: Parameters<ObjectStore['read']>[1]) =>
  Buffer.concat(await Array.fromAsync(store.read(name, range))).toString();
const count = (which: (call: StorageCall) => boolean) => front.calls.filter(which).length;

const busy = { status: 503, code: 'ServerBusy' };
const timedOut = { status: 500, code: 'OperationTimedOut' };

describe('a put whose answer is wrong or does not come', () => {
  const fates: [string, Fate][] = [
    ['refused, done', { done: timedOut }],
    ['never answered, done', { never: 'done' }],
    ['never answered, not done', { never: 'undone' }],
    ['cut off, done', { cut: 0 }],
    ['refused', { refuse: busy }],
  ];
  for (const [name, fate] of fates)
    test(`${name}: is put once more, and known as its own`, async () => {
      front.fate = first(1, isPut, fate);
      const tag = await store.put('a', bytes('one'), undefined);
      assert.ok(tag !== undefined, 'it is not taken for another’s');
      assert.equal(await store.head('a'), tag);
      front.fate = first(1, isPut, fate);
      const next = await store.put('a', bytes('two'), tag);
      assert.ok(next !== undefined && next !== tag);
      assert.equal(await textOf('a'), 'two');
      assert.equal(await store.put('a', bytes('three'), tag), undefined, 'a race that was truly lost stays lost');
    });

  test('in blocks: likewise', async () => {
    const big = new Uint8Array(66 * 1024 * 1024);
    const client = frontClients(front).container(`test-${containers}`);
    const patient = createContainerStore({ client, prefix: 'lake', newId: randomUUID });
    front.fate = first(1, ({ path }) => path.includes('comp=blocklist'), { done: timedOut });
    const tag = await patient.put('big', big, undefined);
    assert.ok(tag !== undefined && tag === (await patient.head('big')));
  });

  test('refused and done later: what was put since wins', async () => {
    front.fate = first(1, isPut, { later: timedOut });
    const tag = await store.put('a', bytes('one'), undefined);
    assert.ok(tag !== undefined);
    assert.equal(await front.applyLater(), 1);
    assert.equal(await store.head('a'), tag);
  });

  test('never, again and again: two tries, the reason, an end', async () => {
    front.fate = () => ({ never: 'undone' });
    const error = await store.put('a', bytes('one'), undefined).catch((caught: Error) => caught);
    assert.ok(error instanceof Error && 'code' in error);
    assert.equal(error.code, 'NoAnswer');
    assert.match(error.message, /^put http:.*lake\/a: no answer, asked twice; check the network/);
    assert.equal(front.calls.length, 2);
  });
});

test('every other call has an end, too', async () => {
  front.fate = () => ({ never: 'undone' });
  const acts: (() => Promise<unknown>)[] = [
    () => store.prepare(),
    () => store.head('a'),
    () => store.remove('a', 'tag'),
    () => Array.fromAsync(store.list('')),
    () => Array.fromAsync(store.folders('')),
    () => textOf('a'),
    () => store.put('big', new Uint8Array(66 * 1024 * 1024), undefined),
  ];
  for (const act of acts) await assert.rejects(act(), { code: 'NoAnswer' });
});

test('a listing that stands still in the middle is asked for once more', async () => {
  await store.put('a', bytes('one'), undefined);
  front.fate = first(1, isGet, { stall: 40 });
  assert.deepEqual(
    (await Array.fromAsync(store.list(''))).map(({ name }) => name),
    ['a'],
  );
  front.fate = first(1, isGet, { cut: 40 });
  assert.equal((await Array.fromAsync(store.list(''))).length, 1);
});

describe('a download that breaks', () => {
  const text = Array.from({ length: 20_000 }, (_, n) => `line ${n}\n`).join('');

  test('goes on from where it stopped, pinned to its tag, however often, as long as some bytes come', async () => {
    const tag = await store.put('a', bytes(text), undefined);
    front.calls.length = 0;
    let turn = 0;
    front.fate = (call) => {
      if (!isGet(call)) return undefined;
      turn += 1;
      if (turn > 24) return undefined;
      return turn % 2 === 0 ? { cut: 5_000 } : { stall: 5_000 };
    };
    assert.equal(await textOf('a'), text);
    const gets = front.calls.filter(isGet);
    assert.ok(gets.length >= 24);
    assert.ok(gets.slice(1).every(({ headers }) => headers['if-match'] === `"${tag}"`));
    const starts = gets.map(({ headers }) =>
      Number(/bytes=(\d+)-/.exec(String(headers['x-ms-range'] ?? ''))?.[1] ?? 0),
    );
    assert.deepEqual(
      starts,
      starts.toSorted((one, other) => one - other),
    );
    assert.ok((starts.at(-1) ?? 0) > 100_000, 'not from the start');
  });

  test('a range, too', async () => {
    await store.put('a', bytes(text), undefined);
    front.fate = first(3, isGet, { cut: 3_000 });
    assert.equal(await textOf('a', { start: 1_000, end: 50_000 }), text.slice(1_000, 50_000));
  });

  test('without a byte more it is given up, after few calls', async () => {
    await store.put('a', bytes(text), undefined);
    front.calls.length = 0;
    front.fate = (call) => (isGet(call) ? { cut: 0 } : undefined);
    await assert.rejects(textOf('a'), /the connection broke/);
    assert.ok(count(isGet) <= 30, `${count(isGet)}`);
  });

  test('with a few bytes each time it is given up as well', async () => {
    await store.put('a', bytes(text), undefined);
    front.calls.length = 0;
    front.fate = (call) => (isGet(call) ? { stall: 20 } : undefined);
    await assert.rejects(textOf('a'), /the connection broke \(around byte 60: .* 60 bytes came in 1\d\d s\)/);
    assert.equal(count(isGet), 3);
  });

  for (const [trickle, pause] of [
    [1, 3_000],
    [40, 1_000],
    [1_000, 5_000],
  ] as const)
    test(`${trickle} bytes each ${pause / 1000} s for ever: it ends within four minutes, and says how much came`, async () => {
      await store.put('a', bytes(text), undefined);
      front.calls.length = 0;
      front.fate = (call) => (isGet(call) ? { trickle, pause } : undefined);
      const began = Date.now();
      const error = await textOf('a').catch((caught: Error) => caught);
      const took = (Date.now() - began) / 1000;
      if (trickle === 1_000) {
        // Each minute brings it on, so it goes on from where it was.
        assert.equal(error, text);
        assert.ok(count(isGet) <= 20, `${count(isGet)}`);
        return;
      }
      assert.match(String(error), /around byte \d+: however often it was asked for, \d+ bytes came in 1\d\d s/);
      assert.ok(took <= 240 && count(isGet) <= 4, `${took} s, ${count(isGet)} calls`);
    });

  test('replaced meanwhile, it is no whole of two halves', async () => {
    const tag = await store.put('a', bytes(text), undefined);
    front.fate = first(1, isGet, { cut: 5_000 });
    const pieces = store.read('a');
    await pieces[Symbol.asyncIterator]().next();
    await store.put('a', bytes(text.toUpperCase()), tag);
    await assert.rejects(Array.fromAsync(pieces), { code: 'ConditionNotMet' });
  });

  test('an append blob that has grown meanwhile is gone on with; one that was made anew is not', async () => {
    const blob = container().getAppendBlobClient('lake/log');
    const half = text.length / 2;
    for (const again of [false, true]) {
      await blob.create();
      await blob.appendBlock(text.slice(0, half), half);
      front.fate = first(1, isGet, { cut: 5_000 });
      const pieces = store.read('log', { start: 0, end: half });
      const [read, next] = [[] as Uint8Array[], pieces[Symbol.asyncIterator]()];
      read.push((await next.next()).value);
      if (again) {
        await blob.delete();
        await new Promise((resolve) => wall.setTimeout(resolve, 1100)); // its time of creation has whole seconds
        await blob.create();
      }
      await blob.appendBlock(text.slice(half), text.length - half);
      const rest = Array.fromAsync({ [Symbol.asyncIterator]: () => next });
      if (again) await assert.rejects(rest, { code: 'ConditionNotMet' });
      else assert.equal(Buffer.concat([...read, ...(await rest)]).toString(), text.slice(0, half));
      await blob.deleteIfExists();
    }
  });

  test('slow but alive, it survives', async () => {
    await store.put('a', bytes(text), undefined);
    for (const [trickle, pause] of [
      [20_000, 100],
      [20_000, 10_000],
    ] as const) {
      front.calls.length = 0;
      front.fate = first(1, isGet, { trickle, pause });
      assert.equal(await textOf('a'), text);
      assert.equal(count(isGet), 1);
    }
  });
});

test('files on disk are sent whole on every try', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'faults-'));
  await writeFile(join(folder, 'a'), 'x'.repeat(3_000_000));
  front.fate = first(1, isPut, { never: 'undone' });
  await store.put('a', { files: [join(folder, 'a')], bytes: 3_000_000 }, undefined);
  assert.equal((await textOf('a')).length, 3_000_000);
  await rm(folder, { recursive: true });
});
