/**
 * Each call that a command makes to storage, and each question that it puts to the query API, struck in turn: refused,
 * cut off, stood still, never answered, done but answered 500, done later; once, or from there on. The command ends,
 * says why; what it leaves is sound, and run once more it has come about: the lake is what its source is, the ledger
 * says so. What only looks leaves everything as it is, and says what it says unstruck or why not.
 * COMMAND_STEPS=all: every command, every kind, every call (the default takes some); COMMAND_STEPS=<pattern>: those
 * whose name matches. What costs a try and no more strikes several calls of a run, STEPS_APART calls (7) from one to
 * the next; of the other kinds each call meets every STEPS_STRIDE-th (1). STEPS_REPORT names a file for the table.
 */
import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import type { Condition } from '../worker/conditions.ts';
import { assertEnded } from './command-ended.ts';
import type { Ran } from './command-run.ts';
import { type CommandScene, startCommandScene } from './command-scene.ts';
import { LOOKS, type Step, type Steps, stepsOf } from './command-steps.ts';
import { ANSWERS, inGroups, KINDS, namesOf, striking } from './command-strikes.ts';

const wanted = process.env.COMMAND_STEPS ?? '';
const apart = Number(process.env.STEPS_APART ?? 7);
const stride = Number(process.env.STEPS_STRIDE ?? 1);

const names = [
  ...['transform', 'export', 'sweep', 'rerun --start', 'requeue', 'audit --repair', 'sweep --enqueue'],
  ...['adopt --write', 'pause', 'disable', 'resume'],
  ...['backfill start', 'backfill pause', 'backfill resume', 'backfill cancel'],
  ...['audit --repair --out', 'rerun --start --out', 'adopt --write --out', 'retention --remove --out'],
  ...LOOKS,
];
const filling = ['transform', 'export', 'sweep'];
const asking = ['export', 'backfill plan', 'check'];
/** What the default takes. */
const SOME: readonly string[] = [
  'rerun --start: done, but 500, once',
  'adopt --write: broken, done, once',
  'transform: never, done, once',
  'sweep: cut, once',
  'status --settings: 403, from there on',
  'export: query API stall, once',
];
const isWanted = (title: string): boolean =>
  wanted === '' ? SOME.includes(title) : wanted === 'all' || new RegExp(wanted).test(title);

let scene: CommandScene;
let steps: Steps;
before(async () => {
  scene = await startCommandScene(1, ['requests']);
  steps = await stepsOf(scene);
});
after(() => scene?.close());

const make = (name: string): Promise<Step> => steps[name]?.() ?? assert.fail(name);
/** Without times and counts, which are another run's own. */
const saidBy = ({ out }: Ran): string =>
  out
    .replace(/[\d-]+T[\d:.]+Z/g, 'then')
    .replace(/[\d.]+/g, '#')
    .replace(/\s+/g, ' ');

/** How it goes where nothing is struck. */
const plain = new Map<string, Promise<Ran>>();
function plainly(name: string): Promise<Ran> {
  const run = async () => {
    const step = await make(name);
    const ran = await scene.run(step.words);
    assert.ok((step.codes ?? [0]).includes(Number(ran.code)), `${name}: ${ran.code}\n${ran.out}\n${ran.err}`);
    await step.check();
    return ran;
  };
  const ran = plain.get(name) ?? run();
  plain.set(name, ran);
  return ran;
}

function report(...line: readonly (string | number)[]): void {
  if (process.env.STEPS_REPORT !== undefined) appendFileSync(process.env.STEPS_REPORT, `${line.join('\t')}\n`);
}

/** As the side that was struck has it, where a command brings something in; else as it ends unstruck, or not at all. */
function assertCode(name: string, ran: Ran, unstruck: Ran, allowed: readonly number[], said: string): void {
  const { code, out, err } = ran;
  assert.ok(allowed.includes(Number(code)), said);
  // What looks says what it says unstruck, or what it could not see.
  if (LOOKS.includes(name) && code === unstruck.code && err === unstruck.err && !/\((\w[\w ]*)\)/.test(out))
    assert.equal(saidBy(ran), saidBy(unstruck), said);
}

/** What was left by some run, and came about by the next: another run that leaves the same need not be gone on with. */
const mended = new Set<string>();

/** Runs it under the condition, and once more without where it has not come about. */
async function play(name: string, step: Step, condition: Condition, heals: boolean, source: boolean): Promise<Ran> {
  const { words, codes = [0], check, sound } = step;
  const unstruck = await plainly(name);
  const ran = await scene.run(words, condition);
  const what = `${name}, ${condition.name}`;
  let said = `${what}: exit code ${ran.code}\n${ran.out}\n${ran.err}`;
  report(what, String(ran.code), Math.round(ran.took / 1000), ran.struck, ran.err.trim().split('\n').at(-1) ?? '');
  assertEnded(what, ran, scene.secrets);
  const allowed = filling.includes(name) ? [0, source ? 3 : 4] : [...codes, 1, 3, 4];
  assertCode(name, ran, unstruck, allowed, said);
  if (heals) assert.ok(codes.includes(Number(ran.code)), said);
  const checked = <T>(look: () => Promise<T>): Promise<T> =>
    look().catch((error: Error) => {
      throw new Error(`${said}\n\n${error.message}`, { cause: error });
    });
  const left = await checked(sound);
  if (left !== undefined && mended.has(`${name}\n${left}`)) return ran;
  if (!heals) {
    const again = await scene.run(words);
    said += `\n\nand then ${again.code}\n${again.out}\n${again.err}`;
    assert.ok(codes.includes(Number(again.code)), said);
  }
  await checked(check);
  mended.add(`${name}\n${left}`);
  return ran;
}

for (const name of names)
  for (const [turn, [kind, { fate, heals, lasts, of }]] of Object.entries(KINDS).entries())
    for (const lasting of lasts ? [false, true] : [false]) {
      const title = `${name}: ${kind}, ${lasting ? 'from there on' : 'once'}`;
      if (!isWanted(title)) continue;
      test(`${title}, at each call`, async (t) => {
        const unstruck = await plainly(name);
        // What is not tried again lasts where another one like it comes.
        const calls = namesOf(unstruck.calls).filter(({ call, later }) => of(call) && (heals || !lasting || later));
        const isOnce = heals && !lasting;
        const alone = calls.filter((_, n) => n % stride === turn % stride).map((call) => [call]);
        const groups = isOnce ? inGroups(calls, apart) : alone;
        const missed = new Set(groups.flat().map((call) => call.name));
        let last: Step | undefined;
        for (const group of groups) {
          last = await make(name);
          const { fate: strike, struck } = striking(new Set(group.map((call) => call.name)), fate, lasting);
          const condition: Condition = {
            get name() {
              return `${kind}, ${lasting ? 'from there on' : 'once'}: ${struck.join(', ')}`;
            },
            fate: strike,
          };
          const source = group.every(({ call }) => name === 'sweep' && call.path.startsWith('/exports'));
          await play(name, last, condition, isOnce, source);
          for (const each of struck) missed.delete(each);
        }
        await last?.audit();
        t.diagnostic(
          `${groups.flat().length} calls, ${groups.length} runs, never met: ${[...missed].join(', ') || 'none'}`,
        );
        // Some are made only the first time that an app meets something, be they of this kind or not.
        assert.ok(missed.size <= Math.ceil(unstruck.calls.length / 5), [...missed].join('\n'));
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
          let asked = 0;
          const when = () => (lasting ? ++asked >= k : ++asked === k);
          const condition = { name: `${kind}, question ${k}`, fault: { ...fault, when } };
          await play(name, await make(name), condition, !lasting && kind !== '403', true);
          if (asked < k) break;
          count += 1;
        }
        t.diagnostic(`${count} questions`);
        assert.ok(count > 0);
      });
    }
