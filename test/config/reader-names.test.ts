import assert from 'node:assert/strict';
import { test } from 'node:test';
import { folderKeyFaults } from '../../shared/config/reader-names.ts';
import { parseConfig } from '../../shared/config.ts';
import { defaultPathTemplate } from '../../shared/lake/path-template.ts';
import { columnsOf } from '../../shared/signals/columns-of.ts';
import { misreadAs } from '../../shared/signals/misread.ts';
import { signals } from '../../shared/signals/tables.ts';

const env = {
  AzureWebJobsStorage: 'UseDevelopmentStorage=true',
  ...{ APP_NAME: 'shop', APP_ID: '01234567-89ab-cdef-0123-456789abcdef', LAKE_FOLDER: '/lake' },
};
const faultsOf = (more: Record<string, string>): string => {
  try {
    parseConfig({ ...env, ...more });
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

test('names of apps that readers take for something else', () => {
  const odd: readonly (readonly [name: string, what: string])[] = [
    ...(['0', '007', '1e5', '1e-5', '12-3', '1d', '2f', '3l', '0x1f', 'inf', 'infinity'] as const).map(
      (name) => [name, 'a number'] as const,
    ),
    ...([
      ['null', 'no value'],
      ['none', 'no value'],
      ['true', 'a truth value'],
      ['false', 'a truth value'],
    ] as const),
    ...([
      ['nan', 'no number'],
      ['2024-01-02', 'a date'],
      ['2024-01', 'a date'],
    ] as const),
  ];
  for (const [name, what] of odd) assert.equal(misreadAs(name), what, name);
  for (const name of ['shop', 'app-007', '3scale', 'nullable', 'true-blue', 'e5', '7eleven', 'nan-1'])
    assert.equal(misreadAs(name), undefined, name);
  assert.match(
    faultsOf({ APP_NAME: '007' }),
    /APP_NAME must be a name that readers .* a number .*\(app=007\), such as app-007; it is "007"/,
  );
  const exports = { APP_NAME: '', APP_ID: '', EXPORT_CONTAINER: 'exports', EXPORT_CONNECTION: 'AzureWebJobsStorage' };
  assert.match(faultsOf({ ...exports, EXPORT_APPS: 'Shop_1=null' }), /EXPORT_APPS.* no value .*such as app-null/);
  assert.equal(faultsOf(exports), '');
});

test('folder keys that a column is called: every column of every signal, however it is written', () => {
  for (const signal of signals)
    for (const { name } of columnsOf(signal)) {
      const [fault = ''] = folderKeyFaults(`a/${name.toUpperCase()}={app}/x`);
      assert.match(fault, new RegExp(`${name} is a column of the files: .* call the folder \\w+=`));
    }
  for (const partition of ['hour', 'day'] as const)
    assert.deepEqual(folderKeyFaults(defaultPathTemplate(partition)), []);
  const path = '{signal}/appName={app}/source={source}/date={yyyy}-{MM}-{dd}/hour={HH}/{start}_{end}.{ext}';
  const faults = faultsOf({ LAKE_PATH: path });
  assert.match(faults, /LAKE_PATH has the folder appName=….* call the folder app=, for example/);
  assert.match(faults, /LAKE_PATH has the folder source=….* call the folder origin=, for example/);
  assert.equal(faultsOf({ LAKE_PATH: path.replace('appName', 'app').replace('source=', 'origin=') }), '');
});

test('a suggestion is no column either', () => {
  const columns = new Set(signals.flatMap((signal) => columnsOf(signal).map(({ name }) => name.toLowerCase())));
  for (const name of columns) {
    const key = /call the folder (\w+)=/.exec(folderKeyFaults(`${name}=x`)[0] ?? '')?.[1] ?? name;
    assert.ok(!columns.has(key.toLowerCase()), `${name}: ${key}`);
  }
});

test('misspelt settings: within two letters of ours they are refused, with the one that was meant', () => {
  const misspelt = {
    ...{ SIGNAL: 'SIGNALS', STATE_TABEL: 'STATE_TABLE', PLAN_LIMTI: 'PLAN_LIMIT', SWEEP_SHEDULE: 'SWEEP_SCHEDULE' },
    ...{ WINDOWS_QUEUE: 'WINDOW_QUEUE', RESOURCEID: 'RESOURCE_ID', WORKSPACE_IDS: 'WORKSPACE_ID', LEASES: 'LEASE' },
    ...{
      LESAE: 'LEASE',
      signals: 'SIGNALS',
      INSIGHT_LAKE_CONFIG: 'INSIGHTS_LAKE_CONFIG',
      PLAN_SCHEDUL: 'PLAN_SCHEDULE',
    },
    ...{ AZUREWEBJOBSSTORAGE: 'AzureWebJobsStorage', ExportStorag: 'ExportStorage' },
    AzureWebJobsStorage__blobServceUri: 'AzureWebJobsStorage__blobServiceUri',
  };
  for (const [name, meant] of Object.entries(misspelt))
    assert.match(
      faultsOf({ [name]: 'x' }),
      new RegExp(`${name} is no setting of Insights Lake; did you mean ${meant}\\?`),
    );
  const others = [
    'RELEASE',
    'BASE',
    'PATH',
    'LANG',
    'HOME',
    'PLAN',
    'STATE',
    'TABLE',
    'SIGNAL_ENDPOINT',
    'AzureWebJobsStorage__tenantId',
  ];
  for (const name of [...others, 'FUNCTIONS_WORKER_RUNTIME', 'WEBSITE_SITE_NAME', 'AZURE_TENANT_ID', 'AZURE_CLIENT_ID'])
    assert.equal(faultsOf({ [name]: 'x' }), '', name);
});
