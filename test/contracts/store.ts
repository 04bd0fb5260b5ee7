/** What every ObjectStore must do. Runs on the one in memory, in a folder, and in a container of Azurite. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Content, ObjectStore } from '../../shared/model.ts';

export interface StoreContract {
  /** An empty store; called once per test. */
  readonly make: () => Promise<ObjectStore>;
}

const bytes = (text: string) => new TextEncoder().encode(text);

export async function textOf(
  store: ObjectStore,
  name: string,
  range?: { start: number; end: number; etag?: string },
): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of store.read(name, range)) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

async function sha256(pieces: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of pieces) hash.update(piece);
  return hash.digest('hex');
}

async function must<T>(value: Promise<T | undefined>): Promise<T> {
  const found = await value;
  assert.ok(found !== undefined);
  return found;
}

/** A local file of so many MiB, no two of them alike. */
async function bigFile(path: string, mib: number, seed: number): Promise<{ path: string; bytes: number }> {
  const file = await open(path, 'w');
  for (let n = 0; n < mib; n += 1) {
    const block = Buffer.alloc(1024 * 1024, createHash('sha512').update(`${seed} ${n}`).digest());
    await file.write(block);
  }
  await file.close();
  return { path, bytes: mib * 1024 * 1024 };
}

export function storeContract(name: string, { make }: StoreContract): void {
  describe(`store contract: ${name}`, () => {
    let work = '';
    before(async () => {
      work = await mkdtemp(join(tmpdir(), 'store-'));
    });
    after(() => rm(work, { recursive: true, force: true }));

    test('prepare can be called again, and leaves a place that can be written', async () => {
      const store = await make();
      await store.prepare();
      await Promise.all([store.prepare(), store.prepare()]);
      assert.ok(await store.put('a', bytes('1'), undefined));
      assert.doesNotMatch(store.place, /sig=|AccountKey/);
    });

    test('put creates only what is not there, and replaces only what has not changed', async () => {
      const store = await make();
      assert.equal(await store.head('x/a.txt'), undefined);
      assert.equal(await store.put('x/a.txt', bytes('0'), 'abc'), undefined, 'a tag where nothing is');
      const one = await must(store.put('x/a.txt', bytes('one'), undefined));
      assert.equal(await store.head('x/a.txt'), one);
      assert.equal(await store.put('x/a.txt', bytes('two'), undefined), undefined, 'it exists');
      assert.equal(await textOf(store, 'x/a.txt'), 'one');
      const two = await must(store.put('x/a.txt', bytes('two'), one));
      assert.notEqual(two, one);
      assert.equal(await store.put('x/a.txt', bytes('three'), one), undefined, 'it changed');
      assert.equal(await textOf(store, 'x/a.txt'), 'two');
    });

    test('every put gives a tag that was never there before', async () => {
      const store = await make();
      const tags = new Set<string>();
      let tag: string | undefined;
      for (let n = 0; n < 30; n += 1) {
        tag = await must(store.put('same', bytes('same'), tag));
        assert.ok(!tags.has(tag), `put ${n}`);
        tags.add(tag);
        if (n % 5 === 4) {
          assert.equal(await store.remove('same', tag), true);
          tag = undefined;
        }
      }
    });

    test('remove', async () => {
      const store = await make();
      const one = await must(store.put('x/y/a', bytes('1'), undefined));
      const two = await must(store.put('x/y/a', bytes('2'), one));
      assert.equal(await store.remove('x/y/a', one), false);
      assert.equal(await textOf(store, 'x/y/a'), '2');
      assert.equal(await store.remove('x/y/a', two), true);
      assert.equal(await store.head('x/y/a'), undefined);
      assert.equal(await store.remove('x/y/a', two), true, 'gone already');
      assert.ok(await store.put('x/y/a', bytes('3'), undefined), 'and it can be put again');
    });

    test('of conditional puts at once, exactly one wins', async () => {
      const store = await make();
      const race = (etag: string | undefined) =>
        Promise.all(Array.from({ length: 8 }, (_, n) => store.put('raced', bytes(`${n}`), etag)));
      let etag: string | undefined;
      for (let round = 0; round < 5; round += 1) {
        const tags = await race(etag);
        const won = tags.filter((tag) => tag !== undefined);
        assert.equal(won.length, 1);
        etag = won[0];
        assert.equal(await store.head('raced'), etag);
        assert.equal(await textOf(store, 'raced'), `${tags.indexOf(etag)}`);
      }
    });

    test('counting by read, add, put loses nothing', async () => {
      const store = await make();
      await store.put('counter', bytes('0'), undefined);
      const addOne = async (): Promise<void> => {
        const etag = await must(store.head('counter'));
        const seen = await textOf(store, 'counter', { start: 0, end: 100, etag }).catch(() => undefined);
        if (seen !== undefined && (await store.put('counter', bytes(`${Number(seen) + 1}`), etag)) !== undefined)
          return;
        await addOne();
      };
      await Promise.all(
        Array.from({ length: 4 }, async () => {
          for (let n = 0; n < 10; n += 1) await addOne();
        }),
      );
      assert.equal(await textOf(store, 'counter'), '40');
    });

    test('names with spaces, percent signs, unicode', async () => {
      const store = await make();
      const names = [
        "a b/ü 日本 🚀/%20%2F 100%/x+y=z&#;'(1)~@!.txt",
        'a%20b',
        'a b.txt',
        'a+b',
        'Ångström/é',
        'resourceId=/SUB/x',
        '_a/.b/c',
      ].sort();
      for (const each of names) assert.ok(await store.put(each, bytes(each), undefined), each);
      for (const each of names) assert.equal(await textOf(store, each), each);
      assert.deepEqual((await Array.fromAsync(store.list(''))).map((object) => object.name).sort(), names);
      for (const each of names) assert.equal(await store.remove(each, await must(store.head(each))), true, each);
      assert.deepEqual(await Array.fromAsync(store.list('')), []);
    });

    test('list and folders: by prefix, in order', async () => {
      const store = await make();
      const all = ['a/1', 'a/b/2', 'a-b/3', 'a.b', 'ab/4', 'b/c/d/5', 'b/c/e/6', 'B/7'].sort();
      for (const each of all) await store.put(each, bytes(each), undefined);
      const listed = async (prefix: string) => (await Array.fromAsync(store.list(prefix))).map((object) => object.name);
      assert.deepEqual(await listed(''), all);
      for (const prefix of ['a', 'a/', 'a/b', 'b/c', 'b/c/', 'b/c/d/5', 'x', 'b/x/', 'b/c/d/5/']) {
        const expected = all.filter((each) => each.startsWith(prefix));
        assert.deepEqual(await listed(prefix), expected, prefix);
      }
      const folders: [string, string[]][] = [
        ['', ['B/', 'a-b/', 'a/', 'ab/', 'b/']],
        ['a/', ['a/b/']],
        ['b/c/', ['b/c/d/', 'b/c/e/']],
        ['b/c/d/', []],
        ['nothing/', []],
      ];
      for (const [prefix, expected] of folders)
        assert.deepEqual(await Array.fromAsync(store.folders(prefix)), expected, prefix);
      for await (const object of store.list('')) {
        assert.deepEqual({ ...object, etag: await store.head(object.name) }, object);
        assert.equal(object.bytes, object.name.length);
        assert.equal(object.archived, false);
      }
    });

    // Pages of the service hold 5,000: container-service.test.ts goes through those.
    test('list: 300 objects', async () => {
      const store = await make();
      const expected = Array.from(
        { length: 300 },
        (_, n) => `many/${String(n % 7)}/${String(n).padStart(5, '0')}`,
      ).sort();
      const queue = expected.values();
      const putSome = async () => {
        for (const each of queue) await store.put(each, bytes(''), undefined);
      };
      await Promise.all(Array.from({ length: 8 }, putSome));
      assert.deepEqual(
        (await Array.fromAsync(store.list('many/'))).map((object) => object.name),
        expected,
      );
      for await (const object of store.list('many/')) {
        assert.equal(object.name, expected[0]);
        break;
      }
    });

    test('read: ranges', async () => {
      const store = await make();
      const text = '0123456789'.repeat(300_000);
      await store.put('big', bytes(text), undefined);
      await store.put('empty', bytes(''), undefined);
      const ranges = [
        [0, 1],
        [5, 5],
        [7, 3],
        [9, 12],
        [1_048_575, 1_048_577],
        [2_999_999, 3_000_000],
        [2_999_990, 9_000_000],
        [3_000_000, 4_000_000],
        [9_000_000, 9_000_001],
        [0, Infinity],
      ] as const;
      for (const [start, end] of ranges)
        assert.equal(
          await textOf(store, 'big', { start, end }),
          text.slice(start, Math.max(start, end)),
          `${start}–${end}`,
        );
      assert.equal(await textOf(store, 'big'), text);
      assert.equal(await textOf(store, 'empty'), '');
      assert.equal(await textOf(store, 'empty', { start: 0, end: 10 }), '');
      for await (const piece of store.read('big')) assert.ok(piece.byteLength <= 1024 * 1024, 'streams are bounded');
    });

    test('read: fails when the object is gone or changed', async () => {
      const store = await make();
      const one = await must(store.put('x', bytes('one'), undefined));
      assert.equal(await textOf(store, 'x', { start: 0, end: 3, etag: one }), 'one');
      const two = await must(store.put('x', bytes('two'), one));
      await assert.rejects(textOf(store, 'x', { start: 0, end: 3, etag: one }), /changed/);
      await store.remove('x', two);
      await assert.rejects(textOf(store, 'x', { start: 0, end: 3, etag: two }), /gone|changed/);
      await assert.rejects(textOf(store, 'x'), /gone/);
    });

    test('read: an object that is replaced under the reader is never mixed with the new one', async () => {
      const store = await make();
      const size = 12 * 1024 * 1024;
      const etag = await must(store.put('x', new Uint8Array(size).fill(1), undefined));
      const pieces: Uint8Array[] = [];
      const reading = async () => {
        for await (const piece of store.read('x', { start: 0, end: size, etag })) {
          if (pieces.length === 0) assert.ok(await store.put('x', new Uint8Array(size).fill(2), etag));
          pieces.push(piece);
        }
      };
      const failed = await reading().then(
        () => false,
        () => true,
      );
      const whole = Buffer.concat(pieces);
      assert.ok(whole.every((byte) => byte === 1));
      assert.ok(failed || whole.byteLength === size);
    });

    test('put: local files one after the other, and nothing when they are not as announced', async () => {
      const store = await make();
      const one = await bigFile(join(work, 'one'), 1, 1);
      const two = await bigFile(join(work, 'two'), 2, 2);
      const content: Content = { files: [one.path, two.path, one.path], bytes: 4 * 1024 * 1024 };
      const tag = await must(store.put('files', content, undefined));
      assert.equal(await store.head('files'), tag);
      const twice = { files: [two.path, one.path], bytes: 3 * 1024 * 1024 };
      assert.equal(await store.put('files', twice, undefined), undefined);
      assert.ok(await store.put('files', twice, tag));
      for (const wrong of [
        { ...twice, bytes: 5 },
        { ...twice, bytes: 9_999_999 },
        { files: [join(work, 'none')], bytes: 1 },
      ]) {
        await assert.rejects(store.put('wrong', wrong, undefined), /announced|gone|ENOENT/);
      }
      assert.equal(await store.head('wrong'), undefined);
      assert.ok(await store.put('nothing', { files: [], bytes: 0 }, undefined));
      assert.equal(await textOf(store, 'nothing'), '');
    });

    test('put: 67 MiB, more than one request takes, from several attempts; one wins with its own bytes', async () => {
      const store = await make();
      const files = await Promise.all([bigFile(join(work, 'a'), 61, 3), bigFile(join(work, 'b'), 6, 4)]);
      const [a, b] = files.map(({ path }) => path) as [string, string];
      const size = 67 * 1024 * 1024;
      const attempts: Content[] = [
        { files: [a, b], bytes: size },
        { files: [b, a], bytes: size },
      ];
      let etag: string | undefined;
      for (let round = 0; round < 2; round += 1) {
        const tags = await Promise.all(attempts.map((content) => store.put('huge', content, etag)));
        const winner = tags.findIndex((tag) => tag !== undefined);
        assert.equal(tags.filter((tag) => tag !== undefined).length, 1);
        etag = tags[winner];
        assert.equal(await store.head('huge'), etag);
        const order = winner === 0 ? [a, b] : [b, a];
        const expected = await sha256(concatenated(order));
        assert.equal(await sha256(store.read('huge')), expected);
      }
    });
  });
}

async function* concatenated(paths: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const path of paths) {
    const file = await open(path);
    yield* file.createReadStream();
  }
}
