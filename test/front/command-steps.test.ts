/**
 * Each call that a command makes to storage, and each question that it puts to the query API, struck in turn: refused,
 * cut off, stood still, never answered, done but answered 500, done later. The command ends, says why, and run once
 * more it has come about: the lake is what its source is, the ledger says so. COMMAND_STEPS=all: every command, every
 * kind, every call, once and from there on (the default takes some); COMMAND_STEPS=<text>: those whose name has it.
 * STEPS_REPORT names a file for the table.
 */
import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import type { Fault } from '../../local/simulator/faults.ts';
import type { Condition } from '../worker/conditions.ts';
import { stepOf } from '../worker/step-names.ts';
import { assertEnded } from './command-ended.ts';
import { type CommandScene, startCommandScene } from './command-scene.ts';
import { type Step, type Steps, stepsOf } from './command-steps.ts';
import type { Fate, StorageCall } from './storageFront.ts';

const wanted = process.env.COMMAND_STEPS ?? '';

interface Kind {
  readonly fate: Fate;
  /** Struck once it costs a try, and no more. */
  readonly heals: boolean;
  /** Whether it makes a difference that it lasts. */
  readonly lasts: boolean;
}
const KINDS: Readonly<Record<string, Kind>> = {
  503: { fate: { refuse: { status: 503, code: 'ServerBusy' } }, heals: true, lasts: true },
  403: { fate: { refuse: { status: 403, code: 'AuthorizationFailure' } }, heals: false, lasts: true },
  cut: { fate: { cut: 20 }, heals: true, lasts: true },
  stall: { fate: { stall: 20 }, heals: true, lasts: true },
  broken: { fate: { broken: 'undone' }, heals: true, lasts: true },
  'broken, done': { fate: { broken: 'done' }, heals: true, lasts: false },
  never: { fate: { never: 'undone' }, heals: true, lasts: true },
  'never, done': { fate: { never: 'done' }, heals: true, lasts: false },
  'done, but 500': { fate: { done: { status: 500, code: 'OperationTimedOut' } }, heals: true, lasts: true },
  'later, but 500': { fate: { later: { status: 500, code: 'OperationTimedOut' } }, heals: true, lasts: true },
};
const ANSWERS: Readonly<Record<string, Omit<Fault, 'when' | 'times'>>> = {
  503: { kind: 'unavailable' },
  403: { kind: 'forbidden' },
  cut: { kind: 'drop', at: 'middle' },
  stall: { kind: 'stall', at: 'middle' },
  broken: { kind: 'drop', at: 'start' },
  never: { kind: 'stall', at: 'start' },
};
/** What the default takes. */
const SOME: readonly string[] = [
  'rerun --start: done, but 500, once',
  'adopt --write: broken, done, once',
  'transform: never, done, once',
  'export: query API stall, once',
];

let scene: CommandScene;
let steps: Steps;
before(async () => {
  scene = await startCommandScene(1);
  steps = await stepsOf(scene);
});
after(() => scene?.close());

const spelled = ({ method, path }: StorageCall): string => `${method} ${path.replace(/[?&]sig=[^&]*/, '')}`;

/** Strikes the k-th call, and with `lasting` every one that is like it. */
function striking(k: number, fate: Fate, lasting: boolean) {
  let met = 0;
  let struck: StorageCall | undefined;
  const strike = (call: StorageCall): Fate => {
    if (++met === k) struck = call;
    return struck === call || (lasting && struck && spelled(struck) === spelled(call)) ? fate : undefined;
  };
  return { strike, struck: () => struck };
}

function report(...line: readonly (string | number)[]): void {
  if (process.env.STEPS_REPORT !== undefined) appendFileSync(process.env.STEPS_REPORT, `${line.join('\t')}\n`);
}

/** Runs it under the condition, and once more without. */
async function play(name: string, step: Step, condition: Condition, heals: boolean): Promise<number> {
  const { words, codes = [0], check } = step;
  const ran = await scene.run(words, condition);
  const what = `${name}, ${condition.name}`;
  const said = `${what}: exit code ${ran.code}\n${ran.out}\n${ran.err}`;
  report(what, String(ran.code), Math.round(ran.took / 1000), ran.struck, ran.err.trim().split('\n').at(-1) ?? '');
  assertEnded(what, ran, scene.secrets);
  if (heals) assert.ok(codes.includes(Number(ran.code)), said);
  const again = await scene.run(words);
  assert.ok(codes.includes(Number(again.code)), `${what}: afterwards ${again.code}\n${again.out}\n${again.err}`);
  await check().catch((error: Error) => {
    throw new Error(`${said}\n\nand then\n${again.out}\n${again.err}\n\n${error.message}`, { cause: error });
  });
  return ran.took;
}

const names = [
  ...['transform', 'export', 'sweep', 'rerun --start', 'requeue', 'audit --repair', 'sweep --enqueue'],
  ...['adopt --write', 'pause', 'disable', 'resume'],
  ...['backfill start', 'backfill pause', 'backfill resume', 'backfill cancel'],
  ...['audit --repair --out', 'rerun --start --out', 'adopt --write --out', 'retention --remove --out'],
  ...['audit', 'status', 'adopt', 'drift', 'requeue'].flatMap((name) => [`${name} --out`, `${name} --settings`]),
  ...['backfill plan', 'backfill status', 'check'],
];
const asking = ['export', 'backfill plan', 'check'];

/** Every so many calls, beginning with another one for each kind: of `STEPS_STRIDE` kinds each call meets one. */
const stride = Number(process.env.STEPS_STRIDE ?? (wanted === '' ? 7 : 1));
const isWanted = (title: string): boolean =>
  wanted === '' ? SOME.includes(title) : wanted === 'all' || new RegExp(wanted).test(title);

for (const name of names)
  for (const [n, [kind, { fate, heals, lasts }]] of Object.entries(KINDS).entries())
    for (const lasting of lasts ? [false, true] : [false]) {
      const title = `${name}: ${kind}, ${lasting ? 'from there on' : 'once'}`;
      if (!isWanted(title)) continue;
      test(`${title}, at each call`, async (t) => {
        let [count, longest] = [0, 0];
        for (let k = 1 + (n % stride); ; k += stride) {
          const step = await steps[name]?.();
          assert.ok(step);
          const { strike, struck } = striking(k, fate, lasting);
          const which = {
            get: () => {
              const call = struck();
              return call && stepOf(call);
            },
          };
          const condition: Condition = {
            get name() {
              return `${kind}, ${lasting ? 'from there on' : 'once'}, call ${k}: ${which.get()}`;
            },
            fate: strike,
          };
          const took = await play(name, step, condition, heals && !lasting);
          if (struck() === undefined) break;
          [count, longest] = [count + 1, Math.max(longest, took)];
        }
        t.diagnostic(`${count} calls, the longest run ${Math.round(longest / 1000)} s`);
        assert.ok(count > 0 || stride > 1);
      });
    }

for (const name of asking)
  for (const [kind, fault] of Object.entries(ANSWERS))
    for (const lasting of [false, true]) {
      const title = `${name}: query API ${kind}, ${lasting ? 'from there on' : 'once'}`;
      if (!isWanted(title)) continue;
      test(`${title}, at each question`, async (t) => {
        let count = 0;
        for (let k = 1; ; k++) {
          const step = await steps[name]?.();
          assert.ok(step);
          let asked = 0;
          const when = () => (lasting ? ++asked >= k : ++asked === k);
          const condition = { name: `${kind}, question ${k}`, fault: { ...fault, when } };
          await play(name, step, condition, !lasting && kind !== '403');
          if (asked < k) break;
          count += 1;
        }
        t.diagnostic(`${count} questions`);
        assert.ok(count > 0);
      });
    }
