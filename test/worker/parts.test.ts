/**
 * Query APIs that give a part of what was asked, or refuse what is much, through the functions in their worker
 * (worker.ts; the real one where that is at hand): in the end the lake has each row once, whatever the words.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { telemetryRows } from '../../local/telemetry/telemetryRows.ts';
import { blobsLeft } from '../e2e/left.ts';
import { CUT_MAKES } from './cut-makes.ts';
import { HOUR, MINUTE, START } from './inputs.ts';
import { type OtherApi, startOtherApi } from './other-api.ts';
import { type Scene, startScene, until } from './scene.ts';

const HOURS = 2;
const FROM = START + 9 * HOUR;

let scene: Scene;
let apis: ReadonlyMap<string, OtherApi>;
before(async () => {
  const made = CUT_MAKES.map(async (make) => {
    const shop = { seed: make.name, app: make.name, perHour: 14, start: FROM, end: FROM + HOURS * HOUR };
    return [make.name, await startOtherApi(make, [...telemetryRows({ ...shop, signal: 'requests' })])] as const;
  });
  apis = new Map(await Promise.all(made));
  const apps = [...apis.values()].map(({ make: { name }, url }) => ({ name, endpoint: url, appId: 'the-app' }));
  const settings = {
    ...{ APP_NAME: '', APP_ID: '', QUERY_ENDPOINT: '', INSIGHTS_LAKE_CONFIG: JSON.stringify({ apps }) },
    ...{ LEASE: '1m', BUDGET_RATE: '1000' },
  };
  scene = await startScene({ hours: HOURS, from: 9, signals: 'requests', settings });
});
after(async () => {
  await scene?.close();
  for (const api of apis?.values() ?? []) api.close();
});

async function idsOf(app: string): Promise<string[]> {
  const texts = [...(await blobsLeft(scene.azurite, 'lake'))].filter(([name]) => name.includes(`/app=${app}/`));
  return texts.flatMap(([, text]) => [...text.matchAll(/"itemId":"([^"]+)"/g)].map(([, id]) => id ?? '')).sort();
}

test('the planner plans the windows of all', async (t) => {
  assert.equal((await scene.call('planWindows')).error, '');
  assert.equal((await scene.entries()).length, CUT_MAKES.length * HOURS);
  t.diagnostic(`in the ${scene.worker.kind}`);
});

for (const { name } of CUT_MAKES)
  test(`${name}: each row once, and nothing is done with a part`, async (t) => {
    const api = apis.get(name) ?? assert.fail(name);
    const wanted = api.rows.map(({ itemId }) => String(itemId)).sort();
    for (const { window } of (await scene.entries()).filter((entry) => entry.window.app === name)) {
      const [start, end] = [window.start, window.end].map((at) => new Date(at).toISOString());
      let said = '';
      const done = async () => {
        const { logs, error } = await scene.call('runWindow', JSON.stringify({ ...window, start, end }));
        said = error;
        return /"state":"(done|unchanged)"/.test(logs.join('\n'));
      };
      assert.notEqual(await until(done, 240 * MINUTE), undefined, said);
    }
    assert.deepEqual(await idsOf(name), wanted);
    t.diagnostic(`${wanted.length} rows, ${api.questions.length} questions`);
  });
