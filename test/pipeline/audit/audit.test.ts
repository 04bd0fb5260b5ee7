import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { auditWindows, createAuditMemory } from '../../../shared/pipeline/audit/audit.ts';
import { judge } from '../../../shared/pipeline/audit/judge.ts';
import { isOpen, plannedEntry } from '../../../shared/pipeline/entry.ts';
import { runWindow } from '../../../shared/pipeline/run.ts';
import { SCHEMA_VERSION } from '../../../shared/signals/columns-of.ts';
import { auditedWorld, day, feed, hour, hourly, start } from './audited.ts';

const startsOf = (windows: readonly { readonly start: number }[]) =>
  windows.map((window) => (window.start - start) / hour);

/** Eight hours that are done, at nine. */
async function eightHours(...more: Parameters<typeof auditedWorld>) {
  const here = auditedWorld(...more);
  here.add(...hourly(8));
  here.setTime(start + 8 * hour);
  await here.plan();
  await here.deliver();
  await here.plan();
  here.setTime(start + 9 * hour);
  assert.deepEqual(await here.differing(), []);
  here.ran.length = 0;
  return here;
}
const late = (n: number, word: string, came = start + 9 * hour) => ({ at: start + n * hour + 1, came, word });

describe('an audit of query windows', () => {
  test('nothing has changed: one question, nothing runs, everything is confirmed', async () => {
    const here = await eightHours();
    const { feeds, asked, errors } = await here.audit();
    assert.deepEqual([asked, here.questions(), errors], [1, 1, []]);
    assert.deepEqual(feeds, [
      {
        feed,
        windows: 8,
        same: 8,
        enqueued: [],
        open: 0,
        kept: 0,
        gone: 0,
        unread: [],
        gaps: [],
        settled: { watermark: start + 8 * hour, through: 0 },
      },
    ]);
    assert.deepEqual(here.sent, []);
    const today = (await here.known()).find(({ day: of }) => of === start);
    assert.equal(today?.at, start + 9 * hour);
    assert.equal(today?.windows.length, 8);
    for (const { first, last } of today?.windows ?? []) assert.deepEqual([first, last], [today?.at, today?.at]);
  });

  test('late rows: their windows run again, no others, once', async () => {
    const here = await eightHours();
    await here.audit();
    here.add(late(1, 'x'), late(1, 'y'), late(6, 'z'));
    const { feeds } = await here.audit();
    assert.deepEqual(startsOf(feeds[0]?.enqueued ?? []), [1, 6]);
    assert.equal(feeds[0]?.same, 6);
    assert.deepEqual(await here.deliver(), ['done', 'done']);
    assert.deepEqual(await here.differing(), []);
    assert.deepEqual((await here.audit()).feeds[0]?.enqueued, []);
    assert.deepEqual(
      (await here.entries()).map(({ revision }) => revision),
      [1, 2, 1, 1, 1, 1, 2, 1],
    );
  });

  test('two audits before the window has run: one run', async () => {
    const here = await eightHours();
    here.add(late(1, 'x'));
    await here.audit();
    const { feeds } = await here.audit();
    assert.deepEqual([feeds[0]?.enqueued, feeds[0]?.open, feeds[0]?.same], [[], 1, 7]);
    assert.deepEqual(await here.deliver(), ['done']);
  });

  test('as many rows as before, but others: it runs', async () => {
    const here = await eightHours();
    here.purge(({ word }) => word === 'row 3');
    here.add(late(3, 'other', start + 3 * hour + hour / 2 + 60_000));
    assert.deepEqual(startsOf((await here.audit()).feeds[0]?.enqueued ?? []), [3]);
    await here.deliver();
    assert.deepEqual(await here.differing(), []);
  });

  test('purged rows leave the lake, or stay', async () => {
    for (const purged of ['follow', 'keep'] as const) {
      const here = await eightHours({ purged });
      here.purge(({ word }) => ['row 0', 'row 4'].includes(word));
      const [found] = (await here.audit()).feeds;
      assert.deepEqual([startsOf(found?.enqueued ?? []), found?.kept], purged === 'follow' ? [[0, 4], 0] : [[], 2]);
      await here.deliver();
      assert.deepEqual(startsOf(await here.differing()), purged === 'follow' ? [] : [0, 4]);
      here.add(late(4, 'late'));
      if (purged === 'keep')
        assert.equal((await here.audit()).feeds[0]?.kept, 1, 'with one more row it is other, not fewer');
    }
  });

  test('what failed, runs or is due is left alone: it reads what there is by then', async () => {
    const here = await eightHours();
    here.add(...[1, 2, 3, 4].map((n) => late(n, `late ${n}`)));
    const states = ['failed', 'running', 'due', 'halved'] as const;
    for (const [n, state] of states.entries()) {
      const seen = await here.ledger.read({ ...feed, start: start + (n + 1) * hour, end: start + (n + 2) * hour });
      assert.ok(seen);
      await here.ledger.write({ ...seen.value, state, leaseUntil: start + 20 * hour }, seen.etag);
    }
    const [found] = (await here.audit()).feeds;
    assert.deepEqual([found?.enqueued, found?.open, found?.same, found?.windows], [[], 3, 4, 7]);
  });

  test('halves are compared as windows of their own', async () => {
    const here = await eightHours();
    const window = { ...feed, start: start + 2 * hour, end: start + 3 * hour };
    const seen = await here.ledger.read(window);
    assert.ok(seen);
    const middle = window.start + hour / 2;
    const halves = [
      { ...window, end: middle },
      { ...window, start: middle },
    ].map((half) => ({
      ...plannedEntry(half, 0),
      state: 'done' as const,
      fingerprint: half.start === middle ? seen.value.fingerprint : 'rows:0',
    }));
    await here.ledger.halve({ ...seen.value, state: 'halved', fingerprint: '' }, seen.etag, halves);
    assert.deepEqual((await here.audit()).feeds[0]?.enqueued, []);
    here.add(late(2, 'x'));
    const [found] = (await here.audit()).feeds;
    assert.deepEqual(
      found?.enqueued.map(({ end }) => end),
      [middle],
    );
  });

  test('what an earlier version counted is compared by its count, by all once it was confirmed', async () => {
    const here = await eightHours();
    const window = { ...feed, start: start + 2 * hour, end: start + 3 * hour };
    const seen = await here.ledger.read(window);
    assert.ok(seen);
    await here.ledger.write({ ...seen.value, fingerprint: 'rows:1' }, seen.etag);
    assert.deepEqual((await here.audit()).feeds[0]?.enqueued, []);
    here.purge(({ word }) => word === 'row 2');
    here.add(late(2, 'for it'));
    assert.deepEqual(startsOf((await here.audit()).feeds[0]?.enqueued ?? []), [2]);
    await here.deliver();
    assert.deepEqual(await here.differing(), []);
  });

  test('the last days each time, older ones once a day, none that the source no longer keeps', async () => {
    const here = auditedWorld({ limit: 10_000 });
    here.add(...hourly(40 * 24));
    const now = start + 40 * day;
    here.setTime(now);
    while ((await here.plan()).planned > 0);
    here.sent.length = 0;
    for await (const { window } of here.ledger.open(feed)) here.sent.push(window);
    await here.deliver();
    const windows = async (retention = 90 * day) => (await here.audit(retention)).feeds[0]?.windows;
    assert.equal(await windows(), 30 * 24);
    here.setTime(now + hour);
    assert.equal(await windows(), 3 * 24, 'the days that 50 hours back touch');
    here.setTime(now + 13 * hour);
    await windows();
    here.setTime(now + 25 * hour);
    assert.equal(await windows(), 29 * 24, 'all of them again');
    here.setTime(now + 50 * hour);
    assert.equal(await windows(10 * day), 8 * 24 - 2);
    assert.equal(here.questions(), 5);
  });

  test('an app that cannot be asked stops no other', async () => {
    const here = await eightHours();
    const failing = { survey: async () => Promise.reject(new Error('status 403; give the identity the role Reader')) };
    const apps = [
      { app: 'other', feeds: [{ ...feed, app: 'other' }], survey: failing, retention: 90 * day },
      { app: feed.app, feeds: [feed], survey: here.survey, retention: 90 * day },
    ];
    const other = { ...plannedEntry({ ...feed, app: 'other', start, end: start + hour }, 0), state: 'done' as const };
    await here.ledger.write(other, undefined);
    const { feeds, errors } = await auditWindows(apps, here.audits, new AbortController().signal);
    assert.deepEqual(errors, ['audit other: status 403; give the identity the role Reader']);
    assert.deepEqual([feeds.length, feeds[0]?.same], [1, 8]);
  });

  test('an app that does not answer is left after half of the time that a call has: the others are looked at', async () => {
    const here = await eightHours();
    const silent = {
      survey: (_windows: unknown, abort: AbortSignal) =>
        abort.aborted
          ? Promise.reject(abort.reason)
          : new Promise<never>((_, reject) => abort.addEventListener('abort', () => reject(abort.reason))),
    };
    const other = { ...feed, app: 'other' };
    await here.ledger.write(
      { ...plannedEntry({ ...other, start, end: start + hour }, 0), state: 'done' as const },
      undefined,
    );
    const apps = [
      { app: 'other', feeds: [other], survey: silent, retention: 90 * day },
      { app: feed.app, feeds: [feed], survey: here.survey, retention: 90 * day },
    ];
    const ports = { ...here.audits, clock: { ...here.audits.clock, sleep: async () => {} }, time: hour / 3 };
    const { feeds, errors } = await auditWindows(apps, ports, new AbortController().signal);
    assert.deepEqual(errors, [
      'audit other: not done in 600 s, and the host ends what takes longer; it is looked at again',
    ]);
    assert.deepEqual([feeds.length, feeds[0]?.same], [1, 8]);
  });

  test('all that is old is gone: that is no purge, the source does not keep it so long', async () => {
    const here = auditedWorld({ limit: 10_000 });
    here.add(...hourly(10 * 24));
    here.setTime(start + 10 * day);
    while ((await here.plan()).planned > 0);
    here.sent.length = 0;
    for await (const { window } of here.ledger.open(feed)) here.sent.push(window);
    await here.deliver();
    here.purge(({ at }) => at < start + 3 * day);
    const [found] = (await here.audit()).feeds;
    assert.deepEqual([found?.gone, found?.enqueued], [72, []]);
    here.setTime(start + 11 * day);
    here.purge(({ at }) => at >= start + 4 * day && at < start + 5 * day);
    assert.equal((await here.audit()).feeds[0]?.enqueued.length, 24, 'a hole with rows before it is a purge');
  });

  test('time that no window covers is named', async () => {
    const here = await eightHours();
    const far = { ...feed, start: start + 12 * hour, end: start + 13 * hour };
    await here.ledger.write({ ...plannedEntry(far, 0), state: 'done', fingerprint: 'rows:0' }, undefined);
    here.setTime(start + 14 * hour);
    assert.deepEqual((await here.audit()).feeds[0]?.gaps, [{ start: start + 8 * hour, end: start + 12 * hour }]);
  });

  test('settled: read or confirmed when no late row could come any more, without a gap, and never back', async () => {
    const here = auditedWorld();
    here.add(...hourly(100));
    const file = () => {
      const text = here.lake.contents()['_insights-lake/settled/app=shop/requests.json'];
      return text === undefined ? undefined : JSON.parse(text);
    };
    for (let n = 1; n <= 60; n++) {
      here.setTime(start + n * hour);
      await here.plan();
      await here.deliver();
      if (n === 55) here.add({ at: start + 8 * hour + 1, came: start + n * hour, word: 'late' });
      const { feeds } = await here.audit();
      const settled = Math.max(0, n - 50);
      assert.equal(feeds[0]?.settled?.through, settled === 0 ? 0 : start + settled * hour, `hour ${n}`);
    }
    assert.deepEqual(file(), {
      ...feed,
      settledThrough: '2026-01-01T10:00:00.000Z',
      watermark: '2026-01-03T11:00:00.000Z',
      schemaVersion: SCHEMA_VERSION,
    });
  });

  test('what the source keeps no more, without rows, is not done: the lake stays, the watermark goes on', async () => {
    const here = auditedWorld();
    const since = start + 4 * hour;
    const ports = { ...here.ports, keptSince: () => since };
    here.add(...hourly(8));
    here.setTime(start + 8 * hour);
    await here.plan();
    await here.deliver();
    here.purge(({ at }) => at < since || at > start + 7 * hour);
    const before = here.lake.contents();
    for (const { window } of await here.entries()) {
      const seen = await here.ledger.read(window);
      assert.ok(seen);
      await here.ledger.write({ ...seen.value, again: true }, seen.etag);
      const { state, error } = await runWindow(window, ports);
      assert.equal(state, window.end <= since ? 'unavailable' : 'done');
      if (state === 'unavailable') assert.match(error, /keeps them only since 2026-01-01T04:00.*QUERY_RETENTION/);
    }
    const after = here.lake.contents();
    assert.deepEqual(
      Object.keys(before).filter((path) => before[path] !== after[path]),
      [`part-${(start + 7 * hour) / hour}`],
      'an empty window that the source does keep is empty',
    );
    const entries = await here.entries();
    assert.deepEqual(
      entries.map(({ state }) => state),
      [...Array(4).fill('unavailable'), ...Array(4).fill('done')],
    );
    assert.equal((await here.plan()).watermark, start + 8 * hour);
    assert.deepEqual((await Array.fromAsync(here.ledger.open(feed))).filter(isOpen), []);
    assert.deepEqual((await here.audit()).feeds[0]?.enqueued, [], 'nothing new is known of them');
    here.add({ at: start + 1, came: start, word: 'there after all' });
    const again = await here.audit();
    assert.deepEqual([again.errors, startsOf(again.feeds[0]?.enqueued ?? [])], [[], [0]]);
  });
});

test('a window of a table that was not there runs again when an audit finds rows of it', () => {
  const entry = {
    ...plannedEntry({ ...feed, start: 0, end: 1 }),
    state: 'done',
    revision: 1,
    fingerprint: 'absent',
  } as const;
  assert.equal(judge(entry, undefined, 'absent'), 'same');
  assert.equal(judge(entry, undefined, 'rows:0'), 'same');
  assert.equal(judge(entry, undefined, 'rows:5 latest:2026-01-01T00:00:00.0000000Z ids:7'), 'other');
});

test('a day and feed without a change costs less than two calls to the stores, audited every hour', async () => {
  const memory = createAuditMemory();
  const here = auditedWorld({ memory });
  const days = 30;
  here.add(...hourly(days * 24));
  here.setTime(start + days * day);
  for (let n = 0; n < 4; n += 1) {
    await here.plan();
    await here.deliver();
  }
  await here.audit();
  let calls = 0;
  const counted = <T extends object>(store: T, names: readonly (keyof T)[]): T => {
    const all = { ...store };
    for (const name of names) {
      const call = store[name] as (...args: unknown[]) => unknown;
      all[name] = ((...args: unknown[]) => {
        calls += 1;
        return call(...args);
      }) as T[keyof T];
    }
    return all;
  };
  const ports = {
    ...here.audits,
    ledger: counted(here.ledger, [
      'audits',
      'list',
      'progress',
      'read',
      'write',
      'recordAudits',
      'tallies',
      'recordSettled',
    ]),
    lake: counted(here.lake, ['head', 'put', 'read']),
  };
  const app = { app: feed.app, feeds: [feed], survey: here.survey, retention: 90 * day };
  for (let tick = 0; tick < 24; tick += 1) {
    here.setTime(start + days * day + tick * hour);
    const { feeds } = await auditWindows([app], ports, new AbortController().signal);
    assert.equal(feeds[0]?.enqueued.length, 0);
  }
  assert.ok(calls <= 2 * days, `${calls} calls for ${days} days`);
  console.error(`# ${calls} calls a day for ${days} unchanged days of a feed`);
});
