/**
 * The command line under every condition that storage, the network and the query API may have
 * (test/worker/conditions.ts), from its begin to its end: it ends, with the exit code of the side that failed, says
 * cause and advice in one line, asks so often at most, keeps its secrets, and run once more after it the lake is
 * whole. COMMANDS=all: each condition with each command that it concerns, a quarter of an hour; COMMANDS=<pattern>: those
 * whose name matches; the default takes one in turn.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Condition, conditions } from '../worker/conditions.ts';
import { assertEnded } from './command-ended.ts';
import { type CommandScene, startCommandScene } from './command-scene.ts';

const wanted = process.env.COMMANDS ?? '';

let scene: CommandScene;
before(async () => {
  scene = await startCommandScene();
});
after(() => scene?.close());

const filling = ['transform', 'export', 'sweep'];
const ofLake = ['audit --out', 'status --out', 'adopt --out', 'drift --out', 'requeue --out'];
const ofApp = ['audit --settings', 'status --settings', 'adopt --settings', 'drift --settings', 'requeue --settings'];
const asking = ['backfill plan', 'backfill status', 'sweep --enqueue', 'rerun', 'check'];
/** What a condition concerns, by the first words of its name. */
const concerned: Readonly<Record<string, readonly string[]>> = {
  lake: [...filling, ...ofLake, 'check', 'audit --settings', 'adopt --settings'],
  'files of the lake': filling,
  exports: ['sweep', 'sweep --enqueue', 'check'],
  'blobs of exports': ['sweep'],
  table: [...ofApp, ...asking],
  'writes to the table': ['rerun', 'sweep --enqueue', 'check'],
  queue: ['rerun', 'check'],
  'whole account': [...filling, ...ofLake, ...ofApp, ...asking],
  'query API': ['export', 'backfill plan', 'check'],
};

/** The side that a condition fails, as the exit code of a command that brings something in says it. */
const sideOf = (name: string): number => (/^(exports|blobs|query API)/.test(name) ? 3 : 4);

async function play(condition: Condition, act: string): Promise<string> {
  const { words, lake, ids = [] } = scene.acts[act]?.() ?? assert.fail(act);
  const what = `${condition.name}, ${act}`;
  const ran = await scene.run(words, condition);
  assertEnded(what, ran, scene.secrets);
  const isSaid = ran.code === 0 || [sideOf(condition.name), 1, 3].includes(Number(ran.code));
  if (filling.includes(act)) assert.ok(isSaid, `${what}: exit code ${ran.code}\n${ran.out}\n${ran.err}`);
  const again = await scene.run(words);
  assert.equal(again.code, 0, `${what}: afterwards ${again.code}\n${again.out}\n${again.err}`);
  if (lake !== undefined) assert.deepEqual([...(await scene.ids(lake))].sort(), ids.toSorted(), what);
  return `${what}: ${ran.code}, ${ran.struck} calls, ${ran.worst} in a minute, ${Math.round(ran.took / 1000)} s`;
}

test('a terminal that cannot reach the lake does not pause it for the app', async () => {
  const condition = conditions.find(({ name }) => name === 'lake: never answers');
  const { words } = scene.acts['audit --settings']?.() ?? assert.fail();
  for (let n = 0; n < 7; n++) assert.equal((await scene.run(words, condition)).code, 1);
  const { code, out } = await scene.run(scene.acts['status --settings']?.().words ?? []);
  assert.doesNotMatch(out, /paused/);
  assert.equal(code, 0, out);
});

test('check asks each signal twice at most, whatever passes', async () => {
  const condition = conditions.find(({ name }) => name === 'query API: 503') ?? assert.fail();
  const { code, struck, out } = await scene.run(scene.acts.check?.().words ?? [], condition);
  assert.equal(code, 3, out);
  assert.ok(struck <= 2, `${struck} questions\n${out}`);
});

for (const [n, condition] of conditions.entries()) {
  const [place = ''] = condition.name.split(':');
  const acts = concerned[place] ?? [];
  // An export waits for the API for up to an hour of its own time, half a minute of ours: only with COMMANDS=all.
  const short = place === 'query API' ? acts.filter((act) => act !== 'export') : acts;
  const some = short.filter((_, k) => k === n % short.length);
  const matching = acts.filter((act) => new RegExp(wanted).test(`${condition.name}: ${act}`));
  const chosen = wanted === '' ? some : wanted === 'all' ? acts : matching;
  for (const act of chosen)
    test(`${condition.name}: ${act}`, async (t) => {
      t.diagnostic(await play(condition, act));
    });
}
