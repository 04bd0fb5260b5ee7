import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEngine, engineDefaults } from '../../shared/engine/engine.ts';
import type { Chunk, Drift, Layout, Signal } from '../../shared/model.ts';
import { type AllShapeSettings, shapesOf } from '../../shared/signals/shape-settings.ts';
import { signals, signalTables } from '../../shared/signals/tables.ts';
import { chunkOf, jsonLines, parquetOutput, windowOf, workFolder } from './chunks.ts';
import { sentinelRecord } from './sentinels.ts';

async function driftOf(
  signal: Signal,
  layout: Layout,
  chunk: (work: string) => Chunk,
  shape: AllShapeSettings = {},
): Promise<readonly Drift[]> {
  const work = workFolder();
  const shaping = { signals: shapesOf(shape), key: undefined };
  const draft = await createEngine({ ...engineDefaults, output: parquetOutput, shaping }).begin(
    windowOf(signal, layout),
    work,
    1,
  );
  try {
    await draft.add(chunk(work));
    return draft.drift ?? [];
  } finally {
    await draft.close();
  }
}

for (const signal of signals) {
  for (const fitting of [true, false]) {
    test(`${signal}: fields that nobody documented are told (${fitting ? 'fitting' : 'whole'})`, async () => {
      const { element } = signalTables[signal];
      const { record, sentinels } = sentinelRecord(element, signal, fitting);
      const drift = await driftOf(signal, 'continuous', (work) => chunkOf(work, jsonLines([record, record, {}])));
      const odd = sentinels.filter(({ path }) => /undocumented/.test(path)).map(({ path }) => path);
      const expected = odd.map((path) =>
        /^(context|internal)\.|^undocumented$/.test(path) ? path : `${element}.${path}`,
      );
      const told = drift.map(({ path }) => path);
      assert.deepEqual(
        told.filter((path) => !path.endsWith('screenResolution')).toSorted(),
        expected
          .filter(
            (path) => signal !== 'performanceCounters' || !path.includes('available_bytes') || told.includes(path),
          )
          .toSorted(),
      );
      assert.ok(
        drift.every(({ count, signal: of }) => count === 1 && of === signal) || /Counters|Metrics/.test(signal),
      );
    });
  }
}

for (const layout of ['diagnostics', 'dataExport', 'query'] as const) {
  test(`${layout}: names that are no column`, async () => {
    const records = [1, 2, 3].map((n) => ({
      Type: 'AppTraces',
      Message: 'm',
      TenantId: 't',
      New: { deep: n },
      ...(n > 1 && { Other: n }),
    }));
    const columns = ['message', 'TenantId', 'New', 'Other'].map((name) => ({ name, type: 'string' }));
    const rows = [1, 2, 3].map((n) => ['m', 't', { deep: n }, n > 1 ? n : null]);
    const chunk = (work: string) =>
      layout === 'query'
        ? chunkOf(work, jsonLines(rows), { layout, columns })
        : chunkOf(work, jsonLines(records), { layout });
    assert.deepEqual(await driftOf('traces', layout, chunk), [
      { signal: 'traces', path: 'New', count: 3 },
      { signal: 'traces', path: 'Other', count: 2 },
    ]);
    assert.deepEqual(
      (await driftOf('traces', layout, chunk, { traces: { extra: { deny: ['new'] } } })).map(({ path }) => path),
      ['Other'],
    );
    assert.deepEqual(await driftOf('traces', layout, chunk, { '*': { extra: { allow: ['TenantId'] } } }), []);
  });
}

test('names that are values are not all told', async () => {
  const records = Array.from({ length: 300 }, (_, n) => ({
    Type: 'AppTraces',
    Message: 'm',
    [`key ${n} ${'x'.repeat(n)}`]: n,
  }));
  const drift = await driftOf('traces', 'dataExport', (work) =>
    chunkOf(work, jsonLines(records), { layout: 'dataExport' }),
  );
  assert.equal(drift.length, 100);
  assert.ok(drift.every(({ path }) => path.length <= 200));
});
