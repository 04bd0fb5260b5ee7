import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { memoryData, telemetryData } from '../../local/simulator/data.ts';
import { REAL_LIMITS, throttleOf } from '../../local/simulator/throttle.ts';
import { asCells } from '../../local/telemetry/asCells.ts';
import { deliveredAt } from '../../local/telemetry/deliveredAt.ts';
import type { Row } from '../../local/telemetry/row.ts';
import {
  type Answer,
  appQuery,
  ask,
  FROM,
  HOUR,
  post,
  REQUESTS,
  rowsOf,
  SHOP,
  START,
  start,
  TO,
  WORKSPACE,
} from './asking.ts';

const hashPart = (parts: number, part: number) =>
  `\n| where hash(iff(isempty(itemId), tostring(pack_all()), itemId), ${parts}) == ${part}`;
const workspaceQuery = (more = '') =>
  `AppRequests\n| where TimeGenerated >= datetime(${FROM}) and TimeGenerated < datetime(${TO})${more}\n| extend ` +
  'itemId = _ItemId';
const itemIds = (answer: Answer): unknown[] => {
  const at = answer.tables[0]?.columns.findIndex((column) => column.name === 'itemId') ?? -1;
  return rowsOf(answer).map((row) => row[at]);
};

describe('an answer', () => {
  it('holds the rows of the range, cell by cell', async () => {
    const simulator = await start();
    const answer = await ask(simulator);
    assert.equal(answer.tables[0]?.name, 'PrimaryResult');
    assert.deepEqual(answer.tables[0].columns[0], { name: 'timestamp', type: 'datetime' });
    assert.deepEqual(
      rowsOf(answer),
      REQUESTS.map((row) => asCells(row, 'app')),
    );
    assert.equal(answer.error, undefined);
  });

  it('holds workspace names, native types and, where asked for, the item id', async () => {
    const simulator = await start();
    const answer = await ask(simulator, workspaceQuery(), WORKSPACE);
    assert.deepEqual(
      rowsOf(answer),
      REQUESTS.map((row) => [...asCells(row, 'workspace'), row.itemId]),
    );
    const without = await ask(simulator, workspaceQuery().replace(/\n\| extend.*/, ''), WORKSPACE);
    assert.ok(!without.tables[0]?.columns.some((column) => /^_?itemId$/i.test(column.name ?? '')));
  });

  it('can be spelled the old way, with every cell a string', async () => {
    const simulator = await start({ cells: 'text', form: 'old' });
    const answer = await ask(simulator);
    assert.equal(answer.tables[0]?.name, 'Table_0');
    assert.deepEqual(answer.tables[0].columns[0], {
      columnName: 'timestamp',
      dataType: 'DateTime',
      columnType: 'datetime',
    });
    assert.ok(
      rowsOf(answer)
        .flat()
        .every((cell) => cell === null || typeof cell === 'string'),
    );
  });

  it('can be packed', async () => {
    const simulator = await start({ gzip: true });
    const response = await post(simulator, appQuery());
    assert.equal(response.headers.get('content-encoding'), 'gzip');
    assert.equal(rowsOf((await response.json()) as Answer).length, REQUESTS.length);
  });

  it('to a count is one row', async () => {
    const simulator = await start({ rowLimit: 3 });
    const answer = await ask(simulator, `${appQuery()} | summarize rows = count()`);
    assert.deepEqual(answer.tables[0]?.columns, [{ name: 'rows', type: 'long' }]);
    assert.deepEqual(rowsOf(answer), [[REQUESTS.length]]);
  });

  it('is only of the component that was asked for, in any case', async () => {
    const other = REQUESTS.slice(0, 3).map(
      (row): Row => ({ ...row, itemId: `x${row.itemId}`, _ResourceId: '/subscriptions/S/components/Other' }),
    );
    const simulator = await start({ data: memoryData([...REQUESTS, ...other]) });
    const answer = await ask(
      simulator,
      workspaceQuery("\n| where _ResourceId =~ '/SUBSCRIPTIONS/s/components/OTHER'"),
      WORKSPACE,
    );
    assert.deepEqual(
      itemIds(answer),
      other.map((row) => row.itemId),
    );
  });

  it('is narrowed by the timespan as well', async () => {
    const simulator = await start();
    const answer = await ask(simulator, appQuery(), { timespan: '2026-11-21T12:30:00Z/2026-11-22T00:00:00Z' });
    assert.deepEqual(
      itemIds(answer),
      REQUESTS.filter((row) => String(row.timestamp) >= '2026-11-21T12:30').map((row) => row.itemId),
    );
    assert.equal((await post(simulator, appQuery(), { timespan: 'P1D' })).status, 400);
  });
});

describe('ranges', () => {
  const at = (digits: string): Row => ({ ...REQUESTS[0], itemId: digits, timestamp: `2026-11-21T12:00:00.${digits}Z` });

  it('are exact to a tick, however many digits a row has', async () => {
    const data = memoryData([at('1234567'), at('1234568'), at('1234569'), at('12')]);
    const simulator = await start({ data });
    const ids = async (from: string, to: string) =>
      itemIds(await ask(simulator, appQuery(`2026-11-21T12:00:00.${from}Z`, `2026-11-21T12:00:00.${to}Z`)));
    assert.deepEqual(await ids('1234567', '1234568'), ['1234567']);
    assert.deepEqual(await ids('1234568', '1234570'), ['1234568', '1234569']);
    assert.deepEqual(await ids('12', '1200001'), ['12']);
    assert.deepEqual(await ids('1200001', '1234567'), []);
  });

  it('split by hash into parts that are the whole, and halves of a part', async () => {
    const nameless = { ...REQUESTS[0], itemId: '' };
    const simulator = await start({ data: memoryData([...REQUESTS, nameless]) });
    const part = async (parts: number, one: number) => itemIds(await ask(simulator, appQuery() + hashPart(parts, one)));
    const whole = [...REQUESTS.map((row) => row.itemId), ''].toSorted();
    const four = await Promise.all([0, 1, 2, 3].map((one) => part(4, one)));
    assert.deepEqual(four.flat().toSorted(), whole);
    assert.ok(four.every((ids) => ids.length > 0));
    const halves = [...(await part(8, 1)), ...(await part(8, 5))];
    assert.deepEqual(halves.toSorted(), four[1]?.toSorted());
  });

  it('show rows that come late, and none that were purged', async () => {
    const data = memoryData(REQUESTS.slice(2));
    const simulator = await start({ data });
    data.add(REQUESTS.slice(0, 2));
    assert.equal(rowsOf(await ask(simulator)).length, REQUESTS.length);
    assert.equal(
      data.purge('requests', (row) => row.itemId === REQUESTS[5]?.itemId),
      1,
    );
    assert.equal(rowsOf(await ask(simulator)).length, REQUESTS.length - 1);
    assert.throws(
      () => data.add([{ ...REQUESTS[0], timestamp: 'yesterday' }]),
      /add row: timestamp "yesterday"; spell it/,
    );
  });

  it('can be made as they are asked for, up to now, and late', async () => {
    const now = START + HOUR / 2;
    const expected = REQUESTS.filter((row) => Date.parse(String(row.timestamp)) < now);
    const exact = await start({ data: telemetryData(SHOP, () => now) });
    assert.deepEqual(
      itemIds(await ask(exact)),
      expected.map((row) => row.itemId),
    );
    const late = await start({ data: telemetryData(SHOP, () => now, true) });
    const there = expected.filter((row) => deliveredAt(row) <= now);
    assert.ok(there.length < expected.length);
    assert.deepEqual(
      itemIds(await ask(late)),
      there.map((row) => row.itemId),
    );
  });
});

describe('limits', () => {
  const recorded = JSON.parse(
    readFileSync(
      new URL(
        '../corpus/query-api/java__LogsQueryClientTest.testLogsQueryAllowPartialSuccess.body.json',
        import.meta.url,
      ),
      'utf8',
    ),
  ) as Answer;

  it('cut answers beyond so many bytes, with the error that was recorded', async () => {
    const bytes = REQUESTS.slice(0, 4).reduce(
      (sum, row) => sum + Buffer.byteLength(JSON.stringify(asCells(row, 'app'))) + 1,
      0,
    );
    const simulator = await start({ byteLimit: bytes });
    const answer = await ask(simulator);
    assert.equal(rowsOf(answer).length, 4);
    assert.deepEqual(
      JSON.parse(JSON.stringify(answer.error).replace(`limit ${bytes}`, 'limit 64000000')),
      recorded.error,
    );
    assert.equal(simulator.requests[0]?.incomplete, 'bytes');
  });

  it('cut answers beyond so many rows, but not at as many', async () => {
    const cut = await start({ rowLimit: REQUESTS.length - 1 });
    const answer = await ask(cut);
    assert.equal(rowsOf(answer).length, REQUESTS.length - 1);
    assert.match(
      answer.error?.details[0]?.innererror.message ?? '',
      /record count limit \d+ \(E_QUERY_RESULT_SET_TOO_LARGE/,
    );
    const whole = await start({ rowLimit: REQUESTS.length });
    assert.equal((await ask(whole)).error, undefined);
  });

  it('refuse the request that is one too many', async () => {
    const simulator = await start({ throttle: { ...REAL_LIMITS, requests: 2 }, now: () => START });
    const statuses = [await post(simulator, appQuery()), await post(simulator, appQuery())].map(
      (response) => response.status,
    );
    assert.deepEqual(statuses, [200, 200]);
    const refused = await post(simulator, appQuery());
    assert.deepEqual([refused.status, refused.headers.get('retry-after')], [429, '30']);
  });

  it('let so many queries run at once, so many wait and no more', async () => {
    const throttle = throttleOf({ requests: 10, per: 30_000, concurrent: 2, queue: 2 }, () => START);
    const [first, second] = [await throttle.enter(), await throttle.enter()];
    const entered: string[] = [];
    const third = throttle.enter().then((place) => [place, entered.push('third')] as const);
    const fourth = throttle.enter().then((place) => [place, entered.push('fourth')] as const);
    assert.equal(await throttle.enter(), 1);
    assert.deepEqual(entered, []);
    for (const place of [first, second]) if (typeof place === 'function') place();
    const [[place]] = [await third, await fourth];
    assert.deepEqual(entered, ['third', 'fourth']);
    if (typeof place === 'function') place();
    assert.equal(typeof (await throttle.enter()), 'function');
  });

  it('forget requests with time', async () => {
    let now = START;
    const throttle = throttleOf({ ...REAL_LIMITS, requests: 1 }, () => now);
    assert.equal(typeof (await throttle.enter()), 'function');
    now += 28_500;
    assert.equal(await throttle.enter(), 2);
    now += 1_500;
    assert.equal(typeof (await throttle.enter()), 'function');
  });
});
