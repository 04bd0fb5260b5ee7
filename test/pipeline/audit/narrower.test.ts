/** What was read of a whole workspace, and is asked of one component of it since; and the other way round. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { boundTo, staysAsRead } from '../../../shared/pipeline/names/bound.ts';
import { auditedWorld, feed, hour, hourly, start } from './audited.ts';

const [whole, part] = ['workspace 1', 'workspace 1 /subscriptions/a'];

/** Eight hours that were read from `read`, of which now `now` is asked, if anything; of some hours that has fewer rows. */
async function readFrom(read: string, now: string | undefined) {
  const here = auditedWorld(now === undefined ? {} : { reads: () => now });
  here.add(...hourly(8), ...hourly(3).map((row) => ({ ...row, word: `other ${row.word}` })));
  here.setTime(start + 8 * hour);
  await here.plan();
  await here.deliver();
  for (const entry of await here.entries()) {
    const seen = await here.ledger.read(entry.window);
    await here.ledger.write({ ...entry, origin: read }, seen?.etag);
  }
  here.purge(({ word }) => word.startsWith('other'));
  here.setTime(start + 9 * hour);
  return here;
}

test('with a component added no audit takes the rows of the others out', async () => {
  const here = await readFrom(whole, part);
  const before = here.lake.contents();
  for (let n = 0; n < 3; n++) {
    const [told] = (await here.audit()).feeds;
    assert.deepEqual(told?.enqueued, []);
    await here.deliver();
    here.setTime(here.now() + hour);
  }
  assert.deepEqual(here.lake.contents(), before);
  assert.equal((await here.entries()).filter(({ again }) => again).length, 0);
  // Those that the component has read itself are audited.
  here.add(...hourly(10).slice(8));
  await here.plan();
  await here.deliver();
  const own = { ...feed, start: start + 8 * hour, end: start + 9 * hour };
  const seen = await here.ledger.read(own);
  assert.ok(seen);
  await here.ledger.write({ ...seen.value, origin: part }, seen.etag);
  here.add({ at: own.start + 1, came: here.now(), word: 'late' });
  assert.deepEqual(
    (await here.audit()).feeds[0]?.enqueued.map(({ start: from }) => from),
    [own.start],
  );
});

test('rows that are purged at the same origin leave the lake, and a whole workspace brings what its part had not', async () => {
  for (const [read, now] of [
    [whole, whole],
    [part, whole],
    [whole, undefined],
  ] as const) {
    const here = await readFrom(read, now);
    assert.equal((await here.audit()).feeds[0]?.enqueued.length, 3, `${read}, ${now}`);
    await here.deliver();
    assert.deepEqual(await here.differing(), []);
  }
});

test('rows stay where what is read now has certainly not all of them', () => {
  const window = { ...feed, start, end: start + hour };
  for (const [read, now, stays] of [
    ['app a', 'app b', true],
    ['app a', 'app a', false],
    ['app a', part, false],
    [whole, 'app a', false],
    [whole, 'workspace 2', true],
    [whole, 'workspace 12', true],
    [whole, part, true],
    [part, whole, false],
    [part, 'workspace 1 /subscriptions/b', true],
    [undefined, part, false],
  ] as const) {
    const entry = { window, doneAt: 1, ...(read !== undefined && { origin: read }) };
    assert.equal(
      staysAsRead(entry, () => now),
      stays,
      `${read}, ${now}`,
    );
    assert.equal(
      staysAsRead({ ...entry, doneAt: 0 }, () => now),
      false,
    );
    assert.equal(staysAsRead(entry, undefined), false);
  }
});

test('what is done is read anew from what it is compared with, what is not from what it was planned for', () => {
  const window = { ...feed, start, end: start + hour };
  for (const [read, stands, others, unread, done] of [
    ['app a', 'app b', ['app a'], 'app a', 'app a'],
    ['app a', 'app b', [], 'app b', 'app b'],
    [part, whole, [part], part, whole],
    [part, undefined, [part], part, part],
    [undefined, whole, [part], whole, whole],
  ] as const) {
    const entry = { window, ...(read !== undefined && { origin: read }) };
    const isRead = (_: string, origin: string) => (others as readonly string[]).includes(origin) || origin === stands;
    const found = [0, 1].map((doneAt) => boundTo({ ...entry, doneAt }, stands, isRead));
    assert.deepEqual(found, [unread, done], `${read}, ${stands}`);
  }
});
