/**
 * Query answers with rows that few expect, and refusals with odd words, through the functions in their worker
 * (worker.ts; the real one where that is at hand): a row costs itself at most, and a window that has not ended by the
 * clock of the source is not done, whatever the clock of the app says.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { telemetryRows } from '../../local/telemetry/telemetryRows.ts';
import { blobsLeft } from '../e2e/left.ts';
import { fastEnv } from './fast-clock.ts';
import { HOUR, MINUTE, START } from './inputs.ts';
import { type Make, type OtherApi, type Refused, startOtherApi } from './other-api.ts';
import { hourOf } from './same-rows.ts';
import { type Scene, startScene, until } from './scene.ts';
import { startWorker, type Worker } from './worker.ts';

const FROM = START + 9 * HOUR;
const MARK = '@odd@';

/** The name of the first row is the text that `odd` stands for, between quotes. */
const withName = (name: string, odd: Uint8Array | string, more: Partial<Make> = {}): Make => ({
  name,
  kind: 'app',
  answer: ({ columns, rows, isSurvey }) => {
    const at = columns.findIndex((column) => column.name === 'name');
    const [first = [], ...others] = rows;
    const changed = isSurvey || rows.length === 0 ? rows : [first.with(at, MARK), ...others];
    return JSON.stringify({ tables: [{ name: 'PrimaryResult', columns, rows: changed }] });
  },
  pack: (body) => {
    const at = body.indexOf(MARK);
    const parts = at < 0 ? [body] : [body.subarray(0, at), Buffer.from(odd as string), body.subarray(at + MARK.length)];
    return ['gzip', gzipSync(Buffer.concat(parts), { level: 1 })];
  },
  ...more,
});

/** The first question for rows is refused. */
function refusedOnce(code: string, message: string): Partial<Make> {
  const refused: Refused = { status: 403, body: JSON.stringify({ error: { code, message } }) };
  let left = 1;
  return { refuses: (query) => (!/summarize/.test(query) && left-- > 0 ? refused : undefined) };
}

interface Case {
  readonly make: Make;
  /** Of the rows; left out: all. */
  readonly lost?: number;
  /** What the first row's line holds. */
  readonly line?: RegExp;
  /** What the first call ends with. */
  readonly told?: RegExp;
}

const CASES: readonly Case[] = [
  { make: withName('half', 'half \\ud83d'), line: /"name":"half \ufffd"/ },
  { make: withName('bytes', Buffer.from('byte \u00ff', 'latin1')), line: /"name":"byte \ufffd"/ },
  { make: withName('long', Buffer.alloc(22 * 1024 * 1024, 'n')), lost: 1 },
  {
    make: withName('nsp', 'x', refusedOnce('NspValidationFailedError', 'denied by the network security perimeter')),
    told: /does not take queries from this network \(roles have nothing to do with it\)/,
  },
  {
    make: withName('red', 'x', refusedOnce('\u001b[31mRed', '\u001b]0;title\u0007')),
    told: /\\u001b\[31mRed.*\\u001b\]0;title\\u0007/,
  },
];
const ROWS = 14;

let scene: Scene;
let apis: ReadonlyMap<string, OtherApi>;
const workers: Worker[] = [];
/** The hour that it is, and the one before. */
const NOW = Math.floor(Date.now() / HOUR) * HOUR;
/** Its rows come in with the time; those that are to come are there as well. */
const live: Make = { ...withName('live', 'x'), pack: (body) => ['gzip', gzipSync(body)] };

before(async () => {
  const rowsOf = (app: string, start: number, end: number) => [
    ...telemetryRows({ seed: app, app, perHour: ROWS, start, end, signal: 'requests' }),
  ];
  const made = CASES.map(
    async ({ make }) => [make.name, await startOtherApi(make, rowsOf(make.name, FROM, FROM + HOUR))] as const,
  );
  apis = new Map(
    await Promise.all([
      ...made,
      startOtherApi(live, rowsOf('live', NOW - 2 * HOUR, NOW + 3 * HOUR)).then((api) => ['live', api] as const),
    ]),
  );
  const range = (from: number, to: number) => ({
    from: new Date(from).toISOString(),
    until: new Date(to).toISOString(),
  });
  const apps = [...apis.values()].map(({ make: { name }, url }) => ({
    ...{ name, endpoint: url, appId: 'the-app' },
    ...(name === 'live' ? range(NOW - 2 * HOUR, NOW + 3 * HOUR) : range(FROM, FROM + HOUR)),
  }));
  const settings = {
    ...{ APP_NAME: '', APP_ID: '', QUERY_ENDPOINT: '', QUERY_FROM: '', QUERY_UNTIL: '' },
    ...{ INSIGHTS_LAKE_CONFIG: JSON.stringify({ apps }), LEASE: '1m', BUDGET_RATE: '1000' },
  };
  scene = await startScene({ hours: 1, from: 9, signals: 'requests', settings });
  workers.push(await startWorker({ ...scene.env, ...aheadBy(4 * HOUR) }));
});
after(async () => {
  for (const worker of workers) await worker.kill();
  await scene?.close();
  for (const api of apis?.values() ?? []) api.close();
});

/** The environment of a process whose clock is ahead. */
function aheadBy(length: number): Record<string, string> {
  const { FAST = '', FAST_SINCE = '' } = scene.env;
  return fastEnv(Number(FAST), Number(FAST_SINCE) - Math.round(length / (Number(FAST) - 1)));
}

async function linesOf(folder: string): Promise<string[]> {
  const left = [...(await blobsLeft(scene.azurite, 'lake'))].filter(([name]) => name.startsWith(folder));
  return left.flatMap(([, text]) => Buffer.from(text, 'latin1').toString().split('\n')).filter((line) => line !== '');
}

async function runOf(app: string, by = scene.worker) {
  const ended = [];
  for (const { window } of (await scene.entries()).filter((entry) => entry.window.app === app)) {
    const [start, end] = [window.start, window.end].map((at) => new Date(at).toISOString());
    ended.push(await scene.call('runWindow', JSON.stringify({ ...window, start, end }), by));
  }
  return { error: ended.map(({ error }) => error).join('\n'), logs: ended.flatMap(({ logs }) => logs).join('\n') };
}

test('planned', async () => {
  assert.equal((await scene.call('planWindows')).error, '');
});

for (const {
  make: { name },
  lost = 0,
  line = /./,
  told,
} of CASES)
  test(`${name}: a row costs itself at most`, async (t) => {
    let first: Awaited<ReturnType<typeof runOf>> | undefined;
    const done = async () => {
      const ended = await runOf(name);
      first ??= ended;
      return /"state":"(done|unchanged)"/.test(ended.logs);
    };
    assert.notEqual(await until(done, 240 * MINUTE), undefined, first?.error);
    const said = `${first?.error}\n${first?.logs}`;
    if (told !== undefined) assert.match(said, told);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
    assert.doesNotMatch(said, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
    const apart = (await linesOf('_quarantine/'))
      .map((text) => JSON.parse(text))
      .filter((entry) => JSON.stringify(entry).includes(name));
    const rows = await linesOf(`requests/app=${name}/`);
    assert.equal(apart.length, lost);
    const total = apis.get(name)?.rows.length ?? 0;
    assert.equal(rows.length, total - lost);
    assert.equal(new Set(rows.map((row) => JSON.parse(row).itemId)).size, rows.length);
    assert.match(rows.join('\n'), line);
    t.diagnostic(`${rows.length} rows of ${total}, in the ${scene.worker.kind}`);
  });

test('a clock that is four hours ahead: what the source says has not ended is not read', async (t) => {
  const [ahead] = workers;
  assert.ok(ahead !== undefined);
  assert.equal((await scene.call('planWindows', '', ahead)).error, '');
  assert.equal((await runOf('live', ahead)).error, '\n'.repeat((await liveEntries()).length - 1));
  const now = Date.now();
  const entries = await liveEntries();
  assert.ok(
    entries.some(({ state, doneAt }) => state === 'done' && doneAt > now + 3 * HOUR),
    'its clock is ahead',
  );
  for (const { window, state } of entries) assert.ok(state !== 'done' || window.end <= now, String(window.end));
  const done = new Set(entries.filter(({ state }) => state === 'done').map(({ window }) => window.start));
  const wanted = (apis.get('live')?.rows ?? []).filter((row) => done.has(hourOf(row)));
  const ids = (await linesOf('requests/app=live/')).map((row) => JSON.parse(row).itemId);
  assert.deepEqual(ids.sort(), wanted.map(({ itemId }) => itemId).sort());
  t.diagnostic(`${done.size} of ${entries.length} windows, in the ${ahead.kind}`);
});

const liveEntries = async () => (await scene.entries()).filter(({ window }) => window.app === 'live');
