/**
 * Workers that end in the middle of their runs (an update, a scale-in: SIGTERM; a host that ends what passes
 * functionTimeout: SIGKILL), others that go on in their place, and two at once: the lake is whole afterwards, and no
 * lease lasts beyond its time. WORKER_LIVES=all: at each call of a run (the default takes two).
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { HOUR, MINUTE, message } from './inputs.ts';
import { type Scene, startScene, until } from './scene.ts';
import { stepOf } from './step-names.ts';
import { startWorker, type Worker } from './worker.ts';

const all = process.env.WORKER_LIVES === 'all';
const LEASE = MINUTE;

let scene: Scene;
before(async () => {
  const settings = { LEASE: '1m', AzureFunctionsJobHost__functionTimeout: '00:05:00' };
  scene = await startScene({ hours: all ? 160 : 24, signals: 'requests,traces', settings });
  for (let tick = 0; tick < (all ? 10 : 4); tick++) assert.equal((await scene.call('planWindows')).error, '');
});
after(async () => {
  // A test that fails leaves those that it began.
  for (const worker of await Promise.all(begun)) await worker.kill();
  await scene?.close();
});

const begun: Promise<Worker>[] = [];
function begin(): Promise<Worker> {
  const worker = startWorker(scene.env);
  begun.push(worker);
  return worker;
}

let taken = 8;
/** Hours of the day, which have rows. */
const nextHour = (): number => {
  taken = taken % 24 === 22 ? taken + 11 : taken + 1;
  return taken;
};

/** By the scene's own worker. */
async function untilDone(text: string): Promise<void> {
  const done = async () => {
    const { error, logs } = await scene.call('runWindow', text);
    return error === '' && /"state":"(done|unchanged)"/.test(logs.join('\n'));
  };
  assert.notEqual(await until(done, 20 * MINUTE), undefined, `not done: ${text}`);
}

/** The worker ends before its `count`-th call reaches storage; undefined: it made fewer. */
async function endedBefore(count: number, victim: Worker, signal: 'SIGTERM' | undefined, text: string) {
  let [come, step]: [number, string | undefined] = [0, undefined];
  let ended: Promise<void> | undefined;
  scene.front.gate = {
    before: async (call) => {
      if (++come !== count) return;
      step = stepOf(call);
      ended = victim.kill(signal);
      await ended;
    },
  };
  const run = scene.call('runWindow', text, victim);
  await Promise.race([run, until(() => ended !== undefined, 5 * MINUTE)]);
  await ended;
  scene.front.gate = undefined;
  return step;
}

for (const signal of ['SIGTERM', undefined] as const)
  test(`a worker ends in the middle of a run (${signal ?? 'SIGKILL'}), and another goes on`, async (t) => {
    let next = begin();
    const steps: string[] = [];
    // Call by call of a fresh process: its looks at lake, ledger and queue are among them.
    for (let count = all ? 1 : signal === undefined ? 13 : 6; steps.length < (all ? 40 : 1); count++) {
      const victim = await next;
      next = begin();
      const text = message(nextHour(), count % 2 === 0 ? 'requests' : 'traces');
      const step = await endedBefore(count, victim, signal, text);
      if (step === undefined) {
        await victim.kill();
        await untilDone(text);
        break;
      }
      steps.push(step);
      const held = (await scene.entries()).filter(({ leaseUntil }) => leaseUntil > Date.now() + LEASE);
      assert.deepEqual(held, [], step);
      await untilDone(text);
    }
    await (await next).kill();
    t.diagnostic(`${steps.length} ends, in the ${scene.worker.kind}: ${steps.at(-1)}`);
    assert.ok(steps.length > 0);
  });

test('two at once, told of the same windows: each is done, by one of them', async () => {
  const other = await begin();
  const texts = Array.from({ length: all ? 12 : 4 }, () => message(nextHour()));
  const runs = await Promise.all(
    [scene.worker, other].map(async (worker, n) => {
      const logs: string[] = [];
      for (const text of n === 0 ? texts : texts.toReversed()) {
        const ended = await scene.call('runWindow', text, worker);
        assert.equal(ended.error, '');
        logs.push(...ended.logs);
      }
      return logs;
    }),
  );
  await other.kill();
  const done = runs.flat().filter((line) => /"state":"done"/.test(line));
  assert.equal(done.length, texts.length, runs.flat().join('\n'));
});

test('in the end the lake is whole, and nobody holds a window', async () => {
  for (const { window, state } of await scene.entries())
    if (state !== 'done')
      await untilDone(message((window.start - Date.parse(scene.env.QUERY_FROM ?? '')) / HOUR, window.signal));
  await scene.assertWhole();
  assert.deepEqual(
    (await scene.entries()).filter(({ leaseUntil }) => leaseUntil !== 0),
    [],
  );
});
