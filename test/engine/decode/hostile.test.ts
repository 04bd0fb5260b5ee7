import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDecoder } from '../../../shared/engine/decode/decoder.ts';
import type { Rows } from '../../../shared/engine/vectors.ts';
import { columnsOf } from '../../../shared/signals/columns-of.ts';
import { windowOf } from '../chunks.ts';

const record = (id: number): string =>
  JSON.stringify({
    request: [{ id: '1', name: 'GET' }],
    internal: { data: { id: `x${id}` } },
    context: { data: { eventTime: '2026-11-21T03:00:00.1234567Z' } },
  });

function decoded(lines: readonly string[]): { rows: number; faults: number; extra: (string | undefined)[] } {
  const bytes = Uint8Array.from(Buffer.from(`${lines.join('\n')}\n`));
  const segments = [{ blob: 'a', offset: 0, position: 0, length: bytes.length }];
  const decoder = createDecoder({ window: windowOf('requests'), partition: 'hour', dedupe: 'id' });
  const extra: (string | undefined)[] = [];
  let rows = 0;
  const take = (groups: Iterable<{ readonly rows: Rows }>) => {
    for (const group of groups) {
      rows += group.rows.count;
      extra.push(extraOf(group.rows));
    }
  };
  take(decoder.decode({ bytes, layout: 'continuous', columns: [], segments, faults: [] }));
  take(decoder.finish());
  return { rows, faults: decoder.quarantined.found, extra };
}

/** Of the first row. */
function extraOf({ vectors }: Rows): string | undefined {
  const vector = vectors[columnsOf('requests').findIndex(({ name }) => name === 'extra')];
  if (vector?.kind !== 'text' && vector?.kind !== 'dictionary') return undefined;
  return Buffer.from(vector.bytes.subarray(0, vector.offsets[1])).toString();
}

test('good and bad lines in turn: each good one is a row, each bad one told', () => {
  const lines = Array.from({ length: 3000 }, (_, id) => (id % 2 === 0 ? record(id) : record(id).slice(0, 40)));
  const { rows, faults } = decoded(lines);
  assert.deepEqual([rows, faults], [1500, 1500]);
});

test('what is read slowly uses the same memory again: a line that is bad, or whose escapes are mended, costs none', (t) => {
  const [{ transfer }, half] = [ArrayBuffer.prototype, '"t":"\\ud83d"'];
  let asked = 0;
  t.mock.method(ArrayBuffer.prototype, 'transfer', function (this: ArrayBuffer, length?: number) {
    asked++;
    return transfer.call(this, length);
  });
  const lines = Array.from({ length: 3000 }, (_, id) =>
    id % 3 === 0 ? record(id) : id % 3 === 1 ? record(id).slice(0, 40) : `{${half},${record(id).slice(1)}`,
  );
  const { rows, faults } = decoded(lines);
  assert.deepEqual([rows, faults], [2000, 1000]);
  assert.ok(asked > 0 && asked < 20, `memory was asked for ${asked} times`);
});

test('keys that objects of JavaScript have by themselves are keys like any other', () => {
  const own = '"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":2}},"toString":3';
  const { rows, faults, extra } = decoded([`{${own},${record(1).slice(1)}`]);
  assert.deepEqual([rows, faults], [1, 0]);
  assert.equal(extra[0], `{${own}}`);
  assert.equal(Object.hasOwn(Object.prototype, 'polluted'), false);
});
