import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, test } from 'node:test';
import {
  beginningWithoutSecrets,
  knowSecret,
  knowSecretsOf,
  knowToken,
  withoutSecrets,
} from '../../shared/pure/known-secrets.ts';
import { ownWords } from '../../shared/signals/own-words.ts';

const key = 'Zm9v+YmFy/cXV4==';
const header = 'h3ader-OF+the/endpoint=';
const sig = 'aB3%2Bx%2Fy9%3D';
knowSecretsOf({
  IDENTITY_HEADER: header,
  AzureWebJobsStorage: `DefaultEndpointsProtocol=https;AccountName=shop;AccountKey=${key};EndpointSuffix=core.windows.net`,
  HTTPS_PROXY: 'http://me:pr0xy-word@proxy:3128',
  OWN_SETTING: `https://shop.blob.core.windows.net/raw?sv=2024-01-01&sig=${sig}`,
  AZURE_CLIENT_SECRET: 'c1ient~secret.text',
  SSH_KEY: '/home/me/.ssh/id_ed25519',
  HOME: '/home/me',
  SHORT_KEY: 'abc',
});
knowSecret('eyJ0eXAi.token-of-an-hour.AAAA');

const secrets: readonly (readonly [string, string])[] = [
  ['the header of an identity endpoint', header],
  ['the key of a connection string', key],
  ['the signature of a SAS, as it is in an address', sig],
  ['the signature of a SAS, as it was signed', decodeURIComponent(sig)],
  ['the password of a proxy', 'pr0xy-word'],
  ['the secret of a client', 'c1ient~secret.text'],
  ['a token', 'eyJ0eXAi.token-of-an-hour.AAAA'],
];
const b64 = (text: string) => Buffer.from(text).toString('base64');
const ways: readonly (readonly [string, (secret: string) => string])[] = [
  ['as it is', (secret) => `refused ${secret}, sorry`],
  ['as secret=', (secret) => `secret=${secret}&resource=x`],
  ['in JSON', (secret) => JSON.stringify({ error: { secret } })],
  [
    'in JSON that is careful',
    (secret) =>
      `{"s":"${secret.replace(/[^A-Za-z0-9]/g, (c) => `\\u00${c.charCodeAt(0).toString(16).toUpperCase()}`)}"}`,
  ],
  ['in JSON in JSON', (secret) => JSON.stringify({ body: JSON.stringify({ secret: `/${secret}/` }) })],
  ['in JSON with slashes escaped', (secret) => secret.replaceAll('/', '\\/')],
  ['in an address', (secret) => `https://x/?s=${encodeURIComponent(secret)}#end`],
  ['in an address, small', (secret) => encodeURIComponent(secret).replace(/%../g, (code) => code.toLowerCase())],
  ['in an address in an address', (secret) => encodeURIComponent(encodeURIComponent(secret))],
  ['in base64', (secret) => `x ${b64(secret)} y`],
  ['in base64 with a letter before', (secret) => b64(`:${secret}:`)],
  ['in base64 with two before', (secret) => b64(`a:${secret}`)],
  ['in base64 for addresses', (secret) => Buffer.from(`user:${secret}`).toString('base64url')],
  ['in base64 behind letters', (secret) => `Basic_${b64(secret)}`],
  ['in hex', (secret) => Buffer.from(secret).toString('hex')],
  ['in HTML', (secret) => secret.replace(/[^A-Za-z0-9]/g, (c) => `&#${c.charCodeAt(0)};`)],
];

/** Nothing that can be made back into it. */
function assertGone(text: string, secret: string): void {
  assert.ok(text.includes('[secret]'), text);
  const forms = [secret, encodeURIComponent(secret), b64(secret).slice(0, -4), Buffer.from(secret).toString('hex')];
  for (const form of forms) assert.ok(!text.includes(form), text);
}

for (const [what, secret] of secrets)
  describe(what, () => {
    for (const [how, spell] of ways) test(how, () => assertGone(withoutSecrets(spell(secret)), secret));
  });

test('what is none stays as it is', () => {
  for (const text of [
    'put requests/app=shop/date=2026-01-01/x.parquet in https://shop.blob.core.windows.net/lake: BlobArchived',
    'AccountName=shop;EndpointSuffix=core.windows.net',
    '/home/me/.ssh/id_ed25519 abc',
    'dGhpcyBpcyBub3RoaW5nIHRoYXQgb3BlbnMgYSBkb29y 01234567-89ab-cdef-0123-456789abcdef',
    '',
  ])
    assert.equal(withoutSecrets(text), text);
});

test('of variables of others only what looks like a secret is one; no word of our own', () => {
  const words = {
    ...{
      PARTITION_KEY: 'requests',
      DB_PASSWORD: 'insights',
      CACHE_KEY: 'availabilityResults',
      NPM_TOKEN: 'true-or-false',
    },
    ...{
      SORT_KEY: 'requests,dependencies',
      DB_URL: 'postgres://me:insights@db/x',
      X_HEADERS: 'accept=application/json',
    },
  };
  const secrets = { SHOP_TOKEN: 'b1gg-er8x', LONG_KEY: 'abcdefghijklmnopqrst', QUERY_KEY: 'plainly' };
  knowSecretsOf({ ...words, ...secrets }, ownWords);
  const text = 'requests,dependencies insights-lake availabilityResults true-or-false application/json';
  assert.equal(withoutSecrets(text), text);
  for (const each of Object.values(secrets)) assert.equal(withoutSecrets(`a ${each} b`), 'a [secret] b');
});

test('headers that metrics are sent with: each value, as it is and as it is sent', () => {
  const basic = b64('me:w0rd-of-basic');
  knowSecretsOf(
    {
      OTEL_EXPORTER_OTLP_HEADERS: `api-key=NRAK-ABCDEF0123456789,x-scope=shop,content-type=application/json`,
      OTEL_EXPORTER_OTLP_METRICS_HEADERS: `Authorization=Bearer%20h0ney%2Fcomb, signature=Basic ${basic},x-token=p%40sswOrd`,
    },
    ownWords,
  );
  for (const each of [
    'NRAK-ABCDEF0123456789',
    'h0ney/comb',
    'h0ney%2Fcomb',
    basic,
    'w0rd-of-basic',
    'p@sswOrd',
    'p%40sswOrd',
  ])
    assert.equal(withoutSecrets(`a ${each} b`), 'a [secret] b', each);
  const text = 'x-scope=shop content-type=application/json Bearer';
  assert.equal(withoutSecrets(text), text);
});

test('a long run of backslashes before what a secret begins with', () => {
  const module = import.meta.resolve('../../shared/pure/known-secrets.ts');
  const script = `
    import { knowSecret, withoutSecrets } from ${JSON.stringify(module)};
    knowSecret('/s1ash+first');
    knowSecret(String.raw\`+\\\\p1us/first\`);
    const run = '\\\\'.repeat(300_000);
    const told = withoutSecrets(run + '/s1ash' + '\\\\'.repeat(3) + '+first ' + run + 'u002fs1ash+first');
    console.log(withoutSecrets(run) === run, told, withoutSecrets(JSON.stringify(String.raw\`+\\\\p1us/first\`)));`;
  // Of its square it would take ten minutes; a process can be ended.
  const ran = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8', timeout: 60_000 });
  assert.equal(ran.stdout.trim(), 'true [secret] [secret] "[secret]"', ran.stderr);
});

test('of a text that is too long none of what is cut is shown', () => {
  const word = 'w0rd-that/is+long-enough-to-be-cut-in-two';
  knowSecret(word);
  for (let before = 7900; before < 8000; before++) {
    const told = beginningWithoutSecrets(`${'ab '.repeat(2600).padEnd(before - 1, '.')} ${word} ${'x'.repeat(9000)}`);
    assert.ok(told.length > 7700 && told.length <= 8000, String(told.length));
    assert.ok(!/w0rd/.test(told), told.slice(-60));
  }
  assert.equal(beginningWithoutSecrets('a short one'), 'a short one');
});

test('of tokens the last 50 are known, and what was told before them', () => {
  for (let n = 100; n < 400; n++) knowToken(`token-number-${n}-of-many`);
  assert.equal(withoutSecrets('token-number-399-of-many'), '[secret]');
  assert.equal(withoutSecrets('token-number-349-of-many'), 'token-number-349-of-many');
  assert.equal(withoutSecrets(key), '[secret]');
});
