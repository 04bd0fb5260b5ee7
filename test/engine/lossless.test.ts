import assert from 'node:assert/strict';
import { test } from 'node:test';
import { columnsOf } from '../../shared/signals/columns-of.ts';
import { signals, signalTables } from '../../shared/signals/tables.ts';
import { chunkOf, decode, jsonLines, windowOf } from './chunks.ts';
import { isFound, sentinelRecord } from './sentinels.ts';

for (const signal of signals) {
  for (const fitting of [true, false]) {
    test(`${signal}: every path comes back, ${fitting ? 'values of the right type' : 'text everywhere'}`, async () => {
      const { record, sentinels } = sentinelRecord(signalTables[signal].element, signal, fitting);
      const { rows, quarantine } = await decode(windowOf(signal), (work) => [chunkOf(work, jsonLines([record]))]);
      assert.deepEqual(quarantine, []);
      assert.deepEqual(
        sentinels.filter((sentinel) => !isFound(sentinel, rows)),
        [],
      );
      // Where everything fits, the columns hold it and `extra` only the rest.
      for (const { timestamp, extra } of fitting ? rows : []) {
        assert.notEqual(timestamp, null);
        assert.ok(!String(extra).includes('eventTime') && String(extra).includes('samplingRate'), String(extra));
      }
    });
  }

  for (const layout of ['diagnostics', 'dataExport'] as const) {
    test(`${signal}: every key of a flat record (${layout}) comes back`, async () => {
      const keys = [
        ...new Set(columnsOf(signal).flatMap(({ workspace }) => workspace)),
        'resourceId',
        '_BilledSize',
        'TenantId',
        'Undocumented',
      ];
      const record = {
        ...Object.fromEntries(keys.map((key) => [key, `sentinel ${key}.`])),
        Type: signalTables[signal].table,
      };
      const { rows } = await decode(windowOf(signal, layout), (work) => [
        chunkOf(work, jsonLines([record]), { layout }),
      ]);
      assert.equal(rows.length, 1);
      const text = JSON.stringify(rows);
      assert.deepEqual(
        keys.filter((key) => key !== 'Type' && !text.includes(`sentinel ${key}.`)),
        [],
      );
    });
  }

  for (const workspace of [false, true]) {
    test(`${signal}: every cell of a ${workspace ? 'workspace' : 'classic'} answer comes back`, async () => {
      const own = columnsOf(signal).filter(({ as }) => as !== 'extra' && as !== 'exportWindow');
      const names = [
        ...new Set(own.flatMap((column) => (workspace ? column.workspace.slice(0, 1) : column.name))),
        'TenantId',
        'tenantid',
        'NAME',
      ];
      const cells = names.map((name) => `sentinel ${name}.`);
      const columns = names.map((name) => ({ name, type: 'string' }));
      const { rows } = await decode(windowOf(signal, 'query'), (work) => [
        chunkOf(work, jsonLines([cells]), { layout: 'query', columns }),
      ]);
      const text = JSON.stringify(rows);
      assert.deepEqual(
        cells.filter((cell) => !text.includes(cell)),
        [],
      );
    });
  }
}
