import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { createEngine, engineDefaults } from '../../shared/engine/engine.ts';
import type { Chunk, Draft, Engine, Output } from '../../shared/model.ts';
import { noShape } from '../../shared/signals/shape.ts';
import { createJobEngine } from '../../shared/wire/jobs.ts';
import { hour, jsonLines, windowOf, workFolder } from '../engine/chunks.ts';

const output: Output = { format: 'ndjson', gzip: false, partition: 'hour', path: '' };
const shaping = {
  signals: { requests: { ...noShape, hash: ['name'] } },
  key: { reveal: () => 'a key of more than sixteen signs' },
};
const settings = { ...engineDefaults, output, shaping };
const jobs = createJobEngine(settings, 2);
after(() => jobs.close());

const request = (id: string): object => ({
  request: [{ id, name: 'GET /' }],
  internal: { data: { id } },
  context: { data: { eventTime: new Date(hour).toISOString() } },
});

function chunkOf(text: string): Chunk {
  const bytes = new Uint8Array(Buffer.from(text));
  const segments = [{ blob: 'a.blob', offset: 0, position: 0, length: bytes.length }];
  return { bytes, layout: 'continuous', columns: [], segments, faults: [] };
}

/** Two chunks in the same memory, as a reader makes them. */
async function drafted(engine: Engine, ids: readonly string[]) {
  const draft: Draft = await engine.begin(windowOf('requests'), workFolder(), 3);
  const files = [];
  const chunk = chunkOf(jsonLines(ids.map(request)));
  files.push(...(await draft.add(chunk)));
  chunk.bytes.set(Buffer.from(jsonLines(ids.map((id) => request(id.toUpperCase())))));
  files.push(...(await draft.add(chunk)));
  files.push(...(await draft.add(chunkOf('no record\n'))));
  files.push(...(await draft.finish()));
  const { counts, drift } = draft;
  await draft.close();
  await draft.close();
  return { counts, drift, texts: files.map(({ content }) => readFileSync(content.files[0] ?? '', 'utf8')) };
}

test('threads make the files that one makes, several drafts at once', async () => {
  const ids = ['abc', 'bcd', 'cde', 'def', 'efg'];
  const own = await Promise.all(ids.map((id) => drafted(createEngine(settings), [id])));
  assert.deepEqual(await Promise.all(ids.map((id) => drafted(jobs, [id]))), own);
  assert.deepEqual(own[0]?.counts, { read: 2, written: 2, deduplicated: 0, quarantined: 1 });
  assert.match(own[0]?.texts[0] ?? '', /"name":"[0-9a-f]{64}"/);
});

test('a thread takes back what came of an answer that proves to be none', async () => {
  const columns = ['timestamp', 'itemId', 'name'].map((name) => ({ name, type: 'string' }));
  const chunk = (id: string, more: Partial<Chunk> = {}): Chunk => {
    const text = jsonLines([[new Date(hour).toISOString(), id, 'GET /']]);
    return { ...chunkOf(text), layout: 'query', columns, segments: [], ...more };
  };
  const answers = [
    ...[chunk('a'), chunk('b', { answer: 'open' }), chunk('c', { answer: 'void', bytes: new Uint8Array(0) })],
    ...[chunk('d', { answer: 'open' }), chunk('e', { answer: 'whole' })],
  ];
  const read = async (engine: Engine) => {
    const draft = await engine.begin(windowOf('requests', 'query'), workFolder(), 1);
    const files = [];
    for (const each of answers) files.push(...(await draft.add(each)));
    files.push(...(await draft.finish()));
    await draft.close();
    return { counts: draft.counts, texts: files.map(({ content }) => readFileSync(content.files[0] ?? '', 'utf8')) };
  };
  const own = await read(createEngine(settings));
  assert.deepEqual(await read(jobs), own);
  assert.deepEqual(own.counts, { read: 3, written: 3, deduplicated: 0, quarantined: 0 });
});

test('what fails in a thread fails the draft, and no other', async () => {
  const draft = await jobs.begin(windowOf('requests'), '/nowhere/at/all', 1);
  await draft.add(chunkOf(jsonLines([request('a')]))).catch(() => undefined);
  await assert.rejects(draft.finish(), /ENOENT.*nowhere/);
  await draft.close();
  assert.equal((await drafted(jobs, ['b'])).texts.length, 2);
});

test('a thread that ended is replaced', async () => {
  const short = createJobEngine(settings, 1);
  const draft = await short.begin(windowOf('requests'), workFolder(), 1);
  await short.close();
  await assert.rejects(draft.finish());
  assert.equal((await drafted(short, ['c'])).texts.length, 2);
  await short.close();
});

test('where a thread has one draft alone, the next begins when it is decoded', async () => {
  const alone = createJobEngine(settings, 2, true);
  const begin = () => alone.begin(windowOf('requests'), workFolder(), 1);
  const [first, second] = [await begin(), await begin()];
  let hasBegun = false;
  const third = begin().then((draft) => {
    hasBegun = true;
    return draft;
  });
  await first.add(chunkOf(jsonLines([request('a')])));
  await second.add(chunkOf(jsonLines([request('b')])));
  await second.add(chunkOf(jsonLines([request('c')])));
  assert.equal(hasBegun, false);
  assert.equal((await second.finish()).length, 1);
  await third;
  // One that fails makes room as well.
  const fourth = begin();
  await first.close();
  await fourth;
  await alone.close();
});

test('conditions and empty files need no thread', async () => {
  assert.deepEqual(await jobs.conditionFaults(), []);
  assert.deepEqual(await jobs.emptyFile('requests'), await createEngine(settings).emptyFile('requests'));
});
