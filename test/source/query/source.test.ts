import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseKql } from '../../../local/simulator/kql.ts';
import type { Clock, QuerySettings, Window } from '../../../shared/model.ts';
import type { Answer } from '../../../shared/source/query/answer.ts';
import { Silence } from '../../../shared/source/query/refusal.ts';
import type { Ask, Reply, RowsTaker } from '../../../shared/source/query/reply.ts';
import type { SourceLimits } from '../../../shared/source/query/settle.ts';
import { createQuerySource } from '../../../shared/source/query/source.ts';
import fc from '../../seeds.ts';

const START = Date.UTC(2026, 10, 21, 3);
const WINDOW: Window = { app: 'shop', signal: 'requests', source: 'query', start: START, end: START + 3_600_000 };
const SETTINGS: QuerySettings = {
  url: 'https://api.example.test/v1/apps/1234/query?code=hidden',
  scope: 'https://api.example.test/.default',
  auth: { kind: 'none' },
  schema: { kind: 'app' },
  signals: ['requests'],
  window: 3_600_000,
  lag: 600_000,
  retention: 90 * 86_400_000,
  from: undefined,
  until: undefined,
};
const WORKSPACE: QuerySettings = { ...SETTINGS, schema: { kind: 'workspace', resourceId: '' } };

const NOTHING: Reply = {
  status: 200,
  lost: '',
  timedOut: false,
  retryAfter: '',
  age: 0,
  answer: undefined,
  body: undefined,
};
const TOO_LARGE = {
  code: 'PartialError',
  details: [{ innererror: { code: '-2133196797', message: 'E_QUERY_RESULT_SET_TOO_LARGE' } }],
};

interface Row {
  /** Ticks from the start of the window. */
  readonly tick: number;
  readonly hash: number;
}

/** What the query asks for, read off its text. */
function rangeOf(query: string): {
  readonly start: number;
  readonly end: number;
  readonly parts: number;
  readonly part: number;
} {
  const ticks = (text: string): number =>
    (Date.parse(`${text.slice(0, 19)}Z`) - START) * 10_000 + Number(text.slice(20, 27));
  const [start = '', end = ''] = [...query.matchAll(/datetime\((.*?)\)/g)].map((match) => match[1]);
  const hash = /, (\d+)\) == (\d+)$/.exec(query);
  return { start: ticks(start), end: ticks(end), parts: Number(hash?.[1] ?? 1), part: Number(hash?.[2] ?? 0) };
}

const linesOf = (rows: readonly Row[]): Buffer =>
  Buffer.from(rows.map((row) => `${JSON.stringify([row.tick, row.hash])}\n`).join(''));

async function answerOf(all: readonly Row[], rows: RowsTaker, error?: unknown): Promise<Answer> {
  const columns = [
    { name: 'tick', type: 'long' },
    { name: 'hash', type: 'long' },
  ];
  // The first of several is taken at once, whatever the end will say.
  const taken = all.length > 1 ? 1 : 0;
  if (taken > 0) await rows.take(linesOf(all.slice(0, taken)), columns);
  const rest = error === undefined ? linesOf(all.slice(taken)) : new Uint8Array(0);
  return { rest, columns, rows: all.length, error, fault: undefined };
}

/** A table that answers at most `limit` rows: beyond, some with an error, or silently exactly `limit`. */
function tableAsk(rows: readonly Row[], limit: number, silent: boolean): Ask {
  return async ({ query, rows: taker }) => {
    const { start, end, parts, part } = rangeOf(query);
    const found = rows.filter((row) => start <= row.tick && row.tick < end && row.hash % parts === part);
    const cut = found.slice(0, limit);
    const error = found.length > limit && !silent ? TOO_LARGE : undefined;
    return { ...NOTHING, answer: await answerOf(cut, taker, error) };
  };
}

function fakeClock(): Clock & { readonly slept: number[] } {
  const slept: number[] = [];
  let now = START + 7_200_000;
  return {
    slept,
    now: () => now,
    random: () => 0,
    async sleep(ms) {
      slept.push(ms);
      now += ms;
    },
  };
}

interface Result {
  readonly rows: readonly (readonly number[])[];
  readonly fingerprint: string;
  readonly remark: string;
  readonly asked: number;
  readonly splits: number;
  readonly slept: readonly number[];
}

async function readAll(
  ask: Ask,
  limits: Partial<SourceLimits> = {},
  settings = SETTINGS,
  clock = fakeClock(),
): Promise<Result> {
  const source = createQuerySource({ settings, ask, clock, limits });
  const reading = await source.open(WINDOW, new AbortController().signal);
  assert.equal(reading.fingerprint, '');
  const rows: number[][] = [];
  let open: number[][] = [];
  for await (const chunk of reading.chunks()) {
    const lines = Buffer.from(chunk.bytes).toString().split('\n').slice(0, -1);
    assert.equal(chunk.layout, 'query');
    open.push(...lines.map((line) => JSON.parse(line)));
    if (chunk.answer === 'void') open = [];
    if (chunk.answer === 'open') continue;
    rows.push(...open);
    open = [];
  }
  assert.deepEqual(open, [], 'the last chunk says what became of its answer');
  const { fingerprint, remark = '', asked, splits = 0 } = reading;
  return { rows, fingerprint, remark, asked, splits, slept: clock.slept };
}

const LENGTH = 3_600_000 * 10_000;
const partialOf = (error: unknown): Answer => ({
  rest: new Uint8Array(0),
  columns: [],
  rows: 7,
  error,
  fault: undefined,
});
const fail = (): never => assert.fail('not asked for');
const anyRow = fc.record({
  tick: fc.oneof(
    fc.nat(LENGTH - 1),
    fc.constantFrom(0, 1, 2, LENGTH - 1, LENGTH / 2),
    fc.integer({ min: 500, max: 520 }),
  ),
  hash: fc.nat(4095),
});

test('whatever the limit: every row once, in order of time', async () => {
  const property = fc.asyncProperty(
    fc.array(anyRow, { maxLength: 60 }),
    fc.integer({ min: 1, max: 20 }),
    fc.boolean(),
    async (some, limit, silent) => {
      // More rows of the same tick and hash than an answer holds can never come; that has a test of its own.
      const seen = new Set<string>();
      const rows = some.filter(({ tick, hash }) => !seen.has(`${tick} ${hash}`) && seen.add(`${tick} ${hash}`));
      const all = await readAll(tableAsk(rows, limit + 1, silent), { rows: silent ? limit + 1 : limit + 2 });
      const order = (a: readonly number[], b: readonly number[]): number =>
        (a[0] ?? 0) - (b[0] ?? 0) || (a[1] ?? 0) - (b[1] ?? 0);
      assert.deepEqual(all.rows.toSorted(order), rows.map((row) => [row.tick, row.hash]).sort(order));
      assert.equal(all.fingerprint, `rows:${rows.length}`);
      // A row costs at most the whole way down: 36 halvings of an hour to a tick, 12 of the hash, two questions for
      // each.
      assert.ok(all.asked <= 1 + rows.length * 2 * 48);
    },
  );
  await fc.assert(property, { numRuns: 150 });
});

test('an even load is learned: no answer is cut in vain after the first that fits', async () => {
  const rows = Array.from({ length: 1600 }, (_, i) => ({ tick: (i * LENGTH) / 1600, hash: i }));
  const all = await readAll(tableAsk(rows, 101, false));
  assert.equal(all.rows.length, 1600);
  assert.deepEqual(
    all.rows.map((row) => row[1]),
    rows.map((row) => row.hash),
  );
  // 16 answers of 100 rows, and four that were cut on the way to the first of them; without the lesson all 15 larger
  // ones are.
  assert.equal(all.asked, 16 + 4);
});

test('rows that share tick and hash and do not fit end with a clear error', async () => {
  const rows = Array.from({ length: 9 }, () => ({ tick: 77, hash: 5 }));
  await assert.rejects(readAll(tableAsk(rows, 4, false)), (error: Error) => {
    assert.match(
      error.message,
      /^query requests of shop 2026-11-21T03:00:00\.0000077Z\/.*0078Z bucket 5 of 4096 at https:\/\/api\.example\.test\/v1\//,
    );
    assert.match(error.message, /one tick of 100 ns and one bucket/);
    assert.doesNotMatch(error.message, /hidden/);
    return true;
  });
});

const refused = (status: number, retryAfter = ''): Reply => ({ ...NOTHING, status, retryAfter, body: '' });
const lost: Reply = { ...NOTHING, status: 0, lost: 'the connection failed (ECONNRESET)' };

/** Answers the given replies first, then two rows. */
function after503(first: readonly Reply[]): Ask {
  const left = [...first];
  return async ({ rows }) =>
    left.shift() ?? {
      ...NOTHING,
      answer: await answerOf(
        [
          { tick: 1, hash: 1 },
          { tick: 2, hash: 2 },
        ],
        rows,
      ),
    };
}

test('pauses before asking again', async () => {
  const table: readonly (readonly [what: string, first: readonly Reply[], slept: readonly number[]])[] = [
    ['none', [], []],
    ['back-off doubles', [refused(503), lost, refused(500), lost, refused(429)], [500, 1000, 2000, 4000, 8000]],
    ['seconds', [refused(429, '7')], [7000]],
    ['a date', [refused(429, new Date(START + 7_200_000 + 30_000).toUTCString())], [30_000]],
    [
      'an empty answer',
      [
        {
          ...NOTHING,
          answer: {
            rest: new Uint8Array(0),
            columns: [],
            rows: 0,
            error: undefined,
            fault: { kind: 'empty', reason: 'empty' },
          },
        },
      ],
      [500],
    ],
  ];
  for (const [what, first, slept] of table) {
    const all = await readAll(after503(first));
    assert.deepEqual(all.slept, slept, what);
    assert.equal(all.asked, first.length + 1, what);
    assert.equal(all.fingerprint, 'rows:2', what);
  }
});

test('an attempt ends after failures that repeat in halves, or where the server wants a long rest', async () => {
  let asked = 0;
  const always500: Ask = async () => {
    asked += 1;
    return refused(500);
  };
  await assert.rejects(readAll(always500), /asked 2 times in vain: status 500; the window is tried again later/);
  assert.equal(asked, 2 + 6 * 2, 'twice, and twice for each half in turn');
  await assert.rejects(readAll(after503([refused(429, '900')])), /status 429; the server wants 900 s of quiet/);
  await assert.rejects(readAll(after503([refused(403)])), /status 403; give the identity the role Reader/);
});

test('what passes by itself is waited for: patience is a time, no server is asked too much', async () => {
  for (const [what, passing] of [
    ['the connection', () => lost],
    ['a throttle of a second', () => refused(429, '1')],
    ['a throttle that says at once', () => refused(429, '0')],
    ['a busy gateway', () => refused(503)],
  ] as const) {
    const clock = fakeClock();
    const start = clock.now();
    const ask: Ask = async ({ rows }) =>
      clock.now() - start < 60_000 ? passing() : { ...NOTHING, answer: await answerOf([{ tick: 0, hash: 1 }], rows) };
    const all = await readAll(ask, {}, SETTINGS, clock);
    assert.equal(all.fingerprint, 'rows:1', what);
    assert.ok(all.asked <= 12, `${what}: ${all.asked} questions in a minute`);
    const forEver = fakeClock();
    await assert.rejects(
      readAll(async () => passing(), {}, SETTINGS, forEver),
      /in vain/,
      what,
    );
    assert.ok(forEver.now() - start >= 90_000 && forEver.now() - start < 240_000, what);
  }
});

/** Answers a row for each part that is no longer than `most` ticks, and refuses longer ones. */
const noMoreThan =
  (most: number, refusal: () => Reply, asked: number[] = []): Ask =>
  async ({ query, rows }) => {
    const { start, end } = rangeOf(query);
    asked.push(end - start);
    if (end - start > most) return refusal();
    return { ...NOTHING, date: '', answer: await answerOf([{ tick: start, hash: 1 }], rows) };
  };

const told = (status: number, code: string, message = ''): Reply => ({
  ...NOTHING,
  status,
  body: { error: { code, message } },
});

test('what is refused twice is asked for in halves, whatever it is called, and the reason is kept', async () => {
  const strange: readonly (readonly [what: string, refusal: () => Reply, twice: number])[] = [
    ['413 without a word', () => refused(413), 2],
    ['413 of a proxy', () => ({ ...NOTHING, status: 413, body: '<html>' }), 2],
    ['400 in words of its own', () => told(400, 'QueryExecutionResultSizeLimitExceeded', 'ask for fewer'), 2],
    ['422', () => told(422, 'Unprocessable', 'far beyond'), 2],
    ['500 in words of its own', () => told(500, 'WhoKnows'), 2],
    ['520', () => told(520, 'ServiceError'), 2],
    ['a partial answer of an unknown kind', () => ({ ...NOTHING, answer: partialOf({ code: 'Whatever' }) }), 2],
    ['an answer that breaks off', () => ({ ...NOTHING, lost: 'the connection failed (ECONNRESET)' }), 6],
  ];
  for (const [what, refusal, twice] of strange) {
    const asked: number[] = [];
    const all = await readAll(noMoreThan(LENGTH / 4, refusal, asked));
    assert.deepEqual(all.rows.length, 4, what);
    assert.equal(all.fingerprint, 'rows:4');
    // The whole, and its halves: quarters fit.
    assert.equal(all.splits, 3, what);
    assert.match(all.remark, /asked for in smaller parts, because the API refused the whole: /, what);
    assert.ok(asked.filter((length) => length === LENGTH).length >= twice, what);
    assert.ok(asked.length <= 4 + 3 * 8, `${what}: ${asked.length} questions`);
  }
  assert.match(
    (await readAll(noMoreThan(LENGTH / 2, strange[2]?.[1] ?? fail))).remark,
    /SizeLimitExceeded: ask for fewer/,
  );
});

test('what is refused in halves as well is given up, with its reason and what to do; its size is not one', async () => {
  const cases: readonly (readonly [refusal: Reply, most: number, error: RegExp])[] = [
    [told(413, 'TooBig', 'no'), 8, /status 413: TooBig: no; the query API does not answer like this/],
    [told(400, 'SemanticError', 'no such column'), 3, /SemanticError: no such column; the API refuses the query/],
    [told(403, 'InsufficientAccessError'), 1, /give the identity the role Reader/],
    [told(404, 'PathNotFoundError'), 1, /check the address/],
    [told(407, 'Proxy'), 1, /status 407/],
  ];
  for (const [refusal, most, error] of cases) {
    const asked: number[] = [];
    await assert.rejects(readAll(noMoreThan(0, () => refusal, asked)), error);
    assert.equal(asked.length, most, String(error));
  }
});

test('lag counts from the clock of the source: what it answers too early is no answer', async () => {
  const due = WINDOW.end + SETTINGS.lag;
  const at =
    (time: number): Ask =>
    async ({ rows }) => ({
      ...NOTHING,
      date: new Date(time).toUTCString(),
      answer: await answerOf([{ tick: 0, hash: 1 }], rows),
    });
  for (const time of [due, due + 1000, due + 86_400_000]) assert.equal((await readAll(at(time))).fingerprint, 'rows:1');
  for (const time of [due - 1000, WINDOW.end, WINDOW.start, due - 86_400_000])
    await assert.rejects(readAll(at(time)), (error: Error & { code?: string; wait?: number }) => {
      assert.equal(error.code, 'NotYet');
      assert.equal(error.wait, due - time);
      assert.match(
        error.message,
        /asked too early: it is whole from 2026-11-21T04:10:00.000Z on by the source's clock/,
      );
      return true;
    });
  const early = { date: new Date(due - 1000).toUTCString() };
  await assert.rejects(
    readAll(async () => ({ ...NOTHING, ...early, status: 204 })),
    /too early/,
  );
  await assert.rejects(
    readAll(async () => ({ ...refused(403), ...early })),
    /role Reader/,
    'a refusal goes before',
  );
  const none = { ...NOTHING, date: 'no date' };
  assert.equal(
    (await readAll(async ({ rows }) => ({ ...none, answer: await answerOf([], rows) }))).fingerprint,
    'rows:0',
  );
});

test('a table that the workspace lacks is told once, and is no row', async () => {
  const missing = told(400, 'SemanticError', "Failed to resolve table or column expression named 'AppRequests'");
  const source = createQuerySource({ settings: WORKSPACE, ask: async () => missing, clock: fakeClock() });
  const remarks = [];
  for (let n = 0; n < 3; n++) {
    const reading = await source.open(WINDOW, new AbortController().signal);
    for await (const _ of reading.chunks()) assert.fail('a chunk');
    remarks.push(reading.remark);
    assert.equal(reading.fingerprint, 'absent');
  }
  assert.match(remarks[0] ?? '', /no table AppRequests: taken for no rows, and looked for again by audits/);
  assert.deepEqual(remarks.slice(1), ['', '']);
});

test('time-outs that repeat lead to halves, but not for ever', async () => {
  const length = (query: string): number => rangeOf(query).end - rangeOf(query).start;
  const slow =
    (most: number): Ask =>
    async ({ query, rows }) =>
      length(query) > most
        ? refused(504)
        : { ...NOTHING, answer: await answerOf([{ tick: rangeOf(query).start, hash: 1 }], rows) };
  const all = await readAll(slow(LENGTH / 4));
  assert.deepEqual(
    all.rows.map((row) => row[0]),
    [0, 1, 2, 3].map((n) => (n * LENGTH) / 4),
  );
  assert.equal(all.asked, 2 + 2 * 2 + 4);
  await assert.rejects(readAll(slow(0)), /status 504, however little is asked for; the window is tried again later/);
});

test('an API that says nothing is asked twice: the attempt ends, and nothing is asked for in halves', async () => {
  const lost = 'the first byte of an answer did not come within 400 s';
  let asked = 0;
  const silent: Ask = async () => ({ ...NOTHING, status: 0, lost, timedOut: true, asked: ++asked });
  await assert.rejects(readAll(silent), new RegExp(`asked 2 times in vain: ${lost}; the window is tried again later`));
  assert.equal(asked, 2);
  // Whoever says nothing to the question before the rows would not give them, either.
  const survey = { survey: async () => Promise.reject(new Silence('survey requests of shop', 2, lost)) };
  const source = createQuerySource({ settings: SETTINGS, ask: fail, clock: fakeClock(), survey, audited: true });
  const reading = await source.open(WINDOW, new AbortController().signal);
  await assert.rejects(Array.fromAsync(reading.chunks()), /^Silence: survey requests of shop: asked 2 times in vain/);
  assert.equal(reading.heard, 0);
});

test('a doubtful answer is asked again three times, then believed', async () => {
  const cached: Ask = async ({ rows }) => ({
    ...NOTHING,
    age: 60,
    answer: await answerOf([{ tick: 1, hash: 1 }], rows),
  });
  const all = await readAll(cached);
  assert.deepEqual([all.asked, all.fingerprint, all.rows], [4, 'rows:1', [[1, 1]]]);
  const none = await readAll(async () => refused(204));
  assert.deepEqual([none.asked, none.fingerprint], [4, 'rows:0']);
  // A 204 that is contradicted was none.
  const wrong = await readAll(after503([refused(204)]));
  assert.deepEqual([wrong.asked, wrong.fingerprint], [2, 'rows:2']);
});

test('a table that a workspace does not have holds no rows; an app has all tables', async () => {
  const body = (table: string): unknown => ({
    error: {
      code: 'BadArgumentError',
      innererror: { code: 'SemanticError', message: `Failed to resolve table or column expression named '${table}'` },
    },
  });
  const all = await readAll(async () => ({ ...NOTHING, status: 400, body: body('AppRequests') }), {}, WORKSPACE);
  assert.deepEqual([all.fingerprint, all.rows], ['absent', []]);
  await assert.rejects(
    readAll(async () => ({ ...NOTHING, status: 400, body: body('requests') })),
    /does not know requests/,
  );
});

test('abort ends the reading before the next question, and a reader that stops early ends the asking', async () => {
  const abort = new AbortController();
  const rows = [
    { tick: 1, hash: 1 },
    { tick: 2, hash: 2 },
  ];
  const source = createQuerySource({ settings: SETTINGS, ask: tableAsk(rows, 9, false), clock: fakeClock() });
  const reading = await source.open(WINDOW, abort.signal);
  for await (const chunk of reading.chunks()) {
    assert.equal(Buffer.from(chunk.bytes).toString().trimEnd().split('\n').length, 1);
    assert.equal(chunk.answer, 'open');
    break;
  }
  assert.equal(reading.fingerprint, '');
  abort.abort(new Error('stopped'));
  await assert.rejects(reading.chunks()[Symbol.asyncIterator]().next(), /stopped/);
});

test('each chunk says of which time its rows were asked for: of halves, of their own', async () => {
  const table = tableAsk(
    [0, 1, 2, 3].map((n) => ({ tick: (n * LENGTH) / 4, hash: n })),
    3,
    false,
  );
  const source = createQuerySource({ settings: SETTINGS, ask: table, clock: fakeClock() });
  const reading = await source.open(WINDOW, new AbortController().signal);
  const asked: string[] = [];
  for await (const { asked: range, answer } of reading.chunks())
    if (answer !== 'void')
      asked.push(`${((range?.start ?? 0) - START) / 60_000}-${((range?.end ?? 0) - START) / 60_000}`);
  assert.deepEqual([...new Set(asked)], ['0-60', '0-30', '30-60']);
});

test("every question is valid KQL, by Microsoft's parser", async () => {
  const asked: string[] = [];
  const table = tableAsk(
    [0, 0, 5].map((tick, hash) => ({ tick, hash })),
    1,
    false,
  );
  const ask: Ask = (question) => {
    asked.push(question.query);
    return table(question);
  };
  await readAll(ask);
  assert.ok(asked.length > 30);
  for (const text of asked) assert.deepEqual(parseKql(text).diagnostics, []);
});
