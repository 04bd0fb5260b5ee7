/**
 * Each call that the functions make to storage, in turn, is not answered, or half, or cut off: once, or from then on
 * until it is lifted. The call of the function ends within its limits and says why, other windows go on, and in the end
 * the lake is whole. WORKER_STEPS=all: every step (WORKER_CALLS: 16 of them) under every condition (the default takes
 * some), in the real worker where that is at hand (worker.ts); STEPS_REPORT names a file for the table. For a few titles
 * of all, with --test-name-pattern, STEPS_HOURS=40 windows of a signal do.
 */
import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { type QueueClient, QueueServiceClient } from '@azure/storage-queue';
import type { Fault } from '../../local/simulator/faults.ts';
import { askedAgain } from '../../shared/pipeline/entry.ts';
import { windowMessage } from '../../shared/state/window-message.ts';
import type { Fate, StorageCall } from '../front/storageFront.ts';
import { HOUR, MINUTE, message, START } from './inputs.ts';
import { type Ended, type Scene, startScene, until } from './scene.ts';
import { stepOf } from './step-names.ts';

const all = process.env.WORKER_STEPS === 'all';
const conditions: Readonly<Record<string, Fate>> = {
  hang: { never: 'undone' },
  'hang, done': { never: 'done' },
  stall: { stall: 20 },
  cut: { cut: 20 },
  broken: { broken: 'undone' },
  'broken, done': { broken: 'done' },
};
const SIGNALS = ['requests', 'dependencies', 'traces'] as const;
/** The default takes a few of the steps of these. */
const few = ['a query window: hang', 'an export blob: broken, done', 'a tick of the planner: cut'];
const stride = all ? 1 : 2;
/** A planner's calls repeat from here on. */
const MOST = Number(process.env.WORKER_CALLS ?? 16);
/** Of an invocation, with room for a machine that does much else: what has no end does not end at all. */
const LIMIT = 20 * MINUTE;
const settings = {
  PLAN_LIMIT: '40',
  LEASE: '1m',
  AUDIT_RECHECK: '30d',
  // A ledger that is away is waited for two thirds of it.
  AzureFunctionsJobHost__functionTimeout: '00:05:00',
};

let scene: Scene;
/** Messages of windows that have rows. */
let windows: string[];
before(async () => {
  const hours = Number(process.env.STEPS_HOURS ?? (all ? 200 : 24));
  scene = await startScene({ hours, signals: SIGNALS.join(), settings });
  const at = ({ timestamp }: { timestamp?: unknown }) => Math.floor((Date.parse(String(timestamp)) - START) / HOUR);
  windows = SIGNALS.flatMap((signal) =>
    [...new Set(scene.data.all(signal).map(at))].map((hour) => message(hour, signal)),
  );
  for (let tick = 0; tick < (all ? 5 : 1); tick++) assert.equal((await scene.call('planWindows')).error, '');
});
after(() => scene?.close());

let taken = 0;
const nextWindow = (): string => windows[taken++] ?? assert.fail('too few windows');

/** What a function is called with, and what finishes that. */
interface Act {
  begin(): Promise<Ended>;
  finish(): Promise<unknown>;
}

const acts: Readonly<Record<string, () => Promise<Act>>> = {
  'a query window': async () => runOf(nextWindow()),
  'a query window that fails': async () => {
    const window = nextWindow();
    const fault = scene.simulator.fault({ kind: 'badRequest', when: ({ query }) => !query.includes('summarize') });
    return { ...runOf(window, () => fault.remove()) };
  },
  'a query window that takes long': async () => {
    scene.simulator.fault({ kind: 'stall', at: 'middle', pause: 50_000, times: 1 });
    return runOf(nextWindow(), () => scene.simulator.clearFaults(), true);
  },
  'an export blob': async () => {
    const name = await scene.blob(taken++);
    const begin = () => scene.call('transformBlob', name);
    return { begin, finish: () => untilDone(begin) };
  },
  'a tick of the planner': async () => {
    await askAgain();
    return tickOf('planWindows');
  },
  'a sweep': async () => {
    // Of yesterday: as far back as a sweep looks.
    await scene.blob(20 * 24 + (taken % 5), taken++);
    return tickOf('sweepBlobs');
  },
  'an audit': async () => tickOf('auditWindows'),
};

/** A window that was done is due, and nobody has sent for it. */
async function askAgain(): Promise<void> {
  const [one] = (await scene.entries()).filter(({ state }) => state === 'done');
  const found = one && (await scene.ledger.read(one.window));
  if (found) await scene.ledger.write(askedAgain(found.value, 0), found.etag);
}

const runOf = (window: string, lift = () => {}, mayHalve = false): Act => {
  const begin = () => scene.call('runWindow', window);
  return {
    begin,
    finish: async () => {
      lift();
      await untilDone(begin, mayHalve);
    },
  };
};

const tickOf = (name: string): Act => ({
  begin: () => scene.call(name),
  finish: async () => assert.equal((await scene.call(name)).error, ''),
});

/**
 * As the ledger has it: again when its back-off has passed. Where reading took all the time that a run has, the window
 * may be parted: then it says no more, and its halves are done in the end.
 */
async function untilDone(begin: () => Promise<Ended>, mayHalve = false): Promise<void> {
  let last: Ended | undefined;
  const done = async () => {
    last = await begin();
    const said = last.logs.join('\n');
    return last.error === '' && (/"state":"(done|unchanged)"/.test(said) || (mayHalve && said === ''));
  };
  assert.notEqual(await until(done, 8 * MINUTE), undefined, JSON.stringify(last));
}

const spelled = ({ method, path }: StorageCall): string => `${method} ${path}`;

/** Strikes the k-th call, and with `lasting` every one that is like it. */
function strike(k: number, fate: Fate, lasting: boolean) {
  let met = 0;
  let struck: StorageCall | undefined;
  scene.front.fate = (call) => {
    if (++met === k) struck = call;
    return struck === call || (lasting && struck && spelled(struck) === spelled(call)) ? fate : undefined;
  };
  return {
    struck: () => struck,
    lift: () => {
      scene.front.fate = undefined;
    },
  };
}

function report(line: readonly (string | number)[]): void {
  if (process.env.STEPS_REPORT !== undefined) appendFileSync(process.env.STEPS_REPORT, `${line.join('\t')}\n`);
}

/** How a call of a function must end. */
function assertEnded(what: string, { took, error, logs }: Ended): void {
  assert.ok(took <= LIMIT, `${what}: ${Math.round(took / 1000)} s`);
  const said = `${error}\n${logs.join('\n')}`;
  if (error !== '')
    assert.match(
      said,
      /\((NoAnswer|ETIMEDOUT|ECONNRESET|EPIPE|ECONNREFUSED|HTTP \d+|\w+)\)|no answer|BadArgumentError|stood still|did not come|not (done|read to its end) in/i,
      what,
    );
  assert.doesNotMatch(said, /undefined|\[object|AbortError|no reason given/, what);
}

for (const [act, make] of Object.entries(acts))
  for (const condition of Object.keys(conditions))
    for (const lasting of [false, true]) {
      if (!all && (!few.includes(`${act}: ${condition}`) || lasting)) continue;
      // What lasts is the same to who asks, whether it was done or not.
      if (lasting && !['hang', 'stall', 'broken'].includes(condition)) continue;
      test(`${act}: ${condition}, ${lasting ? 'until it is lifted' : 'once'}, at each call`, async (t) => {
        let steps = 0;
        let longest = 0;
        for (let [k, missed] = [1, 0]; missed < 2 && k <= MOST; k += stride) {
          const { begin, finish } = await make();
          const { struck, lift } = strike(k, conditions[condition], lasting);
          const ended = await begin();
          const call = struck();
          missed = call === undefined ? missed + 1 : 0;
          const what = `${act}, ${condition}, ${lasting ? 'lasting' : 'once'}, call ${k}: ${call && stepOf(call)}`;
          if (call !== undefined) {
            steps += 1;
            longest = Math.max(longest, ended.took);
            const state = /"state":"(\w+)"/.exec(ended.logs.join('\n'))?.[1] ?? '';
            report([
              scene.worker.kind,
              act,
              condition,
              lasting ? 'lasting' : 'once',
              k,
              stepOf(call),
              Math.round(ended.took / 1000),
              state,
              ended.error,
            ]);
            assertEnded(what, ended);
          }
          // What is one window's own trouble is none of another's.
          if (call?.service === 'blob' && lasting && act !== 'a tick of the planner') {
            const { error, logs } = await scene.call('runWindow', nextWindow());
            const isShared = /exports|_insights-lake|comp=/.test(stepOf(call));
            if (!isShared) assert.match(`${error}${logs}`, /"state":"done"/, what);
          }
          lift();
          await finish();
        }
        t.diagnostic(`${steps} steps, the longest ${Math.round(longest / 1000)} s, in the ${scene.worker.kind}`);
        assert.ok(steps >= 2);
      });
    }

/** The same of the query API, by its questions: of a window its fingerprint and its rows. */
const answers: Readonly<Record<string, Omit<Fault, 'when' | 'times'>>> = {
  hang: { kind: 'stall', at: 'start' },
  stall: { kind: 'stall', at: 'middle' },
  cut: { kind: 'drop', at: 'middle' },
  broken: { kind: 'drop', at: 'start' },
};

for (const [condition, fault] of Object.entries(answers))
  for (const lasting of [false, true]) {
    if (!all && (condition !== 'hang' || lasting)) continue;
    test(`the query API: ${condition}, ${lasting ? 'until it is lifted' : 'once'}, at each question`, async () => {
      for (let k = 1; k <= (all ? 2 : 1); k++)
        for (const act of all ? ['a query window', 'an audit'] : ['a query window']) {
          const { begin, finish } = (await acts[act]?.()) ?? assert.fail();
          let asked = 0;
          const when = () => (lasting ? ++asked >= k : ++asked === k);
          const { remove } = scene.simulator.fault({ ...fault, when });
          const ended = await begin();
          remove();
          const state = /"state":"(\w+)"/.exec(ended.logs.join('\n'))?.[1] ?? '';
          const much = lasting ? 'lasting' : 'once';
          const took = Math.round(ended.took / 1000);
          report([scene.worker.kind, act, condition, much, k, `question ${k}`, took, state, ended.error]);
          assertEnded(`${act}, ${condition}, ${much}, question ${k}`, ended);
          // Once, it costs a try and not the run. Whoever says nothing at all has no window parted, whoever begins has.
          if (!(['stall', 'cut'].includes(condition) && lasting)) assert.notEqual(state, 'halved');
          if (!lasting) assert.equal(ended.error, '');
          // Its halves are done in the end.
          if (state !== 'halved') await finish();
        }
    });
  }

/** What a host would have done meanwhile: the sweep's windows come by the queue alone. */
async function runMessages(queue: QueueClient): Promise<void> {
  for (;;) {
    const { receivedMessageItems: some } = await queue.receiveMessages({ numberOfMessages: 32 });
    if (some.length === 0) return;
    for (const { messageText, messageId, popReceipt } of some) {
      await scene.call('runWindow', Buffer.from(messageText, 'base64').toString());
      await queue.deleteMessage(messageId, popReceipt);
    }
  }
}

test('in the end the lake is whole', async (t) => {
  const queue = QueueServiceClient.fromConnectionString(scene.azurite.connectionString).getQueueClient('windows');
  const whole = async () => {
    for (const tick of ['planWindows', 'sweepBlobs']) await scene.call(tick);
    await runMessages(queue);
    for (const { window, state } of await scene.entries())
      if (state !== 'done' && state !== 'halved' && window.source === 'query')
        await scene.call('runWindow', JSON.stringify(windowMessage(window)));
    return scene.isWhole();
  };
  await until(whole, 60 * MINUTE);
  t.diagnostic(`${await scene.assertWhole()} rows, ${scene.front.calls.length} calls`);
  assert.deepEqual(
    (await scene.entries()).filter(({ state, leaseUntil }) => state === 'running' || leaseUntil !== 0),
    [],
  );
});
