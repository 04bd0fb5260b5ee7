/**
 * What no service says, in place of an answer (test/front/odd-answers.ts), to the app in its worker: to the first call
 * that a tick of the planner, a window and an export blob make to blobs, table or queue, and to all of them until it is
 * lifted. The call of the function ends within its limits and says why in words, nothing is lost or doubled, and in the
 * end the lake is whole. WORKER_ODD=all: each answer with each function and service, once and lasting (the default takes
 * a few of them); WORKER_ODD=<n>: every n-th, from ODD_FIRST (0) on; ODD_REPORT names a file for the table.
 */
import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { oddAnswers } from '../front/odd-answers.ts';
import { assertAllDone, dueAgain, untilEnded } from './again.ts';
import { MINUTE } from './inputs.ts';
import { type Ended, type Scene, startScene } from './scene.ts';

const wanted = process.env.WORKER_ODD ?? '';
/** What the default takes. */
const SOME: readonly string[] = [
  '200 with nothing, in the name of the service: planWindows, table, lasting',
  '200 with half a document: planWindows, queue, once',
  '200 with nothing, in the name of the service: runWindow, blob, lasting',
  'a page, without a type: runWindow, table, once',
  'a reset in the middle: runWindow, blob, once',
  'a chunk without an end: transformBlob, blob, lasting',
  'half of the headers: transformBlob, table, once',
];
const every = wanted === 'all' ? 1 : Number(wanted);
let count = Number(process.env.ODD_FIRST ?? 0);
const isWanted = (title: string): boolean => (wanted === '' ? SOME.includes(title) : count++ % every === 0);
/** Of an invocation, with room for a machine that does much else. */
const LIMIT = 20 * MINUTE;
const HOURS = 24;

let scene: Scene;
before(async () => {
  const settings = { LEASE: '1m', AzureFunctionsJobHost__functionTimeout: '00:05:00' };
  scene = await startScene({ hours: HOURS, signals: 'requests', settings });
  assert.equal((await scene.call('planWindows')).error, '');
});
after(() => scene?.close());

let made = 0;
/** What a function is called with, anew each time: something that there is to do. */
const texts: Readonly<Record<string, () => Promise<string>>> = {
  planWindows: async () => {
    await untilEnded(scene, 'runWindow', await dueAgain(scene, made));
    await dueAgain(scene, made++);
    return '';
  },
  runWindow: () => dueAgain(scene, made++),
  transformBlob: () => scene.blob(made++ % HOURS, made),
};

function assertEnded(what: string, { took, error, logs }: Ended): void {
  assert.ok(took <= LIMIT, `${what}: ${Math.round(took / 1000)} s`);
  const said = `${error}\n${logs.join('\n')}`;
  if (error !== '') assert.match(said, /\([\w ]+\)|no answer|not (done|read to its end) in/i, what);
  assert.doesNotMatch(said, /<|undefined|\[object|AbortError|no reason given/, what);
}

for (const { name, says } of oddAnswers)
  for (const [act, textOf] of Object.entries(texts))
    for (const service of ['blob', 'table', 'queue'])
      for (const lasting of [false, true]) {
        const title = `${name}: ${act}, ${service}, ${lasting ? 'lasting' : 'once'}`;
        // Runs send nothing, but for a window that is halved; a planner looks at blobs now and then alone.
        const idle = act === 'planWindows' ? 'blob' : 'queue';
        if (service === idle || !isWanted(title)) continue;
        test(title, async (t) => {
          const text = await textOf();
          let struck = 0;
          scene.front.fate = (call) => {
            if (call.service !== service || (struck > 0 && !lasting)) return undefined;
            struck += 1;
            return { odd: says };
          };
          const ended = await scene.call(act, text);
          scene.front.fate = undefined;
          const told = [title, struck, Math.round(ended.took / 1000), scene.worker.kind, ended.error];
          if (process.env.ODD_REPORT !== undefined) appendFileSync(process.env.ODD_REPORT, `${told.join('\t')}\n`);
          assertEnded(title, ended);
          await untilEnded(scene, act, text);
          t.diagnostic(`${struck} calls struck, ${told[2]} s, in the ${scene.worker.kind}`);
          assert.ok(struck > 0);
        });
      }

test('in the end the lake is whole', async (t) => {
  t.diagnostic(`${await assertAllDone(scene)} rows, ${scene.front.calls.length} calls`);
});
