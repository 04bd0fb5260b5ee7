import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Signal } from '../../shared/model.ts';
import { reframe } from '../../shared/source/framing/reframe.ts';
import { chunkOf, decode, jsonLines, windowOf } from './chunks.ts';

const corpus = (name: string): string => readFileSync(join(import.meta.dirname, '../corpus/diagnostic-settings', name), 'utf8');

async function rowsOf(signal: Signal, layout: 'diagnostics' | 'dataExport', content: string) {
  const { rows, quarantine } = await decode(windowOf(signal, layout), (work) => [chunkOf(work, content, { layout })], { reframe });
  assert.deepEqual(quarantine, []);
  return rows;
}

test('diagnostic settings: wrapped, pretty records with their values', async () => {
  const requests = await rowsOf('requests', 'diagnostics', corpus('otel/app-requests.json'));
  const { timestamp, itemType, resultCode, success, duration, itemCount, appId, iKey, sdkVersion, customDimensions, extra } =
    requests[0] ?? {};
  assert.deepEqual(
    [timestamp, itemType, resultCode, success, duration, itemCount],
    ['2023-04-18T09:03:00.000000', 'request', '0', true, 15.0645, 1],
  );
  assert.deepEqual(
    [appId, iKey, sdkVersion],
    ['5a8ae607-2224-40e4-9e47-619dbde5daac', 'c47d7352-9205-4563-89e5-0248646bcddc', 'azurefunctions: 4.1041.200.1'],
  );
  assert.equal(JSON.parse(String(customDimensions))['{OriginalFormat}'].startsWith('Result'), true);
  assert.deepEqual(Object.keys(JSON.parse(String(extra))), ['resourceId', '_BilledSize']);
  const availability = await rowsOf('availabilityResults', 'diagnostics', corpus('otel/app-availability-results.json'));
  assert.deepEqual([availability[0]?.success, availability[0]?.duration, availability[0]?.location], [false, 42, 'West US']);
  const dependencies = await rowsOf('dependencies', 'diagnostics', corpus('dtpath/AppDependencies.json'));
  assert.deepEqual(
    [dependencies[0]?.type, dependencies[0]?.target, dependencies[0]?.duration],
    ['HTTP', 'receivecontext.azurewebsites.net', 86.8516],
  );
});

test('data export: TimeGenerated, Properties as text, another case of the type, another table of the same container', async () => {
  const records = [
    {
      TimeGenerated: '2026-11-21T03:00:00.1234567Z',
      Type: 'AppTraces',
      Message: 'm',
      SeverityLevel: 2,
      Properties: '{"a":"b"}',
      _ItemId: 'i',
    },
    { TimeGenerated: '2026-11-21T03:00:01Z', type: 'APPTRACES', Message: '{}', Properties: 'plain', Measurements: {} },
    { TimeGenerated: '2026-11-21T03:00:02Z', Type: 'AppEvents', Name: 'e', time: 'kept' },
  ];
  const rows = await rowsOf('traces', 'dataExport', jsonLines(records));
  assert.deepEqual(
    rows.map(({ itemType, message, name, severityLevel, customDimensions, itemId, extra }) => [
      itemType,
      message ?? name,
      severityLevel,
      customDimensions,
      itemId,
      extra,
    ]),
    [
      ['customEvent', 'e', undefined, null, null, '{"time":"kept"}'],
      ['trace', 'm', 2, '{"a":"b"}', 'i', null],
      ['trace', '{}', null, '"plain"', null, '{"type":"APPTRACES"}'],
    ],
  );
});

test('a value that does not fit, or a key twice, keeps the record whole', async () => {
  const lines = ['{"Type":"AppTraces","SeverityLevel":"high"}', '{"Type":"AppTraces","Message":"a","Message":"b"}'];
  const rows = await rowsOf('traces', 'diagnostics', `${lines.join('\n')}\n`);
  assert.deepEqual(rows.map(({ extra }) => extra).toSorted(), lines.toSorted());
});

test('a record of no known table goes to quarantine', async () => {
  const lines = jsonLines([{ time: '2026-11-21T03:00:00Z', Type: 'AppSystemEvents' }, { Type: 'AppTraces', Message: 'm' }, { time: 'x' }]);
  const { rows, quarantine } = await decode(
    windowOf('traces', 'diagnostics'),
    (work) => [chunkOf(work, lines, { layout: 'diagnostics' })],
    { reframe },
  );
  assert.deepEqual([rows.length, quarantine.map(({ reason }) => reason)], [1, ['no known signal', 'no known signal']]);
});
