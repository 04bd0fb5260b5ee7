import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { AccessToken } from '@azure/core-auth';
import { createHttpHeaders, createPipelineRequest, type PipelineRequest } from '@azure/core-rest-pipeline';
import { withToken } from '../../shared/net/bearer.ts';

/** A service that takes some tokens, and an identity that gives one after the other, each for ten minutes. */
function world() {
  let now = 0;
  let given = 0;
  const asked: unknown[] = [];
  const sent: string[] = [];
  const [refused, how] = [new Set<string>(), { fails: false, same: false, challenge: '' }];
  return Object.assign(how, {
    ...{ asked, sent, refused },
    pass: (ms: number) => {
      now += ms;
    },
    client: withToken(
      {
        sendRequest: async (request) => {
          const token = (request.headers.get('authorization') ?? '').replace('Bearer ', '');
          sent.push(token);
          const status = refused.has(token) ? 401 : 200;
          return { status, request, headers: createHttpHeaders({ 'www-authenticate': how.challenge }) };
        },
      },
      {
        now: () => now,
        scope: 's',
        credential: {
          getToken: async (_, options): Promise<AccessToken> => {
            asked.push(options);
            if (how.fails) throw new Error('no sign-in worked');
            if (!how.same || given === 0) given += 1;
            return { token: `t${given}`, expiresOnTimestamp: now + 600_000 };
          },
        },
      },
    ),
  });
}
const request = (body?: PipelineRequest['body'], url = 'https://a.test/') =>
  createPipelineRequest({ url, method: 'PUT', ...(body !== undefined && { body }) });

test('a token serves until shortly before its end, and is renewed before that without anybody waiting', async () => {
  const { client, sent, asked, pass } = world();
  await client.sendRequest(request());
  pass(200_000);
  await client.sendRequest(request());
  assert.deepEqual([sent, asked.length], [['t1', 't1'], 1]);
  pass(200_000);
  await client.sendRequest(request());
  await turn();
  await client.sendRequest(request());
  assert.deepEqual([sent.slice(2), asked.length], [['t1', 't2'], 2]);
});

test('a renewal that fails fails no call, and leaves nothing behind; without a token a call says why', async () => {
  const here = world();
  const unhandled: unknown[] = [];
  const hear = (error: unknown) => unhandled.push(error);
  process.on('unhandledRejection', hear);
  await here.client.sendRequest(request());
  here.fails = true;
  here.pass(400_000);
  for (let times = 0; times < 3; times++) {
    assert.equal((await here.client.sendRequest(request())).status, 200);
    await turn();
  }
  here.pass(200_000);
  await assert.rejects(here.client.sendRequest(request()), /no sign-in worked/);
  here.fails = false;
  assert.equal((await here.client.sendRequest(request())).status, 200);
  await turn();
  process.off('unhandledRejection', hear);
  assert.deepEqual(unhandled, []);
  assert.deepEqual(here.sent, ['t1', 't1', 't1', 't1', 't2']);
});

test('a token that is refused is replaced, once, and in the tenant that the refusal names', async () => {
  const here = world();
  here.refused.add('t1');
  here.challenge = 'Bearer authorization_uri=https://login.microsoftonline.com/other/oauth2/authorize resource_id=x';
  assert.equal((await here.client.sendRequest(request('text'))).status, 200);
  assert.deepEqual(here.sent, ['t1', 't2']);
  assert.deepEqual(here.asked.at(-1), { tenantId: 'other' });

  const refusing = world();
  refusing.refused.add('t1').add('t2');
  assert.equal((await refusing.client.sendRequest(request())).status, 401);
  assert.deepEqual(refusing.sent, ['t1', 't2']);

  const same = world();
  same.refused.add('t1');
  same.same = true;
  assert.equal((await same.client.sendRequest(request())).status, 401);
  assert.deepEqual([same.sent, same.asked.length], [['t1'], 3], 'asked for another with claims');

  const stream = world();
  stream.refused.add('t1');
  const body = new ReadableStream();
  assert.equal((await stream.client.sendRequest(request(body))).status, 401, 'a stream is not there any more');
  assert.deepEqual(stream.sent, ['t1']);
});

test('a token never travels in the clear', async () => {
  const { client, sent } = world();
  await assert.rejects(client.sendRequest(request(undefined, 'http://a.test/')), /in the clear; use https/);
  assert.deepEqual(sent, []);
});
