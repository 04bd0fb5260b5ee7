import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Reading } from '../../shared/model.ts';
import { createFileSource } from '../../shared/source/blobs/files.ts';
import { looseWindowOf } from '../../shared/source/blobs/loose.ts';
import { CORPUS, linesOf } from './records.ts';

const folder = mkdtempSync(join(tmpdir(), 'loose-'));
after(() => rmSync(folder, { recursive: true }));

const corpus = (name: string) => CORPUS.find((file) => file.name.endsWith(name))?.bytes ?? Buffer.alloc(0);
const trace =
  '{"message":[{"messageRaw":"x"}],"internal":{},"context":{"data":{"eventTime":"2019-05-06T07:59:59.9999999Z"}}}';

const LOOSE: readonly [what: string, name: string, head: string | Uint8Array, expected: string][] = [
  ['time in the name', 'a/10d1_20160309_073000.blob', trace, 'continuous traces 2016-03-09T07'],
  ['time in a record', 'a.json', trace, 'continuous traces 2019-05-06T07'],
  ['no date in the name', 'x_20161399_073000.blob', trace, 'continuous traces 2019-05-06T07'],
  [
    'compressed, cut short',
    'x.gz',
    gzipSync(trace + '\n'.repeat(1000)).subarray(0, -12),
    'continuous traces 2019-05-06T07',
  ],
  ['compressed, broken', 'x.gz', Buffer.from('1f8b0000', 'hex'), 'continuous requests 1970-01-01T00'],
  ['nothing', 'x', '', 'continuous requests 1970-01-01T00'],
  ['no telemetry', 'x', 'SOME Log-line\n{"time":"0001-01-01T00:00:00Z"}\n[1,2]', 'continuous requests 1970-01-01T00'],
  ['after a cut line', 'x', `{"request":[{"cut\n${trace}\n`, 'continuous traces 2019-05-06T07'],
  ['a time without a zone', 'x', trace.replace('9999999Z', '9'), 'continuous traces 2019-05-06T07'],
  ['real events', 'x', corpus('events.concatenated.json'), 'continuous customEvents 2018-03-27T18'],
  ['a real exception', 'x', corpus('Exception.json'), 'continuous exceptions 2016-03-27T21'],
  ['wrapped dependencies', 'x', corpus('dtpath/AppDependencies.json'), 'diagnostics dependencies 2021-12-14T16'],
  ['availability', 'x', corpus('app-availability-results.json'), 'diagnostics availabilityResults 2023-04-18T09'],
  [
    'data export',
    'x',
    '{"TenantId":"t","TimeGenerated":"2024-01-02T03:04:05Z","Type":"AppMetrics"}',
    'dataExport customMetrics 2024-01-02T03',
  ],
];

test('a loose file is placed by its name and its first record', () => {
  for (const [what, name, head, expected] of LOOSE) {
    const { window, layout } = looseWindowOf(name, Buffer.from(head));
    assert.equal(`${layout} ${window.signal} ${new Date(window.start).toISOString().slice(0, 13)}`, expected, what);
    assert.deepEqual([window.app, window.end - window.start], ['files', 3_600_000]);
    assert.match(window.source, /^file-[0-9a-f]{8}$/);
  }
  const day = looseWindowOf('a', Buffer.from(trace), 'shop', 86_400_000).window;
  assert.deepEqual([day.app, day.start, day.end], ['shop', Date.UTC(2019, 4, 6), Date.UTC(2019, 4, 7)]);
  assert.notEqual(
    looseWindowOf('a', Buffer.from(trace)).window.source,
    looseWindowOf('b', Buffer.from(trace)).window.source,
  );
});

test('files as a source', async () => {
  const window = looseWindowOf('some.json', Buffer.from(trace)).window;
  const files = ['one', 'two'].map((name) => ({ name: `${name}.json`, path: join(folder, name) }));
  for (const { path } of files) {
    writeFileSync(path, `${trace}\nbad\n`);
    utimesSync(path, 1e9, 1e9);
  }
  const source = createFileSource([{ window, layout: 'continuous', files }]);
  const open = (): Promise<Reading> => source.open({ ...window }, new AbortController().signal);
  const reading = await open();
  for await (const chunk of reading.chunks(folder)) {
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
