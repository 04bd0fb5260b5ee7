import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { injectCore } from '../local/host/core.ts';
import { type Host, startHost } from '../local/host/host.ts';
import { parseHostSettings } from '../local/host/settings.ts';
import { openApi } from '../local/openapi.ts';
import { rerunWindows } from '../shared/pipeline/ask/rerun.ts';
import { refusalFor, STEER_ROLE } from '../shared/status/access.ts';
import { statusSchema } from '../shared/status/schema.ts';
import { wireStatus } from '../shared/wire/status.ts';
import { fakeWire } from './fake-wire.ts';
import { filled } from './status/world.ts';

/** The status functions in the local host, with keys as the real host asks for them, over a ledger in memory. */

const keys = { function: 'read', admin: 'master' };
const root = join(import.meta.dirname, '..');
const core = injectCore();
let host: Host;
let fails = false;

before(async () => {
  const { ledger, config, now } = await filled({ apps: 2, days: 3 });
  const clock = { now, sleep: async () => {}, random: () => 0.5 };
  const statusPorts = wireStatus(config, {
    ...{ ledger, now, ready: async () => {} },
    rerun: (order) => rerunWindows(order, { ledger, clock }),
  });
  fakeWire(() => {
    if (fails) throw new Error('settings: LAKE_ACCOUNT must be set');
    return { statusPorts };
  });
  host = await startHost({
    ...{ core, entries: [join(root, 'functions/status.ts')], settings: parseHostSettings('{}'), env: {} },
    ...{ port: 0, lock: 1000, blobEvery: 1000, keys, report: () => {} },
  });
});
after(() => host.stop());

const call = (path: string, key = '', init: RequestInit = {}) =>
  fetch(`${host.url}/api/${path}`, { ...init, headers: { ...init.headers, ...(key && { 'x-functions-key': key }) } });
const post = (order: string, body: object, key: string, type = 'application/json') =>
  call(order, key, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': type } });

describe('the status functions', () => {
  test('the page needs no key, holds no data, and says what may run in it', async () => {
    const response = await call('status');
    assert.equal(response.status, 200);
    assert.match(response.headers.get('content-type') ?? '', /^text\/html/);
    assert.match(response.headers.get('content-security-policy') ?? '', /^default-src 'none'; style-src 'sha256-/);
    assert.equal(response.headers.get('cache-control'), 'no-store');
    assert.doesNotMatch(await response.text(), /store exceptions|2026-11/);
  });

  test('reading needs a key, in a header or in the address', async () => {
    assert.deepEqual(
      await Promise.all(['', 'wrong', 'read', 'master'].map(async (key) => (await call('status.json', key)).status)),
      [401, 401, 200, 200],
    );
    assert.equal((await call('window?app=shop&signal=requests&at=2026-11-25')).status, 401);
    const response = await call('status.json?code=read&from=2026-11-24');
    assert.equal(response.status, 200);
    assert.equal(statusSchema.parse(await response.json()).verdict.feeds, 20);
  });

  test('steering needs the master key, a JSON body, and POST', async () => {
    const range = { from: '2026-11-24', to: '2026-11-27', faulty: true, dryRun: true };
    assert.equal((await post('rerun', range, '')).status, 401);
    assert.equal((await post('rerun', range, 'read')).status, 401);
    assert.equal((await post('rerun', range, 'master')).status, 200);
    assert.equal((await post('rerun', range, 'master', 'text/plain')).status, 415);
    for (const order of ['rerun', 'pause', 'resume', 'disable', 'backfill'])
      assert.equal((await call(order, 'master')).status, 404, order);
    assert.equal((await call('status.json', 'master', { method: 'POST' })).status, 404);
  });

  test('what is wrong is said with its field; what fails says what to do', async () => {
    const bad = await call('status.json?grain=7m', 'read');
    assert.deepEqual([bad.status, ((await bad.json()) as { error: { field: string } }).error.field], [400, 'grain']);
    assert.equal((await post('rerun', { to: 1 }, 'master')).status, 400);
    fails = true;
    const failed = await call('status.json', 'read');
    fails = false;
    assert.deepEqual(
      [failed.status, await failed.json()],
      [500, { error: { message: 'settings: LAKE_ACCOUNT must be set' } }],
    );
  });

  test('the OpenAPI file is that of the code, and names every function with its way and key', () => {
    const file = JSON.parse(readFileSync(join(root, 'docs/status-api.openapi.json'), 'utf8'));
    assert.deepEqual(file, JSON.parse(JSON.stringify(openApi())));
    const told = Object.entries(file.paths as Record<string, Record<string, { security: object[] }>>).flatMap(
      ([path, ways]) =>
        Object.entries(ways).map(([way, { security }]) => `${way} ${path} ${Object.keys(security[0] ?? {})}`),
    );
    const levels: Readonly<Record<string, string>> = { anonymous: '', function: 'functionKey', admin: 'masterKey' };
    const real = [...core.functions.values()].map(
      ({ trigger }) =>
        `${String(trigger.methods).toLowerCase()} /api/${trigger.route} ${levels[String(trigger.authLevel)]}`,
    );
    assert.deepEqual(told.toSorted(), real.toSorted());
  });
});

test('where Entra guards the app: who is signed in reads, who has the role steers, nobody where off', () => {
  const header = (claims: object[]) => Buffer.from(JSON.stringify({ role_typ: 'roles', claims })).toString('base64');
  const steerer = header([{ typ: 'roles', val: STEER_ROLE }]);
  const table: readonly (readonly [boolean, string | null, boolean, number | undefined])[] = [
    [false, header([]), true, undefined],
    [false, null, true, 401],
    [false, 'no base64 of JSON', true, 401],
    [true, header([{ typ: 'roles', val: 'Other' }]), true, 403],
    [true, steerer, true, undefined],
    [true, steerer, false, 403],
    [false, steerer, false, 403],
  ];
  for (const [steering, principal, guarded, status] of table)
    assert.equal(refusalFor(steering, principal, guarded)?.status, status);
});
