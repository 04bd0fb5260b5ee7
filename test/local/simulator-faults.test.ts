import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Fault } from '../../local/simulator/faults.ts';
import {
  type Answer,
  appQuery,
  ask,
  type Extra,
  FROM,
  JSON_HEADERS,
  post,
  REQUESTS,
  rowsOf,
  START,
  start,
  WORKSPACE,
} from './asking.ts';

describe('refusals', () => {
  const code = async (response: Response): Promise<unknown> => [
    response.status,
    ((await response.json()) as { error: { code: string } }).error.code,
  ];

  it('name what is wrong with a query', async () => {
    const simulator = await start();
    const inner = async (query: string, extra?: Extra) => {
      const response = await post(simulator, query, extra);
      const { error } = (await response.json()) as { error: { code: string; innererror: { code: string } } };
      return [response.status, error.code, error.innererror.code];
    };
    assert.deepEqual(await inner('requests | where'), [400, 'BadArgumentError', 'SyntaxError']);
    assert.deepEqual(await inner('requests | where foo == 1'), [400, 'BadArgumentError', 'SemanticError']);
    assert.deepEqual(await inner('requests | take 3'), [400, 'BadArgumentError', 'QueryValidationError']);
    assert.deepEqual(await inner(appQuery(), WORKSPACE), [400, 'BadArgumentError', 'QueryValidationError']);
    assert.deepEqual(
      simulator.requests.map((one) => one.diagnostics.length),
      [1, 1, 0, 0],
    );
  });

  it('follow the credentials, the path and the id', async () => {
    const token = await start({ auth: { kind: 'token', token: 'right' }, ids: ['shop'] });
    const bearer = (value: string) => ({ headers: { ...JSON_HEADERS, Authorization: `Bearer ${value}` } });
    assert.deepEqual(await code(await post(token, appQuery())), [401, 'AuthenticationFailed']);
    assert.deepEqual(await code(await post(token, appQuery(), bearer('wrong'))), [401, 'InvalidAuthenticationToken']);
    assert.deepEqual(await code(await post(token, appQuery(), { ...bearer('right'), path: '/v1/apps/other/query' })), [
      404,
      'ResourceNotFoundError',
    ]);
    assert.deepEqual(await code(await post(token, appQuery(), { ...bearer('right'), path: '/v2/apps/shop/query' })), [
      404,
      'PathNotFoundError',
    ]);
    assert.equal((await post(token, appQuery(), bearer('right'))).status, 200);
    assert.ok(!JSON.stringify(token.requests).includes('right'));
    const key = await start({ auth: { kind: 'key', key: 'k' } });
    assert.equal((await post(key, appQuery(), { headers: { ...JSON_HEADERS, 'x-api-key': 'k' } })).status, 200);
    assert.equal((await post(key, appQuery())).status, 401);
  });

  it('answer nothing without the JSON content type', async () => {
    const simulator = await start();
    const response = await post(simulator, appQuery(), { headers: { 'Content-Type': 'text/plain' } });
    assert.deepEqual([response.status, await response.text()], [200, '']);
  });
});

describe('faults', () => {
  const table: readonly (readonly [Fault, number, RegExp])[] = [
    [{ kind: 'throttle' }, 429, /ThrottledError/],
    [{ kind: 'unavailable' }, 503, /error/],
    [{ kind: 'gatewayTimeout' }, 504, /"GatewayTimeout".*ESOCKETTIMEDOUT/],
    [{ kind: 'partial' }, 200, /"error":\{"code":"PartialError".*E_NETWORK_ERROR/],
    [{ kind: 'partial', reason: 'memory' }, 200, /E_LOW_MEMORY_CONDITION/],
    [{ kind: 'truncate' }, 200, /"error":\{"code":"PartialError".*E_QUERY_RESULT_SET_TOO_LARGE/],
    [{ kind: 'empty' }, 200, /^$/],
    [{ kind: 'noContent' }, 204, /^$/],
    [{ kind: 'notJson' }, 200, /^<html>/],
    [{ kind: 'forbidden' }, 403, /InsufficientAccessError/],
    [{ kind: 'unauthorized' }, 401, /InvalidAuthenticationToken/],
    [{ kind: 'badRequest' }, 400, /SyntaxError/],
    [{ kind: 'noTable' }, 400, /Failed to resolve table or column expression named 'requests'/],
    [{ kind: 'stall', pause: 5, at: 'middle' }, 200, /\]\}\]\}$/],
  ];
  for (const [fault, status, body] of table) {
    it(`strike once: ${JSON.stringify(fault)}`, async () => {
      const simulator = await start();
      const handle = simulator.fault({ ...fault, times: 1 });
      const response = await post(simulator, appQuery());
      assert.equal(response.status, status);
      assert.match(await response.text(), body);
      assert.equal(handle.hits, 1);
      assert.equal(rowsOf(await ask(simulator)).length, REQUESTS.length);
      assert.deepEqual(
        simulator.requests.map((one) => one.fault),
        [fault.kind, undefined],
      );
    });
  }

  it('tell when to come again, in seconds or as a date', async () => {
    const simulator = await start({ now: () => START });
    const after = async (retryAfter: number | 'date') => {
      simulator.fault({ kind: 'throttle', retryAfter, times: 1 });
      return (await post(simulator, appQuery())).headers.get('retry-after');
    };
    assert.equal(await after(3), '3');
    assert.equal(await after('date'), 'Sat, 21 Nov 2026 12:00:01 GMT');
  });

  it('leave out half of the rows', async () => {
    const simulator = await start();
    simulator.fault({ kind: 'truncate' });
    assert.equal(rowsOf(await ask(simulator)).length, Math.floor(REQUESTS.length / 2));
  });

  it('mark an answer as cached', async () => {
    const simulator = await start();
    simulator.fault({ kind: 'cached' });
    const response = await post(simulator, appQuery());
    assert.equal(response.headers.get('age'), '57');
    assert.equal(rowsOf((await response.json()) as Answer).length, REQUESTS.length);
  });

  it('break the connection before an answer, and in the middle of one', async () => {
    const simulator = await start();
    simulator.fault({ kind: 'drop', times: 1 });
    await assert.rejects(post(simulator, appQuery()));
    simulator.fault({ kind: 'drop', at: 'middle', times: 1 });
    const response = await post(simulator, appQuery());
    assert.equal(response.status, 200);
    await assert.rejects(response.text());
    assert.deepEqual(
      simulator.requests.map((one) => [one.status, one.sent]),
      [
        [0, false],
        [200, false],
      ],
    );
  });

  it('keep a client waiting for an answer', async () => {
    const simulator = await start();
    const abort = new AbortController();
    const when = () => {
      setImmediate(() => abort.abort());
      return true;
    };
    simulator.fault({ kind: 'stall', when, times: 1 });
    await assert.rejects(post(simulator, appQuery(), { signal: abort.signal }), /abort/);
    assert.equal(rowsOf(await ask(simulator)).length, REQUESTS.length);
  });

  it('keep a client waiting for the rest of one', async () => {
    const simulator = await start();
    simulator.fault({ kind: 'stall', at: 'middle', times: 1 });
    const abort = new AbortController();
    const reader = (await post(simulator, appQuery(), { signal: abort.signal })).body?.getReader();
    assert.ok((await reader?.read())?.value?.length);
    setImmediate(() => abort.abort());
    await assert.rejects(async () => {
      while (!(await reader?.read())?.done);
    }, /abort/);
    assert.equal(rowsOf(await ask(simulator)).length, REQUESTS.length);
  });

  it('strike by chance, the same each time, and only where they should', async () => {
    const struck = async () => {
      const simulator = await start({ seed: 'x' });
      simulator.fault({ kind: 'unavailable', probability: 0.5, when: ({ parsed }) => parsed?.count !== true });
      const statuses: number[] = [];
      for (let index = 0; index < 20; index++) statuses.push((await post(simulator, appQuery())).status);
      assert.equal((await post(simulator, `${appQuery()} | summarize rows = count()`)).status, 200);
      simulator.clearFaults();
      assert.equal((await post(simulator, appQuery())).status, 200);
      return statuses;
    };
    const first = await struck();
    assert.deepEqual(new Set(first), new Set([200, 503]));
    assert.deepEqual(await struck(), first);
  });
});

describe('the log', () => {
  it('says what was asked and answered', async () => {
    const simulator = await start();
    await ask(simulator, `${appQuery()}`, { headers: { ...JSON_HEADERS, Prefer: 'wait=60' } });
    const [entry] = simulator.requests;
    assert.ok(entry);
    const { at: _, headers, parsed, port, ...rest } = entry;
    const [asked, answered] = [
      {
        index: 0,
        method: 'POST',
        path: '/v1/apps/shop/query',
        id: 'shop',
        query: appQuery(),
        timespan: undefined,
        diagnostics: [],
        concurrent: 1,
      },
      { status: 200, rows: REQUESTS.length, incomplete: undefined, fault: undefined, sent: true },
    ];
    assert.deepEqual(rest, { ...asked, ...answered });
    assert.ok(port > 0, 'of the caller');
    assert.equal(headers.prefer, 'wait=60');
    assert.equal(parsed?.start, FROM);
  });
});

describe('the command', () => {
  it('says where it listens, and answers there', async () => {
    const child = spawn(process.execPath, [
      fileURLToPath(new URL('../../local/simulator/main.ts', import.meta.url)),
      '--port',
      '0',
      '--app',
      'kiosk',
    ]);
    try {
      const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
      assert.match(line, /^http:\/\/127\.0\.0\.1:\d+$/);
      const query = `${appQuery('2020-01-01T00:00:00Z', '2020-01-01T01:00:00Z')} | summarize rows = count()`;
      const response = await fetch(`${line}/v1/apps/kiosk/query`, {
        method: 'POST',
        headers: JSON_HEADERS,
        body: JSON.stringify({ query }),
      });
      assert.ok(Number(rowsOf((await response.json()) as Answer)[0]?.[0]) > 100);
    } finally {
      child.kill();
    }
  });
});
