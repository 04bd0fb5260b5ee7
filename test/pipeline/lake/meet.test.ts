import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createMemoryStore } from '../../../shared/lake/store-memory.ts';
import type { Ledger, LedgerPlace, ObjectStore, Window } from '../../../shared/model.ts';
import { finishedEntry, intendedEntry, plannedEntry } from '../../../shared/pipeline/entry.ts';
import { putLakeWord, readLakeWord } from '../../../shared/pipeline/lake/lake-word.ts';
import {
  countEvery,
  faultOfLake,
  type MeetPorts,
  type Met,
  meetLake,
  NotItsLake,
} from '../../../shared/pipeline/lake/meet.ts';
import { createMemoryLedger } from '../../../shared/state/ledger-memory.ts';
import { createStoreLedger } from '../../../shared/state/ledger-store.ts';
import fc from '../../seeds.ts';
import { gated } from '../world.ts';

const here: LedgerPlace = { kind: 'table', url: 'https://one.table.core.windows.net', table: 'ledger', part: 'a1' };
const there: LedgerPlace = { ...here, url: 'https://two.table.core.windows.net' };
const window: Window = { app: 'shop', signal: 'requests', source: 'query', start: 0, end: 3_600_000 };
const path = 'requests/app=shop/date=1970-01-01/hour=00/query_19700101T0000Z_19700101T0100Z.parquet';
let ids = 0;

function meeting(lake: ObjectStore, ledger: Ledger, more: Partial<MeetPorts> = {}): MeetPorts {
  return { lake, ledger, here, now: () => 1_000_000, newId: () => `lake-${++ids}`, product: '1', ...more };
}

const putFile = async (lake: ObjectStore, name = path) => void (await lake.put(name, Buffer.from('x'), undefined));

async function putEntry(ledger: Ledger, rows: number): Promise<void> {
  const file = { path, signal: 'requests' as const, rows, bytes: 1 };
  const counts = { read: rows, written: rows, deduplicated: 0, quarantined: 0 };
  const planned = plannedEntry(window);
  const entry =
    rows === 0
      ? intendedEntry(planned, [file])
      : finishedEntry(planned, 1, { fingerprint: `rows:${rows}`, counts, asked: 1, files: [file] });
  assert.ok(await ledger.write(entry, undefined));
}

/** Both as they are after they have met; `rows`: with that many rows in a file of the one window. */
async function acquainted(rows: number) {
  const [lake, ledger] = [createMemoryStore(), createMemoryLedger()];
  await meetLake(meeting(lake, ledger));
  if (rows > 0) await putFile(lake);
  if (rows > 0) await putEntry(ledger, rows);
  return { lake, ledger };
}

/** A copy of a ledger, as it is now. */
async function copied(ledger: Ledger): Promise<Ledger> {
  const copy = createMemoryLedger();
  const mark = await ledger.mark();
  if (mark) await copy.putMark(mark.value, undefined);
  for await (const feed of ledger.feeds())
    for await (const entry of ledger.list(feed)) await copy.write(entry, undefined);
  return copy;
}

async function dropLake(lake: ObjectStore, keep: (name: string) => boolean = () => false): Promise<void> {
  for (const { name, etag } of await Array.fromAsync(lake.list(''))) if (!keep(name)) await lake.remove(name, etag);
}

interface Case {
  readonly what: string;
  readonly make: () => Promise<{ lake: ObjectStore; ledger: Ledger; here?: LedgerPlace }>;
  /** Undefined: they go on; else what is said. */
  readonly says?: RegExp;
}

const cases: readonly Case[] = [
  { what: 'both new', make: async () => ({ lake: createMemoryStore(), ledger: createMemoryLedger() }) },
  {
    what: 'a new ledger beside files of others',
    make: async () => {
      const lake = createMemoryStore();
      await putFile(lake, 'models/2026/weights.parquet');
      return { lake, ledger: createMemoryLedger() };
    },
  },
  {
    what: 'both of an earlier version',
    make: async () => {
      const [lake, ledger] = [createMemoryStore(), createMemoryLedger()];
      await putFile(lake);
      await putEntry(ledger, 3);
      return { lake, ledger };
    },
  },
  {
    what: 'both of an earlier version, killed in its first run',
    make: async () => {
      const [lake, ledger] = [createMemoryStore(), createMemoryLedger()];
      await putFile(lake);
      await putEntry(ledger, 0);
      return { lake, ledger };
    },
  },
  { what: 'acquainted, nothing run yet', make: () => acquainted(0) },
  { what: 'acquainted', make: () => acquainted(3) },
  {
    what: 'ledger lost',
    make: async () => ({ ...(await acquainted(3)), ledger: createMemoryLedger() }),
    says: /files of windows lie in this lake.*knows of none.*adopt/,
  },
  {
    what: 'ledger of an earlier version lost',
    make: async () => {
      const lake = createMemoryStore();
      await putFile(lake);
      return { lake, ledger: createMemoryLedger() };
    },
    says: /files of windows lie in this lake.*knows of none.*adopt/,
  },
  {
    what: 'ledger of another lake',
    make: async () => ({ lake: (await acquainted(3)).lake, ledger: (await acquainted(3)).ledger }),
    says: /this lake is lake-\d+, and the ledger .* describes another one, lake-\d+/,
  },
  {
    what: 'ledger elsewhere, new: a second app',
    make: async () => ({ ...(await acquainted(3)), ledger: createMemoryLedger(), here: there }),
    says: /belongs to the ledger in table https:\/\/one.*not to the one in table https:\/\/two/,
  },
  {
    what: 'ledger elsewhere, a copy',
    make: async () => {
      const { lake, ledger } = await acquainted(3);
      return { lake, ledger: await copied(ledger), here: there };
    },
    says: /which is a copy of it/,
  },
  {
    what: 'a ledger from before, with the mark of then',
    make: async () => {
      const { lake, ledger } = await acquainted(3);
      const copy = await copied(ledger);
      await meetLake(meeting(lake, ledger, { now: () => 9_000_000 }));
      return { lake, ledger: copy };
    },
    says: /older than the lake/,
  },
  {
    what: 'a copy of the ledger that was made a moment ago',
    make: async () => {
      const { lake, ledger } = await acquainted(3);
      return { lake, ledger: await copied(ledger) };
    },
    says: /was put back from a copy.*insights-lake adopt/,
  },
  {
    what: 'a ledger from before it had a mark',
    make: async () => {
      const { lake, ledger } = await acquainted(3);
      await meetLake(meeting(lake, ledger, { now: () => 9_000_000 }));
      const old = createMemoryLedger();
      await putEntry(old, 2);
      return { lake, ledger: old };
    },
    says: /older than the lake/,
  },
  {
    what: 'lake gone, an empty container of its name',
    make: async () => {
      const { lake, ledger } = await acquainted(3);
      await dropLake(lake);
      return { lake, ledger };
    },
    says: /none is here: this place is not its lake/,
  },
  {
    what: 'lake of an earlier version gone',
    make: async () => {
      const ledger = createMemoryLedger();
      await putEntry(ledger, 3);
      return { lake: createMemoryStore(), ledger };
    },
    says: /none is here: this place is not its lake/,
  },
  {
    what: 'lake emptied before it had a row',
    make: async () => {
      const { lake, ledger } = await acquainted(0);
      await dropLake(lake);
      return { lake, ledger };
    },
  },
  {
    what: 'only the documents of the lake are gone',
    make: async () => {
      const { lake, ledger } = await acquainted(3);
      await dropLake(lake, (name) => name === path);
      return { lake, ledger };
    },
    says: /lake\.json is gone, or this is another lake/,
  },
  {
    what: 'a ledger that is being adopted',
    make: async () => {
      const { lake, ledger } = await acquainted(3);
      const mark = await ledger.mark();
      await ledger.putMark({ id: 'lake-next', count: 5, adopting: true }, mark?.etag);
      return { lake, ledger };
    },
    says: /not whole yet: insights-lake adopt was interrupted/,
  },
];

describe('lake and ledger meet', () => {
  for (const { what, make, says } of cases)
    test(`${what}: ${says === undefined ? 'they go on' : 'nothing runs'}`, async () => {
      const made = await make();
      const ports = meeting(made.lake, made.ledger, made.here ? { here: made.here } : {});
      const before = [await readLakeWord(made.lake), await made.ledger.mark()];
      if (says === undefined) {
        assert.equal(await faultOfLake(ports), '');
        await meetLake(ports);
        const [word, mark] = [await readLakeWord(made.lake), await made.ledger.mark()];
        assert.ok(word && mark);
        assert.equal(word.value.id, mark.value.id);
        await meetLake(ports);
        assert.equal((await readLakeWord(made.lake))?.etag, word.etag, 'the next time costs no write');
        return;
      }
      assert.match(await faultOfLake(ports), says);
      await assert.rejects(meetLake(ports), (error) => error instanceof NotItsLake && says.test(error.message));
      assert.deepEqual([await readLakeWord(made.lake), await made.ledger.mark()], before, 'and nothing has changed');
    });

  test('two ledgers at one empty lake, at once: one is its own, the other is told', async () => {
    await fc.assert(
      fc.asyncProperty(fc.infiniteStream(fc.nat({ max: 1 })), async (turns) => {
        const waiting: (() => void)[][] = [[], []];
        const gate = (who: number) => () => new Promise<void>((go) => waiting[who]?.push(go));
        const lake = createMemoryStore();
        const apps = [here, there].map((place, who) => {
          const { head, put } = gated(lake, gate(who));
          return meetLake(meeting({ ...lake, head, put }, createMemoryLedger(), { here: place })).then(
            () => 'own',
            (error) => (error instanceof NotItsLake ? 'told' : String(error)),
          );
        });
        let over = false;
        const all = Promise.all(apps).finally(() => {
          over = true;
        });
        while (!over) {
          await new Promise((go) => setImmediate(go));
          const who = turns.next().value ?? 0;
          (waiting[who]?.shift() ?? waiting[1 - who]?.shift())?.();
        }
        assert.deepEqual((await all).toSorted(), ['own', 'told']);
      }),
      { numRuns: 60 },
    );
  });

  test('killed at any call, the next meeting makes it good', async () => {
    for (const existing of [false, true])
      for (let calls = 0; ; calls++) {
        const [lake, ledger] = [createMemoryStore(), createMemoryLedger()];
        if (existing) await putFile(lake);
        if (existing) await putEntry(ledger, 3);
        let left = calls;
        const gate = async () => {
          if (left-- === 0) throw new Error('killed');
        };
        const mortal = { ...ledger, mark: gated(ledger, gate).mark, putMark: gated(ledger, gate).putMark };
        const dying = gated(lake, gate);
        const store = { ...lake, head: dying.head, put: dying.put };
        const died = await meetLake(meeting(store, mortal)).then(
          () => false,
          () => true,
        );
        await meetLake(meeting(lake, ledger));
        assert.equal((await readLakeWord(lake))?.value.id, (await ledger.mark())?.value.id);
        if (!died) break;
      }
  });

  test('many processes count at once: none takes the ledger for an old one', async () => {
    const { lake, ledger } = await acquainted(3);
    for (let round = 1; round < 20; round++) {
      const now = () => 1_000_000 + round * 3_600_000;
      await Promise.all([1, 2, 3, 4].map(() => meetLake(meeting(lake, ledger, { now }))));
    }
    const [word, mark] = [await readLakeWord(lake), await ledger.mark()];
    assert.ok(word && mark && mark.value.count >= word.value.count && word.value.count >= 15);
  });

  test('a machine whose clock is ahead keeps nobody from counting', async () => {
    const { lake, ledger } = await acquainted(3);
    const countOf = async (now: number, before?: Met) => {
      const met = await meetLake(meeting(lake, ledger, { now: () => now }), countEvery, before);
      return { met, count: (await ledger.mark())?.value.count ?? 0 };
    };
    const ahead = await countOf(9_000_000);
    const others = await countOf(1_000_001);
    assert.equal(others.count, ahead.count + 1, 'a time to come tells nothing');
    const soon = await countOf(1_000_002);
    assert.equal(soon.count, others.count);
    assert.equal((await countOf(1_000_003, soon.met)).count, soon.count + 1, 'nobody has counted since it was here');
    const again = await countOf(9_000_001);
    assert.equal(again.count, soon.count + 2);
    const own = await countOf(1_000_004, others.met);
    assert.equal(own.count, again.count, 'who has counted waits by its own clock');
    assert.equal((await countOf(1_000_001 + countEvery, own.met)).count, own.count + 1);
  });

  test('a ledger that lies in the lake goes where the lake goes', async () => {
    const lake = createMemoryStore();
    const own = { here: { kind: 'lake' } as const };
    await meetLake(meeting(lake, createStoreLedger(lake), own));
    await putFile(lake);
    await putEntry(createStoreLedger(lake), 3);
    const moved = createMemoryStore();
    for await (const { name } of lake.list(''))
      await moved.put(name, Buffer.concat(await Array.fromAsync(lake.read(name))), undefined);
    await meetLake(meeting(moved, createStoreLedger(moved), own));
    await dropLake(moved, (name) => !name.startsWith('_insights-lake/ledger/'));
    await assert.rejects(meetLake(meeting(moved, createStoreLedger(moved), own)), /knows of none/);
  });

  test('how files are named, and were, stands in the lake: each process tells and learns it', async () => {
    const [lake, ledger] = [createMemoryStore(), createMemoryLedger()];
    const paths = async () => (await readLakeWord(lake))?.value.paths;
    const [first, second] = [new Set(['{app}/one']), new Set(['{app}/two'])];
    const meet = (templates?: Set<string>) => meetLake(meeting(lake, ledger, { ...(templates && { templates }) }));
    await meet(first);
    assert.deepEqual(await paths(), ['{app}/one']);
    await meet();
    await meet(second);
    assert.deepEqual(await paths(), ['{app}/two', '{app}/one']);
    await meet(first);
    assert.deepEqual([...second, ...first], ['{app}/two', '{app}/one', '{app}/one', '{app}/two']);
    const tag = await lake.head('_insights-lake/lake.json');
    await Promise.all([meet(first), meet(second)]);
    assert.equal(await lake.head('_insights-lake/lake.json'), tag, 'nothing new costs no write');
    // As an earlier version leaves it.
    const word = await readLakeWord(lake);
    assert.ok(word && (await putLakeWord(lake, { ...word.value, paths: [] }, word.etag)));
    const fourth = ['3', '4', '5', '6'].map((name) => new Set([`{app}/${name}`, ...second]));
    await Promise.all(fourth.map(meet));
    assert.equal((await paths())?.length, 6);
  });

  test('a word that nobody can read stops everything, too', async () => {
    for (const text of ['', '{', '{}', '{"lake":"a","ledger":{"kind":"paper"}}', 'null']) {
      const lake = createMemoryStore();
      await lake.put('_insights-lake/lake.json', Buffer.from(text), undefined);
      await assert.rejects(meetLake(meeting(lake, createMemoryLedger())), /does not say which ledger the lake has/);
    }
    const lake = createMemoryStore();
    const word = {
      id: 'a',
      madeAt: 1000,
      ledger: here,
      product: '0.1.0',
      count: 4,
      countedAt: 2000,
      markTag: 'm7',
      paths: ['{app}'],
    };
    assert.ok(await putLakeWord(lake, word, undefined));
    assert.deepEqual((await readLakeWord(lake))?.value, word);
  });
});

test('a path in the word of the lake that leads out of it is told with the name of that file', async () => {
  for (const astray of ['../{signal}/{name}', '/{signal}', 'a/./{signal}']) {
    const lake = createMemoryStore();
    const word = { id: 'one', madeAt: 0, ledger: here, product: '1', count: 0, countedAt: 0, markTag: '' };
    await putLakeWord(lake, { ...word, paths: ['', '{signal}/{name}', astray] }, undefined);
    await assert.rejects(readLakeWord(lake), (error: Error) => {
      assert.ok(error.message.startsWith('read _insights-lake/lake.json in '), error.message);
      assert.ok(error.message.includes(`its "paths" name "${astray}"`), error.message);
      return /take it out of the file/.test(error.message);
    });
  }
});
