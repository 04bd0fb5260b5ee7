import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { after, before, describe, test } from 'node:test';
import type { AccessToken, TokenCredential } from '@azure/core-auth';
import { createPipelineRequest, type HttpClient } from '@azure/core-rest-pipeline';
import { authorityOf, createIdentity, listening } from '../../shared/net/identity.ts';
import { createLimitedHttp } from '../../shared/net/limited-http.ts';
import { signInText } from '../../shared/net/sign-in.ts';
import { tellWaits, whileWaiting } from '../../shared/net/waits.ts';

const noHttp: HttpClient = { sendRequest: () => Promise.reject(new Error('not asked')) };
const limits = { token: 100, failure: 1_000, silence: 50 };
const named = { clientId: 'cid', setting: 'LAKE_CLIENT_ID' };
const token: AccessToken = { token: 't', expiresOnTimestamp: 9e15 };
const scope = 'https://storage.azure.com/.default';

function identityOf(inner: TokenCredential, now: () => number = () => 0) {
  return createIdentity({ identity: named, authorityHost: undefined, http: noHttp, now }, limits, inner);
}

describe('a token that does not come', () => {
  test('has an end, for all who wait, and the failure is believed for a while', async () => {
    let [asked, now] = [0, 0];
    const never: TokenCredential = {
      getToken: () =>
        new Promise(() => {
          asked += 1;
        }),
    };
    const identity = identityOf(never, () => now);
    const all = await Promise.allSettled([1, 2, 3].map(() => identity.getToken(scope)));
    for (const each of all)
      assert.match(String(each.status === 'rejected' && each.reason), /no sign-in worked: nothing came/);
    await assert.rejects(identity.getToken(scope), /no sign-in worked/);
    assert.equal(asked, 1, 'one cause is met once');
    now = 1_001;
    await assert.rejects(identity.getToken(scope));
    assert.equal(asked, 2);
  });

  test('who gives up does not take it from the others', async () => {
    let give: (got: AccessToken) => void = () => {};
    const identity = identityOf({ getToken: () => new Promise((resolve) => (give = resolve)) });
    const abort = new AbortController();
    const [one, other] = [identity.getToken(scope, { abortSignal: abort.signal }), identity.getToken(scope)];
    abort.abort();
    await assert.rejects(one, { name: 'AbortError' });
    give(token);
    assert.equal((await other)?.token, 't');
  });

  test('while it is waited for, that is said', async () => {
    const told: string[] = [];
    let twice = (): void => {};
    const toldTwice = new Promise<void>((resolve) => {
      twice = resolve;
    });
    tellWaits((text) => {
      if (told.push(text) === 2) twice();
    });
    // What is told by the way keeps no process alive.
    const alive = setInterval(() => {}, 1_000);
    await whileWaiting('a token', toldTwice, 1, 1);
    clearInterval(alive);
    tellWaits(undefined);
    for (const text of told) assert.match(text, /^waiting for a token, \d+ s so far$/);
  });
});

describe('a sign-in that fails says which ways were tried, what was answered and what to do', () => {
  const chain = (...messages: string[]) =>
    Object.assign(new Error('ChainedTokenCredential authentication failed.'), {
      errors: messages.map((message) => Object.assign(new Error(message), { name: 'CredentialUnavailableError' })),
    });
  const unset = [
    'EnvironmentCredential is unavailable. No underlying credential could be used. To troubleshoot, visit ' +
      'https://aka.ms/a.',
    'Visual Studio Code Authentication is not available. Ensure you have have Azure Resources Extension installed.',
    'Azure CLI could not be found. Please visit https://aka.ms/azure-cli',
    'Error: Unable to execute PowerShell. Ensure that it is installed in your system.',
    "Azure Developer CLI couldn't be found. To mitigate this issue, see",
  ];
  const rows: [string, unknown, string, RegExp][] = [
    [
      'nothing is set up',
      chain(...unset),
      '',
      /there is no identity \(the identity with the client id cid .*; give the app an identity.*az login/,
    ],
    [
      'a second factor',
      chain(
        ...unset,
        'AzureCliCredential: AADSTS50076: Due to a configuration change you must use multi-factor ' +
          'authentication.\nTrace ID: 1',
      ),
      '',
      /AADSTS50076.*; sign in again \(az login\), with the second factor/,
    ],
    [
      'not signed in',
      chain(...unset, "Please run 'az login' from a command prompt to authenticate."),
      '',
      /; sign in \(az login\)/,
    ],
    [
      'a wrong client id',
      chain(...unset),
      'http://localhost/token answered 400: No User Assigned Managed Identity found',
      /answered 400.*client id cid \(LAKE_CLIENT_ID\): assign it to the app/,
    ],
    [
      'an endpoint that is busy',
      chain(...unset, 'ManagedIdentityCredential: Network unreachable'),
      'http://localhost/token answered 503: busy',
      /^no sign-in worked: http:\/\/localhost\/token answered 503: busy; the endpoint does not give the identity with the client id cid \(LAKE_CLIENT_ID\) a token now: try again later/,
    ],
  ];
  for (const [name, error, heard, expected] of rows)
    test(name, () => {
      const text = signInText(error, named, heard);
      assert.match(text, expected);
      assert.ok(!text.includes('\n') && !/aka\.ms|Trace ID/.test(text), text);
    });
});

test('the cloud brings its authority', () => {
  const hosts: [string, string | undefined][] = [
    ['https://api.applicationinsights.us/v1', 'https://login.microsoftonline.us'],
    ['https://shop.blob.core.usgovcloudapi.net', 'https://login.microsoftonline.us'],
    ['https://api.applicationinsights.azure.cn/v1', 'https://login.chinacloudapi.cn'],
    ['https://shop.table.core.chinacloudapi.cn', 'https://login.chinacloudapi.cn'],
    ['https://api.applicationinsights.io/v1', undefined],
    ['no address', undefined],
  ];
  for (const [address, authority] of hosts) assert.equal(authorityOf(address), authority, address);
});

describe('a managed identity’s endpoint on this machine', () => {
  let endpoint: Server;
  let proxy: Server;
  let proxied = 0;
  let answer: [number, string] = [400, ''];
  const keys = ['IDENTITY_ENDPOINT', 'IDENTITY_HEADER', 'HTTP_PROXY', 'HTTPS_PROXY', 'AZURE_TOKEN_CREDENTIALS'];
  const before_ = new Map(keys.map((key) => [key, process.env[key]]));
  const listen = (server: Server) =>
    new Promise<number>((resolve) =>
      server.listen(0, '127.0.0.1', () => {
        const address = server.address();
        resolve(typeof address === 'object' ? (address?.port ?? 0) : 0);
      }),
    );
  const real = createLimitedHttp();
  let tries = 0;
  let asked = '';
  let onTry = (): unknown => undefined;
  // One for all tests here: the library keeps the first that it is given.
  const http: HttpClient = {
    sendRequest: async (request) => {
      await onTry();
      tries += 1;
      asked = request.url;
      return real.sendRequest(request);
    },
  };
  const make = () => createIdentity({ identity: named, authorityHost: undefined, http, now: () => 0 });
  before(async () => {
    endpoint = createServer((_, response) =>
      response.writeHead(answer[0], { 'content-type': 'application/json', connection: 'close' }).end(answer[1]),
    );
    proxy = createServer((_, response) => {
      proxied += 1;
      response.writeHead(502).end();
    });
    process.env.IDENTITY_ENDPOINT = `http://127.0.0.1:${await listen(endpoint)}/msi/token`;
    process.env.IDENTITY_HEADER = 'SECRET';
    process.env.HTTP_PROXY = process.env.HTTPS_PROXY = `http://127.0.0.1:${await listen(proxy)}`;
  });
  after(() => {
    for (const [key, value] of before_) {
      if (value === undefined) delete process.env[key];
      else process.env[key] = value;
    }
    endpoint.close();
    proxy.close();
  });

  test('is asked directly, whatever proxy there is; its reason is passed on, its secret is not', async () => {
    answer = [
      400,
      '{"statusCode":400,"message":"No User Assigned or Delegated Managed Identity found for specified ClientId."}',
    ];
    const error: Error = await make()
      .getToken(scope)
      .then(
        () => assert.fail(),
        (caught) => caught,
      );
    assert.match(
      error.message,
      /msi\/token answered 400: No User Assigned .*assign it to the app, or mend the client id/,
    );
    assert.doesNotMatch(error.message, /SECRET|\?/);
    answer = [200, '{"access_token":"t","expires_on":"4102444800","token_type":"Bearer","resource":"x"}'];
    assert.equal((await make().getToken(scope))?.token, 't');
    assert.equal(proxied, 0);
  });

  test('where nobody listens, not six tries in 19 s but four; one that is starting is waited for', async () => {
    const port = Number(new URL(process.env.IDENTITY_ENDPOINT ?? '').port);
    await new Promise((resolve) => endpoint.close(resolve));
    tries = 0;
    await assert.rejects(make().getToken(scope), /msi\/token does not answer \(ECONNREFUSED\); /);
    assert.equal(tries, 4);
    tries = 0;
    onTry = () => tries === 2 && new Promise<void>((resolve) => endpoint.listen(port, '127.0.0.1', resolve));
    assert.equal((await make().getToken('https://other.azure.com/.default'))?.token, 't');
    assert.equal(tries, 3);
  });

  test('one that knows of nothing is asked four times, not six', async () => {
    [tries, answer, onTry] = [0, [404, 'nope'], () => undefined];
    await assert.rejects(
      make().getToken('https://a.azure.com/.default'),
      /msi\/token answered 404: nope; the endpoint does not give .* \(LAKE_CLIENT_ID\) a token now: try again later/,
    );
    assert.equal(tries, 4);
  });

  test('one that fails is asked four times, too', async () => {
    [tries, answer, onTry] = [0, [502, 'Bad Gateway'], () => undefined];
    await assert.rejects(make().getToken('https://b.azure.com/.default'), /answered 502: Bad Gateway; .* try again/);
    assert.equal(tries, 4);
  });

  const ways: [string, RegExp][] = [
    ['ManagedIdentityCredential', /answered 400: none \(AZURE_TOKEN_CREDENTIALS is .*: no other way is tried\); check/],
    ['prod', /answered 400: none \(AZURE_TOKEN_CREDENTIALS is prod: no other way is tried\); check/],
    ['EnvironmentCredential', /: EnvironmentCredential is unavailable.* \(AZURE_TOKEN_CREDENTIALS is .*\); check/],
    ['nonsense', /: Invalid value for AZURE_TOKEN_CREDENTIALS = nonsense.*; mend or unset it$/],
  ];
  for (const [way, told] of ways)
    test(`where ${way} is the only way, its reason is told; it is asked for the client id of the setting`, async () => {
      [answer, asked, onTry] = [[400, '{"message":"none"}'], '', () => undefined];
      process.env.AZURE_TOKEN_CREDENTIALS = way;
      const only = createIdentity({ identity: named, authorityHost: undefined, http, now: () => 0, ways: way });
      delete process.env.AZURE_TOKEN_CREDENTIALS;
      await assert.rejects(only.getToken(`https://${way}.azure.com/.default`), told);
      if (/Managed|prod/.test(way)) assert.match(asked, /client_id=cid/);
    });
});

test('an endpoint of this machine that is silent is given up in the time it has, and not asked again', async () => {
  const silent: HttpClient = { sendRequest: () => new Promise(() => {}) };
  const request = createPipelineRequest({ url: 'http://127.0.0.1:1/msi/token' });
  await assert.rejects(listening(silent, 20).sendRequest(request), { code: 'NoListener' });
});
