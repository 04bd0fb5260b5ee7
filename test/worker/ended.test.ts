/**
 * Runs that hang for good, in the app's worker (worker.ts; the real one where that is at hand), under a host that does
 * what the real one does at functionTimeout (WebScriptHostExceptionHandler): it ends the worker that has the invocation,
 * starts another one, and the message comes again. The lake is whole afterwards, and nobody holds a window.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { HOUR, MINUTE, message, START } from './inputs.ts';
import { type Ended, type Scene, startScene, until } from './scene.ts';
import { startWorker, type Worker } from './worker.ts';

const TIMEOUT = 5 * MINUTE;
/** What the host gives beyond it. */
const GRACE = 2_000;

let [folder, pipe] = ['', ''];
let scene: Scene;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ended-'));
  pipe = join(folder, 'pipe');
  const preloads = ['fast-clock.ts', 'stuck-disk.ts'].map((name) => `--import=${import.meta.resolve(`./${name}`)}`);
  const settings = {
    ...{ LEASE: '1m', AzureFunctionsJobHost__functionTimeout: '00:05:00' },
    ...{ NODE_OPTIONS: preloads.join(' '), STUCK_DISK: pipe },
  };
  scene = await startScene({ hours: 24, signals: 'requests', settings });
  assert.equal((await scene.call('planWindows')).error, '');
});
const begun: Worker[] = [];
after(async () => {
  for (const worker of begun) await worker.kill();
  await scene?.close();
  await rm(folder, { recursive: true, force: true });
});

async function begin(more: Readonly<Record<string, string>> = {}): Promise<Worker> {
  const worker = await startWorker({ ...scene.env, ...more });
  begun.push(worker);
  return worker;
}

/** A host with one worker, told of windows one after the other. */
async function startInstance(more: Readonly<Record<string, string>>) {
  let worker = await begin(more);
  let ended = 0;
  return {
    /** Undefined: it had not ended at functionTimeout, and its worker was ended. */
    call: async (text: string): Promise<Ended | undefined> => {
      const run = scene.call('runWindow', text, worker);
      const past = until(() => false, TIMEOUT + GRACE).then(() => undefined);
      const first = await Promise.race([run, past]);
      if (first !== undefined) return first;
      await worker.kill();
      worker = await begin(more);
      ended += 1;
      await run;
      return undefined;
    },
    ended: () => ended,
  };
}

/** Until that test ends. */
function standStill(t: TestContext): void {
  execFileSync('mkfifo', [pipe]);
  t.after(() => rm(pipe, { force: true }));
}

const entryOf = async (text: string) => {
  const start = Date.parse(JSON.parse(text).start);
  return (await scene.entries()).find(({ window }) => window.start === start) ?? assert.fail(text);
};

const isDone = ({ error, logs }: Ended): boolean => error === '' && /"state":"(done|unchanged)"/.test(logs.join('\n'));

async function untilDone(text: string, by: (text: string) => Promise<Ended | undefined>): Promise<void> {
  let last: Ended | undefined;
  const done = async () => {
    last = await by(text);
    return last !== undefined && isDone(last);
  };
  assert.notEqual(await until(done, 20 * MINUTE), undefined, JSON.stringify(last));
}

test('a disk that stands still: the run is given up, another instance does its window; the next call has the process ended', async (t) => {
  const [here, there] = [await startInstance({}), await startInstance({ STUCK_DISK: '/nowhere' })];
  const [first, second, third] = [message(9), message(10), message(11)];
  await untilDone(message(8), here.call);
  // A machine that does much else may need more than five minutes to begin.
  const before = here.ended();
  standStill(t);
  const hung = await here.call(first);
  assert.match(hung?.error ?? '', /not done in 4\.8 min, and the host ends a run after 5 min/);
  assert.equal(here.ended(), before, 'it ended by itself');
  // Its lease has an end, though the process lives.
  await untilDone(first, there.call);
  assert.equal((await entryOf(first)).revision, 2);
  assert.equal(await here.call(second), undefined, 'what waits for it does not end by itself');
  assert.equal(here.ended(), before + 1, 'and the host ends the process');
  await rm(pipe);
  for (const text of [second, third]) await untilDone(text, here.call);
  t.diagnostic(`in the ${scene.worker.kind}`);
});

test('a process that stands still as a whole: the host ends it with that call, and the message comes again', async (t) => {
  const here = await startInstance({ STUCK_ALL: '1' });
  const [first, second] = [message(12), message(13)];
  await untilDone(message(14), here.call);
  standStill(t);
  assert.equal(await here.call(first), undefined);
  const { state, leaseUntil } = await entryOf(first);
  assert.equal(state, 'running');
  assert.ok(leaseUntil <= Date.now(), 'whoever comes need not wait for it');
  await rm(pipe);
  for (const text of [first, second]) await untilDone(text, here.call);
  assert.equal((await entryOf(first)).revision, 2);
});

test('in the end the lake is whole, and nobody holds a window', async () => {
  for (const { window, state } of await scene.entries())
    if (state !== 'done')
      await untilDone(message((window.start - START) / HOUR), (text) => scene.call('runWindow', text));
  await scene.assertWhole();
  assert.deepEqual(
    (await scene.entries()).filter(({ leaseUntil }) => leaseUntil !== 0),
    [],
  );
});
