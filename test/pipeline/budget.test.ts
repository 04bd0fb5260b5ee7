import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Budget, Clock, Seats } from '../../shared/model.ts';
import { createBudget } from '../../shared/pipeline/budget.ts';
import { createMemorySeats } from '../../shared/state/seats-memory.ts';
import fc from '../seeds.ts';
import { settle } from './runners.ts';

/** A clock that moves when everybody waits. */
function sharedTime() {
  let now = 1_000_000;
  let chance = 0;
  let sleepers: { until: number; wake: () => void }[] = [];
  const clock: Clock = {
    now: () => now,
    random: () => {
      chance = (chance * 16_807 + 11) % 2_147_483_647;
      return (chance % 1000) / 1000;
    },
    sleep: (ms, abort) =>
      new Promise((resolve, reject) => {
        const sleeper = { until: now + ms, wake: resolve };
        sleepers.push(sleeper);
        abort?.addEventListener('abort', () => {
          sleepers = sleepers.filter((one) => one !== sleeper);
          reject(new Error('aborted'));
        });
      }),
  };
  /** Moves to where the next sleeper wakes. */
  const step = async () => {
    for (let turns = 0; turns < 3; turns++) await settle();
    const next = Math.min(...sleepers.map(({ until }) => until));
    now = Number.isFinite(next) ? next : now + 1000;
    const due = sleepers.filter(({ until }) => until <= now);
    sleepers = sleepers.filter(({ until }) => until > now);
    for (const { wake } of due) wake();
  };
  return { clock, step };
}

/** Counts calls, and those that change something. */
function counted(seats: Seats) {
  const calls = { reads: 0, writes: 0 };
  const counting: Seats = {
    read: () => {
      calls.reads++;
      return seats.read();
    },
    write: (...args) => {
      calls.writes++;
      return seats.write(...args);
    },
    rest: seats.rest,
  };
  return { calls, seats: counting };
}

/** Of a process that can be killed: from then on it writes nothing. */
function mortal(seats: Seats) {
  let dead = false;
  const write: Seats['write'] = async (...args) => {
    if (dead) throw new Error('dead');
    return seats.write(...args);
  };
  return {
    seats: { ...seats, write },
    die: () => {
      dead = true;
    },
  };
}

interface Sent {
  readonly at: number;
  end: number;
}

/** A process that asks as fast as it may, `lanes` at once; each request takes `length`. */
function asking(budget: Budget, clock: Clock, lanes: number, length: number, sent: Sent[]) {
  const abort = new AbortController();
  const lane = async () => {
    for (;;) {
      const leave = await budget.enter(abort.signal);
      const one = { at: clock.now(), end: Number.POSITIVE_INFINITY };
      sent.push(one);
      // A request ends with the process that made it.
      await clock.sleep(length, abort.signal).finally(() => {
        one.end = clock.now();
      });
      leave();
    }
  };
  const all = Array.from({ length: lanes }, () => lane().catch(() => undefined));
  /** Killed: nothing of it is given back. */
  return { die: () => abort.abort(), ended: Promise.all(all) };
}

function most(sent: readonly Sent[], inside: (one: Sent, other: Sent) => boolean): number {
  return Math.max(...sent.map((one) => sent.filter((other) => inside(one, other)).length));
}

test('whatever processes do, no 30 s and no moment has more than the budget; and it is used', async () => {
  const process = fc.record({
    lanes: fc.integer({ min: 1, max: 4 }),
    length: fc.integer({ min: 700, max: 90_000 }),
    dies: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(process, { minLength: 1, maxLength: 4 }), async (processes) => {
      const limits = { inFlight: 3, rate: 30 };
      const { clock, step } = sharedTime();
      const seats = createMemorySeats();
      const sent: Sent[] = [];
      const start = clock.now();
      const started = processes.map(({ lanes, length }, n) => {
        const mine = mortal(seats);
        const budget = createBudget({ seats: mine.seats, clock, holder: `p${n}`, limits });
        const process = asking(budget, clock, lanes, length, sent);
        return {
          die: () => {
            mine.die();
            process.die();
          },
        };
      });
      while (clock.now() < start + 200_000) await step();
      for (const [n, { dies }] of processes.entries()) if (dies) started[n]?.die();
      while (clock.now() < start + 600_000) await step();
      for (const { die } of started) die();
      assert.ok(most(sent, (one, other) => one.at <= other.at && other.at < one.at + 30_000) <= limits.rate);
      assert.ok(most(sent, (one, other) => other.at <= one.at && one.at < other.end) <= limits.inFlight);
      const lively = processes.some(({ dies, length }) => !dies && length < 5_000);
      const late = sent.filter(({ at }) => at > start + 400_000);
      if (lively) assert.ok(late.length > 0, 'who lives goes on after the others have died');
    }),
    { numRuns: 15 },
  );
});

test('few calls: a busy process asks the table now and then, not with each request', async () => {
  const { clock, step } = sharedTime();
  const { seats, calls } = counted(createMemorySeats());
  const sent: Sent[] = [];
  const budget = createBudget({ seats, clock, holder: 'p', limits: { inFlight: 5, rate: 200 } });
  const start = clock.now();
  const one = asking(budget, clock, 1, 1_500, sent);
  while (clock.now() < start + 600_000) await step();
  one.die();
  assert.ok(sent.length >= 390, `${sent.length} requests in ten minutes`);
  assert.ok(calls.reads + calls.writes < (sent.length * 3) / 5, JSON.stringify(calls));
});

test('what is not used is given back, and the next process has it at once', async () => {
  const { clock, step } = sharedTime();
  const seats = createMemorySeats();
  const limits = { inFlight: 1, rate: 10 };
  const never = new AbortController().signal;
  const [first, second] = ['a', 'b'].map((holder) => createBudget({ seats, clock, holder, limits }));
  assert.ok(first && second);
  (await first.enter(never))();
  const start = clock.now();
  let entered = 0;
  void second.enter(never).then(() => {
    entered = clock.now();
  });
  while (entered === 0) await step();
  assert.ok(entered - start < 20_000, `${entered - start} ms`);
});

test('one is told to wait, all do', async () => {
  const { clock, step } = sharedTime();
  const seats = createMemorySeats();
  const limits = { inFlight: 5, rate: 200 };
  const budgets = ['a', 'b', 'c'].map((holder) => createBudget({ seats, clock, holder, limits }));
  const sent: Sent[] = [];
  const start = clock.now();
  const all = budgets.map((budget) => asking(budget, clock, 1, 1_000, sent));
  while (clock.now() < start + 20_000) await step();
  const told = clock.now();
  await budgets[0]?.rest(told + 60_000);
  while (clock.now() < told + 90_000) await step();
  for (const { die } of all) die();
  const during = sent.filter(({ at }) => at > told + 6_000 && at < told + 60_000);
  assert.deepEqual(during, []);
  assert.ok(sent.some(({ at }) => at >= told + 60_000));
});

test('a table that takes no seat is asked ever more rarely, and used again when it does', async () => {
  const { clock, step } = sharedTime();
  const inner = createMemorySeats();
  let [takes, asked] = [false, 0];
  const seats: Seats = {
    ...inner,
    read: () => {
      asked++;
      return inner.read();
    },
    write: (...args) => {
      asked++;
      return takes ? inner.write(...args) : Promise.resolve(undefined);
    },
  };
  const budget = createBudget({ seats, clock, holder: 'p', limits: { inFlight: 5, rate: 200 } });
  const never = new AbortController().signal;
  let entered = 0;
  for (let lane = 0; lane < 3; lane++)
    void budget.enter(never).then(() => {
      entered++;
    });
  const start = clock.now();
  const worst: number[] = [];
  for (let minute = 1; minute <= 5; minute++) {
    const before = asked;
    while (clock.now() < start + minute * 60_000) await step();
    worst.push(asked - before);
  }
  assert.ok(Math.max(...worst) < 120, `${worst} calls a minute`);
  takes = true;
  while (clock.now() < start + 360_000) await step();
  assert.equal(entered, 3);
});
