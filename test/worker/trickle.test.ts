/**
 * Answers that succeed, and trickle for ever: of storage (blobs, listings, tables) and of the query API, to each
 * function. Its call ends within its time and says what came of which answer; when it is
 * lifted all is done. WORKER_TRICKLES=all: each function with each service and rate (the default takes a few).
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { windowMessage } from '../../shared/state/window-message.ts';
import { dueAgain, untilEnded } from './again.ts';
import { MINUTE } from './inputs.ts';
import { type Scene, startScene, until } from './scene.ts';

const all = process.env.WORKER_TRICKLES === 'all';
/** What the default takes. */
const SOME: readonly string[] = ['transformBlob, blob: 1 byte each 3 s', 'runWindow, api: 40 bytes each 1 s'];
/** An invocation has five minutes; a sweep is two things, of which each has an end. With room for a busy machine. */
const LIMIT = 8 * MINUTE;
const HOURS = 24;

let scene: Scene;
before(async () => {
  const settings = { LEASE: '1m', AzureFunctionsJobHost__functionTimeout: '00:05:00', AUDIT_RECHECK: '30d' };
  scene = await startScene({ hours: HOURS, signals: 'requests', settings });
  assert.equal((await scene.call('planWindows')).error, '');
  await untilEnded(scene, 'runWindow', await dueAgain(scene, made++));
});
after(() => scene?.close());

let made = 0;
const texts: Readonly<Record<string, () => Promise<string>>> = {
  runWindow: () => dueAgain(scene, made++),
  transformBlob: () => scene.blob(made++ % HOURS, made),
  planWindows: async () => {
    await untilEnded(scene, 'runWindow', await dueAgain(scene, made));
    await dueAgain(scene, made++);
    return '';
  },
  sweepBlobs: async () => {
    await scene.blob(20 * 24 + (made % 5), made++);
    return '';
  },
  auditWindows: async () => '',
};

for (const [size, pause] of [
  [1, 3_000],
  [40, 1_000],
  [400, 1_000],
] as const)
  for (const [act, textOf] of Object.entries(texts))
    for (const service of ['blob', 'table', 'api']) {
      const title = `${act}, ${service}: ${size} byte${size === 1 ? '' : 's'} each ${pause / 1000} s`;
      if (!all && !SOME.includes(title)) continue;
      test(title, async (t) => {
        const text = await textOf();
        let struck = 0;
        const trickle = { kind: 'trickle', pause: pause / size } as const;
        const fault = service === 'api' ? scene.simulator.fault(trickle) : undefined;
        scene.front.fate = (call) => {
          if (call.service !== service || call.method !== 'GET') return undefined;
          struck += 1;
          return { trickle: size, pause };
        };
        const { took, error, logs } = await scene.call(act, text);
        Object.assign(scene.front, { fate: undefined });
        fault?.remove();
        const said = `${Math.round(took / 1000)} s, ${struck + (fault?.hits ?? 0)} struck: ${error || logs.join(' ')}`;
        t.diagnostic(said);
        assert.ok(took <= LIMIT, said);
        // Whoever begins, and brings nothing, may have a window parted: it may be too much.
        if (error !== '' || /"state":"halved"/.test(said))
          assert.match(said, /trickles|stood still|no more than \d+ bytes|whose body did not come/);
        const isHalved = /"state":"halved"/.test(said);
        const again = !isHalved && (act === 'runWindow' || act === 'transformBlob') ? act : 'planWindows';
        await untilEnded(scene, again, text);
      });
    }

test('in the end the lake is whole', async (t) => {
  const open = async () =>
    (await scene.entries()).filter(({ state, again }) => !['done', 'halved'].includes(state) || again);
  const whole = async () => {
    for (const tick of ['sweepBlobs', 'planWindows']) await scene.call(tick);
    for (const { window } of await open()) await scene.call('runWindow', JSON.stringify(windowMessage(window)));
    return (await open()).length === 0 && scene.isWhole();
  };
  assert.notEqual(await until(whole, 60 * MINUTE), undefined, JSON.stringify(await open()));
  t.diagnostic(`${await scene.assertWhole()} rows`);
});
