/**
 * An identity that is missing or refused, in the app's worker: the call of a function names the client id that was
 * used, the very setting that it came from and what the endpoint said, and not the secret of the endpoint.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { after, before, test } from 'node:test';
import { type Scene, startScene } from './scene.ts';
import { startWorker, type Worker } from './worker.ts';

const SECRET = 'the-header/of+the-endpoint';
const [OWN, SHARED] = ['11111111-2222-4333-8444-555555555555', '99999999-2222-4333-8444-555555555555'];
let scene: Scene;
let desk: Server;
let endpoint: Readonly<Record<string, string>> = {};
const workers: Worker[] = [];

before(async () => {
  scene = await startScene({ hours: 1, from: 9, signals: 'requests' });
  assert.equal((await scene.call('planWindows')).error, '');
  desk = createServer((request, response) => {
    const message = `Identity not found, secret=${request.headers['x-identity-header']}`;
    response.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify({ statusCode: 400, message }));
  });
  await once(desk.listen(0, '127.0.0.1'), 'listening');
  const address = desk.address();
  const port = typeof address === 'object' ? address?.port : 0;
  endpoint = { IDENTITY_ENDPOINT: `http://127.0.0.1:${port}/msi/token`, IDENTITY_HEADER: SECRET };
});
after(async () => {
  for (const worker of workers) await worker.kill();
  desk?.closeAllConnections();
  desk?.close();
  await scene?.close();
});

const state = { AzureWebJobsStorage: '', AzureWebJobsStorage__accountName: 'shopstate' };
const lake = { LAKE_CONNECTION_STRING: '', LAKE_ACCOUNT_URL: 'https://shoplake.blob.core.windows.net' };
const refused = (clientId: string, setting: string) =>
  new RegExp(
    `answered 400: Identity not found, secret=.{0,12}; the identity with the client id ${clientId} \\(${setting}\\)`,
  );

const rows: readonly (readonly [
  what: string,
  changes: Readonly<Record<string, string>>,
  hasDesk: boolean,
  told: RegExp,
])[] = [
  [
    'none, for the state',
    state,
    false,
    /the system-assigned identity \(AzureWebJobsStorage__clientId or AZURE_CLIENT_ID names no other\)/,
  ],
  [
    'the state’s own',
    { ...state, AzureWebJobsStorage__clientId: OWN, AZURE_CLIENT_ID: SHARED },
    true,
    refused(OWN, 'AzureWebJobsStorage__clientId'),
  ],
  ['the state’s, by the one for all', { ...state, AZURE_CLIENT_ID: SHARED }, true, refused(SHARED, 'AZURE_CLIENT_ID')],
  ['the lake’s own', { ...lake, LAKE_CLIENT_ID: OWN, AZURE_CLIENT_ID: SHARED }, true, refused(OWN, 'LAKE_CLIENT_ID')],
  ['the lake’s, by the one for all', { ...lake, AZURE_CLIENT_ID: SHARED }, true, refused(SHARED, 'AZURE_CLIENT_ID')],
];
for (const [what, changes, hasDesk, told] of rows)
  test(`${what}: the call names it`, async () => {
    // Nobody gives tokens, nor is anybody beyond this machine asked for them.
    const nobody = { AZURE_POD_IDENTITY_AUTHORITY_HOST: 'http://127.0.0.1:1' };
    const env = { ...scene.env, ...changes, ...(hasDesk ? endpoint : nobody), PATH: '/nowhere' };
    const worker = await startWorker(env);
    workers.push(worker);
    const { error, logs } = await scene.call('planWindows', '', worker);
    const said = [error, ...logs].join('\n');
    assert.match(said, told);
    assert.ok(!said.includes(SECRET) && !said.includes(encodeURIComponent(SECRET)), said);
  });
