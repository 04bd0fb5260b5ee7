import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfig } from '../../shared/config.ts';
import type { Config } from '../../shared/model.ts';
import { shapedColumns } from '../../shared/signals/shape.ts';

const base = {
  APP_NAME: 'shop',
  APP_ID: '01234567-89ab-cdef-0123-456789abcdef',
  LAKE_ACCOUNT_URL: 'https://lake.dfs.core.windows.net',
  LAKE_CONTAINER: 'telemetry',
  AzureWebJobsStorage: 'UseDevelopmentStorage=true',
};
const key = { SHAPE_HASH_KEY: 'sixteen letters!' };
const read = (document: object, env: object = {}): Config =>
  parseConfig({ ...base, INSIGHTS_LAKE_CONFIG: JSON.stringify(document), ...env });
const at = 'INSIGHTS_LAKE_CONFIG: ';

const faults: readonly (readonly [what: string, shape: unknown, message: string, env?: object])[] = [
  ['unknown signal', { request: {} }, `${at}shape.request is no setting; did you mean requests?`],
  ['unknown key', { requests: { dropp: [] } }, `${at}shape.requests.dropp is no setting; did you mean drop?`],
  [
    'unknown column',
    { requests: { drop: ['usr_Id'] } },
    `${at}shape.requests.drop names "usr_Id", which is no column of requests; did you mean user_Id?`,
  ],
  [
    'column of another signal',
    { traces: { hash: ['url'] } },
    `${at}shape.traces.hash names "url", which is no column of traces`,
    key,
  ],
  [
    'unknown for all',
    { '*': { drop: ['xxxxx'] } },
    `${at}shape.*.drop names "xxxxx", which is no column of any signal`,
  ],
  [
    'renamed unknown',
    { traces: { rename: { txt: 'text' } } },
    `${at}shape.traces.rename names "txt", which is no column of traces`,
  ],
  [
    'renamed onto a column',
    { requests: { rename: { name: 'URL' } } },
    `${at}shape makes two columns "URL" of requests; rename or promote to another name`,
  ],
  [
    'promoted onto a column',
    { traces: { promote: [{ from: 'extra.a', as: 'message', type: 'string' }] } },
    `${at}shape makes two columns "message" of traces; rename or promote to another name`,
  ],
  [
    'a folder of the paths',
    { traces: { rename: { message: 'app' } } },
    `${at}shape names a column of traces "app", as a folder in the paths of the lake (app=…); choose another name`,
  ],
  [
    'an odd name',
    { traces: { rename: { message: 'the text' } } },
    `${at}shape.traces.rename.message must be a name of letters, digits and underscores, 128 at most, that does ` +
      `not begin with a digit; it is "the text"`,
  ],
  [
    'dropped and hashed',
    { traces: { drop: ['message'], hash: ['message'] } },
    `${at}shape.traces drops and hashes message; keep one`,
    key,
  ],
  [
    'dropped and renamed',
    { traces: { drop: ['message'], rename: { message: 'm' } } },
    `${at}shape.traces drops and renames message; keep one`,
  ],
  [
    'allow and deny',
    { traces: { extra: { allow: ['a'], deny: ['b'] } } },
    `${at}shape.traces.extra has both allow and deny; keep one`,
  ],
  [
    'promoted from nowhere',
    { traces: { promote: [{ from: 'message', as: 'm', type: 'string' }] } },
    `${at}shape.traces.promote[0].from must be customDimensions., customMeasurements. or extra. and the name of a ` +
      `field, such as customDimensions.tenant id; it is "message"`,
  ],
  [
    'promoted from a column that is not there',
    { customMetrics: { promote: [{ from: 'customMeasurements.x', as: 'x', type: 'real' }] } },
    `${at}shape.customMetrics.promote names "customMeasurements", which is no column of customMetrics`,
  ],
  [
    'an unknown type',
    { traces: { promote: [{ from: 'extra.a', as: 'm', type: 'real ' }] } },
    `${at}shape.traces.promote[0].type must be one of string, integer, long, real, boolean, timestamp; it is ` +
      `"real "; did you mean real?`,
  ],
  [
    'a blank condition',
    { traces: { where: ' ' } },
    `${at}shape.traces.where must be a condition in KQL such as resultCode != '404'; it is " "`,
  ],
  [
    'no key',
    { '*': { hash: ['user_Id'] } },
    'SHAPE_HASH_KEY must be a secret of 16 characters or more, for shape.*.hash; it is not set',
  ],
  [
    'a short key',
    { '*': { hash: ['user_Id'] } },
    'SHAPE_HASH_KEY must be a secret of 16 characters or more, for shape.*.hash; it is 5 characters',
    { SHAPE_HASH_KEY: 'short' },
  ],
];

for (const [what, shape, message, env] of faults) {
  test(`shape: ${what}`, () => {
    assert.throws(
      () => read({ shape }, env),
      (error: Error) => {
        const lines = error.message.split('\n').map((line) => line.replace(/^(- |settings: )/, ''));
        assert.ok(lines.includes(message), error.message);
        return true;
      },
    );
  });
}

test('shape: what all signals share and what one adds', () => {
  const { shape, quarantine } = read(
    {
      shape: {
        '*': {
          drop: ['client_IP', 'severityLevel'],
          hash: ['user_Id'],
          where: "user_Id <> ''",
          rename: { name: 'title' },
          dimensions: { deny: ['a'] },
        },
        requests: { drop: ['user_Id'], rename: { name: 'path' }, where: 'success', dimensions: { allow: ['b'] } },
      },
    },
    key,
  );
  assert.deepEqual(shape.signals.requests, {
    drop: ['client_IP', 'user_Id'],
    hash: [],
    rename: { name: 'path' },
    where: [
      { setting: 'shape.*.where', kql: "user_Id <> ''" },
      { setting: 'shape.requests.where', kql: 'success' },
    ],
    promote: [],
    dimensions: { allow: ['b'], deny: ['a'] },
    extra: { allow: undefined, deny: [] },
  });
  assert.deepEqual(shape.signals.traces?.drop, ['client_IP', 'severityLevel']);
  assert.deepEqual(shape.signals.traces?.rename, {});
  assert.equal(shape.key?.reveal(), 'sixteen letters!');
  assert.equal(quarantine.keepBytes, false);
  const names = shapedColumns('requests', shape.signals.requests).map(({ name }) => name);
  assert.ok(names.includes('path') && !names.includes('name') && !names.includes('user_Id'));
});

const quarantines: readonly (readonly [env: object, shape: object, expected: unknown])[] = [
  [{}, {}, ['_quarantine', undefined, true]],
  [{ QUARANTINE_BYTES: 'omit' }, {}, ['_quarantine', undefined, false]],
  [{}, { traces: { drop: ['message'] } }, ['_quarantine', undefined, false]],
  [{}, { traces: { extra: { deny: ['a'] } } }, ['_quarantine', undefined, false]],
  [{}, { traces: { rename: { message: 'm' }, where: 'true' } }, ['_quarantine', undefined, true]],
  [{ QUARANTINE_BYTES: 'keep' }, { traces: { drop: ['message'] } }, ['_quarantine', undefined, true]],
  [{ QUARANTINE_PREFIX: 'unread/lines/' }, {}, ['unread/lines', undefined, true]],
  [{ QUARANTINE_CONTAINER: 'unread', LAKE_PREFIX: 'p' }, {}, ['_quarantine', 'unread/p', true]],
];

for (const [env, shape, expected] of quarantines) {
  test(`quarantine: ${JSON.stringify({ ...env, ...shape })}`, () => {
    const { prefix, place, keepBytes } = read({ shape }, env).quarantine;
    assert.deepEqual(
      [prefix, place?.kind === 'container' ? `${place.container}/${place.prefix}` : undefined, keepBytes],
      expected,
    );
  });
}

test('quarantine: what cannot be', () => {
  const { LAKE_ACCOUNT_URL: _, LAKE_CONTAINER: __, ...rest } = base;
  assert.throws(
    () => parseConfig({ ...rest, LAKE_FOLDER: 'lake', QUARANTINE_CONTAINER: 'unread' }),
    /QUARANTINE_CONTAINER goes with a lake in a storage account/,
  );
  assert.throws(
    () => read({}, { QUARANTINE_BYTES: 'some' }),
    /QUARANTINE_BYTES must be one of keep, omit; it is "some"/,
  );
  assert.throws(
    () => read({}, { QUARANTINE_PREFX: 'x' }),
    /QUARANTINE_PREFX is no setting of Insights Lake; did you mean QUARANTINE_PREFIX\?/,
  );
  assert.throws(() => read({ quarantine: { prefix: '' } }), /must be a folder path such as _quarantine/);
  assert.throws(() => read({ shape: { hashKey: 'x' } }), /shape.hashKey is no setting/);
});
