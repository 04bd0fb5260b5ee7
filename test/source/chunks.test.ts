import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { createFramer } from '../../shared/framing/framer.ts';
import type { Chunk } from '../../shared/model.ts';
import { readBlobs } from '../../shared/source/blobs/read-blobs.ts';
import { reframe } from '../../shared/source/framing/reframe.ts';
import { blobs, bytesOf } from './mutated.ts';
import { linesOf, RECORDS } from './records.ts';

const work = mkdtempSync(join(tmpdir(), 'chunks-'));
after(() => rmSync(work, { recursive: true }));

const MIB = 1024 * 1024;
const abort = new AbortController().signal;

function chunksOf(contents: readonly (() => Iterable<Uint8Array>)[]): AsyncIterable<Chunk> {
  const raw = contents.map((content, index) => ({
    name: `blob-${index}`,
    grows: false,
    async *read() {
      yield* content();
    },
  }));
  return readBlobs({ blobs: raw, layout: 'continuous', abort, onRead: () => {} }, work);
}

const instance = await DuckDBInstance.create(':memory:');
const connection = await instance.connect();
after(() => {
  connection.closeSync();
  instance.closeSync();
});

/** The documents that the engine's strict reader finds in a file; it throws where it finds anything else. */
async function strictly(file: string): Promise<string[]> {
  const answer = await connection.runAndReadAll(
    `select json::varchar from read_json_objects('${file}', format = 'newline_delimited')`,
  );
  return answer.getRows().map(([text]) => String(text));
}

/** What the engine does: a chunk that its reader refuses, or that holds other things than objects, is framed again. */
async function readable(chunk: Chunk): Promise<Chunk> {
  const documents = await strictly(chunk.path).catch(() => undefined);
  return documents?.every((text) => text.startsWith('{')) ? chunk : reframe(chunk, work);
}

const documentsOf = (bytes: Uint8Array) => {
  const framer = createFramer();
  const texts = [framer.feed(bytes), framer.end()].map((found) =>
    found.filter(({ kind }) => kind === 'document').map((each) => Buffer.from(each.bytes).toString()),
  );
  return texts.flat();
};

test('mutated blobs: fast path and repair find the documents that one pass through the framer finds', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(blobs, { minLength: 1, maxLength: 4 }), async (several) => {
      const all = several.map(bytesOf);
      const found: string[] = [];
      for await (const chunk of chunksOf(all.map((bytes) => () => [bytes]))) {
        const clean = await readable(chunk);
        found.push(...(await strictly(clean.path)));
        for (const { blob, offset, bytes } of clean.faults)
          assert.deepEqual(Buffer.from(bytes), at(all, blob).subarray(offset, offset + bytes.length));
        for (const { blob, offset, length } of clean.segments) assert.ok(offset + length <= at(all, blob).length);
        if (clean !== chunk) rmSync(clean.path);
      }
      assert.deepEqual(found, all.flatMap(documentsOf));
      assert.deepEqual(readdirSync(work), []);
    }),
    { numRuns: 300 },
  );
});

const at = (all: readonly Buffer[], blob: string) => all[Number(blob.slice('blob-'.length))] ?? Buffer.alloc(0);

test('a clean chunk is one document a line, with the offsets of the blob', async () => {
  const text = '{"a":1}\n{"a":"\\ud800"}\n{"cut":"\n{"b":1}\r\n{"b":{}}';
  const other = '{"c":1}\n\0{"c":2}\n';
  const parts: Chunk[] = [];
  for await (const chunk of chunksOf([() => [Buffer.from(text)], () => [Buffer.from(other)]])) {
    const clean = await reframe(chunk, work);
    assert.deepEqual(linesOf(clean), ['{"a":1}', '{"a":"\\ufffd"}', '{"b":1}', '{"b":{}}', '{"c":1}', '{"c":2}']);
    parts.push(clean);
    const again = await reframe(clean, work);
    assert.deepEqual([linesOf(again), again.segments, again.faults], [linesOf(clean), clean.segments, clean.faults]);
  }
  const [clean] = parts;
  assert.deepEqual(clean?.segments, [
    { blob: 'blob-0', offset: 0, position: 0, length: 22 },
    { blob: 'blob-0', offset: 32, position: 23, length: 7 },
    { blob: 'blob-0', offset: 41, position: 31, length: 8 },
    { blob: 'blob-1', offset: 0, position: 40, length: 7 },
    { blob: 'blob-1', offset: 9, position: 48, length: 7 },
  ]);
  assert.deepEqual(
    clean?.faults.map(({ blob, offset, length, reason }) => [blob, offset, length, reason]),
    [
      ['blob-0', 23, 8, 'cut short'],
      ['blob-1', 8, 1, 'NUL bytes between records'],
    ],
  );
  for (const name of readdirSync(work)) rmSync(join(work, name));
});

test('DuckDB reads every document that the framer finds', async () => {
  const documents = fc.sample(blobs, { numRuns: 1500, seed: 3 }).flatMap((blob) => documentsOf(bytesOf(blob)));
  const odd = [
    '{"a":"\\ud800\\udc00\\udc00","\\udfff":"\\u0000"}',
    `{"a":"\u2028\uffff😀${'\x7f'}"}`,
    `{"a":${'['.repeat(255)}${']'.repeat(255)}}`,
    '{"a":-0,"b":1e999,"a":0.10}',
  ];
  const all = [...documents, ...odd.flatMap((text) => documentsOf(Buffer.from(text)))];
  assert.ok(all.length > 2000);
  const file = join(work, 'documents.json');
  writeFileSync(file, all.map((text) => `${text}\n`).join(''));
  assert.deepEqual(await strictly(file), all);
  rmSync(file);
});

/** Garbage that has not been collected yet says nothing. */
setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

const line = Buffer.from(`${RECORDS[0]}\n`);
const lines = Buffer.concat(Array(Math.ceil(MIB / line.length)).fill(line));
const times = function* (count: number, bytes: Uint8Array) {
  for (let index = 0; index < count; index++) yield bytes;
};
const longLine = Buffer.from(`{"a":"${'x'.repeat(20 * MIB)}"}\n`);
const pretty = Buffer.from(`${JSON.stringify(JSON.parse(RECORDS[0] ?? ''), null, 2)}\n`);

/** What a blob of 300 MB in all may look like: bytes, and what must come of it. */
const LARGE: readonly {
  readonly what: string;
  readonly content: () => Iterable<Uint8Array>;
  readonly lines: number;
  readonly faulty: number;
}[] = [
  { what: 'lines', content: () => times(100, lines), lines: (100 * lines.length) / line.length, faulty: 0 },
  {
    what: 'one piece',
    content: () => [Buffer.concat(Array(40).fill(lines))],
    lines: (40 * lines.length) / line.length,
    faulty: 0,
  },
  { what: 'garbage without a newline', content: () => times(70, Buffer.alloc(MIB, 0x41)), lines: 0, faulty: 70 * MIB },
  {
    what: 'a document that never ends',
    content: () => [Buffer.from('{"a":"'), ...times(70, Buffer.alloc(MIB, 0x41))],
    lines: 0,
    faulty: 70 * MIB + 6,
  },
  { what: 'a line of 20 MB', content: () => [line, longLine, line], lines: 3, faulty: 0 },
  { what: 'pretty-printed', content: () => times(5000, pretty), lines: 5000, faulty: 0 },
  { what: 'nothing but newlines', content: () => times(20, Buffer.alloc(MIB, 0x0a)), lines: 0, faulty: 0 },
];

test('whatever a blob holds, little of it is in memory, and chunks are small', async () => {
  for (const { what, content, lines: wanted, faulty } of LARGE) {
    const longest = what === 'a document that never ends' ? 64 : what.includes('20 MB') ? 20 : 4;
    const own = what === 'one piece' ? 41 : 1;
    let found = 0;
    let faults = 0;
    collect();
    const before = process.memoryUsage().arrayBuffers;
    for await (const chunk of chunksOf([content])) {
      assert.ok(chunk.bytes <= 32 * MIB, `${what}: ${chunk.bytes}`);
      assert.ok(chunk.faults.length <= 10_000 && chunk.faults.every((fault) => fault.length <= MIB));
      found += chunk.lines;
      faults += chunk.faults.reduce((sum, fault) => sum + fault.length, 0);
      collect();
      const held = (process.memoryUsage().arrayBuffers - before) / MIB;

      assert.ok(held < longest * 3 + own + 24, `${what}: ${held} MiB`);
    }
    assert.deepEqual([found, faults], [wanted, faulty], what);
  }
});
