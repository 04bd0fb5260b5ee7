import { guid, one, other, reads, refuses } from './settings.ts';

reads([
  [
    'window and lag',
    { ...one, QUERY_WINDOW: '15m', QUERY_LAG: '0m' },
    (c) => [c.apps[0]?.query?.window, c.apps[0]?.query?.lag],
    [900_000, 0],
  ],
  [
    'a US Government app',
    { ...one, QUERY_CLOUD: 'usgov' },
    (c) => [c.apps[0]?.query?.url, c.apps[0]?.query?.scope],
    [`https://api.applicationinsights.us/v1/apps/${guid}/query`, 'https://api.applicationinsights.us/.default'],
  ],
  [
    'a workspace in China',
    { ...one, APP_ID: '', WORKSPACE_ID: guid, QUERY_CLOUD: 'china' },
    (c) => [c.apps[0]?.query?.url, c.apps[0]?.query?.schema],
    [`https://api.loganalytics.azure.cn/v1/workspaces/${guid}/query`, { kind: 'workspace', resourceId: '' }],
  ],
  [
    'an emulator without a key',
    { ...one, APP_ID: 'sim', QUERY_ENDPOINT: 'http://127.0.0.1:7075/v1/' },
    (c) => [c.apps[0]?.query?.url, c.apps[0]?.query?.auth],
    ['http://127.0.0.1:7075/v1/apps/sim/query', { kind: 'none' }],
  ],
  [
    'an emulator with a key',
    { ...one, QUERY_ENDPOINT: 'http://localhost:7075', QUERY_KEY: 'k3y' },
    (c) => (c.apps[0]?.query?.auth.kind === 'key' ? c.apps[0].query.auth.key.reveal() : ''),
    'k3y',
  ],
  [
    'a private endpoint',
    { ...one, QUERY_ENDPOINT: 'https://api.private.example', AZURE_CLIENT_ID: other },
    (c) => c.apps[0]?.query?.auth,
    { kind: 'identity', clientId: other, setting: 'AZURE_CLIENT_ID' },
  ],
]);

refuses([
  [
    'a window that does not divide the day',
    { ...one, QUERY_WINDOW: '7h' },
    /^QUERY_WINDOW must be a length from 5m to 1d that divides the day.*; it is "7h"$/,
  ],
  ...['0000-01-01', '0001-01-01', '1969-12-31'].map(
    (from) =>
      [`a beginning in ${from}`, { ...one, QUERY_FROM: from }, /^QUERY_FROM must be 1970-01-01 or later/] as const,
  ),
  ['a window too short', { ...one, QUERY_WINDOW: '1m' }, /^QUERY_WINDOW/],
  ['a window without a unit', { ...one, QUERY_WINDOW: '60' }, /^QUERY_WINDOW/],
  [
    'plain http',
    { ...one, QUERY_ENDPOINT: 'http://api.example' },
    /^QUERY_ENDPOINT must be .*plain http only on 127.0.0.1/,
  ],
  ['a cloud', { ...one, QUERY_CLOUD: 'germany' }, /^QUERY_CLOUD must be one of public, usgov, china; it is "germany"$/],
]);
