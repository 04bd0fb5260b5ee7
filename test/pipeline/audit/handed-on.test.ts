/** What audits know outlives their process: the next one finds it in the lake. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { auditWindows, createAuditMemory } from '../../../shared/pipeline/audit/audit.ts';
import { forget } from '../../../shared/pipeline/audit/handed-on.ts';
import { auditedWorld, feed, hour, hourly, start } from './audited.ts';

const name = '_insights-lake/audited/app=shop/requests.json';

/** Eight hours that one process has audited; `audit`: what another one asks the ledger for. */
async function audited() {
  const here = auditedWorld();
  here.add(...hourly(8));
  here.setTime(start + 8 * hour);
  await here.plan();
  await here.deliver();
  here.setTime(start + 9 * hour);
  let asked = 0;
  const audit = async (memory = createAuditMemory()) => {
    asked = 0;
    const ledger = {
      ...here.ledger,
      audits: (...given: Parameters<typeof here.ledger.audits>) => {
        asked += 1;
        return here.ledger.audits(...given);
      },
    };
    const app = { app: feed.app, feeds: [feed], survey: here.survey, retention: 90 * 24 * hour };
    const told = await auditWindows([app], { ...here.audits, ledger, memory }, new AbortController().signal);
    assert.deepEqual(told.errors, []);
    return { enqueued: told.feeds[0]?.enqueued.length, asked };
  };
  assert.deepEqual(await audit(), { enqueued: 0, asked: 1 });
  return { here, audit, text: () => here.lake.contents()[name] ?? assert.fail('it is not there') };
}

const put = async ({ lake }: Awaited<ReturnType<typeof audited>>['here'], text: string) =>
  assert.ok(await lake.put(name, new TextEncoder().encode(text), await lake.head(name)));

test('a new process asks nothing that the one before it knew, and finds what has changed since', async () => {
  const { here, audit } = await audited();
  here.setTime(here.now() + hour);
  assert.deepEqual(await audit(), { enqueued: 0, asked: 0 });
  here.add({ at: start + 3 * hour + 1, came: here.now(), word: 'late' });
  assert.deepEqual(await audit(), { enqueued: 1, asked: 0 });
  await here.deliver();
  assert.deepEqual(await audit(), { enqueued: 0, asked: 0 });
  assert.deepEqual(await here.differing(), []);
  // What a process remembers itself counts for no longer.
  here.setTime(start + 9 * hour + forget);
  assert.deepEqual(await audit(), { enqueued: 0, asked: 1 });
  assert.deepEqual(await audit(), { enqueued: 0, asked: 0 });
});

test('where it is gone, of later, cut short or of another kind the ledger is asked as ever, and it is written anew', async () => {
  const { here, audit, text } = await audited();
  const whole = text();
  const later = whole.replace(/"at":\d+/, `"at":${here.now() + 1}`);
  for (const bad of ['', whole.slice(0, whole.length / 2), '{}', 'null', '[null]', '[{"signal":"requests"}]', later]) {
    await put(here, bad);
    assert.deepEqual(await audit(), { enqueued: 0, asked: 1 }, bad);
    assert.deepEqual(await audit(), { enqueued: 0, asked: 0 }, bad);
  }
  await here.lake.remove(name, (await here.lake.head(name)) ?? '');
  assert.deepEqual(await audit(), { enqueued: 0, asked: 1 });
});

test('a lake in which it cannot be written is audited all the same', async () => {
  const { here } = await audited();
  const lake = {
    ...here.lake,
    put: async (...asked: Parameters<typeof here.lake.put>) =>
      asked[0] === name ? assert.fail('immutable') : here.lake.put(...asked),
  };
  await here.lake.remove(name, (await here.lake.head(name)) ?? '');
  const app = { app: feed.app, feeds: [feed], survey: here.survey, retention: 90 * 24 * hour };
  const told = await auditWindows(
    [app],
    { ...here.audits, lake, memory: createAuditMemory() },
    new AbortController().signal,
  );
  assert.deepEqual([told.errors, told.feeds[0]?.same], [[], 8]);
});
