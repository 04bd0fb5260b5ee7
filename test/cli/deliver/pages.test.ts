import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setAside } from '../../../cli/deliver/pages.ts';
import type { FileRecord } from '../../../shared/model.ts';
import { pageReason } from '../../../shared/source/blobs/records/partial.ts';

const files: readonly FileRecord[] = [
  { path: '_quarantine/a.ndjson', signal: 'quarantine', rows: 2, bytes: 90 },
  { path: 'traces/a.parquet', signal: 'traces', rows: 2, bytes: 90 },
];

function lakeOf(...lines: readonly object[]) {
  const read: string[] = [];
  return {
    read: {
      async *read(path: string) {
        read.push(path);
        yield Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
      },
    },
    paths: read,
  };
}

const lines = [
  { blob: 'a.blob', reason: 'not JSON' },
  { blob: 'b.blob', reason: pageReason },
];

test('what a run knows of its quarantine is not read from the lake', async () => {
  const lake = lakeOf(...lines);
  assert.deepEqual(await setAside({ files, reasons: ['not JSON'] }, lake.read), { parts: [], reasons: ['not JSON'] });
  assert.deepEqual(lake.paths, []);
});

test('what only the quarantine knows is: of windows that did not run, names of pages, more than the first reasons', async () => {
  const both = { parts: ['b.blob'], reasons: ['not JSON', pageReason] };
  for (const reasons of [undefined, ['not JSON', pageReason], ['1', '2', '3', '4', '5']]) {
    const lake = lakeOf(...lines);
    assert.deepEqual(await setAside({ files, ...(reasons && { reasons }) }, lake.read), both);
    assert.deepEqual(lake.paths, ['_quarantine/a.ndjson']);
  }
});
