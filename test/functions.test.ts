import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { injectCore } from '../local/host/core.ts';
import type { Backfills, BackfillTurn, SweepRequest, Window } from '../shared/model.ts';
import type { AuditOutcome } from '../shared/pipeline/audit/audit.ts';
import type { RunOutcome } from '../shared/pipeline/run.ts';
import type { SweepOutcome } from '../shared/pipeline/sweep/sweep.ts';
import type { Tended } from '../shared/wire/tend.ts';
import { fakeWire } from './fake-wire.ts';

/** The functions of the app under the library's own programming model, with wire.ts replaced by what each test says. */

interface FakeWired {
  plan(): Promise<unknown>;
  sweepOwed(): Promise<SweepOutcome | undefined>;
  audit(): Promise<AuditOutcome>;
  run(window: Window): Promise<RunOutcome>;
  arrive(blob: string): Promise<RunOutcome | undefined>;
  sweep(): Promise<SweepOutcome | undefined>;
  sweepPart(request: SweepRequest): Promise<SweepOutcome | number>;
  tend(): Promise<Tended | undefined>;
  backfillTurn(turn: BackfillTurn): Promise<RunOutcome | undefined>;
  readonly backfills?: Partial<Backfills>;
}

let wired: () => FakeWired;
fakeWire(() => wired());

const core = injectCore();
Object.assign(process.env, { AZURE_CLIENTID: 'x', API_ENDPOINT: 'x', GOPROXY: 'x' });
process.env.PLAN_SCHEDULE = '*/2 * * * * *';
process.env.AUDIT_SCHEDULE = '30 * * * * *';
process.env.EXPORT_CONTAINER = 'exports, insights-logs-*';
process.env.EXPORT_PREFIX = 'classic/shop';
process.env.EXPORT_TRIGGER = 'LogsAndContainerScan';
await import('../functions/auditWindows.ts');
await import('../functions/planWindows.ts');
await import('../functions/runBackfill.ts');
await import('../functions/runWindow.ts');
await import('../functions/sweepBlobs.ts');
await import('../functions/tendLake.ts');
await import('../functions/transformBlob.ts');

const window: Window = {
  app: 'shop',
  signal: 'requests',
  source: 'query',
  start: Date.UTC(2026, 0, 2, 3),
  end: Date.UTC(2026, 0, 2, 4),
};
const outcome = (more: Partial<RunOutcome> = {}): RunOutcome => ({
  state: 'done',
  window,
  revision: 2,
  attempts: 0,
  counts: { read: 7, written: 6, deduplicated: 1, quarantined: 0 },
  files: [
    { path: 'a', signal: 'requests', rows: 4, bytes: 100 },
    { path: 'b', signal: 'requests', rows: 2, bytes: 50 },
  ],
  asked: 3,
  duration: 1234,
  error: '',
  ...more,
});
const facts = {
  event: 'run',
  state: 'done',
  app: 'shop',
  signal: 'requests',
  source: 'query',
  start: '2026-01-02T03:00:00.000Z',
  end: '2026-01-02T04:00:00.000Z',
  revision: 2,
  attempts: 0,
  read: 7,
  written: 6,
  deduplicated: 1,
  quarantined: 0,
  files: 2,
  bytes: 150,
  asked: 3,
  duration: 1234,
  error: '',
};
const message = { app: 'shop', signal: 'requests', source: 'query', start: facts.start, end: facts.end };
const reference = (name: string) => ({
  modelBindingData: {
    version: '1.0',
    source: 'AzureStorageBlobs',
    contentType: 'application/json',
    content: Buffer.from(JSON.stringify({ Connection: 'ExportStorage', ContainerName: 'exports', BlobName: name })),
  },
});

const health = { state: 'active', since: 0, reason: '' };

let lines: string[] = [];
beforeEach(() => {
  lines = [];
});

async function invoke(name: string, data: object): Promise<void> {
  const trigger = core.functions.get(name)?.trigger.name ?? '';
  await core.invoke(name, { invocationId: '1', inputData: [{ name: trigger, data }], triggerMetadata: {} }, (_, line) =>
    lines.push(line),
  );
}

const refuse = async (): Promise<never> => assert.fail('not to be called');
const give = (part: Partial<FakeWired>): void => {
  wired = () => ({
    plan: refuse,
    audit: refuse,
    run: refuse,
    arrive: refuse,
    sweep: refuse,
    sweepOwed: async () => undefined,
    ledgerTable: async () => undefined,
    sweepPart: refuse,
    tend: refuse,
    backfillTurn: refuse,
    ...part,
  });
};

test('what is spelt nearly as a name of Azure’s is told by the first tick, and by no other', async () => {
  give({});
  const told = async () => {
    await invoke('planWindows', {}).catch(() => undefined);
    return lines.splice(0).filter((line) => /did you mean/.test(line));
  };
  assert.deepEqual(await told(), ['AZURE_CLIENTID is set and not read here; did you mean AZURE_CLIENT_ID?']);
  assert.deepEqual(await told(), []);
});

test('each function is bound to its trigger', () => {
  const bound = Object.fromEntries(
    [...core.functions].map(([name, { trigger }]) => [name, { ...trigger, name: '', properties: '' }]),
  );
  const common = { name: '', direction: 'in', properties: '' };
  assert.deepEqual(bound, {
    auditWindows: { ...common, type: 'timerTrigger', schedule: '30 * * * * *' },
    planWindows: { ...common, type: 'timerTrigger', schedule: '*/2 * * * * *' },
    runBackfill: {
      ...common,
      type: 'queueTrigger',
      queueName: 'insights-lake-windows-backfill',
      connection: 'AzureWebJobsStorage',
    },
    runWindow: {
      ...common,
      type: 'queueTrigger',
      queueName: 'insights-lake-windows',
      connection: 'AzureWebJobsStorage',
    },
    sweepBlobs: { ...common, type: 'timerTrigger', schedule: '0 */10 * * * *' },
    tendLake: { ...common, type: 'timerTrigger', schedule: '0 40 3 * * *' },
    transformBlob: {
      ...common,
      type: 'blobTrigger',
      path: 'exports/classic/shop/{name}',
      connection: 'ExportStorage',
      source: 'LogsAndContainerScan',
      sdkBinding: true,
    },
  });
});

test('auditWindows logs one line, and one for each feed in which something was found', async () => {
  const feed = { app: 'shop', signal: 'requests', source: 'query' } as const;
  const quiet = {
    feed,
    windows: 9,
    same: 9,
    enqueued: [],
    open: 0,
    kept: 0,
    gone: 0,
    unread: [],
    gaps: [],
    settled: undefined,
  };
  const found = { ...quiet, same: 4, enqueued: [window], open: 1, kept: 2, gone: 1, gaps: [window] };
  give({ audit: async () => ({ feeds: [quiet, found], asked: 3, errors: ['audit pay: 403'] }) });
  await assert.rejects(invoke('auditWindows', { json: '{}' }), { message: 'audit pay: 403' });
  const counts = { enqueued: 1, kept: 2, gone: 1 };
  assert.deepEqual(
    lines.map((line) => JSON.parse(line)),
    [
      {
        event: 'audited',
        ...feed,
        windows: 9,
        ...counts,
        unread: 0,
        unreadThrough: '',
        starts: facts.start,
        gaps: facts.start,
      },
      { event: 'audit', feeds: 2, windows: 18, open: 1, ...counts, unread: 0, asked: 3, errors: 1 },
    ],
  );
  lines = [];
  give({ audit: async () => ({ feeds: [], asked: 0, errors: [] }) });
  await invoke('auditWindows', { json: '{}' });
  assert.deepEqual(lines, [], 'no app of the query API, no line');
});

test('planWindows logs one line, with the feeds that are furthest behind', async () => {
  const feed = { app: 'shop', signal: 'requests', source: 'query' };
  const plan = { feed, planned: 2, repeated: 1, open: 3, failed: 1, horizon: window.end, watermark: window.start };
  const late = { ...plan, feed: { ...feed, signal: 'traces' }, watermark: window.start - 3_600_000, refound: true };
  const blobs = { ...plan, feed: { ...feed, source: 'exports' }, horizon: 0, watermark: 0 };
  give({ plan: async () => ({ feeds: [plan, blobs, late], errors: [], health }) });
  await invoke('planWindows', { json: JSON.stringify({ IsPastDue: false }) });
  assert.equal(lines.length, 1);
  const { behind, furthest, note, ...line } = JSON.parse(lines[0] ?? '');
  assert.deepEqual(line, {
    event: 'plan',
    feeds: 3,
    planned: 6,
    repeated: 3,
    open: 9,
    failed: 3,
    errors: 0,
    health: 'active',
  });
  assert.ok(behind > 0);
  assert.equal(furthest[0].behind, behind);
  assert.deepEqual(
    furthest.map((one: object) => ({ ...one, behind: 0 })),
    [
      { ...late.feed, watermark: '2026-01-02T02:00:00.000Z', behind: 0 },
      { ...feed, watermark: facts.start, behind: 0 },
    ],
  );
  assert.match(note, /shop traces$/);
});

test('the line of a tick is short, whatever the number of feeds', async () => {
  const feedOf = (index: number) => ({
    app: `${'a'.repeat(55)}${index}`,
    signal: 'availabilityResults',
    source: 'query',
  });
  const feeds = Array.from({ length: 10_000 }, (_, index) => ({
    ...{ feed: feedOf(index), planned: 0, repeated: 0, open: 0, failed: 0, horizon: window.end },
    watermark: window.start - index,
  }));
  give({ plan: async () => ({ feeds, errors: [], health }) });
  await invoke('planWindows', { json: '{}' });
  assert.ok((lines[0]?.length ?? 0) < 4_000, `${lines[0]?.length} characters`);
});

test('what a halving was is said once: a late message about it logs nothing', async () => {
  for (const error of ['died 5 times', '']) {
    give({ run: async () => outcome({ state: 'halved', error }) });
    await invoke('runWindow', { string: JSON.stringify(message) });
  }
  assert.equal(lines.length, 1);
  assert.equal(JSON.parse(lines[0] ?? '').error, 'died 5 times');
});

test('a feed that could not be planned makes the tick red, after the others were logged', async () => {
  const feed = { app: 'shop', signal: 'requests', source: 'query' };
  const plan = { feed, planned: 0, repeated: 0, open: 0, failed: 0, horizon: 0, watermark: 0 };
  give({ plan: async () => ({ feeds: [plan], errors: ['traces: the ledger is gone', 'queue: 403'], health }) });
  await assert.rejects(invoke('planWindows', { json: '{}' }), { message: 'traces: the ledger is gone\nqueue: 403' });
  assert.equal(lines.length, 1);
});

test('a sweep that is owed is told by a line of its own; where it fails what the tick met is said all the same', async () => {
  const outcome = { range: { start: 0, end: 1 }, windows: 1, blobs: 2, bytes: 3, enqueued: 1, open: 0, kept: 0 };
  const swept = { ...outcome, archived: 0, missing: [], unknown: [], errors: ['logs: 403'] };
  const plan = async () => ({ feeds: [], errors: ['queue: 403'], health });
  give({ plan, sweepOwed: async () => swept });
  await assert.rejects(invoke('planWindows', { json: '{}' }), { message: 'queue: 403\nlogs: 403' });
  assert.deepEqual(
    lines.map((line) => JSON.parse(line).event),
    ['plan', 'sweep'],
  );
  give({ plan, sweepOwed: () => Promise.reject(new Error('away')) });
  await assert.rejects(invoke('planWindows', { json: '{}' }), { message: 'queue: 403\naway' });
});

test('runWindow runs the window of the message and logs what it did in one line', async () => {
  const asked: Window[] = [];
  give({
    run: async (given) => {
      asked.push(given);
      return outcome();
    },
  });
  await invoke('runWindow', { string: JSON.stringify(message) });
  assert.deepEqual(asked, [window]);
  assert.deepEqual(
    lines.map((line) => JSON.parse(line)),
    [facts],
  );
});

test('a window that failed is logged, and its invocation is red', async () => {
  give({
    run: async () => outcome({ state: 'failed', error: '403: grant Reader' }),
    arrive: async () => outcome({ state: 'failed', error: 'gone' }),
  });
  await assert.rejects(invoke('runWindow', { string: JSON.stringify(message) }), { message: '403: grant Reader' });
  await assert.rejects(invoke('transformBlob', reference('a/b.blob')), { message: 'gone' });
  assert.deepEqual(
    lines.map((line) => [JSON.parse(line).state, JSON.parse(line).error]),
    [
      ['failed', '403: grant Reader'],
      ['failed', 'gone'],
    ],
  );
});

for (const state of ['unchanged', 'busy', 'early', 'unknown', 'overtaken', 'halved'] as const) {
  test(`a run that ends ${state} is no failure`, async () => {
    give({ run: async () => outcome({ state, error: 'said before' }) });
    await invoke('runWindow', { string: JSON.stringify(message) });
    assert.equal(JSON.parse(lines[0] ?? '').state, state);
  });
}

test('a message that names no window is refused', async () => {
  give({});
  await assert.rejects(invoke('runWindow', { string: 'hello' }), /window message: /);
});

test('transformBlob gets the name of the blob, never its bytes, and leaves strangers alone', async () => {
  const names: string[] = [];
  give({
    arrive: async (name) => {
      names.push(name);
      return name.endsWith('.blob') ? outcome() : undefined;
    },
  });
  await invoke('transformBlob', reference('classic/shop/x_1/Requests/2026-01-02/03/a.blob'));
  await invoke('transformBlob', reference('classic/shop/readme.txt'));
  assert.deepEqual(names, ['classic/shop/x_1/Requests/2026-01-02/03/a.blob', 'classic/shop/readme.txt']);
  assert.deepEqual(
    lines.map((line) => JSON.parse(line)),
    [facts, { event: 'ignored', blob: 'classic/shop/readme.txt' }],
  );
});

const swept: SweepOutcome = {
  range: window,
  windows: 5,
  blobs: 9,
  bytes: 1000,
  enqueued: 2,
  open: 1,
  kept: 0,
  archived: 1,
  missing: ['insights-logs-appevents', 'insights-logs-apptraces'],
  unknown: [],
  errors: [],
};
const sweptFacts = {
  event: 'sweep',
  start: facts.start,
  end: facts.end,
  windows: 5,
  blobs: 9,
  bytes: 1000,
  enqueued: 2,
  open: 1,
  kept: 0,
  archived: 1,
  missing: 'insights-logs-appevents, insights-logs-apptraces',
  unknown: '',
  errors: 0,
};

test('sweepBlobs logs what it found in one line; what could not be listed makes it red afterwards', async () => {
  give({ sweep: async () => swept });
  await invoke('sweepBlobs', { json: '{}' });
  give({ sweep: async () => ({ ...swept, errors: ['list a: 403', 'list b: 403'] }) });
  await assert.rejects(invoke('sweepBlobs', { json: '{}' }), { message: 'list a: 403\nlist b: 403' });
  assert.deepEqual(
    lines.map((line) => JSON.parse(line)),
    [sweptFacts, { ...sweptFacts, errors: 2 }],
  );
});

test('a message can ask for the sweep of an archive: parted by days, a day at once', async () => {
  const asked: SweepRequest[] = [];
  const answers: (SweepOutcome | number)[] = [31, swept, { ...swept, errors: ['gone'] }];
  give({
    sweepPart: async (request) => {
      asked.push(request);
      return answers.shift() ?? assert.fail();
    },
  });
  await invoke('runWindow', { string: '{"sweep":{"from":"2024-01-01","to":"2024-02-01","prefix":"shop_1/"}}' });
  await invoke('runWindow', { string: '{"sweep":{"from":"2024-01-01","to":"2024-01-01T12:00Z"}}' });
  await assert.rejects(invoke('runWindow', { string: '{"sweep":{"from":"2024-01-01","to":"2024-01-02"}}' }), {
    message: 'gone',
  });
  assert.deepEqual(asked.slice(0, 2), [
    { start: Date.UTC(2024, 0, 1), end: Date.UTC(2024, 1, 1), prefix: 'shop_1/', app: '' },
    { start: Date.UTC(2024, 0, 1), end: Date.UTC(2024, 0, 1, 12), prefix: '', app: '' },
  ]);
  assert.deepEqual(
    lines.slice(0, 2).map((line) => JSON.parse(line)),
    [{ event: 'sweep', parts: 31 }, sweptFacts],
  );
  for (const wrong of [
    '{"sweep":{"from":"2024-01-01"}}',
    '{"sweep":{"from":"2024-01-02","to":"2024-01-01"}}',
    '{"sweep":"all"}',
  ])
    await assert.rejects(invoke('runWindow', { string: wrong }), /^Error: window message: /);
  await assert.rejects(
    invoke('runWindow', { string: '{"sweep":{"from":"2024-01-01T00:00","to":"2024-02-01"}}' }),
    /from must be a time/,
  );
});

test('while settings are wrong every invocation fails with the whole message', async () => {
  const text = 'settings: 2 are wrong\n- APP_ID must be …\n- LAKE_FOLDER must be …';
  wired = () => {
    throw new Error(text);
  };
  await assert.rejects(invoke('planWindows', { json: '{}' }), { message: text });
  await assert.rejects(invoke('runWindow', { string: JSON.stringify(message) }), { message: text });
  await assert.rejects(invoke('transformBlob', reference('x')), { message: text });
});

test('runBackfill: a turn runs the next window, a window that had failed runs by itself', async () => {
  const turns: BackfillTurn[] = [];
  const answers = [outcome(), undefined, outcome({ state: 'failed', error: '403: grant Reader' })];
  give({
    backfillTurn: async (turn) => {
      turns.push(turn);
      return answers[turns.length - 1];
    },
    run: async () => outcome({ state: 'failed', error: '403: still' }),
  });
  const turn = { id: 'one', slot: 1, turn: 7 };
  // Tried again by the ledger: the message that went round has gone on already.
  for (let n = 0; n < 3; n++) await invoke('runBackfill', { string: JSON.stringify({ backfill: turn }) });
  assert.deepEqual(turns, [turn, turn, turn]);
  assert.deepEqual(JSON.parse(lines[0] ?? ''), facts);
  assert.equal(lines.filter((line) => line.startsWith('{')).length, 2);
  await assert.rejects(invoke('runBackfill', { string: JSON.stringify(message) }), { message: '403: still' });
  await assert.rejects(invoke('runBackfill', { string: '{"backfill":{"do":"status"}}' }), /WINDOW_QUEUE/);
});

test('runWindow does what an administrator asks of backfills, and logs the answer', async () => {
  const asked: unknown[] = [];
  const range = { start: Date.UTC(2025, 0, 1), end: Date.UTC(2026, 0, 1) };
  const request = { app: 'shop', signals: ['requests' as const], ...range, choice: 'missing' as const, concurrency: 2 };
  const report = {
    ...{ ...request, id: 'one', state: 'running' as const, begunAt: range.end, window: 3_600_000 },
    ...{ day: range.start, signal: 0, next: range.start, slots: [], taken: 0, share: 0, eta: 0, open: 0, failed: 0 },
  };
  const counts = {
    windows: 3,
    skipped: 2,
    retired: 0,
    unavailable: 1,
    doubtful: 0,
    rows: 10,
    bytes: 600,
    requests: 9,
    time: 6000,
    sampled: 3,
  };
  give({
    backfills: {
      plan: async (wish) => {
        asked.push(wish);
        return { ...request, ...counts };
      },
      start: async () => report,
      order: async (id, order) => {
        asked.push([id, order]);
        return report;
      },
      status: async () => [report, report],
    },
  });
  const ask = (backfill: object) => invoke('runWindow', { string: JSON.stringify({ backfill }) });
  await ask({ do: 'plan', app: 'shop', from: '2025-01-01', to: '2026-01-01', signals: ['requests'], only: 'failed' });
  await ask({ do: 'start', from: '2025-01-01', to: '2026-01-01' });
  await ask({ do: 'pause', id: 'one' });
  await ask({ do: 'status' });
  assert.deepEqual(asked, [
    { app: 'shop', signals: ['requests'], ...range, choice: 'failed', concurrency: undefined },
    ['one', 'pause'],
  ]);
  const logged = lines.map((line) => JSON.parse(line));
  assert.deepEqual(
    logged.map(({ event }) => event),
    ['backfillPlan', 'backfill', 'backfill', 'backfill', 'backfill'],
  );
  assert.deepEqual([logged[0].windows, logged[0].sampled, logged[1].id], [3, 3, 'one']);
  for (const wrong of [{ do: 'stop' }, { do: 'start', from: '2025-01-01' }, { do: 'pause' }, { id: 'one', slot: 'a' }])
    await assert.rejects(ask(wrong), /window message: /);
  await assert.rejects(ask({ id: 'one', slot: 0, turn: 1 }), /its own queue/);
});

test('tendLake says what it found of every feed, and is red where one could not be looked at', async () => {
  const feed = { app: 'shop', signal: 'requests' as const, source: 'query' };
  const found = {
    ...{ feed, keptFrom: 1, start: 0, end: 1, windows: 2, rows: 3, files: 2, bytes: 9, removed: 2, waiting: 0 },
    ...{ stuck: 0, foreign: 0, why: '', unfinished: false, error: '' },
  };
  const away = { ...found, feed: { ...feed, signal: 'traces' as const }, windows: 0, error: 'shop traces: away' };
  give({ tend: async () => ({ retired: [found, away], removed: true, files: [], errors: [away.error] }) });
  await assert.rejects(invoke('tendLake', { json: '{}' }), /^Error: shop traces: away$/);
  const logged = lines.map((line) => JSON.parse(line));
  assert.deepEqual(
    logged.map(({ event, signal, windows, error }) => [event, signal, windows, error]),
    [
      ['retired', 'requests', 2, undefined],
      ['retired', 'traces', 0, 'shop traces: away'],
      ['files', undefined, 0, undefined],
    ],
  );
  lines = [];
  give({ tend: async () => undefined });
  await invoke('tendLake', { json: '{}' });
  assert.deepEqual(lines, []);
});
