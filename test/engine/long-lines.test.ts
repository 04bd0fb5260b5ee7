import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { secret } from '../../shared/config/secret.ts';
import { type EngineSettings, engineDefaults } from '../../shared/engine/engine.ts';
import type { DraftFile, Format, Layout, Shaping } from '../../shared/model.ts';
import { columnsOf } from '../../shared/signals/columns-of.ts';
import { shapesOf } from '../../shared/signals/shape-settings.ts';
import { engineOf } from '../../shared/wire/local.ts';
import { chunkOf, type Decoded, decode, hour, jsonLines, parquetOutput, windowOf, workFolder } from './chunks.ts';

const time = new Date(hour).toISOString();
const long = (start: string, length: number): string => start.padEnd(length, 'x');
const many = (count: number, length: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`key ${n}`, long(`value ${n} `, length)]));
const inContext = (custom: object) => ({ request: [{ name: 'n' }], context: { data: { eventTime: time }, custom } });
const parsed = (value: unknown): unknown => JSON.parse(String(value));

async function rowOf(
  record: object,
  layout: Layout,
  settings: Partial<EngineSettings> = {},
): Promise<Decoded['rows'][number]> {
  const { rows, quarantine } = await decode(
    windowOf('requests', layout),
    (work) => [chunkOf(work, jsonLines([record]), { layout })],
    settings,
  );
  assert.deepEqual(quarantine, []);
  assert.equal(rows.length, 1);
  return rows[0] ?? {};
}

const dimensions: readonly (readonly [what: string, custom: (all: Record<string, string>) => object])[] = [
  ['one object', (all) => ({ dimensions: [all] })],
  ['an object each', (all) => ({ dimensions: Object.entries(all).map(([key, value]) => ({ [key]: value })) })],
];
for (const [what, custom] of dimensions) {
  for (const [count, length] of [
    [200, 8_192],
    [400, 1_000],
    [4_000, 15],
  ] as const) {
    test(`${count} dimensions of ${length} letters, ${what}`, async () => {
      const all = many(count, length);
      const row = await rowOf({ ...inContext(custom(all)), other: long('other', 300_000) }, 'continuous');
      assert.deepEqual(parsed(row.customDimensions), all);
      assert.deepEqual(parsed(row.extra), { other: long('other', 300_000) });
    });
  }
}

test('many measurements in a long line', async () => {
  const metrics = Array.from({ length: 3_000 }, (_, n) => ({ [`m${n}`]: { value: 2 * n, count: 2 } }));
  const row = await rowOf({ ...inContext({ metrics }), other: long('other', 300_000) }, 'continuous');
  assert.deepEqual(parsed(row.customMeasurements), Object.fromEntries(metrics.map((_, n) => [`m${n}`, n])));
});

for (const layout of ['diagnostics', 'dataExport'] as const) {
  test(`${layout}: none of the values is long, and the line is`, async () => {
    const all = many(600, 1_000);
    const flat = { Type: 'AppRequests', ...(layout === 'diagnostics' ? { time } : { TimeGenerated: time }) };
    assert.deepEqual(parsed((await rowOf({ ...flat, ...all }, layout)).extra), all);
    assert.deepEqual(parsed((await rowOf({ ...flat, Properties: all }, layout)).customDimensions), all);
    const text = JSON.stringify(all, undefined, 2).replaceAll('\n', '\r\n');
    const row = await rowOf({ ...flat, Properties: ` ${text}\n` }, layout, {
      shaping: shaping({ dimensions: { deny: ['key 1'] } }),
    });
    const { 'key 1': _, ...others } = all;
    assert.deepEqual(parsed(row.customDimensions), others);
    assert.ok(!/[\r\n]/.test(String(row.customDimensions)), 'on one line, for NDJSON');
  });
}

const wrong: readonly (readonly [what: string, json: string, reason: string])[] = [
  ['an escape that is none', `"${long('\\q', 40_000)}"`, 'not JSON'],
  ['a control character', `"${long('\t', 40_000)}"`, 'control character in a string'],
  ['an array with a gap', `[${'"some text",'.repeat(4_000)},1]`, 'not JSON'],
];
for (const [what, json, reason] of wrong) {
  test(`what is taken out of a line is looked at as well: ${what}`, async () => {
    const lines = [inContext({}), { ...inContext({}), a: { b: { c: 'HERE' } }, other: long('other', 300_000) }].map(
      (record) => JSON.stringify(record),
    );
    const text = lines.join('\n').replace('"HERE"', () => json);
    const { counts, quarantine } = await decode(windowOf('requests'), (work) => [chunkOf(work, text)]);
    assert.deepEqual(counts, { read: 1, written: 1, deduplicated: 0, quarantined: 1 });
    assert.equal(quarantine[0]?.reason, reason);
  });
}

test('a line of more than 21 MiB goes to quarantine, and no other', async () => {
  const lines = [20_900_000, 22_100_000].map((length) =>
    JSON.stringify({ Type: 'AppRequests', time, Name: long('n', length) }),
  );
  const chunk = (work: string) => chunkOf(work, lines.join('\n'), { layout: 'diagnostics' });
  const { counts, quarantine } = await decode(windowOf('requests', 'diagnostics'), (work) => [chunk(work)], {
    keepBytesInQuarantine: false,
  });
  assert.deepEqual(counts, { read: 1, written: 1, deduplicated: 0, quarantined: 1 });
  assert.match(String(quarantine[0]?.reason), /^a record of 22100066 bytes is too long$/);
});

const shaping = (shape: object): Shaping => ({ signals: shapesOf({ '*': shape }), key: secret('a key of this test') });
const hiding = shaping({ drop: ['client_IP'], hash: ['user_Id'], dimensions: { deny: ['mail'] } });

/**
 * As many long values as 18 MB hold, in columns that take no text too: the record is in `extra` whole beside its
 * columns.
 */
function misfits(): Record<string, string> {
  const columns = columnsOf('requests').filter(
    ({ name, type }) => !['timestamp', 'itemType'].includes(name) && type !== 'dynamic',
  );
  const keys = columns.flatMap(({ workspace }) => workspace.slice(0, 1));
  const names = [...keys, ...Array.from({ length: 60 - keys.length }, (_, n) => `Unknown${n}`)];
  return {
    Type: 'AppRequests',
    TimeGenerated: time,
    ...Object.fromEntries(names.map((name) => [name, long(`of ${name}.`, 300_000)])),
  };
}

for (const format of ['parquet', 'ndjson', 'csv'] satisfies Format[]) {
  for (const shape of [undefined, hiding]) {
    test(`60 cells of 300 KB${shape ? ', two of them hidden,' : ''} in the engine's memory, as ${format}`, async () => {
      const work = workFolder();
      const engine = engineOf(
        { ...parquetOutput, format },
        { shape: shape ?? engineDefaults.shaping, quarantine: kept, dedupe: 'id' },
      );
      const draft = await engine.begin(windowOf('requests', 'diagnostics'), work, 1);
      const files: DraftFile[] = [];
      try {
        files.push(
          ...(await draft.add(chunkOf(work, jsonLines([misfits()]), { layout: 'diagnostics' }))),
          ...(await draft.finish()),
        );
      } finally {
        await draft.close();
      }
      assert.deepEqual(draft.counts, { read: 1, written: 1, deduplicated: 0, quarantined: 0 });
      if (format === 'parquet') return;
      const text = readFileSync(files[0]?.content.files[0] ?? '', 'latin1');
      const gone = Object.keys(misfits()).filter(
        (name) => name.length > 4 && name !== 'TimeGenerated' && !text.includes(`of ${name}.xxx`),
      );
      assert.deepEqual(gone, shape ? ['UserId', 'ClientIP'] : []);
    });
  }
}
const kept = { prefix: '', place: undefined, keepBytes: true };
