import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Clock, Millis } from '../../../shared/model.ts';
import { createTurns, longestPast, type Turns } from '../../../shared/pipeline/backfill/after-live.ts';
import { settle } from '../runners.ts';

/**
 * How late live windows are beside a backfill, in simulated time: one process, which is the least that there is, with a
 * queue of live windows and one of a backfill that never ends, each of which the host gives it one message at a time.
 */

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const hours = 12;

function simulatedTime() {
  let now = 0;
  let sleepers: { until: number; wake: () => void }[] = [];
  const clock: Clock = {
    now: () => now,
    random: () => 0.5,
    sleep: (ms) => new Promise((resolve) => void sleepers.push({ until: now + ms, wake: resolve })),
  };
  const until = async (end: Millis): Promise<void> => {
    while (now < end) {
      for (let turns = 0; turns < 4; turns++) await settle();
      now = Math.min(end, ...sleepers.map((sleeper) => sleeper.until));
      const due = sleepers.filter((sleeper) => sleeper.until <= now);
      sleepers = sleepers.filter((sleeper) => sleeper.until > now);
      for (const { wake } of due) wake();
    }
  };
  return { clock, until };
}

interface Setting {
  /** Live windows that become due every hour, and how long a run takes. */
  readonly live: number;
  readonly run: Millis;
  /** How long a run of the backfill takes; undefined: there is none. */
  readonly past: Millis | undefined;
  readonly turns?: (clock: Clock) => Turns;
}

/** How long after it was due each live window was done, in half a day; and how many of the past were. */
async function lateness({ live, run, past, turns: make = createTurns }: Setting) {
  const { clock, until } = simulatedTime();
  const turns = make(clock);
  const [queue, delays]: [Millis[], Millis[]] = [[], []];
  let done = 0;
  const worker = async (): Promise<void> => {
    for (;;) {
      const due = queue.shift();
      // An empty queue is asked every few seconds (maxPollingInterval).
      if (due === undefined) await clock.sleep(5 * second);
      else {
        await turns.live(() => clock.sleep(run));
        delays.push(clock.now() - due);
        await clock.sleep(200);
      }
    }
  };
  const backfill = async (): Promise<void> => {
    for (;;) {
      // As shared/wire/backfill.ts has it.
      if (!(await turns.isFree())) {
        await clock.sleep(10 * second);
        continue;
      }
      await turns.past(() => clock.sleep(past ?? 0));
      done += 1;
      await clock.sleep(200);
    }
  };
  void worker();
  if (past !== undefined) void backfill();
  for (let n = 1; n <= hours; n++) {
    await until(n * hour);
    for (let k = 0; k < live; k++) queue.push(clock.now());
  }
  await until((hours + 1) * hour);
  assert.equal(delays.length, live * hours);
  return { delays, done };
}

for (const [name, live, run, past] of [
  ['ten signals', 10, 20 * second, 20 * second],
  ['ten signals, and long windows of the past', 10, 20 * second, 10 * minute],
  ['a hundred feeds', 100, 5 * second, minute],
  ['live windows that take most of the hour', 10, 5 * minute, 4 * minute],
] as const)
  test(`${name}: no live window is late by more than the one run of a backfill that it finds under way`, async (t) => {
    const alone = await lateness({ live, run, past: undefined });
    const beside = await lateness({ live, run, past });
    const added = beside.delays.map((delay, n) => delay - (alone.delays[n] ?? 0));
    const busiest = live * (run + 200);
    // Where live runs follow each other for longer, one of the past may come in between now and then.
    const between = Math.floor(busiest / longestPast);
    t.diagnostic(JSON.stringify({ alone: Math.max(...alone.delays), added: Math.max(...added), past: beside.done }));
    assert.ok(Math.max(...added) <= (1 + between) * past + 6 * second, `${Math.max(...added)} ms later`);
    const room = hours * (hour - busiest);
    assert.ok(beside.done >= (room / (past + 3 * second)) * 0.8, `${beside.done} windows of the past`);
  });

test('a backfill goes on while a long live past is caught up with, one window in twenty minutes', async () => {
  const { clock, until } = simulatedTime();
  const turns = createTurns(clock);
  let [caught, done] = [0, 0];
  const worker = async (): Promise<void> => {
    for (;;) {
      await turns.live(() => clock.sleep(10 * second));
      caught += 1;
      await clock.sleep(100);
    }
  };
  const backfill = async (): Promise<void> => {
    for (;;) {
      if (!(await turns.isFree())) continue;
      await turns.past(() => clock.sleep(30 * second));
      done += 1;
    }
  };
  void worker();
  void backfill();
  await until(10 * hour);
  assert.ok(done >= 25, `${done} of the past`);
  assert.ok(caught * 10.1 * second > 0.97 * 10 * hour, `${caught} live ones`);
});
