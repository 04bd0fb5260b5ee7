/** Windows that lie under a name that stands for another app now: the app that they are from decides. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Survey } from '../../../shared/model.ts';
import type { AuditPorts } from '../../../shared/pipeline/audit/audit.ts';
import { boundTo, type Reads } from '../../../shared/pipeline/names/bound.ts';
import { auditedWorld, hour, hourly, start } from './audited.ts';

/** Of the app that the name stands for now: it has nothing in any of these hours. */
const nothing = { windows: 0 };
const otherSurvey: Survey = {
  survey: async (windows) => {
    nothing.windows += windows.length;
    return { looks: windows.map(() => ({ fingerprint: 'rows:0', empty: false })), asked: 1 };
  },
};

/** Eight hours that are from app x, under a name that stands for app y since; `read`: what the settings read. */
async function exchanged(read: readonly string[], away?: () => Error | undefined) {
  const reads: Reads = (entry) => boundTo(entry, 'app y', (_, origin) => read.includes(origin));
  const more: Partial<AuditPorts> = {
    reads,
    surveyOf: (entry) => (reads(entry) === 'app x' ? seenByX : otherSurvey),
  };
  const here = auditedWorld(more);
  const seenByX: Survey = {
    survey: async (...asked) => {
      const error = away?.();
      if (error !== undefined) throw error;
      return here.survey.survey(...asked);
    },
  };
  here.add(...hourly(8));
  here.setTime(start + 8 * hour);
  await here.plan();
  await here.deliver();
  for (const entry of await here.entries()) {
    const seen = await here.ledger.read(entry.window);
    await here.ledger.write({ ...entry, origin: 'app x' }, seen?.etag);
  }
  here.setTime(start + 9 * hour);
  return here;
}

const late = { at: start + 3 * hour + 1, came: start + 9 * hour, word: 'late' };

test('late rows come in and purged ones leave, whatever the name stands for now', async () => {
  const here = await exchanged(['app x', 'app y']);
  assert.deepEqual((await here.audit()).feeds[0]?.enqueued, []);
  here.add(late);
  here.purge(({ word }) => word === 'row 5');
  const told = await here.audit();
  assert.deepEqual(
    told.feeds[0]?.enqueued.map((each) => (each.start - start) / hour),
    [3, 5],
  );
  await here.deliver();
  assert.deepEqual(await here.differing(), []);
  assert.deepEqual((await here.audit()).feeds[0]?.enqueued, []);
  assert.equal(nothing.windows, 0, 'the other app was asked for them');
});

test('of an app that nobody reads any more they stay, and nothing is asked', async () => {
  const here = await exchanged(['app y']);
  here.add(late);
  const before = here.lake.contents();
  const told = await here.audit();
  assert.deepEqual([told.feeds[0]?.enqueued, told.feeds[0]?.windows, told.asked], [[], 0, 0]);
  assert.equal(told.feeds[0]?.unread.length, 8);
  await here.deliver();
  assert.deepEqual(here.lake.contents(), before);
});

test('where the app that they are from cannot be asked they wait, and it is said', async () => {
  let error: Error | undefined = new Error('429 of app x');
  const here = await exchanged(['app x', 'app y'], () => error);
  here.add(late);
  const told = await here.audit();
  assert.match(told.errors.join(), /8 windows under shop that are from app x: 429 of app x/);
  assert.deepEqual(told.feeds[0]?.enqueued, []);
  error = undefined;
  assert.equal((await here.audit()).feeds[0]?.enqueued.length, 1);
});
