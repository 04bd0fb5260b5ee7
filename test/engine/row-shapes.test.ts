import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { secret } from '../../shared/config/secret.ts';
import { createDecoder } from '../../shared/engine/decode/decoder.ts';
import { createRowShapes } from '../../shared/engine/shaping/row-shapes.ts';
import { readConditions } from '../../shared/engine/where/conditions.ts';
import { parseAll } from '../../shared/engine/where/parse.ts';
import type { Layout, Shaping, Signal } from '../../shared/model.ts';
import { shapedColumns } from '../../shared/signals/shape.ts';
import { type AllShapeSettings, shapesOf } from '../../shared/signals/shape-settings.ts';
import { hour, windowOf } from './chunks.ts';
import { type CellRow, recordsOf, rowsIn } from './decode/rows.ts';

const KEY = 'a key of this test';
const hmac = (text: string) => createHmac('sha256', KEY).update(text).digest('hex');
const time = new Date(hour).toISOString();

interface Shaped {
  readonly rows: readonly CellRow[];
  readonly filtered: number;
  readonly drift: readonly unknown[];
}

async function shaped(
  records: readonly object[],
  settings: AllShapeSettings,
  layout: Layout = 'continuous',
  signal: Signal = 'requests',
): Promise<Shaped> {
  const shaping: Shaping = { signals: shapesOf(settings), key: secret(KEY) };
  const shapes = createRowShapes(shaping, await readConditions(shaping, parseAll));
  const text = records.map((record) => `${JSON.stringify(record)}\n`).join('');
  const decoder = createDecoder({ window: windowOf(signal, layout), partition: 'hour', dedupe: 'id', shapes });
  const groups = [...decoder.decode(recordsOf(text, { layout })), ...decoder.finish()];
  const names = shapedColumns(signal, shaping.signals[signal]).map(({ name }) => name);
  return {
    rows: groups.flatMap((group) => rowsIn(group, names)),
    filtered: decoder.counts.filtered,
    drift: decoder.drift,
  };
}

const classic = (more: object, context: object = {}) => ({
  request: [{ name: 'GET', durationMetric: { value: 12_345, count: 1 }, ...more }],
  context: { data: { eventTime: time }, ...context },
});

const custom = (dimensions: object, metrics: object = {}) => ({
  custom: { dimensions: [dimensions], metrics: [metrics] },
});

test('promoted fields become typed columns; what does not fit is null', async () => {
  const dimensions = {
    n: '7',
    big: '9223372036854775807',
    half: '2.5',
    word: 'TRUE',
    at: '2026-01-31T06:00:00.1234567Z',
  };
  const odd = { 'a.b': 'dot', 'a/b~c': 'slash', nothing: null, empty: '', object: { x: 1 }, quote: 'a"b\\é\n' };
  const promote = [
    ...['n', 'big', 'half', 'word'].map((name) => ({
      from: `customDimensions.${name}`,
      as: `i_${name}`,
      type: 'integer' as const,
    })),
    ...['n', 'half', 'word'].map((name) => ({
      from: `customDimensions.${name}`,
      as: `r_${name}`,
      type: 'real' as const,
    })),
    ...['n', 'word'].map((name) => ({ from: `customDimensions.${name}`, as: `b_${name}`, type: 'boolean' as const })),
    ...['at', 'n'].map((name) => ({ from: `customDimensions.${name}`, as: `t_${name}`, type: 'timestamp' as const })),
    ...['a.b', 'a/b~c', 'nothing', 'empty', 'object', 'quote', 'none'].map((name, n) => ({
      ...{ from: `customDimensions.${name}`, as: `s_${n}`, type: 'string' as const },
    })),
    { from: 'customMeasurements.x', as: 'x', type: 'long' as const },
    { from: 'extra.context.location.continent', as: 'continent', type: 'string' as const },
  ];
  const record = classic(
    {},
    { ...custom({ ...dimensions, ...odd }, { x: { value: 3, count: 1 } }), location: { continent: 'Europe' } },
  );
  const { rows } = await shaped([record, classic({})], { requests: { promote } });
  const [first, second] = rows.map((row) => promote.map(({ as }) => row[as]));
  assert.deepEqual(first, [
    ...[7n, 9223372036854775807n, null, null, 7, 2.5, null, null, true],
    ...[1769839200123456n, null, 'dot', 'slash', null, '', '{"x":1}', 'a"b\\é\n', null, 3n, 'Europe'],
  ]);
  assert.deepEqual(
    second,
    promote.map(() => null),
  );
});

test('hashed is what CSV spells; null stays null, and what is hidden first is not hashed', async () => {
  const hash = ['timestamp', 'name', 'duration', 'success', 'itemCount', 'customDimensions', 'user_Id', 'tenant'];
  const promote = [{ from: 'customDimensions.tenant', as: 'tenant', type: 'long' as const }];
  const record = classic({ success: true, count: 3 }, custom({ a: 'b', tenant: '5', gone: 1 }));
  const { rows } = await shaped([record], { requests: { hash, promote, dimensions: { deny: ['GONE'] } } });
  const [row] = rows;
  assert.equal(row?.timestamp, hmac(time.replace('000Z', '000000Z')));
  assert.equal(row?.name, hmac('GET'));
  assert.equal(row?.duration, hmac('1.2345'));
  assert.equal(row?.success, hmac('true'));
  assert.equal(row?.itemCount, hmac('3'));
  assert.equal(row?.customDimensions, hmac('{"a":"b"}'));
  assert.equal(row?.tenant, hmac('5'));
  assert.equal(row?.user_Id, null);
});

test('dropped and renamed columns; what is dropped is not in extra either, were the record there whole', async () => {
  const record = classic(
    { success: 'perhaps', responseCode: 'secret' },
    { location: { clientip: 'secret', city: 'Rome' } },
  );
  const { rows } = await shaped([record], {
    '*': { drop: ['resultCode', 'client_IP'] },
    requests: { rename: { name: 'title' } },
  });
  assert.equal(rows[0]?.title, 'GET');
  assert.deepEqual(
    Object.keys(rows[0] ?? {}).filter((name) => ['resultCode', 'client_IP', 'name'].includes(name)),
    [],
  );
  assert.deepEqual(JSON.parse(String(rows[0]?.extra)), {
    ...classic({ success: 'perhaps' }, { location: { city: 'Rome' } }),
  });
});

test('rows by condition, also on promoted, dropped and hashed columns, and on what is hidden', async () => {
  const records = [1, 2, 3].map((n) => classic({ name: `n${n}`, count: n }, custom({ tenant: `t${n}`, n: String(n) })));
  const names = async (where: string) => {
    const { rows, filtered } = await shaped(records, {
      requests: {
        ...{ where, drop: ['itemCount'], hash: ['name'], dimensions: { deny: ['tenant', 'n'] } },
        promote: [{ from: 'customDimensions.n', as: 'n', type: 'integer' }],
      },
    });
    assert.equal(rows.length + filtered, 3);
    return rows.map(({ name }) => [1, 2, 3].find((n) => hmac(`n${n}`) === name));
  };
  assert.deepEqual(await names("name != 'n2'"), [1, 3]);
  assert.deepEqual(await names('itemCount >= 2'), [2, 3]);
  assert.deepEqual(await names("customDimensions.tenant in ('t1', 't3') and n > 1"), [3]);
  assert.deepEqual(await names('duration between (1.2 .. 1.3) and timestamp < datetime(2100-01-01)'), [1, 2, 3]);
  assert.deepEqual(await names('isempty(user_Id) and isnull(success)'), [1, 2, 3]);
  assert.deepEqual(await names('not(success)'), []);
});

test('no field that is hidden is told of as drift', async () => {
  const record = classic({ novel: 1 }, { unheard: { of: 1, secret: 1 } });
  const paths = async (settings: AllShapeSettings) =>
    (await shaped([record], settings)).drift.map((each) => (each as { readonly path: string }).path).toSorted();
  assert.deepEqual(await paths({}), ['context.unheard.of', 'context.unheard.secret', 'request.novel']);
  assert.deepEqual(await paths({ requests: { extra: { deny: ['context.unheard.secret'] } } }), [
    'context.unheard.of',
    'request.novel',
  ]);
  assert.deepEqual(await paths({ requests: { extra: { allow: ['request'] } } }), ['request.novel']);
  assert.deepEqual(await paths({ requests: { drop: ['extra'] } }), []);
});

test('flat records: the same by their names', async () => {
  const record = {
    time,
    Type: 'AppRequests',
    Name: 'GET',
    UserId: 'me',
    ClientIP: 'secret',
    Properties: { a: '1', b: '2' },
    TenantId: 'T',
    Other: { x: 1 },
  };
  const { rows } = await shaped(
    [record],
    {
      requests: {
        drop: ['client_IP'],
        dimensions: { allow: ['A'] },
        extra: { deny: ['tenantid'] },
        where: "user_Id == 'me'",
      },
    },
    'diagnostics',
  );
  assert.equal(rows[0]?.customDimensions, '{"a":"1"}');
  assert.equal(rows[0]?.extra, '{"Other":{"x":1}}');
});
