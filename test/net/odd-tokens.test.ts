/** Whatever is said in place of a token: a sign-in that fails soon, says what was answered, and keeps its secret. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createIdentity } from '../../shared/net/identity.ts';
import { createLimitedHttp } from '../../shared/net/limited-http.ts';
import { letTimePass } from '../front/clients.ts';
import { oddAnswers } from '../front/odd-answers.ts';
import { answer, saying, startOddServer, trickling } from '../front/odd-server.ts';

const odd = await startOddServer();
const other = await startOddServer();
const stopTime = letTimePass(odd);
after(async () => {
  await stopTime();
  odd.close();
  other.close();
});
// No az, and nobody else to be asked.
Object.assign(process.env, {
  ...{ IDENTITY_ENDPOINT: `http://127.0.0.1:${odd.port}/msi/token`, IDENTITY_HEADER: 'SECRET', PATH: '' },
});

const bodies: Readonly<Record<string, string>> = {
  'no token': '{}',
  'an empty token': '{"access_token":"","expires_on":"9999999999","token_type":"Bearer"}',
  'an error with status 200': '{"error":"invalid_request","error_description":"Identity not found"}',
  'a list': '[]',
  'a text': '"t"',
  'no object': 'null',
};
const moved = { location: `http://127.0.0.1:${other.port}/` };
const own = [
  ...Object.entries(bodies).map(([name, body]) => ({ name, says: saying(() => answer('200 OK', {}, body)) })),
  ...['301 Moved', '302 Found', '307 Moved'].map((status) => ({
    name: `${status}: elsewhere`,
    says: saying(() => answer(status, moved, '')),
  })),
];

for (const [n, { name, says }] of [...own, ...oddAnswers].entries())
  test(name, async () => {
    odd.says = says;
    [odd.asked, other.asked] = [0, 0];
    const began = Date.now();
    const identity = { clientId: '', setting: 'LAKE_CLIENT_ID' };
    const given = { identity, authorityHost: undefined, http: createLimitedHttp(), now: Date.now };
    // The library keeps what it was told of a scope.
    const asked = createIdentity(given).getToken(`https://storage${n}.azure.com/.default`);
    const told = await asked.then(JSON.stringify, (error: Error) => error);
    assert.ok(told instanceof Error, String(told));
    assert.match(told.message, /no sign-in worked: .*127\.0\.0\.1.* (answered|does not answer).*; |expiresOn/);
    assert.doesNotMatch(told.message, /[<\n]|undefined|SECRET|\[object/);
    const took = (Date.now() - began) / 1000;
    assert.ok(odd.asked <= 7 && took <= 60, `${odd.asked} calls, ${took} s`);
    assert.equal(other.asked, 0, 'the secret goes nowhere else');
  });

test('503 with words that never end: what was answered is told, and soon', async () => {
  const head = 'HTTP/1.1 503 Away\r\ntransfer-encoding: chunked\r\n\r\n';
  odd.says = trickling(() => head, 999, 1_000, `400\r\n${' '.repeat(1024)}\r\n`);
  const began = Date.now();
  const identity = { clientId: '', setting: 'LAKE_CLIENT_ID' };
  const given = { identity, authorityHost: undefined, http: createLimitedHttp(), now: Date.now };
  const asked = createIdentity(given).getToken('https://words.azure.com/.default');
  await assert.rejects(asked, /no sign-in worked: .*127\.0\.0\.1.* answered 503; /);
  assert.ok(Date.now() - began <= 60_000, `${Date.now() - began} ms`);
});
