import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sourceOverlap } from '../../shared/config/apps.ts';
import { signalNames } from '../../shared/config/schema.ts';
import { parseConfig } from '../../shared/config.ts';
import { blobs, guid, one, reads, refuses } from './settings.ts';

reads([
  [
    'a range',
    { ...one, QUERY_FROM: '2026-01-31', QUERY_UNTIL: '2026-02-01T02:00+02:00' },
    (c) => [c.apps[0]?.query?.from, c.apps[0]?.query?.until],
    [Date.UTC(2026, 0, 31), Date.UTC(2026, 1, 1)],
  ],
  [
    'signals in the order of the schema',
    { ...one, SIGNALS: ' traces, requests,traces' },
    (c) => c.apps[0]?.query?.signals,
    ['requests', 'traces'],
  ],
  ['all signals', { ...one, SIGNALS: 'all' }, (c) => c.apps[0]?.query?.signals, signalNames],
]);

refuses([
  ['no app name', { ...one, APP_NAME: '' }, /^APP_NAME must be a name of small letters.*; it is not set$/],
  ['an app name', { ...one, APP_NAME: 'My Shop' }, /^APP_NAME must be a name of small letters.*; it is "My Shop"$/],
  ['no id', { ...one, APP_ID: '' }, /^exactly one of APP_ID and WORKSPACE_ID must be set; neither is set$/],
  ['two ids', { ...one, WORKSPACE_ID: guid }, /both are set$/],
  ['an app id', { ...one, APP_ID: 'shop' }, /^APP_ID must be a GUID.*; it is "shop"$/],
  [
    'a resource without a workspace',
    { ...one, RESOURCE_ID: '/subscriptions/a/resourceGroups/b/providers/microsoft.insights/components/c' },
    /^RESOURCE_ID goes with WORKSPACE_ID/,
  ],
  ['a plan without a workspace', { ...one, QUERY_PLAN: 'basic' }, /^QUERY_PLAN basic goes with a workspace/],
  [
    'the same in the document',
    { ...one, INSIGHTS_LAKE_CONFIG: '{"query":{"plan":"basic"}}' },
    /^INSIGHTS_LAKE_CONFIG: query\.plan basic goes with a workspace/,
  ],
  [
    'a signal',
    { ...one, SIGNALS: 'reqests' },
    /^SIGNALS must be all, or signals.*; it is "reqests"; did you mean requests\?$/,
  ],
  ['a date', { ...one, QUERY_FROM: '2026-02-30' }, /^QUERY_FROM must be a date.*; it is "2026-02-30"$/],
  [
    'a range',
    { ...one, QUERY_FROM: '2026-02-02', QUERY_UNTIL: '2026-02-01' },
    /^QUERY_UNTIL must be later than QUERY_FROM \(2026-02-02T00:00:00.000Z\); it is 2026-02-01T00:00:00.000Z$/,
  ],
]);

test('the overlap of two sources is exact to the boundary', () => {
  const { apps, exports } = parseConfig({
    ...one,
    ...blobs,
    SIGNALS: 'requests',
    QUERY_FROM: '2024-02-01',
    EXPORT_UNTIL: '2024-03-01',
  });
  assert.ok(exports);
  assert.deepEqual(sourceOverlap(apps, exports, 'shop', 'requests'), {
    start: Date.UTC(2024, 1, 1),
    end: Date.UTC(2024, 2, 1),
  });
  assert.equal(sourceOverlap(apps, exports, 'shop', 'traces'), undefined);
  assert.equal(sourceOverlap(apps, exports, 'pay', 'requests'), undefined);
  assert.equal(sourceOverlap(apps, { ...exports, until: Date.UTC(2024, 1, 1) }, 'shop', 'requests'), undefined);
});
