import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Reading } from '../../shared/model.ts';
import { createFileSource } from '../../shared/source/blobs/loose/files.ts';
import { looseWindowOf } from '../../shared/source/blobs/loose/loose.ts';
import { linesOf } from './records.ts';

const folder = mkdtempSync(join(tmpdir(), 'loose-'));
after(() => rmSync(folder, { recursive: true }));

const trace =
  '{"message":[{"messageRaw":"x"}],"internal":{},"context":{"data":{"eventTime":"2019-05-06T07:59:59.9999999Z"}}}';

const at = Date.parse('2019-05-06T07:59:59.999Z');
const PLACED: readonly (readonly [what: string, name: string, time: number | undefined, hour: string])[] = [
  ['time in the name', 'a/10d1_20160309_073000.blob', at, '2016-03-09T07'],
  ['time of a record', 'a.json', at, '2019-05-06T07'],
  ['no date in the name', 'x_20161399_073000.blob', at, '2019-05-06T07'],
  ['no time at all', 'x', undefined, '1970-01-01T00'],
];

test('the window of a loose file: by the time in its name, else of its earliest record', () => {
  for (const [what, name, time, hour] of PLACED) {
    const window = looseWindowOf(name, { signal: 'traces', time });
    assert.equal(new Date(window.start).toISOString().slice(0, 13), hour, what);
    assert.deepEqual([window.app, window.signal, window.end - window.start], ['files', 'traces', 3_600_000]);
    assert.match(window.source, /^file-[0-9a-f]{8}$/);
  }
  const facts = { signal: 'traces', time: at } as const;
  const day = looseWindowOf('a', facts, 'shop', 86_400_000);
  assert.deepEqual([day.app, day.start, day.end], ['shop', Date.UTC(2019, 4, 6), Date.UTC(2019, 4, 7)]);
  assert.notEqual(looseWindowOf('a', facts).source, looseWindowOf('b', facts).source);
});

test('files as a source', async () => {
  const window = looseWindowOf('some.json', { signal: 'traces', time: at });
  const files = ['one', 'two'].map((name) => ({ name: `${name}.json`, path: join(folder, name) }));
  for (const { path } of files) {
    writeFileSync(path, `${trace}\nbad\n`);
    utimesSync(path, 1e9, 1e9);
  }
  const source = createFileSource([{ window, layout: 'continuous', files }]);
  const open = (): Promise<Reading> => source.open({ ...window }, new AbortController().signal);
  const reading = await open();
  for await (const chunk of reading.chunks()) {
    assert.deepEqual(linesOf(chunk), [trace, trace]);
    assert.deepEqual(
      chunk.faults.map(({ blob, offset }) => [blob, offset]),
      [
        ['one.json', trace.length + 1],
        ['two.json', trace.length + 1],
      ],
    );
    assert.deepEqual([...new Set(chunk.segments.map(({ blob }) => blob))], ['one.json', 'two.json']);
  }
  assert.deepEqual([reading.empty, reading.asked], [false, 2]);
  assert.equal((await open()).fingerprint, reading.fingerprint);
  utimesSync(join(folder, 'two'), 2e9, 2e9);
  assert.notEqual((await open()).fingerprint, reading.fingerprint);
  const other = await source.open({ ...window, signal: 'requests' }, new AbortController().signal);
  assert.deepEqual([other.empty, other.fingerprint], [true, '']);
  rmSync(join(folder, 'two'));
  await assert.rejects(open(), /two: it cannot be found; check the path/);
});
