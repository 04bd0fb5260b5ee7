/**
 * The app with the settings that it has in Azure (azure-addresses.ts), in its worker, before an identity endpoint that
 * answers 404, 429, 500 or never, from some question on until it is lifted; and tokens that are refused once, at
 * storage and at the query API. Tokens live so short that each step of a run asks for one. The call of the function
 * ends within its limits and says why, no secret is in what it says, and in the end the lake is whole.
 * WORKER_TOKENS=all: at every question (the default takes a few).
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { after, before, test } from 'node:test';
import type { Azurite } from '../../local/azurite.ts';
import type { Standins } from './azure-addresses.ts';
import { HOUR, MINUTE, message, START } from './inputs.ts';
import { sasOf } from './sas.ts';
import { type Ended, type Scene, sceneStorage, startScene, until } from './scene.ts';

const all = process.env.WORKER_TOKENS === 'all';
const LIMIT = 20 * MINUTE;
const [SECRET, TOKEN] = ['the-header-of-the-endpoint', 'a-token-of-it'];

type Fate = 404 | 429 | 500 | 'never' | undefined;

/** Gives tokens for a minute, as App Service does and as a virtual machine does. */
interface Desk {
  readonly url: string;
  asked: number;
  fate: ((number: number) => Fate) | undefined;
  close(): void;
}

async function startDesk(now: () => number): Promise<Desk> {
  const server: Server = createServer((request, response) => {
    const number = ++desk.asked;
    const fate = desk.fate?.(number);
    if (fate === 'never') return;
    const resource = new URL(request.url ?? '', 'http://desk').searchParams.get('resource');
    const expires = Math.floor(now() / 1000) + 60;
    const token = { access_token: `${TOKEN}-${number}`, expires_on: String(expires), expires_in: '60' };
    const body = fate === undefined ? { ...token, resource, token_type: 'Bearer' } : { error: 'not_now' };
    response.writeHead(fate ?? 200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  const desk: Desk = {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
    asked: 0,
    fate: undefined,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
  return desk;
}

/** Where a process finds the endpoint of its identity. */
const FORMS = {
  'App Service': (url: string) => ({ IDENTITY_ENDPOINT: `${url}/msi/token`, IDENTITY_HEADER: SECRET }),
  IMDS: (url: string) => ({ AZURE_POD_IDENTITY_AUTHORITY_HOST: url }),
};

/** The settings of an app in Azure that has no secret. */
function azureSettings(
  form: keyof typeof FORMS,
  desk: Desk,
  { azurite, front, simulator }: Pick<Scene, 'azurite' | 'front' | 'simulator'>,
) {
  const standins: Standins = { ...front.urls, io: simulator.url, sas: sasOf(azurite) };
  const preloads = ['fast-clock.ts', 'azure-addresses.ts'].map(
    (name) => `--import=${import.meta.resolve(`./${name}`)}`,
  );
  return {
    ...{ AzureWebJobsStorage: '', LAKE_CONNECTION_STRING: '', QUERY_ENDPOINT: '' },
    AzureWebJobsStorage__accountName: azurite.account,
    AzureWebJobsStorage__credential: 'managedidentity',
    LAKE_ACCOUNT_URL: `https://${azurite.account}.blob.core.windows.net`,
    AZURE_STANDINS: JSON.stringify(standins),
    NODE_OPTIONS: preloads.join(' '),
    ...FORMS[form](desk.url),
    // No other way to sign in.
    PATH: '/nowhere',
    ...{ LEASE: '1m', AzureFunctionsJobHost__functionTimeout: '00:10:00' },
  };
}

const scenes = new Map<string, Promise<readonly [Scene, Desk]>>();
let storage: Azurite;
before(async () => {
  storage = await sceneStorage();
});
after(async () => {
  for (const made of scenes.values()) {
    const [scene, desk] = await made;
    await scene.close();
    desk.close();
  }
  await storage?.close();
});

async function sceneOf(form: keyof typeof FORMS): Promise<readonly [Scene, Desk]> {
  const start = async () => {
    const desk = await startDesk(Date.now);
    const settings = (made: Parameters<typeof azureSettings>[2]) => azureSettings(form, desk, made);
    const name = form.toLowerCase().replace(/\W/g, '');
    const hours = all ? 120 : 24;
    const scene = await startScene({ hours, signals: 'requests', azurite: storage, name, settings });
    for (let tick = 0; tick < 3; tick++) assert.equal((await scene.call('planWindows')).error, '');
    return [scene, desk] as const;
  };
  const made = scenes.get(form) ?? start();
  scenes.set(form, made);
  return made;
}

let taken = 8;
/** Hours of the day, which have rows. */
const nextHour = (): number => {
  taken = taken % 24 === 22 ? taken + 11 : taken + 1;
  return taken;
};

function assertEnded(what: string, { took, error, logs }: Ended): void {
  assert.ok(took <= LIMIT, `${what}: ${Math.round(took / 1000)} s`);
  const said = `${error}\n${logs.join('\n')}`;
  assert.doesNotMatch(said, new RegExp(`${SECRET}|${TOKEN}|\\[object|: undefined`), what);
  if (error !== '')
    assert.match(error, /no sign-in worked: .*(answered \d+|no answer|does not answer)|\(NoAnswer\)|401/s, what);
}

async function untilDone(scene: Scene, text: string): Promise<void> {
  let last: Ended | undefined;
  const done = async () => {
    last = await scene.call('runWindow', text);
    return last.error === '' && /"state":"(done|unchanged)"/.test(last.logs.join('\n'));
  };
  assert.notEqual(await until(done, 30 * MINUTE), undefined, JSON.stringify(last));
}

const fates: readonly Fate[] = all ? [404, 429, 500, 'never'] : [404];
for (const form of (all ? Object.keys(FORMS) : ['App Service']) as (keyof typeof FORMS)[])
  for (const fate of fates)
    test(`${form}: ${fate} from some question on, until it is lifted`, async (t) => {
      const [scene, desk] = await sceneOf(form);
      let [steps, longest] = [0, 0];
      for (let [k, isStruck] = [1, true]; isStruck && k <= (all ? 12 : 1); k++) {
        const text = message(nextHour());
        const since = desk.asked;
        desk.fate = (number) => (number - since >= k ? fate : undefined);
        const ended = await scene.call('runWindow', text);
        isStruck = desk.asked - since >= k;
        assertEnded(`${form}, ${fate}, question ${k}`, ended);
        desk.fate = undefined;
        [steps, longest] = [steps + (isStruck ? 1 : 0), Math.max(longest, ended.took)];
        await untilDone(scene, text);
      }
      t.diagnostic(`${steps} steps, the longest ${Math.round(longest / 1000)} s, in the ${scene.worker.kind}`);
      assert.ok(steps > 0);
    });

test('a token that is refused once, at each call to storage: the run is done by the next one', async (t) => {
  const [scene] = await sceneOf('App Service');
  const refuse = { status: 401, code: 'InvalidAuthenticationInfo' };
  let steps = 0;
  for (let [k, isStruck] = [1, true]; isStruck && k <= 30; k++) {
    const text = message(nextHour());
    let met = 0;
    scene.front.fate = () => (++met === k ? { refuse } : undefined);
    const ended = await scene.call('runWindow', text);
    isStruck = met >= k;
    scene.front.fate = undefined;
    assertEnded(`refused at call ${k}`, ended);
    assert.equal(ended.error, '', `refused at call ${k}`);
    assert.match(ended.logs.join('\n'), /"state":"done"/);
    steps += isStruck ? 1 : 0;
  }
  t.diagnostic(`${steps} calls`);
  assert.ok(steps > 1);
});

test('a token that the query API refuses once costs nothing', async () => {
  const [scene] = await sceneOf('App Service');
  const fault = scene.simulator.fault({ kind: 'unauthorized', times: 1 });
  const { error, logs } = await scene.call('runWindow', message(nextHour()));
  fault.remove();
  assert.equal(error, '');
  assert.match(logs.join('\n'), /"state":"done"/);
  assert.equal(fault.hits, 1);
});

test('in the end the lake is whole', async () => {
  for (const made of scenes.values()) {
    const [scene] = await made;
    const open = async () => (await scene.entries()).filter(({ state }) => state !== 'done');
    for (const { window } of await open()) await untilDone(scene, message((window.start - START) / HOUR));
    await scene.assertWhole();
    assert.deepEqual(
      (await scene.entries()).filter(({ leaseUntil }) => leaseUntil !== 0),
      [],
    );
  }
});
