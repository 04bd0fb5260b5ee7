/** `export` at an API that answers in parts, refuses in words of its own, or is in another time. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { run } from '../real.ts';

const hour = 3_600_000;
const from = Date.UTC(2026, 0, 31, 6);
/** A row each 36 s: 100 an hour. */
const every = 36_000;
type Row = readonly [string, string];
interface Reply {
  readonly status?: number;
  readonly body: unknown;
  readonly date?: number;
}
/** What the API makes of a question: the rows that it has of it, and how long the range is. */
let answer: (rows: readonly Row[], length: number) => Reply;
/** How many rows it counts, in place of how many it has; undefined: it does not count. */
let counting: ((rows: number) => number) | undefined = (rows) => rows;
let counts = 0;
let questions: number[] = [];
let server: Server;
let endpoint = '';
let base = '';

before(async () => {
  base = await mkdtemp(join(tmpdir(), 'export-answers-'));
  server = createServer(async (request, response) => {
    let text = '';
    for await (const piece of request) text += piece;
    const query = String(JSON.parse(text).query);
    const [start = 0, end = 0] = [...query.matchAll(/datetime\((.*?)\)/g)].map((match) => Date.parse(match[1] ?? ''));
    const rows: Row[] = [];
    for (let at = Math.ceil(start / every) * every; at < end; at += every)
      rows.push([new Date(at).toISOString(), `id ${at}`]);
    const counted = query.includes('| summarize rows = count()');
    if (counted) counts += 1;
    else questions.push(end - start);
    const { status = 200, body, date = Date.now() } = counted ? countsOf(rows, query) : answer(rows, end - start);
    response.setHeader('Date', new Date(date).toUTCString());
    response.setHeader('Content-Type', 'application/json');
    response.writeHead(status);
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(async () => {
  server.closeAllConnections();
  server.close();
  await rm(base, { recursive: true });
});

const columns = [
  { name: 'timestamp', type: 'datetime' },
  { name: 'itemId', type: 'string' },
];
const whole = (rows: readonly unknown[], more = {}) => ({
  tables: [{ name: 'PrimaryResult', columns, rows }],
  ...more,
});

/** As a survey is answered. */
function countsOf(rows: readonly Row[], query: string): Reply {
  if (counting === undefined) return { status: 400, body: { error: { code: 'SemanticError', message: 'no' } } };
  const step = Number(/bin\(timestamp, (\d+)m\)/.exec(query)?.[1]) * 60_000;
  const bins = Map.groupBy(rows, ([at]) => Math.floor(Date.parse(at) / step) * step);
  const names = ['start', 'rows', 'latest', 'ids', 'signal'].map((name) => ({ name, type: 'dynamic' }));
  const told = [...bins].map(([bin, { length }]) => {
    const start = new Date(bin).toISOString();
    return [start, counting?.(length) ?? 0, start, length, 'requests'];
  });
  return { body: { tables: [{ name: 'PrimaryResult', columns: names, rows: told }] } };
}

let lakes = 0;
async function exported(range = [from, from + hour] as const, ...more: string[]) {
  [questions, counts] = [[], 0];
  const lake = join(base, `lake-${++lakes}`);
  const [start, end] = range.map((at) => new Date(at).toISOString().slice(0, 19));
  const words = ['export', '--app', 'shop=sim', '--endpoint', endpoint, '--signals', 'requests', '--format', 'ndjson'];
  const { code, err } = await run([...words, '--from', start ?? '', '--to', end ?? '', '--out', lake, ...more]);
  const names = (await readdir(lake, { recursive: true })).filter((name) => /^[a-z].*ndjson$/.test(name));
  const texts = await Promise.all(names.map((name) => readFile(join(lake, name), 'utf8')));
  const lines = texts.flatMap((text) => text.split('\n').filter((line) => line !== ''));
  const ids = new Set(lines.map((line) => JSON.parse(line).itemId));
  assert.equal(ids.size, lines.length, 'no row comes twice');
  return { code, err, rows: lines.length, asked: questions.length };
}

const status = (severity: number, text: string) => ({
  TableName: 'Table_2',
  Columns: ['Timestamp', 'Severity', 'SeverityName', 'StatusCode', 'StatusDescription'].map((ColumnName) => ({
    ColumnName,
  })),
  Rows: [['2026-01-31T06:00:00Z', severity, severity < 4 ? 'Error' : 'Info', severity < 4 ? -2133196797 : 0, text]],
});
const tooLarge = 'Query result set has exceeded the internal record count limit 30 (E_QUERY_RESULT_SET_TOO_LARGE)';

/** 30 rows at most, and told in many ways. */
const inParts: readonly (readonly [what: string, part: (rows: readonly Row[]) => Reply])[] = [
  [
    'a status table, the third of Tables',
    (rows) => ({
      body: {
        Tables: [
          {
            TableName: 'Table_0',
            Columns: columns.map(({ name, type }) => ({ ColumnName: name, ColumnType: type })),
            Rows: rows,
          },
          { TableName: 'Table_1', Columns: [{ ColumnName: 'Value' }], Rows: [['{"Visualization":null}']] },
          status(2, tooLarge),
        ],
      },
    }),
  ],
  [
    'a QueryStatus of unknown words',
    (rows) => ({
      body: { tables: [...whole(rows).tables, { ...status(2, 'we stop here'), TableName: 'QueryStatus' }] },
    }),
  ],
  ['top-level Exceptions', (rows) => ({ body: whole(rows, { Exceptions: [tooLarge] }) })],
  ['top-level Exceptions of unknown words', (rows) => ({ body: whole(rows, { Exceptions: ['enough'] }) })],
  ['a row of exceptions', (rows) => ({ body: whole([...rows, { Exceptions: [tooLarge] }]) })],
  ['a row of unknown words', (rows) => ({ body: whole([...rows, { Exceptions: ['that is all for now'] }]) })],
  ['413', () => ({ status: 413, body: '' })],
  ['a code of its own', () => ({ status: 400, body: { error: { code: 'QueryExecutionResultSizeLimitExceeded' } } })],
  ['another status', () => ({ status: 507, body: 'no room' })],
];

for (const [what, part] of inParts)
  test(`a part is never taken for the whole: ${what}`, async () => {
    answer = (rows) => (rows.length <= 30 ? { body: whole(rows) } : part(rows.slice(0, 30)));
    const { code, err, rows } = await exported();
    assert.deepEqual([code, rows], [0, 100], err);
  });

test('an answer of several tables that say that all is well is whole', async () => {
  answer = (rows) => ({ body: { tables: [...whole(rows).tables, status(4, 'Query completed successfully')] } });
  assert.deepEqual(await exported(), { code: 0, err: (await exported()).err, rows: 100, asked: 1 });
});

test('what is refused down to the smallest part fails with its reason', async () => {
  answer = () => ({ status: 400, body: { error: { code: 'QueryExecutionResultSizeLimitExceeded', message: 'no' } } });
  const { code, err, rows, asked } = await exported();
  assert.notEqual(code, 0);
  assert.equal(rows, 0);
  assert.match(err, /QueryExecutionResultSizeLimitExceeded: no/);
  assert.ok(asked <= 10, `${asked} questions`);
});

test('how it was asked is shown where a refusal in strange words was got around', async () => {
  answer = (rows) => (rows.length <= 50 ? { body: whole(rows) } : { status: 413, body: 'too much' });
  assert.match(
    (await exported()).err,
    /asked for in smaller parts, because the API refused the whole: status 413: too much/,
  );
});

test('a range that has not ended by the clock of the source is refused, and nothing of it is called done', async () => {
  const start = Math.floor(Date.now() / hour) * hour - 3 * hour;
  const theirs = start + hour / 2;
  answer = (rows) => ({ body: whole(rows.filter(([at]) => Date.parse(at) <= theirs)), date: theirs });
  const { code, err, rows } = await exported([start, start + hour]);
  assert.notEqual(code, 0);
  assert.equal(rows, 0);
  assert.match(err, /asked too early: it is whole from .* by the source's clock.*set this machine's clock/);
  answer = (all) => ({ body: whole(all), date: start + hour });
  assert.equal((await exported([start, start + hour])).rows, 100);
});

test('a window without rows that the source no longer keeps is not done; --again asks once more', async () => {
  const lake = join(base, 'gone');
  const words = ['export', '--app', 'shop=sim', '--endpoint', endpoint, '--signals', 'requests', '--format', 'ndjson'];
  const range = ['--from', '2026-01-31T06:00', '--to', '2026-01-31T08:00', '--retention', '4d', '--out', lake];
  const exporting = async (...more: string[]) => {
    questions = [];
    const { code, out } = await run([...words, ...range, '--json', ...more]);
    const { totals, incomplete } = JSON.parse(out);
    return { code, done: totals.done + totals.unchanged, rows: totals.rows, said: incomplete.join(), asked: questions };
  };
  [answer, counting] = [() => ({ body: whole([]) }), () => 0];
  const first = await exporting();
  counting = (rows) => rows;
  assert.deepEqual([first.code, first.done], [1, 0]);
  assert.match(
    first.said,
    /^shop requests 2026-01-31T06:00Z.* the source has no rows of it, and keeps them only since 2/,
  );
  answer = (rows) => ({ body: whole(rows) });
  const second = await exporting();
  assert.deepEqual([second.code, second.done, second.said, second.asked], [1, 0, first.said, []]);
  const { code, done, rows, said } = await exporting('--again');
  assert.deepEqual([code, done, rows, said], [0, 2, 200, '']);
});

test('rows that the source has longer than it says are there, and their window is done', async () => {
  answer = (rows) => ({ body: whole(rows) });
  const { code, rows } = await exported(undefined, '--retention', '4d');
  assert.deepEqual([code, rows], [0, 100]);
});

test('30 of 100 rows without a word are no answer: the window fails, and comes with the next try', async () => {
  const lake = join(base, 'silent');
  const words = ['export', '--app', 'shop=sim', '--endpoint', endpoint, '--signals', 'requests', '--format', 'ndjson'];
  const range = ['--from', '2026-01-31T06:00', '--to', '2026-01-31T09:00', '--retention', '4383d', '--out', lake];
  const exporting = async () => {
    const { code, err, out } = await run([...words, ...range, '--json']);
    const { totals } = JSON.parse(out);
    return { code, done: totals.done + totals.unchanged, rows: totals.rows, err };
  };
  const isPart = ([first]: readonly Row[]) => first?.[0].startsWith('2026-01-31T07') === true;
  answer = (rows) => ({ body: whole(isPart(rows) ? rows.slice(0, 30) : rows) });
  const first = await exporting();
  assert.notEqual(first.code, 0);
  assert.deepEqual([first.done, first.rows], [2, 200]);
  assert.match(first.err, /answered with 30 rows and counts 100: a part is not taken for the whole/);
  answer = (rows) => ({ body: whole(rows) });
  const { code, done } = await exporting();
  assert.deepEqual([code, done], [0, 3]);
});

test('a day of hours is counted with one question', async () => {
  answer = (rows) => ({ body: whole(rows) });
  const { code, rows, asked } = await exported([from, from + 24 * hour]);
  assert.deepEqual([code, rows, asked, counts], [0, 2_400, 24, 1]);
});

test('a range that begins between two minutes: its first window is counted by itself', async () => {
  answer = (rows) => ({ body: whole(rows) });
  const { code, rows } = await exported([from + 30_000, from + 24 * hour]);
  assert.deepEqual([code, rows, counts], [0, 2_399, 2]);
});

test('rows that came in after they were counted, or were purged, are no reason to refuse', async () => {
  answer = (rows) => ({ body: whole(rows) });
  counting = (rows) => rows - 1;
  assert.equal((await exported()).rows, 100);
  counting = (rows) => (counts === 1 ? rows : rows - 40);
  answer = (rows) => ({ body: whole(rows.slice(40)) });
  assert.deepEqual([(await exported()).rows, counts], [60, 2]);
});

test('an API that does not count gives its rows all the same', async () => {
  answer = (rows) => ({ body: whole(rows) });
  counting = undefined;
  const { code, rows } = await exported();
  counting = (all) => all;
  assert.deepEqual([code, rows], [0, 100]);
});
