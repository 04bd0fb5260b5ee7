import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bindingsOf } from '../../shared/config/bindings.ts';
import { flatSettings } from '../../shared/config/flat.ts';
import { parseConfig } from '../../shared/config.ts';
import { one, blobs as someBlobs } from './settings.ts';

const audit = '0 7 * * * *';
const tend = '0 40 3 * * *';
const statusAccess = 'key';
const usual = {
  ...{ schedule: '0 */5 * * * *', queue: 'insights-lake-windows', audit, tend, statusAccess },
  ...{ blobs: undefined, sweep: undefined },
};
const sweep = '0 */10 * * * *';
const blobs = { path: 'exports/{name}', connection: 'ExportStorage', source: 'EventGrid' };

const table: readonly [string, Record<string, string>, object][] = [
  ['nothing set', {}, usual],
  [
    'flat settings',
    { PLAN_SCHEDULE: '0 0 * * * *', WINDOW_QUEUE: 'q-1', EXPORT_CONTAINER: 'exports' },
    { ...usual, schedule: '0 0 * * * *', queue: 'q-1', blobs, sweep },
  ],
  [
    'a prefix, with or without a slash at its end',
    { EXPORT_CONTAINER: 'exports', EXPORT_PREFIX: 'a/b/' },
    { ...usual, sweep, blobs: { ...blobs, path: 'exports/a/b/{name}' } },
  ],
  [
    'blobs in the document',
    {
      INSIGHTS_LAKE_CONFIG:
        '{"exports":{"container":"c-1","trigger":"LogsAndContainerScan","connection":"Other"},' +
        '"plan":{"schedule":"1 * * * * *"}}',
    },
    {
      ...usual,
      sweep,
      schedule: '1 * * * * *',
      blobs: { path: 'c-1/{name}', connection: 'Other', source: 'LogsAndContainerScan' },
    },
  ],
  ['a document in a file', { INSIGHTS_LAKE_CONFIG: '@lake.json' }, { ...usual, queue: 'from-file' }],
  ['a file that is not there', { INSIGHTS_LAKE_CONFIG: '@none.json', WINDOW_QUEUE: 'q-2' }, { ...usual, queue: 'q-2' }],
  ['a document that does not parse', { INSIGHTS_LAKE_CONFIG: '{' }, usual],
  [
    'wrong values fall back',
    {
      PLAN_SCHEDULE: 'hourly',
      WINDOW_QUEUE: 'No!',
      EXPORT_CONTAINER: 'exports',
      EXPORT_TRIGGER: 'Poll',
      EXPORT_PREFIX: '/x',
    },
    { ...usual, blobs, sweep },
  ],
  [
    'schedules that the host would refuse, or that never fire, fall back',
    { PLAN_SCHEDULE: '0 0 0 * * 7', EXPORT_CONTAINER: 'exports', SWEEP_SCHEDULE: '0 0 0 31 2 *' },
    { ...usual, blobs, sweep },
  ],
  [
    'several containers: the trigger watches the first',
    { EXPORT_CONTAINER: 'exports, insights-logs-*', SWEEP_SCHEDULE: '0 0 * * * *' },
    { ...usual, blobs, sweep: '0 0 * * * *' },
  ],
  [
    'blobs that are appended to trigger nothing',
    { INSIGHTS_LAKE_CONFIG: '{"exports":{"container":["am-*","x-1"],"schedule":"often"}}' },
    { ...usual, sweep },
  ],
  ['Entra guards the status', { STATUS_ACCESS: 'entra' }, { ...usual, statusAccess: 'entra' }],
  ['no way to guard the status', { STATUS_ACCESS: 'nobody' }, usual],
  ['an audit of its own', { AUDIT_SCHEDULE: '0 0 3 * * *' }, { ...usual, audit: '0 0 3 * * *' }],
  ['an audit whose schedule the host would refuse', { AUDIT_SCHEDULE: '0 0 0 * * 7' }, usual],
  ['a lake that is tended when its owner says', { LAKE_SCHEDULE: '0 0 3 * * *' }, { ...usual, tend: '0 0 3 * * *' }],
  [
    'an audit that never fires, in the document',
    { INSIGHTS_LAKE_CONFIG: '{"audit":{"schedule":"0 0 0 31 2 *"}}' },
    usual,
  ],
  ['no container of that name can exist', { EXPORT_CONTAINER: 'No!' }, usual],
  ['other export settings without a container', { EXPORT_PREFIX: 'x', EXPORT_TRIGGER: 'EventGrid' }, usual],
];

for (const [name, env, expected] of table) {
  test(name, () => {
    const readFile = (path: string): string => {
      if (path !== 'lake.json') throw new Error('ENOENT');
      return '{"state":{"queue":"from-file"}}';
    };
    assert.deepEqual(bindingsOf(env, readFile), expected);
  });
}

test('every schedule that a setting names is judged: wrong, it falls back, and each call says so', () => {
  const schedules = flatSettings.filter(([, path]) => path.at(-1) === 'schedule').map(([name]) => name);
  assert.ok(schedules.length >= 3);
  const none = () => '';
  const base = { ...one, ...someBlobs };
  for (const name of schedules)
    for (const wrong of ['0 0 0 * * 7', '0 0 0 31 2 *', '*/5 * * * *', 'daily']) {
      const env = { ...base, [name]: wrong };
      assert.deepEqual(bindingsOf(env, none), bindingsOf(base, none), name);
      assert.throws(() => parseConfig(env, none), new RegExp(`${name}.* must be a schedule of six fields`, 's'));
    }
});

test('bindings are found whatever the settings look like', () => {
  const none = () => {
    throw new Error('ENOENT');
  };
  for (const env of [
    {},
    { INSIGHTS_LAKE_CONFIG: '{' },
    { INSIGHTS_LAKE_CONFIG: '@gone' },
    { INSIGHTS_LAKE_CONFIG: '{"plan":7}' },
  ])
    assert.deepEqual(bindingsOf(env, none), usual);
  const document = JSON.stringify({
    exports: { container: 'ce-1', prefix: 'a/b', trigger: 'LogsAndContainerScan', connection: 'Own' },
  });
  const env = {
    INSIGHTS_LAKE_CONFIG: document,
    PLAN_SCHEDULE: '0 * * * * *',
    WINDOW_QUEUE: 'q-1',
    EXPORT_WINDOW: 'wrong',
  };
  assert.deepEqual(bindingsOf(env, none), {
    schedule: '0 * * * * *',
    queue: 'q-1',
    audit,
    tend,
    statusAccess,
    blobs: { path: 'ce-1/a/b/{name}', connection: 'Own', source: 'LogsAndContainerScan' },
    sweep: '0 */10 * * * *',
  });
  assert.equal(bindingsOf({ EXPORT_CONTAINER: 'ce-1' }, none).blobs?.path, 'ce-1/{name}');
});
