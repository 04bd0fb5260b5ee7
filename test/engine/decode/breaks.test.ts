import assert from 'node:assert/strict';
import { isUtf8 } from 'node:buffer';
import { test } from 'node:test';
import { createReaders } from '../../../shared/engine/decode/chunk-readers.ts';
import { readRecord } from '../../../shared/engine/decode/lines.ts';
import { asDecoded } from '../../../shared/engine/decode/rows/row-shape.ts';
import { broken, REASONS, valueEnd } from '../../../shared/framing/strict.ts';
import type { Chunk, Layout } from '../../../shared/model.ts';
import { signals } from '../../../shared/signals/tables.ts';
import fc from '../../seeds.ts';
import { blobs, bytesOf } from '../../source/mutated.ts';

/**
 * The walk along known keys is fast because it is its own code; where a record breaks, and why, it must say as the
 * strict reading of any value does, which the slow reading uses.
 */
const layouts: readonly Layout[] = ['continuous', 'diagnostics', 'dataExport'];
const walks = layouts.flatMap((layout) =>
  signals.map((signal) => ({ name: `${signal} ${layout}`, layout, readers: createReaders(signal, asDecoded) })),
);

/** Where it ends, or where and why it breaks. */
const told = (end: number): string => (end < 0 ? `breaks at ${broken.at}: ${broken.reason}` : `ends at ${end}`);

function linesOf(bytes: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  for (let from = 0; from < bytes.length; ) {
    const found = bytes.indexOf(0x0a, from);
    const end = found < 0 ? bytes.length : found;
    const line = new Uint8Array(end - from + 1).fill(0x0a);
    line.set(bytes.subarray(from, end));
    if (line[0] === 0x7b && isUtf8(line)) lines.push(line);
    from = end + 1;
  }
  return lines;
}

test('the walk along known keys and the strict reading say alike where a record ends or breaks, and why', () => {
  let [broke, whole] = [0, 0];
  const check = fc.property(blobs, fc.nat(), (blob, n) => {
    for (const bytes of linesOf(bytesOf(blob))) {
      const strict = told(valueEnd(bytes, 0, 0));
      if (strict.startsWith('ends')) whole++;
      else broke++;
      const walk = walks[n % walks.length];
      if (walk === undefined) continue;
      const chunk: Chunk = { bytes, layout: walk.layout, columns: [], segments: [], faults: [] };
      const walked = told(readRecord(walk.readers.begin(chunk), 0));
      // An array of records is told apart by the walk, which goes no further.
      if (!walked.endsWith(REASONS.wrapper)) assert.equal(walked, strict, `${walk.name}: ${Buffer.from(bytes)}`);
    }
  });
  fc.assert(check, { numRuns: Number(process.env.BREAKS ?? 2000) });
  assert.ok(broke > 100 && whole > 100, `${broke} of ${broke + whole} lines broke`);
});
