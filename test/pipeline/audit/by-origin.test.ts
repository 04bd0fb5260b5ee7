/** Windows that lie under a name that stands for another app now: the app that they are from decides. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LedgerEntry, Survey } from '../../../shared/model.ts';
import type { AuditPorts } from '../../../shared/pipeline/audit/audit.ts';
import { boundTo, type Reads } from '../../../shared/pipeline/names/bound.ts';
import { runWindow } from '../../../shared/pipeline/run.ts';
import { auditedWorld, day, hour, hourly, start } from './audited.ts';

/** Of the app that the name stands for now: it has nothing in any of these hours. */
const nothing = { windows: 0 };
const otherSurvey: Survey = {
  survey: async (windows) => {
    nothing.windows += windows.length;
    return { looks: windows.map(() => ({ fingerprint: 'rows:0', empty: false })), asked: 1 };
  },
};

/** Eight hours are in the lake, and the ledger says which app each is from. */
async function eightHours(here: ReturnType<typeof auditedWorld>, originOf: (entry: LedgerEntry) => string) {
  here.add(...hourly(8));
  here.setTime(start + 8 * hour);
  await here.plan();
  await here.deliver();
  for (const entry of await here.entries()) {
    const seen = await here.ledger.read(entry.window);
    await here.ledger.write({ ...entry, origin: originOf(entry) }, seen?.etag);
  }
}

/** Eight hours that are from app x, under a name that stands for app y since; `read`: what the settings read. */
async function exchanged(read: readonly string[], away?: () => Error | undefined, kept = 90 * day) {
  const reads: Reads = (entry) => boundTo(entry, 'app y', (_, origin) => read.includes(origin));
  const more: Partial<AuditPorts> = {
    reads,
    appOf: (entry) => ({ retention: kept, survey: reads(entry) === 'app x' ? seenByX : otherSurvey }),
  };
  const here = auditedWorld(more);
  const seenByX: Survey = {
    survey: async (...asked) => {
      const error = away?.();
      if (error !== undefined) throw error;
      return here.survey.survey(...asked);
    },
  };
  await eightHours(here, () => 'app x');
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

test('rows that the app which they are from does not keep so long stay, whatever the others keep', async () => {
  for (const kept of [90 * day, 5 * day]) {
    // The first and the last hours are from app y, which keeps all; of those between app x has nothing any more.
    const isX = ({ window }: LedgerEntry) => window.start >= start + 2 * hour && window.start < start + 5 * hour;
    const none: Survey = {
      survey: async (windows) => ({ looks: windows.map(() => ({ fingerprint: 'rows:0', empty: false })), asked: 1 }),
    };
    const here = auditedWorld({
      reads: (entry) => entry.origin,
      appOf: (entry) => (entry.origin === 'app x' ? { survey: none, retention: kept } : undefined),
    });
    await eightHours(here, (entry) => (isX(entry) ? 'app x' : 'app y'));
    here.setTime(start + 10 * day);
    const [told] = (await here.audit()).feeds;
    assert.deepEqual([told?.enqueued, told?.gone], [[], kept > 10 * day ? 3 : 0], `${kept / day} days`);
    assert.deepEqual([told?.same, told?.open], [5, 0]);
  }
});

test('a run that finds no rows leaves the files where the app that is read does not keep them so long', async () => {
  for (const keeps of ['app x', 'app y']) {
    const here = await exchanged(['app x', 'app y']);
    const [first] = await here.entries();
    assert.ok(first);
    here.setTime(start + 10 * day);
    here.purge(() => true);
    const before = here.lake.contents();
    const seen = await here.ledger.read(first.window);
    assert.ok(await here.ledger.write({ ...first, again: true }, seen?.etag));
    const outcome = await runWindow(first.window, {
      ...here.ports,
      readFrom: async () => 'app x',
      keptSince: (_, origin) => (origin === keeps ? here.now() - 5 * day : undefined),
    });
    assert.equal(outcome.state, keeps === 'app x' ? 'unavailable' : 'done');
    if (keeps === 'app x') assert.deepEqual(here.lake.contents(), before);
    else assert.notDeepEqual(here.lake.contents(), before);
  }
});
