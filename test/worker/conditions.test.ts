/**
 * A few of the conditions of docs/operations.md, which conditions-main.ts measures all: none makes more than 120 calls
 * a minute, and some minutes after it all rows are there once, of a backfill as well as of its live windows.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startAzurite } from '../../local/azurite.ts';
import { struckConnections } from '../front/connections.ts';
import { startTokenEndpoint } from '../front/token-endpoint.ts';
import { type Condition, conditions } from './conditions.ts';
import { virtualTime } from './virtual-time.ts';

const chosen = ['table: 503 ServerBusy', 'queue: 403 AuthorizationPermissionMismatch'];
const minute = 60_000;
const azurite = await startAzurite({ inMemory: true });
const connections = struckConnections();
const { letPass } = virtualTime();
const tokens = await startTokenEndpoint(6 * minute, 'SECRET');
Object.assign(process.env, tokens.env);
const { weather } = await import('./weather.ts');

for (const [n, name] of chosen.entries())
  test(name, async (t) => {
    const condition = conditions.find((each) => each.name === name) ?? assert.fail();
    const scene = { azurite, connections, tokens, letPass, name: `c${n}`, apps: 1, hours: 3 };
    const { worst, healed, errors } = await weather(condition, { ...scene, lasts: 8 * minute, most: 20 * minute });
    t.diagnostic(`${worst} calls in the worst minute, whole after ${(healed ?? 0) / minute} minutes`);
    assert.ok(worst <= 120, `${worst} calls in a minute: ${errors.join('\n')}`);
    assert.ok(healed !== undefined && healed <= 5 * minute, `whole after ${healed} ms: ${errors.join('\n')}`);
  });

test('functionTimeout holds, too, where the table does not answer any more once a run has put its file', async (t) => {
  let isPut = false;
  const fate: Condition['fate'] = ({ service, method, path }) => {
    isPut ||= service === 'blob' && method === 'PUT' && path.startsWith('/lake') && !path.includes('_insights-lake');
    return isPut && service === 'table' ? { never: 'undone' } : undefined;
  };
  const scene = { azurite, connections, tokens, letPass, name: 'limit', apps: 1, hours: 1, timeout: 5 * minute };
  const { longest, healed, errors } = await weather(
    { name: 'table: silent at last', fate },
    // The planner's first tick after it sends again for messages that the queue has given up.
    { ...scene, lasts: 8 * minute, most: 12 * minute },
  );
  assert.ok(isPut && longest <= 5 * minute, `${longest} ms: ${errors.join('\n')}`);
  t.diagnostic(`${longest} ms at most, whole after ${(healed ?? 0) / minute} minutes`);
  assert.ok(healed !== undefined, errors.join('\n'));
});

test('at the end', async () => {
  tokens.close();
  await azurite.close();
});
