import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inTime } from '../../shared/pipeline/outage/in-time.ts';
import { manualClock } from './world.ts';

const MINUTE = 60_000;

test('an invocation ends in its time, whatever it waits for; who gets a turn later is told', async () => {
  const clock = manualClock();
  const start = clock.now();
  let isOver = () => false;
  const waits = (ask: () => boolean) => {
    isOver = ask;
    return new Promise<never>(() => {});
  };
  const ended = inTime(waits, { start, end: start + 5 * MINUTE }, clock);
  clock.advance(4.7 * MINUTE);
  assert.equal(isOver(), false);
  clock.advance(0.1 * MINUTE);
  assert.equal(isOver(), true);
  await assert.rejects(ended, /^Error: not done in 4\.8 min, and the host ends a run after 5 min; it is tried again$/);
});

test('what ends before, ends as it does; without a limit nothing is limited', async () => {
  const clock = manualClock();
  const allowed = { start: clock.now(), end: clock.now() + MINUTE };
  assert.equal(await inTime(async () => 1, allowed, clock), 1);
  await assert.rejects(
    inTime(() => Promise.reject(new Error('its own')), allowed, clock),
    /its own/,
  );
  assert.equal(await inTime(async (isOver) => isOver(), undefined, clock), false);
});
