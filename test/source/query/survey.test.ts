import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryData } from '../../../local/simulator/data.ts';
import type { Fault } from '../../../local/simulator/faults.ts';
import { parseKql } from '../../../local/simulator/kql.ts';
import { type SimulatorOptions, startSimulator } from '../../../local/simulator/startSimulator.ts';
import type { Row } from '../../../local/telemetry/row.ts';
import { ITEM_TYPES } from '../../../local/telemetry/tables.ts';
import type { Clock, QuerySettings, Signal, Window } from '../../../shared/model.ts';
import { signals } from '../../../shared/signals/tables.ts';
import { createAsk } from '../../../shared/source/query/client.ts';
import type { Ask } from '../../../shared/source/query/reply.ts';
import { createQuerySource } from '../../../shared/source/query/source.ts';
import { stretchesOf } from '../../../shared/source/query/survey/stretches.ts';
import { createSurvey } from '../../../shared/source/query/survey/survey.ts';
import { surveyText } from '../../../shared/source/query/survey/text.ts';

const START = Date.UTC(2026, 10, 21, 3);
const [MINUTE, HOUR] = [60_000, 3_600_000];
const clock: Clock = { now: () => START + 2 * HOUR, random: () => 0.5, sleep: async () => {} };
const never = new AbortController().signal;
const APP = { kind: 'app' } as const;
const RESOURCE = '/subscriptions/a/resourceGroups/b/providers/microsoft.insights/components/c';
const WORKSPACE = { kind: 'workspace', resourceId: '' } as const;

const windowAt = (start: number, length: number, signal: Signal = 'traces'): Window => ({
  ...{ app: 'shop', signal, source: 'query' },
  start: START + start,
  end: START + start + length,
});
const rowAt = (ms: number, itemId: string, signal: Signal = 'traces', more: Partial<Row> = {}): Row => ({
  timestamp: new Date(START + ms).toISOString().replace('Z', '1234Z'),
  itemType: ITEM_TYPES[signal],
  itemId,
  ...more,
});

const settingsOf = (schema: QuerySettings['schema'], url: string): QuerySettings => ({
  url: `${url}/v1/${schema.kind === 'app' ? 'apps' : 'workspaces'}/11111111-1111-1111-1111-111111111111/query`,
  ...{ scope: '', auth: { kind: 'none' }, schema, signals, window: HOUR, lag: 1, from: undefined, until: undefined },
  retention: 1,
});

async function opened(schema: QuerySettings['schema'], rows: readonly Row[], options: SimulatorOptions = {}) {
  const data = memoryData();
  data.add(rows, START);
  const simulator = await startSimulator({ ...options, data });
  const settings = settingsOf(schema, simulator.url);
  const ask = createAsk(settings, undefined, clock);
  const survey = createSurvey({ settings, ask, clock, limits: { attempts: 40 } });
  const source = createQuerySource({ settings, ask, clock, survey, audited: true });
  const look = async (windows: readonly Window[], there?: ReadonlySet<Signal>) => {
    const { looks, asked, wasted = 0 } = await survey.survey(windows, never, there);
    return { asked, wasted, looks: looks.map(({ fingerprint }) => fingerprint) };
  };
  return { data, simulator, source, look, [Symbol.asyncDispose]: () => simulator.close() };
}

test("every text is valid for its table, by Microsoft's parser, and means what is asked", () => {
  const windows = signals.flatMap((signal) => [windowAt(0, HOUR, signal), windowAt(HOUR, HOUR / 4, signal)]);
  const schemas: readonly QuerySettings['schema'][] = [APP, WORKSPACE, { kind: 'workspace', resourceId: RESOURCE }];
  for (const schema of schemas) {
    for (const told of [
      { latest: true, ids: true },
      { latest: true, ids: false },
      { latest: false, ids: true },
      { latest: false, ids: false },
    ]) {
      const text = surveyText(stretchesOf(windows), schema, told);
      const { diagnostics, query } = parseKql(text);
      assert.deepEqual(diagnostics, [], text);
      assert.ok(query, text);
      const all = [query, ...(query.union ?? [])];
      assert.deepEqual(
        all.map(({ label }) => label),
        [...signals],
      );
      for (const one of all) {
        assert.equal(one.signal, one.label);
        assert.equal(one.resourceId ?? '', schema.kind === 'workspace' ? schema.resourceId : '');
        const ids = told.ids ? 1_000_000_007 : undefined;
        assert.deepEqual(one.survey, { latest: told.latest, ids, step: 15 * MINUTE });
        assert.equal(one.start, '2026-11-21T03:00:00.0000000Z');
        assert.equal(one.end, '2026-11-21T04:15:00.0000000Z');
      }
    }
  }
});

test('windows of all sizes in one question: halves, a quarter, one off the minute', async () => {
  const odd = { ...windowAt(2 * HOUR, 0), end: START + 2 * HOUR + 90_500 };
  const after = { ...windowAt(2 * HOUR, 0), start: odd.end, end: START + 3 * HOUR };
  const windows = [windowAt(0, 30 * MINUTE), windowAt(30 * MINUTE, 30 * MINUTE), windowAt(HOUR, HOUR), odd, after];
  const times = [0, 29, 30, 31, 59, 60, 119, 120, 121, 122, 179].map((minute) => minute * MINUTE);
  await using here = await opened(
    APP,
    [...times, odd.end - START].map((at, n) => rowAt(at, `id-${n}`)),
  );
  const counts = (looks: readonly string[]) => looks.map((text) => Number(/rows:(\d+)/.exec(text)?.[1]));
  const { looks, asked } = await here.look(windows);
  assert.deepEqual(counts(looks), [2, 3, 2, 2, 3]);
  assert.equal(asked, 3, 'the odd ones are asked for by themselves');
  assert.match(looks[0] ?? '', /^rows:2 latest:2026-11-21T03:00:00\.0000000Z ids:\d+$/);
  assert.deepEqual((await here.look(windows.toReversed())).looks, looks.toReversed());
});

test('ten signals are one question', async () => {
  await using here = await opened(
    APP,
    signals.map((signal, n) => rowAt(n * MINUTE, `id-${n}`, signal)),
  );
  const windows = signals.flatMap((signal) => [windowAt(0, HOUR, signal), windowAt(HOUR, HOUR, signal)]);
  const { looks, asked } = await here.look(windows);
  assert.equal(asked, 1);
  assert.deepEqual(
    looks.map((text) => text.split(' ')[0]),
    signals.flatMap(() => ['rows:1', 'rows:0']),
  );
});

test('a row for another: the same number of rows, another fingerprint', async () => {
  await using here = await opened(APP, [rowAt(1, 'a'), rowAt(2, 'b'), rowAt(3, '')]);
  const [first] = (await here.look([windowAt(0, HOUR)])).looks;
  here.data.purge('traces', ({ itemId }) => itemId === 'b');
  here.data.add([rowAt(2, 'c')], START);
  const [other] = (await here.look([windowAt(0, HOUR)])).looks;
  assert.notEqual(other, first, 'told by the ids');
  here.data.purge('traces', ({ itemId }) => itemId === '');
  here.data.add([rowAt(2, '')], START + HOUR);
  const [last] = (await here.look([windowAt(0, HOUR)])).looks;
  assert.notEqual(last, other, 'told by the time it came in');
});

test('an endpoint that refuses what it does not know is asked for less, and only once more', async () => {
  await using here = await opened(APP, [rowAt(1, 'a', 'traces'), rowAt(1, 'b', 'requests')]);
  const windows = [windowAt(0, HOUR), windowAt(0, HOUR, 'requests')];
  const refused = (pattern: RegExp): Fault => ({ kind: 'badRequest', when: ({ query }) => pattern.test(query) });
  here.simulator.fault(refused(/union/));
  assert.equal((await here.look(windows)).asked, 3);
  assert.equal((await here.look(windows)).asked, 2);
  here.simulator.fault(refused(/hash/));
  assert.match((await here.look(windows)).looks.join(), /^rows:1 latest:\S+Z,rows:1 latest:\S+Z$/);
  here.simulator.fault(refused(/ingestion_time/));
  assert.deepEqual((await here.look(windows)).looks, ['rows:1', 'rows:1']);
  here.simulator.fault(refused(/count/));
  await assert.rejects(here.look(windows), /survey traces of shop: status 400/);
});

test('what an endpoint cannot do it may say with other statuses than 400', async () => {
  for (const status of [405, 422, 501]) {
    const questions: string[] = [];
    const reply = { lost: '', timedOut: false, retryAfter: '', age: 0, answer: undefined };
    const body = { error: { code: 'NotSupported', message: 'not here' } };
    const ask: Ask = async ({ query }) => {
      questions.push(query);
      return { ...reply, status, body };
    };
    const survey = createSurvey({ settings: settingsOf(APP, 'http://127.0.0.1:1'), ask, clock });
    await assert.rejects(survey.survey([windowAt(0, HOUR)], never), new RegExp(`status ${status}`));
    assert.equal(questions.length, status === 405 ? 1 : 4, `${status}`);
  }
});

test('an answer that is not understood is a failure, not a window without rows', async () => {
  const columns = ['signal', 'rows', 'ids', 'latest', 'start'].map((name) => ({ name, type: 'string' }));
  const looked = async (row: readonly unknown[], names = columns) => {
    const rest = Buffer.from(`${JSON.stringify(row)}\n`);
    const answer = { rest, columns: names, rows: 1, error: undefined, fault: undefined };
    const ask: Ask = async () => ({
      ...{ status: 200, lost: '', timedOut: false, retryAfter: '', age: 0, body: undefined },
      answer,
    });
    const survey = createSurvey({ settings: settingsOf(APP, 'http://127.0.0.1:1'), ask, clock });
    const windows = [windowAt(0, HOUR), windowAt(HOUR, HOUR)];
    return (await survey.survey(windows, never)).looks.map(({ fingerprint }) => fingerprint);
  };
  const same = ['rows:0', 'rows:2 latest:2026-11-21T04:30:00.1000000Z ids:7'];
  for (const [latest, start] of [
    ['2026-11-21T04:30:00.1Z', '2026-11-21T04:00:00Z'],
    ['2026-11-21T10:00:00.1+05:30', '2026-11-21T09:30:00+05:30'],
    ['2026-11-20 22:30:00.1-0600', '2026-11-20 22:00:00.0000000-06:00'],
  ])
    assert.deepEqual(await looked(['traces', '2', 7, latest, start]), same, start);
  for (const row of [
    ['traces', 2, 7, '', '21.11.2026 04:00'],
    ['traces', 2, 7, '', null],
    ['traces', 2, 7, '', '2026-13-41T04:00:00Z'],
    ['traces', 'many', 7, '', '2026-11-21T04:00:00Z'],
    ['other', 2, 7, '', '2026-11-21T04:00:00Z'],
  ])
    await assert.rejects(
      looked(row),
      /survey traces of shop: the answer has a row that is not understood/,
      String(row),
    );
  const unnamed = columns.map((column) => (column.name === 'start' ? { ...column, name: 'Column5' } : column));
  await assert.rejects(looked(['traces', 2, 7, '', '2026-11-21T04:00:00Z'], unnamed), /not understood.*Column5/);
});

test('a workspace: its component, and tables that it lacks', async () => {
  const schema = { kind: 'workspace', resourceId: RESOURCE } as const;
  const ours = { _ResourceId: RESOURCE };
  const rows = [rowAt(1, 'a', 'traces', ours), rowAt(2, 'b'), rowAt(3, 'c', 'requests', ours)];
  await using here = await opened(schema, rows);
  here.simulator.fault({ kind: 'noTable', when: ({ query }) => query.startsWith('AppTraces') });
  here.simulator.fault({ kind: 'noTable', when: ({ query }) => query.startsWith('union\n(AppTraces') });
  const windows = [windowAt(0, HOUR), windowAt(0, HOUR, 'requests')];
  const { looks } = await here.look(windows);
  assert.equal(looks[0], 'absent');
  assert.match(looks[1] ?? '', /^rows:1 /);
  const { asked } = await here.look(windows);
  assert.equal(asked, 1, 'what is not there is not asked for each time');
});

test('a table that comes after it was found missing: rows that were read are believed', async () => {
  const ours = { _ResourceId: RESOURCE };
  await using here = await opened({ kind: 'workspace', resourceId: RESOURCE }, [rowAt(1, 'a', 'traces', ours)]);
  const missing = here.simulator.fault({ kind: 'noTable', when: ({ query }) => query.startsWith('AppTraces') });
  const window = windowAt(0, HOUR);
  assert.deepEqual(await here.look([window]), { asked: 1, wasted: 0, looks: ['absent'] });
  missing.remove();
  assert.deepEqual(await here.look([window]), { asked: 0, wasted: 0, looks: ['absent'] }, 'not asked for each time');
  const reading = await here.source.open(window, never);
  for await (const _ of reading.chunks());
  assert.match(reading.fingerprint, /^rows:1 latest:\S+ ids:\d+$/);
  assert.deepEqual((await here.look([window])).looks, [reading.fingerprint]);
});

test('an audit of another process that has found it missing asks for what others have read', async () => {
  await using here = await opened(WORKSPACE, [rowAt(1, 'a'), rowAt(1, 'b', 'requests')]);
  const missing = here.simulator.fault({ kind: 'noTable', when: ({ query }) => /AppTraces|AppRequests/.test(query) });
  const windows = [windowAt(0, HOUR), windowAt(0, HOUR, 'requests')];
  await here.look(windows);
  missing.remove();
  const { looks } = await here.look(windows, new Set<Signal>(['traces']));
  assert.match(looks.join(), /^rows:1 latest:\S+ ids:\d+,absent$/);
});

test('whatever can go wrong on the way, and answers in text', async () => {
  const rows = Array.from({ length: 50 }, (_, n) => rowAt(n * MINUTE, `id-${n}`));
  await using whole = await opened(APP, rows);
  const windows = [windowAt(0, HOUR / 2), windowAt(HOUR / 2, HOUR / 2), windowAt(HOUR, HOUR)];
  const expected = (await whole.look(windows)).looks;
  await using here = await opened(APP, rows, { cells: 'text', form: 'old', gzip: true });
  const kinds = [
    'throttle',
    'unavailable',
    'drop',
    'partial',
    'truncate',
    'empty',
    'noContent',
    'notJson',
    'cached',
  ] as const;
  for (const kind of kinds) here.simulator.fault({ kind, times: 2 });
  assert.deepEqual((await here.look(windows)).looks, expected);
});

/** Two days by the quarter, of ten signals: as an audit asks. */
const quarters = signals.flatMap((signal) =>
  Array.from({ length: 192 }, (_, n) => windowAt((n * HOUR) / 4, HOUR / 4, signal)),
);

test('an answer that stands still is no matter of how much was asked for: twice, and the survey fails', async () => {
  await using api = await opened(APP, [rowAt(0, 'a')]);
  const asked: string[] = [];
  const ask: Ask = async ({ query }) => {
    asked.push(query);
    const lost = 'more of the answer did not come within 60 s';
    return { status: 200, lost, timedOut: true, retryAfter: '', date: '', age: 0, answer: undefined, body: undefined };
  };
  const settings = settingsOf(APP, api.simulator.url);
  const windows = signals.map((signal) => windowAt(0, HOUR, signal));
  await assert.rejects(createSurvey({ settings, ask, clock }).survey(windows, never), /asked 2 times in vain: more of/);
  assert.equal(asked.length, 2);
});

test('an endpoint that answers few rows: what was cut is not asked for again, and is counted', async () => {
  const rows = quarters.map(({ start, signal }, n) => rowAt(start - START, `id-${n}`, signal));
  await using whole = await opened(APP, rows);
  const expected = await whole.look(quarters);
  assert.deepEqual([expected.asked, expected.wasted], [1, 0]);
  await using here = await opened(APP, rows, { rowLimit: 300 });
  let [asked, wasted] = [0, 0];
  for (let n = 0; n < 24; n++) {
    const seen = await here.look(quarters);
    assert.deepEqual(seen.looks, expected.looks);
    [asked, wasted] = [asked + seen.asked, wasted + seen.wasted];
  }
  const cut = here.simulator.requests.filter(({ incomplete }) => incomplete !== undefined).length;
  assert.deepEqual([wasted, asked], [cut, here.simulator.requests.length], 'as the server counts');
  assert.ok(cut <= 5 && asked <= 24 * 10 + cut, `${cut} cut of ${asked}`);
});

test('an answer that was cut once does not make questions small for long', async () => {
  const rows = quarters.map(({ start, signal }, n) => rowAt(start - START, `id-${n}`, signal));
  await using here = await opened(APP, rows);
  here.simulator.fault({ kind: 'truncate', times: 1 });
  const asked: number[] = [];
  for (let n = 0; n < 8; n++) asked.push((await here.look(quarters)).asked);
  assert.deepEqual(asked, [4, 3, 2, 2, 2, 2, 1, 1]);
});

test('a reading takes the fingerprint that an audit takes, also of rows that come while it reads', async () => {
  await using here = await opened(APP, [rowAt(1, 'a'), rowAt(2, 'b')]);
  const window = windowAt(0, HOUR);
  const read = async (meanwhile?: 'before' | 'after') => {
    const reading = await here.source.open(window, never);
    if (meanwhile === 'before') {
      // Between the first look and the question for the rows.
      here.simulator.fault({
        ...{ kind: 'unavailable', times: 1 },
        when: ({ query }) => {
          const isReading = !query.includes('summarize');
          if (isReading) here.data.add([rowAt(3, 'late')], START + HOUR);
          return isReading;
        },
      });
    }
    for await (const _ of reading.chunks())
      if (meanwhile === 'after') here.data.add([rowAt(4, 'later')], START + 2 * HOUR);
    return reading;
  };
  const audited = async () => (await here.look([window])).looks[0];
  const quiet = await read();
  assert.equal(quiet.fingerprint, await audited());
  assert.equal(quiet.asked, 2);
  const grown = await read('before');
  assert.match(grown.fingerprint, /^rows:3 /);
  assert.equal(grown.fingerprint, await audited());
  const missed = await read('after');
  assert.match(missed.fingerprint, /^rows:3 /);
  assert.notEqual(missed.fingerprint, await audited());
});
