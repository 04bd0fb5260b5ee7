import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Window } from '../../../shared/model.ts';
import { auditLake } from '../../../shared/pipeline/audit/audit-lake.ts';
import { auditFiles, commonStart } from '../../../shared/pipeline/audit/lake-slice.ts';
import { runWindow } from '../../../shared/pipeline/run.ts';
import { hashOf } from '../../../shared/pure/hash-of.ts';
import { openedLedger } from '../opened.ts';
import { day, dayWindow, type KeptWorld, keptWorld } from '../retention/kept-world.ts';

/** A world whose runs note tag and hash of what they put, as the app's do. */
async function world(table: boolean, days: number, source = 'query') {
  const here = keptWorld(table);
  const hash = async (content: unknown) => hashOf(piecesOf(content));
  const ports = (): ReturnType<KeptWorld['ports']> => ({ ...here.ports({ requests: 'row' }), hash });
  const bring = async (window: Window) => {
    here.clock.advance(Math.max(0, window.end - here.clock.now()));
    return runWindow(window, ports());
  };
  for (let n = 0; n < days; n += 1) await here.bring(dayWindow(n, 'requests', source));
  // Once more, with what the app notes.
  for (let n = 0; n < days; n += 1) await again(dayWindow(n, 'requests', source));
  async function again(window: Window) {
    const seen = await here.ledger.read(window);
    assert.ok(seen);
    await here.ledger.write({ ...seen.value, again: true, notBefore: 0, fingerprint: 'other' }, seen.etag);
    assert.equal((await bring(window)).state, 'done');
  }
  here.clock.advance(1000);
  const look = (repair = true, more: { keptSince?: () => number; limit?: number } = {}) =>
    auditFiles(repair, {
      ...{ ledger: here.ledger, lake: here.lake, clock: here.clock, limit: 240, ...more },
      ...(ports().tables && { tables: here.ports({}).tables ?? assert.fail() }),
      hash: hashOf,
    });
  const fileOf = async (n: number) => {
    const seen = await here.ledger.read(dayWindow(n, 'requests', source));
    return seen?.value.files.find(({ rows }) => rows > 0) ?? assert.fail(`day ${n} has no file`);
  };
  const put = async (path: string, text: string) => {
    assert.ok(await here.memory.put(path, Buffer.from(text), await here.memory.head(path)));
  };
  const remove = async (path: string) => {
    assert.ok(await here.memory.remove(path, (await here.memory.head(path)) ?? ''));
  };
  const open = async () =>
    (await Array.fromAsync(here.ledger.open(dayWindow(0, 'requests', source)), (entry) => entry))
      .filter(({ again: asked }) => asked)
      .map(({ window }) => window.start / day);
  const mend = async () => {
    for (const n of await open()) assert.equal((await bring(dayWindow(n, 'requests', source))).state, 'done');
    here.clock.advance(1000);
  };
  return { ...here, look, fileOf, put, remove, open, mend };
}

async function* piecesOf(content: unknown): AsyncGenerator<Uint8Array> {
  const { files } = content as { readonly files: readonly string[] };
  yield Buffer.from(files.join(''));
}

for (const table of [false, true])
  for (const source of ['query', 'continuous'])
    describe(`files of ${source} windows, ${table ? 'in tables' : 'plain'}`, () => {
      test('deleted, altered, cut and replaced files are named, and just their windows run again', async () => {
        const here = await world(table, 10, source);
        const quiet = await here.look();
        assert.deepEqual([quiet[0]?.windows, quiet[0]?.wrong, quiet[0]?.repaired, quiet[0]?.read], [10, [], 0, 0]);
        const [gone, altered, longer, touched] = [
          (await here.fileOf(2)).path,
          (await here.fileOf(4)).path,
          (await here.fileOf(6)).path,
          (await here.fileOf(8)).path,
        ];
        await here.remove(gone);
        await here.put(altered, 'bad');
        await here.put(longer, 'row and more');
        await here.put(touched, 'row');
        const named = await here.look(false);
        const wrong = (named[0]?.wrong ?? []).map(({ path, problem }) => [path, problem]);
        assert.deepEqual(wrong, [
          [gone, 'missing'],
          [altered, 'altered'],
          [longer, 'differs'],
        ]);
        assert.deepEqual([named[0]?.repaired, named[0]?.touched, await here.open()], [0, 1, []]);
        const repaired = await here.look();
        assert.equal(repaired[0]?.touched, 0, 'its new tag is known: it is not read again');
        assert.deepEqual([repaired[0]?.repaired, await here.open()], [3, [2, 4, 6]]);
        await here.mend();
        const mended = await here.look();
        assert.deepEqual([mended[0]?.wrong, mended[0]?.repaired], [[], 0]);
      });

      test('the command sees what is altered, too', async () => {
        const here = await world(table, 3, source);
        await here.put((await here.fileOf(1)).path, 'bad');
        const { ledger, lake, clock } = here;
        const request = { start: 0, end: 100 * day, app: '', signals: [], repair: false };
        const tables = here.ports({}).tables;
        const found = await auditLake(request, {
          ...{ ledger, lake, clock, hash: hashOf },
          ...(tables && { tables }),
        });
        assert.deepEqual(
          found.feeds[0]?.wrong.map(({ problem }) => problem),
          ['altered'],
        );
      });
    });

test('whose windows run again is said before, so that the planner looks there', async () => {
  const here = await world(false, 3);
  for (const n of [0, 2]) await here.remove((await here.fileOf(n)).path);
  const { ledger, opened } = openedLedger(here.ledger);
  const found = await auditFiles(true, { ledger, lake: here.lake, clock: here.clock, limit: 240, hash: hashOf });
  assert.deepEqual([found[0]?.repaired, opened], [2, { said: 2, unsaid: 0 }]);
});

test('rows that the source no longer has are only named', async () => {
  const here = await world(false, 10);
  await here.remove((await here.fileOf(1)).path);
  await here.remove((await here.fileOf(8)).path);
  const found = await here.look(true, { keptSince: () => 5 * day });
  assert.deepEqual([found[0]?.wrong.length, found[0]?.lost, found[0]?.repaired], [2, 1, 1]);
  assert.deepEqual(await here.open(), [8]);
});

test('where most of a feed is gone nothing runs before somebody looked, no more than the limit', async () => {
  const here = await world(false, 100);
  for (let n = 85; n < 100; n += 1) await here.remove((await here.fileOf(n)).path);
  const some = await here.look(true, { limit: 7 });
  assert.deepEqual([some[0]?.held, some[0]?.repaired], [false, 7]);
  const whole = await world(false, 60);
  for (let n = 0; n < 60; n += 1) await whole.remove((await whole.fileOf(n)).path);
  const found = await whole.look();
  assert.deepEqual([found[0]?.held, found[0]?.repaired, await whole.open()], [true, 0, []]);
});

test('every file is looked at within four weeks, however old, by few listings', async () => {
  const days = 200;
  const here = await world(false, days);
  const looked = new Set<string>();
  let lists = 0;
  for (let n = 0; n < 28; n += 1) {
    const lake = {
      ...here.lake,
      list: (prefix: string) => {
        lists += 1;
        return here.lake.list(prefix);
      },
    };
    const before = { ...here.ledger };
    const ledger = {
      ...before,
      list: async function* (...args: Parameters<typeof before.list>) {
        for await (const entry of before.list(...args)) {
          if (args[1] !== undefined) for (const { path } of entry.files) looked.add(path);
          yield entry;
        }
      },
    };
    await auditFiles(true, { ledger, lake, clock: here.clock, limit: 240, hash: hashOf });
    here.clock.advance(day);
  }
  assert.equal(looked.size, days);
  assert.ok(lists <= 2 * 28, `${lists} listings`);
});

test('what paths have in common', () => {
  assert.equal(commonStart(['a/app=x/date=2026-01-01/f', 'a/app=x/date=2026-01-12/f']), 'a/app=x/date=2026-01-');
  assert.equal(commonStart(['one']), 'one');
  assert.equal(commonStart([]), '');
});
