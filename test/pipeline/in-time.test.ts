import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createInTime } from '../../shared/pipeline/outage/in-time.ts';
import { createPaced } from '../../shared/pipeline/outage/paced.ts';
import { inTurn } from '../../shared/pure/in-turn.ts';
import { manualClock } from './world.ts';

const MINUTE = 60_000;
const settled = () => new Promise((go) => setImmediate(go));

/** A process with one turn, whose invocations have five minutes each; how each ended is said under its name. */
function scene() {
  const clock = manualClock();
  const [inTime, turns] = [createInTime(clock), inTurn()];
  const said: Record<string, string> = {};
  const overs = new Map<string, AbortSignal | undefined>();
  const begin = (name: string, call: () => Promise<unknown>) => {
    const allowed = { start: clock.now(), end: clock.now() + 5 * MINUTE };
    const called = (over?: AbortSignal) => {
      overs.set(name, over);
      return call();
    };
    said[name] = 'pending';
    inTime(called, { inTurn: turns, allowed }).then(
      (value) => {
        said[name] = String(value);
      },
      (error) => {
        said[name] = String(error);
      },
    );
  };
  const pass = async (minutes: number) => {
    await settled();
    clock.advance(minutes * MINUTE);
    await settled();
  };
  return { clock, inTime, turns, said, overs, begin, pass };
}

const notDone = 'Error: not done in 4.8 min, and the host ends a run after 5 min; it is tried again';
const noTurn = 'Error: its turn did not come in 4.8 min: runs before it take the time; it is tried again';

test('an invocation ends in its time, whatever it waits for, and what it began is told', async () => {
  const { said, overs, begin, pass } = scene();
  begin('run', () => new Promise(() => {}));
  await pass(4.7);
  assert.deepEqual([said.run, overs.get('run')?.aborted], ['pending', false]);
  await pass(0.1);
  assert.deepEqual([said.run, overs.get('run')?.aborted], [notDone, true]);
});

test('one that ends after it was given up holds up nobody for long; who had no turn says so, and never begins', async () => {
  const { said, overs, begin, pass } = scene();
  let end = () => {};
  begin(
    'slow',
    () =>
      new Promise<void>((resolve) => {
        end = resolve;
      }),
  );
  await pass(2);
  begin('waits', async () => 'never');
  await pass(2.8);
  begin('next', async () => 'done');
  await pass(2);
  assert.deepEqual(said, { slow: notDone, waits: noTurn, next: 'pending' });
  end();
  await pass(0);
  assert.equal(said.next, 'done');
  assert.deepEqual([...overs.keys()], ['slow', 'next']);
});

test('one that never ends: the next invocation does not end, either, so that the host ends the process', async () => {
  const { said, begin, pass } = scene();
  begin('hangs', () => new Promise(() => {}));
  await pass(4.8);
  begin('next', async () => 'done');
  await pass(5);
  assert.deepEqual(said, { hangs: notDone, next: 'pending' });
});

test('what failed while it waited is told', async () => {
  const clock = manualClock();
  const none = { read: async () => undefined, write: async () => undefined };
  const { paced } = createPaced({ clock, ledger: none, hints: { send: async () => {} } }, () => '');
  const turns = inTurn();
  const allowed = { start: clock.now(), end: clock.now() + 5 * MINUTE };
  const failed = Object.assign(new Error('write table: no answer, asked\n twice'), { code: 'NoAnswer' });
  let tries = 0;
  const run = async () => (tries++ === 0 ? Promise.reject(failed) : new Promise<never>(() => {}));
  const said = paced(run, { inTurn: turns, until: allowed.end, allowed }).catch(String);
  await settled();
  clock.advance(MINUTE);
  await settled();
  clock.advance(4 * MINUTE);
  assert.equal(await said, `${notDone}; what failed last: write table: no answer, asked twice`);
  assert.equal(tries, 2);
});

test('what a call was given up for since it began is told, where nothing has failed', async () => {
  const clock = manualClock();
  const none = { read: async () => undefined, write: async () => undefined };
  const asked: number[] = [];
  const trouble = (time: number) => {
    asked.push(time);
    return 'GET lake: the body of the answer trickles';
  };
  const { paced } = createPaced({ clock, ledger: none, hints: { send: async () => {} } }, trouble);
  const start = clock.now();
  const allowed = { start, end: start + 5 * MINUTE };
  const turn = { inTurn: inTurn(), until: allowed.end, allowed };
  const said = paced(() => new Promise<never>(() => {}), turn).catch(String);
  await settled();
  clock.advance(5 * MINUTE);
  assert.equal(
    await said,
    `${notDone}; what failed last: a call of this process, GET lake: the body of the answer trickles`,
  );
  assert.ok(asked.length > 0 && asked.every((time) => time > 4 * MINUTE && time <= 5 * MINUTE), asked.join());
});

test('what ends before, ends as it does; without a limit nothing is limited', async () => {
  const { inTime, turns, said, begin, pass } = scene();
  begin('well', async () => 1);
  begin('badly', () => Promise.reject(new Error('its own')));
  await pass(0);
  assert.deepEqual(said, { well: '1', badly: 'Error: its own' });
  assert.equal(await inTime(async (over) => over, { inTurn: turns }), undefined);
});
