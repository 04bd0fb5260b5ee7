import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CommitOutcome, LakeHealth } from '../../../shared/model.ts';
import {
  afterCommits,
  disabledByTime,
  healthyLake,
  isDisabledByNow,
  isProbeDue,
  ordered,
  probed,
  probing,
  reportOf,
} from '../../../shared/pipeline/health/decide.ts';

const minute = 60_000;
const hour = 60 * minute;
const start = Date.UTC(2026, 0, 1);
/** `+` succeeded, `-` failed, a minute apart, the last one now. */
const commits = (text: string, apart = minute): CommitOutcome[] =>
  [...text].map((char, n) => ({ at: start - (text.length - 1 - n) * apart, ok: char === '+' }));
const after = (text: string, apart = minute) => afterCommits(healthyLake, commits(text, apart), 'gone', start);
const paused: LakeHealth = after('------');

const cases: readonly (readonly [commits: string, apart: number, state: string, why: string])[] = [
  ['', minute, 'active', 'nothing was said'],
  ['++++++++++', minute, 'active', 'all is well'],
  ['-----', minute / 10, 'active', 'an outage of half a minute'],
  ['-----', minute, 'active', 'failing for four minutes'],
  ['------', minute, 'paused', 'failing for five minutes'],
  ['----', 10 * minute, 'active', 'too few to say'],
  ['-----', 4 * minute, 'paused', 'a lake of one feed: five tries in a quarter of an hour'],
  ['+------------------', minute, 'paused', 'one of 19 succeeded, long ago'],
  ['++++------------', minute, 'active', 'a quarter succeeded'],
  ['++++++++++++++++++++--------------------', minute, 'paused', 'the last 20 count'],
  ['-----------------+-', minute, 'active', 'the last success was a minute ago'],
  ['+++++-----', 4 * minute, 'paused', 'half succeeded, and none for a quarter of an hour'],
  ['+++++-----', 3 * minute, 'active', 'half succeeded, the last one a quarter of an hour ago'],
  ['+++++++++----', 5 * minute, 'active', 'too few since the last that succeeded'],
  ['------', 30 * minute, 'active', 'two of them in the last hour'],
];
for (const [text, apart, state, why] of cases)
  test(`${text || 'nothing'}: ${state} (${why})`, () => assert.equal(after(text, apart).state, state));

test('a paused lake says since when and why, and keeps the last twenty commits of an hour', () => {
  const { commits: kept, ...rest } = paused;
  assert.deepEqual(rest, {
    state: 'paused',
    since: start,
    by: 'itself',
    reason: 'gone',
    probes: 0,
    probeAfter: start + minute,
  });
  assert.equal(kept.length, 6);
  assert.equal(after('+'.repeat(50), 1000).commits.length, 20);
  assert.equal(afterCommits(paused, commits('+'), '', start).state, 'paused', 'only a probe resumes it');
  assert.deepEqual(
    afterCommits(healthyLake, [...commits('+-')].reverse(), '', start).commits,
    commits('+-'),
    'in order of time, whoever told first',
  );
});

test('probes: after 1, 2, 4 … minutes, at most half an hour apart', () => {
  let health = paused;
  const pauses: number[] = [];
  for (let n = 0, at = start; n < 8; n++) {
    assert.equal(isProbeDue(health, health.probeAfter - 1), false);
    assert.equal(isProbeDue(health, health.probeAfter), true);
    pauses.push((health.probeAfter - at) / minute);
    at = health.probeAfter;
    health = probed(probing(health, at), 'still gone', at);
  }
  assert.deepEqual(pauses, [1, 2, 4, 8, 16, 30, 30, 30]);
  assert.deepEqual([health.state, health.since, health.probes, health.reason], ['paused', start, 8, 'still gone']);
});

test('a probe that succeeds resumes it, and what failed before is forgotten', () => {
  const resumed = probed(probing(paused, start + minute), undefined, start + minute + 1);
  assert.deepEqual(resumed, { ...healthyLake, since: start + minute + 1 });
  assert.equal(afterCommits(resumed, commits('-'), 'gone', start).state, 'active');
});

test('after seven days paused it is disabled, and nobody probes it', () => {
  const week = start + 7 * 24 * hour;
  assert.equal(isDisabledByNow(paused, week - 1), false);
  assert.equal(isDisabledByNow(paused, week), true);
  const disabled = disabledByTime(paused, week);
  assert.deepEqual([disabled.state, disabled.since], ['disabled', week]);
  assert.match(disabled.reason, /^paused by itself for seven days, from .*: gone$/);
  const byHand = disabledByTime({ ...paused, by: 'hand', reason: '' }, week);
  assert.equal(byHand.by, 'hand');
  assert.match(byHand.reason, /^paused by hand for seven days, from [^ ]* on$/);
  assert.equal(isProbeDue(disabled, week + 30 * 24 * hour), false);
  assert.equal(isDisabledByNow(disabled, week + 30 * 24 * hour), false);
  assert.equal(isDisabledByNow(healthyLake, week), false);
});

test('by hand: paused without a probe, disabled, resumed; what is so already stays', () => {
  const at = start + hour;
  const held = ordered(healthyLake, 'pause', 'we move', at);
  assert.ok(held);
  assert.deepEqual([held.state, held.by, held.since, held.reason], ['paused', 'hand', at, 'we move']);
  assert.equal(isProbeDue(held, at + 24 * hour), false);
  assert.equal(isDisabledByNow(held, at + 7 * 24 * hour), true);
  assert.equal(ordered(held, 'pause', 'again', at + 1), undefined);
  assert.equal(ordered(paused, 'pause', 'mine now', at)?.by, 'hand');
  assert.equal(ordered(held, 'disable', '', at)?.state, 'disabled');
  assert.equal(ordered(healthyLake, 'resume', '', at), undefined);
  for (const from of [held, paused, disabledByTime(paused, at)])
    assert.deepEqual(ordered(from, 'resume', 'back', at), { ...healthyLake, since: at, by: 'hand', reason: 'back' });
});

test('the report: the rate of the last hour, and when it is disabled by itself', () => {
  const { commits: all, succeeded, disabledAt } = reportOf(after('+++-'), start);
  assert.deepEqual([all, succeeded, disabledAt], [4, 3, 0]);
  assert.equal(reportOf(after('+++-'), start + 2 * hour).commits, 0);
  assert.equal(reportOf(paused, start).disabledAt, start + 7 * 24 * hour);
});
