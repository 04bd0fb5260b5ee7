import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Answer, secondPhase } from '../../infra/secondPhase.ts';
import { templateOf } from './snapshots.ts';

const outputs = {
  AZURE_RESOURCE_GROUP: 'group',
  functionApp: 'app',
  hostAccount: 'host',
  eventsNeeded: 'true',
  eventsAccountId: '/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/exports',
  eventsContainer: 'exports',
  eventsPrefix: '',
};

/** Runs the second phase against an Azure CLI that answers as it is told, the last answer for good. */
async function played(
  env: Record<string, string>,
  keys: readonly Answer[],
  deployments: readonly Answer[],
  group?: string,
) {
  const calls: string[][] = [];
  const waits: number[] = [];
  const [keysLeft, deploymentsLeft] = [[...keys], [...deployments]];
  const next = (left: Answer[]): Answer =>
    (left.length > 1 ? left.shift() : left[0]) ?? { ok: false, text: 'unexpected' };
  const az = (args: readonly string[]) => {
    calls.push([...args]);
    if (args.includes('show')) return shown;
    return next(args[0] === 'functionapp' ? keysLeft : deploymentsLeft);
  };
  const sleep = async (ms: number) => void waits.push(ms);
  const outcome = await secondPhase({ group, env, az, sleep, say: () => {} }).then(
    () => 'done',
    (error: Error) => error.message,
  );
  return { calls, waits, outcome };
}

/** What `az deployment group show --query properties.outputs` prints. */
const shown = {
  ok: true,
  text: JSON.stringify(
    Object.fromEntries(
      Object.entries(outputs).map(([name, value]) => [name, { type: 'String', value: value === 'true' || value }]),
    ),
  ),
};
const key = { ok: true, text: '88' };
const fine = { ok: true, text: '' };

test('nothing is done where events are not needed', async () => {
  const { calls, outcome } = await played({ ...outputs, eventsNeeded: 'false' }, [key], [fine]);
  assert.deepEqual([calls, outcome], [[], 'done']);
});

test('it waits for the key of the blob trigger, then deploys with the outputs of the first phase', async () => {
  const { calls, waits, outcome } = await played(
    outputs,
    [{ ok: false, text: 'ServiceUnavailable' }, { ok: true, text: '' }, key],
    [fine],
  );
  assert.equal(outcome, 'done');
  assert.deepEqual([calls.filter(([command]) => command === 'functionapp').length, waits.length], [3, 2]);
  const given = (calls.at(-1) ?? []).filter((word) => /^\w+=/.test(word)).map((word) => word.split('=')[0] ?? '');
  const { parameters } = templateOf('events');
  assert.deepEqual(
    given.filter((name) => !(name in parameters)),
    [],
  );
  assert.deepEqual(
    Object.entries(parameters).filter(
      ([name, { defaultValue }]) => defaultValue === undefined && !given.includes(name),
    ),
    [],
  );
});

test('by hand the outputs come from the deployment', async () => {
  const { calls, outcome } = await played({}, [key], [fine], 'mine');
  assert.equal(outcome, 'done');
  assert.deepEqual(
    calls.map((args) => args.filter((_, index) => args[index - 1] === '--resource-group')),
    [['mine'], ['mine'], ['mine']],
  );
  assert.ok(calls.at(-1)?.includes(`exportAccountId=${outputs.eventsAccountId}`));
});

test('the names that it reads are outputs of main.bicep', () => {
  const known = Object.keys(templateOf('main').outputs);
  assert.deepEqual(
    Object.keys(outputs).filter((name) => name !== 'AZURE_RESOURCE_GROUP' && !known.includes(name)),
    [],
  );
});

test('a deployment that fails at first, as a role is not there yet, is repeated', async () => {
  const { outcome, calls } = await played(outputs, [key], [{ ok: false, text: 'Forbidden' }, fine]);
  assert.deepEqual([outcome, calls.length], ['done', 3]);
});

test('what never works ends with a line that says what to do', async () => {
  const noKey = await played(outputs, [{ ok: false, text: 'host down' }], [fine]);
  assert.match(
    noKey.outcome,
    /^events of app: the app has no key for its blob trigger; see that transformBlob .*: host down$/,
  );
  const refused = await played(outputs, [key], [{ ok: false, text: 'denied' }]);
  assert.match(refused.outcome, /denied; mend it and repeat: npm run events/);
  const missing = await played({ ...outputs, hostAccount: '' }, [key], [fine]);
  assert.match(missing.outcome, /hostAccount is not set/);
});
