import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { asCells, columnsOf } from '../../local/telemetry/asCells.ts';
import { deliveredAt } from '../../local/telemetry/deliveredAt.ts';
import { EXPORT_FOLDERS, exportBlobs } from '../../local/telemetry/exportBlobs.ts';
import type { Row } from '../../local/telemetry/row.ts';
import { APP_COLUMNS, SIGNALS } from '../../local/telemetry/tables.ts';
import { telemetryRows } from '../../local/telemetry/telemetryRows.ts';
import type { Signal } from '../../shared/model.ts';
import fc from '../seeds.ts';

const HOUR = 3_600_000;
const START = Date.UTC(2026, 10, 21, 19);
const SHOP = { seed: 7, app: 'shop', perHour: 400 };

const rowsOf = (signal: Signal, start = START, end = START + HOUR, shop = SHOP): Row[] => [
  ...telemetryRows({ ...shop, signal, start, end }),
];
const all = (signal: Signal, name: string) => new Set(rowsOf(signal).map((row) => row[name]));

describe('telemetry rows', () => {
  it('are the same for the same seed, app, signal and range, and others for another', () => {
    for (const signal of SIGNALS) {
      assert.deepEqual(rowsOf(signal), rowsOf(signal));
      assert.notDeepEqual(rowsOf(signal), rowsOf(signal, START, START + HOUR, { ...SHOP, seed: 8 }));
      assert.notDeepEqual(rowsOf(signal), rowsOf(signal, START, START + HOUR, { ...SHOP, app: 'other' }));
    }
  });

  it('neither lose nor repeat a record when ranges tile time', () => {
    const cuts = fc.uniqueArray(fc.integer({ min: 1, max: HOUR - 1 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(fc.constantFrom(...SIGNALS), cuts, (signal, inner) => {
        const edges = [0, ...inner.toSorted((a, b) => a - b), HOUR].map((offset) => START + offset);
        const tiles = edges.slice(1).flatMap((end, index) => rowsOf(signal, edges[index], end));
        assert.deepEqual(tiles, rowsOf(signal));
      }),
      { numRuns: 30 },
    );
  });

  it('lie in the half-open range, by time, each with its own id', () => {
    for (const signal of SIGNALS) {
      const rows = rowsOf(signal);
      const times = rows.map((row) => String(row.timestamp));
      assert.ok(rows.length > 0, signal);
      assert.deepEqual(times, times.toSorted());
      assert.ok(times.every((time) => /^2026-11-21T19:\d\d:\d\d\.\d{7}Z$/.test(time)));
      assert.equal(new Set(rows.map((row) => row.itemId)).size, rows.length);
    }
  });

  it('hang together: what a request caused names its operation and its id', () => {
    const requests = new Map(rowsOf('requests', START - HOUR).map((row) => [row.id, row.operation_Id]));
    for (const signal of ['dependencies', 'exceptions', 'traces', 'customEvents'] as const) {
      for (const row of rowsOf(signal))
        assert.equal(requests.get(row.operation_ParentId ?? null), row.operation_Id, signal);
    }
    const operations = new Set(requests.values());
    for (const row of [...rowsOf('pageViews'), ...rowsOf('browserTimings')])
      assert.ok(operations.has(row.operation_Id ?? null));
    const calls = new Set(rowsOf('dependencies', START - HOUR).map((row) => row.id));
    for (const row of rowsOf('requests'))
      if (row.cloud_RoleName === 'shop-api') assert.ok(calls.has(row.operation_ParentId ?? null));
  });

  it('are various: bursts, sampling, failures, users, places, awkward dimensions', () => {
    const perDay = rowsOf('requests', START, START + 48 * HOUR, { ...SHOP, perHour: 60 });
    assert.deepEqual([...new Set(perDay.map((row) => row.itemCount))].toSorted(), [1, 2, 4]);
    assert.deepEqual([...all('requests', 'success')].toSorted(), [false, true]);
    assert.ok(all('requests', 'user_Id').size > 100);
    assert.ok(all('requests', 'client_City').has('東京'));
    assert.ok(all('requests', 'session_Id').has(''));
    assert.ok(rowsOf('traces').every((row) => String(row.customDimensions).includes('"{OriginalFormat}":')));
    assert.ok(
      rowsOf('customMetrics').some((row) => Number(row.valueCount) > 1 && Number(row.valueMax) > Number(row.valueMin)),
    );
  });
});

describe('cells', () => {
  it('stand in the order and have the types of recorded answers', () => {
    const recorded = JSON.parse(
      readFileSync(new URL('../corpus/query-api/datacontract_full_response.json', import.meta.url), 'utf8').replace(
        '\uFEFF',
        '',
      ),
    ) as { tables: { name: Signal; columns: { name: string; type: string }[] }[] };
    assert.equal(recorded.tables.length, 10);
    for (const { name, columns } of recorded.tables) {
      assert.deepEqual(
        columnsOf(name, 'app').map((c) => ({ name: c.name, type: c.type })),
        columns,
        name,
      );
    }
  });

  const cell = (row: Row, name: string, schema: 'app' | 'workspace', text = false) =>
    asCells(row, schema, text)[columnsOf('requests', schema).findIndex((c) => c.name === name)];

  it('spell success, times and types as each endpoint does', () => {
    const [first] = rowsOf('requests');
    assert.ok(first);
    const row: Row = {
      ...first,
      success: true,
      duration: 3.38,
      itemCount: 1,
      timestamp: '2026-11-21T19:00:00.1200000Z',
      customMeasurements: null,
    };
    assert.equal(cell(row, 'success', 'app'), 'True');
    assert.equal(cell(row, 'duration', 'app'), 3.38);
    assert.equal(cell(row, 'duration', 'app', true), '3.38');
    assert.equal(cell(row, 'itemCount', 'app', true), '1');
    assert.equal(cell(row, 'customMeasurements', 'app', true), null);
    assert.equal(cell(row, 'timestamp', 'app'), '2026-11-21T19:00:00.12Z');
    assert.equal(
      cell({ ...row, timestamp: '2026-11-21T19:00:00.0000000Z' }, 'timestamp', 'app'),
      '2026-11-21T19:00:00Z',
    );
    assert.equal(cell(row, 'Success', 'workspace'), true);
    assert.equal(cell(row, 'DurationMs', 'workspace'), 3.38);
    assert.equal(cell(row, 'Type', 'workspace'), 'AppRequests');
    assert.equal(cell(row, 'ResourceGUID', 'workspace'), row.appId);
    assert.match(String(cell(row, '_ResourceId', 'workspace')), /^\/subscriptions\/.*\/components\/shop$/);
  });

  it('lose nothing on the way to the workspace but what it has no column for', () => {
    for (const signal of SIGNALS) {
      const none = APP_COLUMNS[signal].filter((c) => c.workspace === '').map((c) => c.name);
      const metric = signal === 'customMetrics' ? ['value', 'valueStdDev'] : [];
      assert.deepEqual(none.toSorted(), ['appName', 'itemId', ...metric].toSorted(), signal);
    }
  });
});

describe('export blobs', () => {
  const blobs = [
    ...exportBlobs({ ...SHOP, ikey: '0f0e0d0c-0000-4000-8000-000000000001', start: START, end: START + 2 * HOUR }),
  ];

  it('are named by type and time of delivery', () => {
    for (const { name, at } of blobs) {
      const [folder, type, date, hour, file] = name.split('/');
      assert.equal(folder, 'shop_0f0e0d0c000040008000000000000001');
      assert.ok(Object.values(EXPORT_FOLDERS).includes(type ?? ''));
      const stamp = /_(\d{4})(\d\d)(\d\d)_(\d\d)(\d\d)(\d\d)\.blob$/.exec(file ?? '');
      assert.equal(Date.parse(`${stamp?.slice(1, 4).join('-')}T${stamp?.slice(4).join(':')}Z`), at);
      assert.equal(new Date(at).toISOString().slice(0, 13), `${date}T${hour}`);
    }
    assert.equal(new Set(blobs.map((blob) => blob.name)).size, blobs.length);
  });

  it('hold every record of the range once, none before it was delivered, some an hour late', () => {
    for (const signal of SIGNALS) {
      const rows = rowsOf(signal, START, START + 2 * HOUR);
      const mine = blobs.filter((blob) => blob.name.includes(`/${EXPORT_FOLDERS[signal]}/`));
      const records = mine.flatMap(({ text, at }) =>
        text
          .trim()
          .split('\n')
          .map((line) => ({ at, id: JSON.parse(line).internal.data.id as string })),
      );
      assert.deepEqual(
        records.map((record) => record.id).toSorted(),
        rows.map((row) => String(row.itemId)).toSorted(),
        signal,
      );
      const delivered = new Map(rows.map((row) => [row.itemId, deliveredAt(row)]));
      for (const { id, at } of records) {
        const time = delivered.get(id) ?? Number.NaN;
        assert.ok(time <= at + 1_000 && time > at - 20 * 60_000, `${signal} ${id}`);
      }
    }
    const late = blobs.filter((blob) => blob.at > START + 3 * HOUR);
    assert.ok(late.length > 0);
  });

  it('are the same each time', () => {
    assert.deepEqual(
      [...exportBlobs({ ...SHOP, ikey: '0f0e0d0c-0000-4000-8000-000000000001', start: START, end: START + 2 * HOUR })],
      blobs,
    );
  });
});
