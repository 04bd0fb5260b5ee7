import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { planPoints, type Timer, tickPoints } from '../../shared/metrics/points.ts';
import type { HealthState, Window } from '../../shared/model.ts';
import { failedEntry, mayRun, plannedEntry } from '../../shared/pipeline/entry.ts';
import { planFacts, runFacts } from '../../shared/pipeline/facts.ts';
import { tendFacts } from '../../shared/pipeline/retention/facts.ts';
import { unrun } from '../../shared/pipeline/run.ts';
import { type Row, runKql } from './runKql.ts';
import { infra } from './snapshots.ts';

/** The alerts over lines as an app logs them, hour after hour: every evaluation that Azure would make. */

const minute = 60_000;
const hour = 60 * minute;
const start = Date.UTC(2026, 10, 26);
const query = (name: string): string => readFileSync(join(infra, 'alerts', `${name}.kql`), 'utf8');

interface Log {
  readonly traces: Row[];
  readonly customMetrics: Row[];
}
const log = (): Log => ({ traces: [], customMetrics: [] });
/** As the host passes it on: a prefix of its own before some lines. */
const say = ({ traces }: Log, timestamp: number, line: object, prefix = '') =>
  traces.push({ timestamp, message: `${prefix}${JSON.stringify(line)}`, operation_Name: 'runWindow' });

/** What the rule `name` finds in its time range before `now`. */
function found(
  name: string,
  { traces, customMetrics }: Log,
  now: number,
  range: number,
  text = query(name),
): readonly Row[] {
  const inside = ({ timestamp }: Row) => Number(timestamp) > now - range && Number(timestamp) <= now;
  return runKql(text, { traces: traces.filter(inside), customMetrics: customMetrics.filter(inside) }, now);
}

const windowOf = (index: number): Window => ({
  ...{ app: 'shop', signal: 'requests', source: 'query' },
  start: start + index * hour,
  end: start + (index + 1) * hour,
});

/**
 * A window that always fails, as runs log it: an attempt when its back-off has passed and a tick has sent for it; half
 * a minute after each failure its message comes back to a back-off; now and then a message finds the window held.
 */
function failing(window: Window, until: number, into: Log): void {
  let entry = { ...plannedEntry(window), attempts: 0 };
  let now = start;
  for (let turn = 0; now < until; turn += 1) {
    entry = failedEntry(
      { ...entry, attempts: entry.attempts + 1, revision: turn + 1 },
      now,
      0.99,
      'the query API answered 403',
    );
    say(into, now, runFacts(unrun('failed', window, entry)), turn % 2 === 0 ? '' : 'Trace: ');
    const back = now + 30_000;
    assert.equal(mayRun(entry, back), 'early');
    say(into, back, runFacts(unrun('early', window, entry)));
    for (const state of ['busy', 'overtaken', 'unknown'] as const)
      if (turn % 3 === 0) say(into, back + 1, runFacts(unrun(state, window, entry)));
    // The next tick after the back-off sends a message, which waits in the queue for a while.
    now = Math.ceil(entry.notBefore / (5 * minute)) * 5 * minute + 2 * minute;
  }
}

test('a failing window is seen in every evaluation until it is done', () => {
  const lines = log();
  const until = start + 24 * hour;
  for (let index = 0; index < 3; index += 1) failing(windowOf(index), until, lines);
  for (let now = start + 15 * minute; now < until; now += 15 * minute) {
    const rows = found('failed', lines, now, 3 * hour);
    assert.equal(rows.length, 3, new Date(now).toISOString());
    assert.ok(rows.every(({ error }) => error === 'the query API answered 403'));
  }
  const last = Math.max(...lines.traces.map(({ timestamp }) => Number(timestamp)));
  for (let index = 0; index < 3; index += 1) {
    const state = index === 1 ? 'halved' : 'done';
    say(lines, last + minute, runFacts(unrun(state, windowOf(index), plannedEntry(windowOf(index)))));
    say(lines, last + 2 * minute, runFacts(unrun('unchanged', windowOf(index), plannedEntry(windowOf(index)))));
  }
  assert.deepEqual(found('failed', lines, last + 15 * minute, 3 * hour), []);
});

test('a window that failed, and was done by another message meanwhile, is no alert', () => {
  const lines = log();
  const entry = plannedEntry(windowOf(0));
  say(lines, start, runFacts(unrun('failed', windowOf(0), entry)));
  say(lines, start + minute, runFacts(unrun('unchanged', windowOf(0), entry)));
  say(lines, start + 2 * minute, runFacts(unrun('busy', windowOf(0), entry)));
  assert.deepEqual(found('failed', lines, start + 15 * minute, 3 * hour), []);
});

/** A tick: its metrics and the line of the plan. */
function tick(into: Log, now: number, behind: readonly number[], success = true, state: HealthState = 'active'): void {
  const feeds = behind.map((time, index) => ({
    feed: {
      app: 'shop',
      signal: (['requests', 'traces', 'exceptions'] as const)[index] ?? 'requests',
      source: 'query' as const,
    },
    ...{ planned: 1, repeated: 0, open: 1, failed: 0 },
    horizon: now,
    watermark: now - time,
    retention: 30 * 24 * hour,
  }));
  const health = { state, since: now - hour, reason: 'the account is gone' };
  const planned = { feeds, errors: success ? [] : ['plan: 403'], health };
  say(into, now, planFacts(planned, now));
  for (const { metric, value, attributes } of planPoints(planned, now))
    into.customMetrics.push({ timestamp: now, name: metric, value, customDimensions: attributes });
}

test('silence is three missed ticks, whatever else the app does', () => {
  const lines = log();
  const silent = (now: number) => found('silent', lines, now, hour).length > 0;
  for (let now = start; now <= start + 2 * hour; now += 5 * minute) {
    // A tick may be late: the timer moves to another instance.
    tick(lines, now + (now % (20 * minute) === 0 ? 100_000 : 0), [0]);
    assert.equal(silent(now + 4 * minute), false);
  }
  const last = Math.max(...lines.customMetrics.map(({ timestamp }) => Number(timestamp)));
  for (let now = last + minute; now < last + 2 * hour; now += minute)
    lines.customMetrics.push({ timestamp: now, name: 'insights_lake.rows.read', value: 5, customDimensions: {} });
  const first = Array.from({ length: 24 }, (_, index) => last + (index + 1) * 5 * minute).find(silent);
  assert.equal(first, last + 15 * minute);
});

test('ticks that fail are silence: nothing was planned without an error', () => {
  const lines = log();
  for (let now = start; now <= start + hour; now += 5 * minute) tick(lines, now, [0], false);
  assert.equal(found('silent', lines, start + hour, hour).length, 1);
  tick(lines, start + hour, [0]);
  assert.equal(found('silent', lines, start + hour, hour).length, 0);
});

test('a feed that falls behind is named from its limit on, and no longer when it has caught up', () => {
  const lines = log();
  const rows = (now: number) => found('stale', lines, now, hour).map(({ signal, minutes }) => [signal, minutes]);
  for (let step = 0; step <= 60; step += 1) {
    const now = start + step * 5 * minute;
    tick(lines, now, [step * 5 * minute, 10 * minute]);
    assert.deepEqual(rows(now), step * 5 > 180 ? [['requests', step * 5]] : []);
  }
  const now = start + 61 * 5 * minute;
  tick(lines, now, [0, 10 * minute]);
  assert.deepEqual(rows(now), []);
  // Of blobs alone there is a line without feeds to name.
  tick(lines, now + minute, []);
  assert.deepEqual(rows(now + minute), []);
});

test('a lake that is held is told as long as it is, with why', () => {
  const lines = log();
  const rows = (now: number) => found('held', lines, now, hour);
  const states = ['active', 'paused', 'paused', 'disabled', 'active'] as const;
  for (const [step, state] of states.entries()) {
    const now = start + step * 5 * minute;
    tick(lines, now, [0], true, state);
    const told = { timestamp: now, health: state, since: now - hour, why: 'the account is gone' };
    assert.deepEqual(rows(now + minute), state === 'active' ? [] : [told]);
  }
});

test('rows that the source is about to drop are told when a third of its time is left', () => {
  const lines = log();
  const day = 24 * hour;
  const rows = (now: number) => found('losing', lines, now, hour).map(({ signal, until }) => [signal, until]);
  tick(lines, start, [19 * day, hour]);
  assert.deepEqual(rows(start), []);
  tick(lines, start + minute, [20 * day, hour], true, 'paused');
  assert.deepEqual(rows(start + minute), [['requests', start + minute + 10 * day]]);
  tick(lines, start + 2 * minute, [0, hour]);
  assert.deepEqual(rows(start + 2 * minute), []);
});

test('a message that was given up is told by its queue', () => {
  const lines = log();
  const message = "Message has reached MaxDequeueCount of 5. Moving message to queue 'insights-lake-windows-poison'.";
  lines.traces.push({ timestamp: start, message, operation_Name: '' });
  say(lines, start, runFacts(unrun('done', windowOf(0), plannedEntry(windowOf(0)))));
  assert.deepEqual(found('poison', lines, start + minute, hour), [
    { timestamp: start, queue: 'insights-lake-windows-poison', message },
  ]);
});

/** Metrics of a tick of a timer beside the planner. */
function timerTick(into: Log, now: number, timer: Timer, ok = true): void {
  for (const { metric, value, attributes } of tickPoints(timer, ok))
    into.customMetrics.push({ timestamp: now, name: metric, value, customDimensions: attributes });
}

test('a timer that fails, or does not run, for a day is named; one that does its work is not, nor a young app', () => {
  const lines = log();
  const named = (now: number) => found('unattended', lines, now, 48 * hour).map(({ timer }) => timer);
  assert.deepEqual(named(start), [], 'nothing is known of it');
  let [swept, tended] = [0, 0];
  for (let n = 0; n <= 72; n += 1) {
    const now = start + n * hour;
    for (let tickAt = now; tickAt < now + hour; tickAt += 15 * minute) tick(lines, tickAt, [0]);
    // Audits fail from the tenth hour on, sweeps stop at the twentieth; the lake is tended at 03:40.
    timerTick(lines, now, 'auditWindows', n < 10);
    if (n < 20) timerTick(lines, now, 'sweepBlobs');
    if (n % 24 === 3) timerTick(lines, now + 40 * minute, 'tendLake');
    const names = named(now + 50 * minute);
    assert.equal(names.includes('auditWindows'), n >= 9 + 26, `audits, hour ${n}`);
    assert.equal(names.includes('sweepBlobs'), n >= 19 + 26, `sweeps, hour ${n}`);
    assert.ok(!names.includes('tendLake'), `hour ${n}`);
    [swept, tended] = [swept + names.length, tended + 1];
  }
  assert.ok(swept > 0 && tended === 73);
  timerTick(lines, start + 73 * hour, 'auditWindows');
  assert.deepEqual(named(start + 73 * hour + minute), ['sweepBlobs']);
});

test('files that somebody altered are told for a day, with what was done about it', () => {
  const lines = log();
  const rows = (now: number) => found('altered', lines, now, 48 * hour);
  const wrong = { path: 'requests/a.parquet', problem: 'missing', expected: 9, found: undefined } as const;
  const feed = { app: 'shop', signal: 'requests', source: 'query' } as const;
  const looked = { feed, windows: 40, files: 40, wrong: [wrong], repaired: 1, lost: 0, held: false };
  const files = [{ ...looked, touched: 0, read: 0, error: '' }];
  for (const facts of tendFacts({ retired: [], removed: false, files })) say(lines, start, facts, 'Trace: ');
  for (const facts of tendFacts({
    retired: [],
    removed: false,
    files: [{ ...files[0], wrong: [], repaired: 0 }] as never,
  }))
    say(lines, start + 24 * hour, facts);
  const told = {
    ...{ timestamp: start, app: 'shop', signal: 'requests', source: 'query' },
    ...{ wrong: 1, repaired: 1, lost: 0, held: false, names: 'missing requests/a.parquet' },
  };
  assert.deepEqual(rows(start + hour), [told]);
  assert.deepEqual(rows(start + 25 * hour), [told]);
  assert.deepEqual(rows(start + 27 * hour), []);
});
