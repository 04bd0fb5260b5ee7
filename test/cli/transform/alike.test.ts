/** Thousands of files that begin alike, as those of one exception or of one query do. */
import assert from 'node:assert/strict';
import { createHash, Hash } from 'node:crypto';
import { appendFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { assignLoose, type LooseFound } from '../../../cli/transform/assign-loose.ts';
import { looseWindows } from '../../../cli/transform/loose.ts';
import { createMemoryStore } from '../../../shared/lake/store-memory.ts';
import type { ObjectStore } from '../../../shared/model.ts';
import { contentsOf } from '../../../shared/source/blobs/loose/contents.ts';
import { createMemoryLedger } from '../../../shared/state/ledger-memory.ts';

const base = await mkdtemp(join(tmpdir(), 'insights-alike-'));
after(() => rm(base, { recursive: true }));

const record = (n: number, length: number) =>
  `${JSON.stringify({
    basicException: [{ assembly: 'System.Private.CoreLib, Version=8.0.0.0, Culture=neutral', method: `${n}` }],
    internal: { data: { id: `${n}-${length}`.padEnd(length, 'x') } },
    context: { data: { eventTime: '2026-03-04T05:00:00Z' } },
  })}\n`;
/** Of another length than all others, as far as there are 500. */
const lengthOf = (n: number) => 20 + 37 * n;

async function files(name: string, count: number): Promise<string[]> {
  const folder = join(base, name);
  await mkdir(folder, { recursive: true });
  const places = Array.from({ length: count }, (_, n) => join(folder, `part ${n}.json`));
  for (const [n, place] of places.entries()) await writeFile(place, record(n, lengthOf(n)));
  return places;
}

async function look(places: readonly string[], store: ObjectStore) {
  const request = {
    app: 'x',
    length: 3_600_000,
    replace: false,
    closed: new Map(),
    abort: new AbortController().signal,
  };
  const path = (place: string) => place.slice(base.length + 1);
  const given = [];
  for (const place of places) given.push({ path: path(place), place, contents: await contentsOf(place) });
  return looseWindows(given, request, store, createMemoryLedger());
}

/** Hashes that are told while it goes on. */
async function hashed(doing: () => Promise<unknown>): Promise<number> {
  const { digest } = Hash.prototype;
  let count = 0;
  Hash.prototype.digest = function (this: Hash, ...given: Parameters<typeof digest>) {
    count += 1;
    return digest.apply(this, given);
  } as typeof digest;
  try {
    await doing();
  } finally {
    Hash.prototype.digest = digest;
  }
  return count;
}

test('what is hashed of files that begin alike grows with them, not with their square', async () => {
  const [few, many] = [await files('few', 40), await files('many', 160)];
  const stores = [createMemoryStore(), createMemoryStore()] as const;
  const first = [await hashed(() => look(few, stores[0])), await hashed(() => look(many, stores[1]))] as const;
  assert.ok(first[0] > 80 && first[1] < 5 * first[0], `${first}: once`);
  for (const place of [...few, ...many]) await appendFile(place, record(1000, 30));
  const grown = [await hashed(() => look(few, stores[0])), await hashed(() => look(many, stores[1]))] as const;
  assert.ok(grown[0] > 80 && grown[1] < 5 * grown[0], `${grown}: grown`);
});

test('of files that begin alike those that grew, moved, or are the beginning of another are found', async () => {
  const store = createMemoryStore();
  const places = await files('found', 60);
  const names = ({ windows }: Awaited<ReturnType<typeof look>>) =>
    windows.flatMap((window) => window.files.map(({ name, path }) => [name, path.slice(base.length + 1)]));
  assert.equal(names(await look(places, store)).length, 60);
  for (const place of places) await appendFile(place, record(1000, 30));
  const moved = join(base, 'found', 'moved.json');
  await writeFile(moved, record(7, lengthOf(7)) + record(1000, 30) + record(1001, 40));
  await rm(places[7] as string);
  const others = places.filter((_, n) => n !== 7);
  const seen = names(await look([...others, moved], store));
  const wanted = others.map((place) => [place.slice(base.length + 1), place.slice(base.length + 1)]);
  assert.deepEqual(seen.sort(), [...wanted, ['found/part 7.json', 'found/moved.json']].sort());
  const copy = join(base, 'found', 'copy.json');
  await writeFile(copy, record(9, lengthOf(9)));
  const again = await look([...others, moved, copy], store);
  assert.match(again.notices.join(), /1 file holds what another holds, and counts once: found\/copy\.json/);
});

test('a file is compared with those that it can be, not with all', () => {
  let looks = 0;
  const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');
  const found = (n: number): LooseFound => ({
    ...{ path: `${n}`, place: `/a/${n}`, bytes: 100 + n, head: hashOf(''), heads: [], beginnings: new Map() },
    get hash() {
      looks += 1;
      return hashOf(`${n}`);
    },
  });
  const all = (count: number) => Array.from({ length: count }, (_, n) => found(n));
  const counted = [200, 800].map((count) => {
    looks = 0;
    const { fresh } = assignLoose([], all(count), () => false);
    const known = fresh.map(({ path, bytes, hash, head }) => ({ path, place: `/b/${path}`, bytes, hash, head }));
    assert.equal(assignLoose(known, all(count), () => false).known.length, count);
    return looks;
  }) as [number, number];
  assert.ok(counted[0] > 200 && counted[1] < 5 * counted[0], `${counted}`);
});
