import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commands } from '../../cli/all-commands.ts';
import { exitCodes, Failure } from '../../cli/failure.ts';
import { type FakeOptions, failed, guid, run } from './fake.ts';

/** The exit codes that a help text names are those that its command gives: each is seen here, and no other. */

type Case = readonly [words: string, code: number, options?: FakeOptions];

const settings = {
  APP_NAME: 'shop',
  APP_ID: guid,
  LAKE_FOLDER: './lake',
  AzureWebJobsStorage: 'UseDevelopmentStorage=true',
};
const operation = (name: string, does: () => Promise<unknown>): FakeOptions => ({
  env: settings,
  operations: { [name]: does },
});
const fails = (name: string, code: 1 | 3): FakeOptions =>
  operation(name, () => Promise.reject(new Failure(code, 'away')));

/** Of commands that bring windows into a lake. */
const delivering = (words: string): readonly Case[] => [
  [words, 0],
  [words, 1, { outcome: () => failed('unknown') }],
  [words, 3, { outcome: () => failed('source') }],
  [words, 4, { outcome: () => failed('destination') }],
  [
    words,
    130,
    {
      outcome: (_window, _call, abort) => {
        abort();
        return failed('unknown');
      },
    },
  ],
  [`${words} --nope`, 2],
];
const fields = {
  strangers: [],
  dead: 0,
  feeds: [],
  unknown: [],
  lost: [],
  files: 0,
  bytes: 0,
  fields: [],
  windows: 0,
  quarantined: 0,
  failed: 0,
  chosen: 0,
  open: 0,
  rows: 0,
  asked: 0,
};
/** Of commands that look at the state of an app. */
const looking = (name: string, found: unknown = name === 'drift' ? [] : fields): readonly Case[] => [
  [name, 0, operation(name, async () => found)],
  [name, 1, fails(name, 1)],
  [name, 3, fails(name, 3)],
  [`${name} --nope`, 2],
];
/** Of commands that give an order about the lake. */
const ordering = (name: string): readonly Case[] => [
  [
    name,
    0,
    operation('order', async () => ({
      state: name,
      since: 0,
      by: 'hand',
      reason: '',
      disabledAt: 0,
      commits: 0,
      succeeded: 0,
    })),
  ],
  [name, 1, fails('order', 1)],
  [`${name} --nope`, 2],
];
const finding = (subject: string, level: string) =>
  ({ examine: () => [{ subject, level, text: 'x' }] }) as unknown as FakeOptions;

const cases: Readonly<Record<string, readonly Case[]>> = {
  transform: delivering('transform x --out ./lake'),
  export: delivering(`export --app shop=${guid} --from 2026-01-31 --to 2026-02-01 --out ./lake`),
  sweep: delivering('sweep --container ./x --out ./lake'),
  requeue: looking('requeue'),
  rerun: looking('rerun'),
  audit: looking('audit'),
  retention: [
    ['retention', 0, operation('retire', async () => [])],
    ['retention', 1, fails('retire', 1)],
    ['retention', 3, fails('retire', 3)],
    ['retention --keep 3d', 2],
  ],
  drift: looking('drift'),
  backfill: [
    ['backfill status', 0, operation('backfill', async () => ({ reports: [] }))],
    ['backfill status', 1, fails('backfill', 1)],
    ['backfill --nope', 2],
  ],
  adopt: looking('adopt', {
    fault: '',
    report: { feeds: [], files: 0, bytes: 0, unexplained: [], strangers: 0, alike: 0, written: false },
  }),
  status: [
    ['status --json', 0, operation('status', async () => ({ verdict: { state: 'complete' } }))],
    ['status --json', 1, operation('status', async () => ({ verdict: { state: 'late' } }))],
    ['status', 3, fails('status', 3)],
    ['status --nope', 2],
  ],
  pause: ordering('pause'),
  resume: ordering('resume'),
  disable: ordering('disable'),
  inspect: [
    ['inspect ./none', 3],
    ['inspect', 2],
  ],
  check: [
    ['check', 0, { env: settings, ...finding('lake', 'warn') }],
    ['check', 1, { env: settings, ...finding('state', 'fail') }],
    ['check', 3, { env: settings, ...finding('source', 'fail') }],
    ['check', 4, { env: settings, ...finding('lake', 'fail') }],
    ['check --nope', 2],
  ],
  'settings-schema': [
    ['settings-schema', 0],
    ['settings-schema --nope', 2],
  ],
  completion: [
    ['completion bash', 0],
    ['completion csh', 2],
  ],
  help: [
    ['help', 0],
    ['help nope', 2],
  ],
};

/** Seen elsewhere: with files (test/cli/inspect), and by a process that gets Ctrl-C (test/cli/export). */
const elsewhere: Readonly<Record<string, readonly number[]>> = {
  inspect: [0, 1, 130],
  requeue: [130],
  rerun: [130],
  audit: [130],
  retention: [130],
  drift: [130],
  backfill: [130],
  adopt: [130],
  status: [130],
  pause: [130],
  resume: [130],
  disable: [130],
  check: [130],
};

for (const { name, exits = {} } of commands)
  test(`exit codes of ${name}`, async () => {
    const given = cases[name];
    assert.ok(given, `a new command says here how it comes to each of its exit codes`);
    for (const [words, code, options] of given) {
      const ran = await run(words.split(' '), options);
      assert.equal(ran.code, code, `${words}: ${ran.err}`);
    }
    const seen = new Set<number>([...given.map(([, code]) => code), ...(elsewhere[name] ?? [])]);
    assert.deepEqual(Object.keys(exits).map(Number).sort(), [...seen].sort());
    assert.ok([...seen].every((code) => Object.values<number>(exitCodes).includes(code)));
  });
