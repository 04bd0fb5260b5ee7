import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { APP_COLUMNS, ITEM_TYPES, SIGNALS, WORKSPACE_TABLES } from '../../local/telemetry/tables.ts';
import type { Signal } from '../../shared/model.ts';
import { CORPUS } from '../source/records.ts';
import { chunkOf, decode, windowOf } from './chunks.ts';

/**
 * Every value of every real record: of flat ones against the published table reference, of classic ones against rows
 * that were read by eye beside them.
 */

type Row = Readonly<Record<string, unknown>>;

async function rowsOf(
  layout: 'continuous' | 'diagnostics' | 'dataExport',
  text: string | Buffer,
): Promise<readonly Row[]> {
  const { rows, quarantine } = await decode(
    windowOf('requests', layout),
    (work) => [chunkOf(work, text, { layout })],
    {},
  );
  assert.deepEqual(quarantine, []);
  return rows.map(filled);
}

/** Without what is empty; JSON parsed, so that its spelling does not count. */
const filled = (row: Row): Row =>
  Object.fromEntries(
    Object.entries(row)
      .filter(([name, value]) => value !== null && name !== 'exportWindow')
      .map(([name, value]) => [name, DYNAMIC.has(name) ? JSON.parse(String(value)) : value]),
  );

const DYNAMIC = new Set(['customDimensions', 'customMeasurements', 'details', 'extra']);

/** Microseconds; the seventh digit is cut off. */
const stampOf = (time: string): string => time.slice(0, 26).replace(/Z$/, '').padEnd(26, '0');

/** What a flat record must become, by the names of the workspace's tables alone. */
function expectedRow(record: Row): Row {
  const signal = SIGNALS.find((each) => WORKSPACE_TABLES[each] === record.Type) as Signal;
  const names = new Map(
    APP_COLUMNS[signal].map(({ name, workspace }) => [name === 'timestamp' ? timeKey(record) : workspace, name]),
  );
  const columns = Object.entries(record).flatMap(([key, value]) => (names.has(key) ? [[names.get(key), value]] : []));
  const extra = Object.fromEntries(Object.entries(record).filter(([key]) => !names.has(key)));
  const row: Record<string, unknown> = { ...Object.fromEntries(columns), extra, itemType: ITEM_TYPES[signal] };
  return { ...row, timestamp: stampOf(String(row.timestamp)) };
}

const timeKey = (record: Row): string => ('time' in record ? 'time' : 'TimeGenerated');
const recordsOf = (text: string): Row[] => JSON.parse(text).records ?? [JSON.parse(text)];
const byId = (rows: readonly Row[]): Row[] =>
  rows.toSorted((one, other) => (String(one.id) < String(other.id) ? -1 : 1));

test('diagnostic settings: every value of the real records', async () => {
  const files = CORPUS.filter(({ name }) => /^diagnostic-settings\/.*App|\/app-/.test(name));
  assert.equal(files.length, 5);
  for (const { name, bytes } of files) {
    const records = recordsOf(bytes.toString());
    assert.deepEqual(byId(await rowsOf('diagnostics', bytes)), byId(records.map(expectedRow)), name);
  }
});

test('data export: the same records as the workspace spells them', async () => {
  for (const { name, bytes } of CORPUS.filter((file) => /^diagnostic-settings\/.*App|\/app-/.test(file.name))) {
    const records = recordsOf(bytes.toString()).map(({ time, resourceId, Properties, ...rest }, index) => ({
      ...{ TenantId: 't', TimeGenerated: time, SourceSystem: 'Azure', _ResourceId: resourceId, ...rest },
      ...(Properties !== undefined && { Properties: index % 2 === 0 ? JSON.stringify(Properties) : Properties }),
    }));
    const parsed = records.map((record) =>
      typeof record.Properties === 'string' ? { ...record, Properties: JSON.parse(record.Properties) } : record,
    );
    const text = `\ufeff${records.map((record) => JSON.stringify(record)).join('\r\n')}\r\n`;
    assert.deepEqual(byId(await rowsOf('dataExport', text)), byId(parsed.map(expectedRow)), name);
  }
});

test('Continuous Export: every value of the real records', async () => {
  const golden: Readonly<Record<string, readonly Row[]>> = JSON.parse(
    readFileSync(join(import.meta.dirname, '../corpus/continuous-export-rows.json'), 'utf8'),
  );
  const files = CORPUS.filter(({ name }) => name.startsWith('continuous-export/'));
  assert.deepEqual(files.map(({ name }) => name.slice('continuous-export/'.length)).sort(), Object.keys(golden).sort());
  for (const { name, bytes } of files)
    assert.deepEqual(await rowsOf('continuous', bytes), golden[name.slice('continuous-export/'.length)], name);
});
