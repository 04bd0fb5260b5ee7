import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Signal } from '../../../shared/model.ts';
import { rerunWindows } from '../../../shared/pipeline/ask/rerun.ts';
import { auditedWorld, feed, hour, hourly, start } from '../audit/audited.ts';

const all = {
  ...{ start: 0, end: start * 2, app: '', signals: [] as readonly Signal[], faulty: false, begin: true },
};

async function eightHours() {
  const here = auditedWorld();
  here.add(...hourly(8));
  here.setTime(start + 8 * hour);
  await here.plan();
  await here.deliver();
  const rerun = (more: Partial<typeof all> = {}) => rerunWindows({ ...all, ...more }, here.ports);
  const change = async (n: number, change: object) => {
    const seen = await here.ledger.read({ ...feed, start: start + n * hour, end: start + (n + 1) * hour });
    assert.ok(seen);
    await here.ledger.write({ ...seen.value, ...change }, seen.etag);
  };
  return { ...here, rerun, change };
}

test('a preview counts and changes nothing', async () => {
  const here = await eightHours();
  const before = JSON.stringify(await here.entries());
  const range = { start: start + 2 * hour, end: start + 6 * hour };
  assert.deepEqual(await here.rerun({ ...range, begin: false }), {
    windows: 4,
    chosen: 4,
    open: 0,
    missing: 0,
    retired: 0,
    rows: 4,
    asked: 4,
  });
  assert.equal(JSON.stringify(await here.entries()), before);
  assert.deepEqual(here.sent, []);
});

test('the windows of a range run again, though nothing changed; the planner sends them; twice is once', async () => {
  const here = await eightHours();
  const range = { start: start + 2 * hour, end: start + 4 * hour };
  assert.equal((await here.rerun(range)).chosen, 2);
  assert.deepEqual(await here.rerun(range), {
    windows: 2,
    chosen: 0,
    open: 2,
    missing: 0,
    retired: 0,
    rows: 0,
    asked: 0,
  });
  assert.deepEqual(here.sent, [], 'no message: live windows go first');
  await here.plan();
  assert.deepEqual(await here.deliver(), ['done', 'done']);
  assert.deepEqual(
    (await here.entries()).map(({ revision }) => revision),
    [1, 1, 2, 2, 1, 1, 1, 1],
  );
  assert.deepEqual(await here.differing(), []);
  assert.equal((await here.audit()).feeds[0]?.same, 8, 'an audit finds them as they are');
});

test('only what failed, or was not to be had; others, and what was halved, are left alone', async () => {
  const here = await eightHours();
  await here.change(1, { state: 'failed' });
  await here.change(2, { state: 'unavailable' });
  await here.change(3, { state: 'halved' });
  await here.change(4, { again: true });
  assert.deepEqual(await here.rerun({ faulty: true, begin: false }), {
    windows: 7,
    chosen: 2,
    open: 1,
    missing: 0,
    retired: 0,
    rows: 2,
    asked: 2,
  });
  assert.equal((await here.rerun({ begin: false })).chosen, 6);
  assert.equal((await here.rerun({ app: 'other' })).windows, 0);
  assert.equal((await here.rerun({ signals: ['traces'] })).windows, 0);
});

test('missing: those that failed, and those that the ledger lacks, from the start to the horizon', async () => {
  const here = await eightHours();
  await here.change(1, { state: 'failed' });
  const newWindows = () => ({ size: hour, from: 0 });
  const range = { ...all, start: start - 5 * hour, end: start + 20 * hour, missing: true };
  const ask = (begin: boolean) => rerunWindows({ ...range, begin }, { ...here.ports, newWindows });
  const before = JSON.stringify(await here.entries());
  assert.deepEqual(await ask(false), { windows: 13, chosen: 6, open: 0, missing: 5, retired: 0, rows: 1, asked: 6 });
  assert.equal(JSON.stringify(await here.entries()), before, 'a preview changes nothing');
  assert.equal((await ask(true)).missing, 5);
  assert.deepEqual(here.sent, [], 'no message: live windows go first');
  here.add(...hourly(0), { at: start - 3 * hour, came: start, word: 'an old one' });
  await here.plan();
  assert.deepEqual(
    await here.deliver(),
    Array.from({ length: 6 }, () => 'done'),
  );
  assert.deepEqual(await here.differing(), []);
  assert.deepEqual(await ask(false), { windows: 13, chosen: 0, open: 0, missing: 0, retired: 0, rows: 0, asked: 0 });
  const kept = () => ({ size: hour, from: start - 7 * hour });
  const older = { ...range, start: start - 50 * hour, begin: false };
  assert.equal((await rerunWindows(older, { ...here.ports, newWindows: kept })).missing, 2, 'none that the lake drops');
});
