import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createReaders } from '../../shared/engine/decode/chunk-readers.ts';
import { createLines } from '../../shared/engine/decode/lines.ts';
import type { RowTaker } from '../../shared/engine/decode/row-taker.ts';
import { asDecoded } from '../../shared/engine/decode/rows/row-shape.ts';
import { createFramer } from '../../shared/framing/framer.ts';
import { linesIn } from '../../shared/framing/lines-in.ts';
import { valueEnd } from '../../shared/framing/strict.ts';
import type { Chunk, Fault } from '../../shared/model.ts';
import { readBlobs } from '../../shared/source/blobs/records/read-blobs.ts';
import fc from '../seeds.ts';
import { blobs, bytesOf } from './mutated.ts';
import { RECORDS } from './records.ts';

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
  return readBlobs({ blobs: raw, layout: 'continuous', abort, onRead: () => {} });
}

interface Readable {
  readonly documents: readonly string[];
  readonly faults: readonly Fault[];
}

/** What the engine finds in a chunk. A document of no known signal is one, too. */
function readable(chunk: Chunk): Readable {
  const documents: string[] = [];
  const faults: Fault[] = [...chunk.faults];
  let bytes = chunk.bytes;
  const taker: RowTaker = {
    begin: () => {},
    use: (next) => {
      bytes = next;
    },
    ask: () => {},
    forget: () => {},
    outside: () => ({ of: 0, rows: 0, at: 0 }),
    more: () => false,
    take: (_reader, start, end) => documents.push(Buffer.from(bytes.subarray(start, end)).toString()),
  };
  const readers = createReaders('requests', asDecoded).begin(chunk);
  for (const segment of chunk.segments) {
    const lines = createLines(readers, taker, segment, (fault) => {
      const isDocument = /^no (known signal|element)/.test(fault.reason);
      if (isDocument) documents.push(...documentsOf(Buffer.from(fault.bytes)));
      else faults.push({ ...fault, bytes: fault.bytes.slice() });
    });
    while (lines.next());
  }
  return { documents, faults };
}

const documentsOf = (bytes: Uint8Array) => {
  const framer = createFramer();
  const texts = [framer.feed(bytes), framer.end()].map((found) =>
    [...found].filter(({ kind }) => kind === 'document').map((each) => Buffer.from(each.bytes).toString()),
  );
  return texts.flat();
};

test('mutated blobs: fast path and repair find the documents that one pass through the framer finds', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(blobs, { minLength: 1, maxLength: 4 }), async (several) => {
      const all = several.map(bytesOf);
      const found: string[] = [];
      for await (const chunk of chunksOf(all.map((bytes) => () => [bytes]))) {
        for (const { blob, offset, length } of chunk.segments) assert.ok(offset + length <= at(all, blob).length);
        const { documents, faults } = readable(chunk);
        found.push(...documents);
        for (const { blob, offset, bytes } of faults)
          assert.deepEqual(Buffer.from(bytes), at(all, blob).subarray(offset, offset + bytes.length));
      }
      assert.deepEqual(found, all.flatMap(documentsOf));
    }),
    { numRuns: 300 },
  );
});

const at = (all: readonly Buffer[], blob: string) => all[Number(blob.slice('blob-'.length))] ?? Buffer.alloc(0);

test('a chunk that is read has the documents of its blobs, and faults with their offsets', async () => {
  const text = '{"a":1}\n{"a":"\\ud800"}\n{"cut":"\n{"b":1}\r\n{"b":{}}';
  const other = '{"c":1}\n\0{"c":2}\n';
  const found: Readable[] = [];
  for await (const chunk of chunksOf([() => [Buffer.from(text)], () => [Buffer.from(other)]]))
    found.push(readable(chunk));
  assert.deepEqual(
    found.flatMap(({ documents }) => documents),
    ['{"a":1}', '{"a":"\\ufffd"}', '{"b":1}', '{"b":{}}', '{"c":1}', '{"c":2}'],
  );
  assert.deepEqual(
    found.flatMap(({ faults }) => faults).map(({ blob, offset, length, reason }) => [blob, offset, length, reason]),
    [
      ['blob-0', 23, 8, 'cut short'],
      ['blob-1', 8, 1, 'NUL bytes between records'],
    ],
  );
});

test('the strict reading takes every document that the framer finds', () => {
  const documents = fc.sample(blobs, { numRuns: 1500, seed: 3 }).flatMap((blob) => documentsOf(bytesOf(blob)));
  const odd = [
    '{"a":"\\ud800\\udc00\\udc00","\\udfff":"\\u0000"}',
    `{"a":"\u2028\uffff😀${'\x7f'}"}`,
    `{"a":${'['.repeat(255)}${']'.repeat(255)}}`,
    '{"a":-0,"b":1e999,"a":0.10}',
  ];
  const all = [...documents, ...odd.flatMap((text) => documentsOf(Buffer.from(text)))];
  assert.ok(all.length > 2000);
  for (const text of all) {
    const bytes = Buffer.from(`${text}\n`);
    assert.equal(valueEnd(bytes, 0, 0), bytes.length - 1, text);
    assert.doesNotThrow(() => JSON.parse(text));
  }
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

const inTurn = Buffer.concat([Buffer.from('x\n'), line]);

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
  { what: 'good and bad lines in turn', content: () => times(20_000, inTurn), lines: 20_000, faulty: 20_000 },
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
      assert.ok(chunk.bytes.length <= 32 * MIB, `${what}: ${chunk.bytes.length}`);
      assert.ok(chunk.faults.length <= 250 && chunk.faults.every((fault) => fault.length <= MIB));
      found += linesIn(chunk.bytes);
      faults += chunk.faults.reduce((sum, fault) => sum + fault.length, 0);
      collect();
      const held = (process.memoryUsage().arrayBuffers - before) / MIB;

      assert.ok(held < longest * 3 + own + 24, `${what}: ${held} MiB`);
    }
    assert.deepEqual([found, faults], [wanted, faulty], what);
  }
});
