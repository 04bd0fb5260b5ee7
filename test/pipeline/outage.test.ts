import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Window } from '../../shared/model.ts';
import { type ArrivePorts, arriveInWindow } from '../../shared/pipeline/arrive.ts';
import { askedAgain } from '../../shared/pipeline/entry.ts';
import { reviveFeed } from '../../shared/pipeline/plan.ts';
import { type RunOutcome, runWindow } from '../../shared/pipeline/run.ts';
import { createMemoryLedger } from '../../shared/state/ledger-memory.ts';
import { dayWindow, keptWorld } from './retention/kept-world.ts';
import { manualClock, textLake, truthSource, window, wordEngine } from './world.ts';

/**
 * Blob events while the lake is away, as the Functions host delivers them: five tries at once, then poison; messages in
 * their time.
 */

const second = 1_000;
const hour = 3_600_000;
const windowOf = (index: number): Window => ({
  ...window,
  start: window.start + index * hour,
  end: window.start + (index + 1) * hour,
});

/** `known`: the lake was reached before. Otherwise a run cannot even prepare it. */
function place(known: boolean) {
  const clock = manualClock();
  const ledger = createMemoryLedger();
  const messages: { window: Window; at: number }[] = [];
  let [away, poison] = [false, 0];
  const gone = async () => (away ? Promise.reject(new Error('the lake is away; see that it is reached')) : undefined);
  const lake = textLake();
  const ports: ArrivePorts = {
    ledger,
    clock,
    refresh: 300 * second,
    lease: 120 * second,
    lake: { ...lake, put: (...given) => gone().then(() => lake.put(...given)) },
    source: truthSource(() => ({ 0: ['a'] })),
    engine: wordEngine(),
    path: (file, of) => `part-${of.start}-${file.partition}`,
    discard: async () => {},
    withWorkFolder: (use) => use('work'),
    hints: {
      prepare: async () => {},
      send: async (of, delay) => void messages.push({ window: of, at: clock.now() + delay }),
    },
    ...(!known && { ready: gone }),
  };
  const fails = async (call: () => Promise<RunOutcome>) => (await call()).state === 'failed';
  const event = async (of: Window) => {
    for (let time = 0; time < 5; time++) if (!(await fails(() => arriveInWindow(of, of.start, ports)))) return;
    poison += 1;
  };
  /** A message that fails comes back after 30 s, five times at most. */
  const deliver = async () => {
    const due = messages.filter(({ at }) => at <= clock.now());
    for (const message of due) {
      messages.splice(messages.indexOf(message), 1);
      if (await fails(() => runWindow(message.window, ports)))
        messages.push({ window: message.window, at: clock.now() + 30 * second });
    }
  };
  const setAway = (now: boolean) => {
    away = now;
  };
  return { ports, clock, event, deliver, setAway, poisoned: () => poison };
}

for (const known of [true, false])
  for (const length of [20, 150])
    test(`a lake away for ${length} s${known ? '' : ', never reached before'}: no poison, all there at last`, async () => {
      const here = place(known);
      const { ledger } = here.ports;
      const open = async () =>
        (await Array.fromAsync(ledger.list(window))).filter(({ state }) => state !== 'done').length;
      here.setAway(true);
      let events = 0;
      for (let time = 0; ; time += 1) {
        if (time === length) here.setAway(false);
        if (time < length && time % 3 === 0) await here.event(windowOf(events++));
        await here.deliver();
        if (time % 300 === 299) await reviveFeed(window, { ...here.ports, patience: 1_800 * second, limit: 240 });
        if (time >= length && (await open()) === 0) {
          assert.ok(time - length <= 120, `${time - length} s after its end`);
          break;
        }
        assert.ok(time < length + 600, `${await open()} of ${events} windows are open`);
        here.clock.advance(second);
      }
      assert.equal(here.poisoned(), 0);
      assert.deepEqual(
        (await Array.fromAsync(ledger.list(window))).filter(({ leaseUntil }) => leaseUntil !== 0),
        [],
        'no entry that has ended holds a lease',
      );
    });

test('tables that cannot be asked are a failure of the run, which the ledger hears of', async () => {
  const world = keptWorld(true);
  const window = dayWindow(0);
  await world.bring(window);
  const seen = await world.ledger.read(window);
  assert.ok(seen);
  await world.ledger.write(askedAgain(seen.value, 0), seen.etag);
  const head = world.lake.head;
  const gone = () => Promise.reject(new Error('the account is gone'));
  Object.assign(world.lake, { head: gone });
  const outcome = await runWindow(window, world.ports({ requests: 'other' }));
  assert.deepEqual([outcome.state, outcome.error], ['failed', 'the account is gone']);
  const failed = await world.ledger.read(window);
  assert.deepEqual([failed?.value.state, failed?.value.attempts], ['failed', 1]);
  Object.assign(world.lake, { head });
  world.clock.advance(3_600_000);
  assert.equal((await runWindow(window, world.ports({ requests: 'other' }))).state, 'done');
});
