/**
 * A few of the conditions of docs/operations.md, which conditions-main.ts measures all: none makes more than 120 calls
 * a minute, and some minutes after it all rows are there once, of a backfill as well as of its live windows.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startAzurite } from '../../local/azurite.ts';
import { struckConnections } from '../front/connections.ts';
import { startTokenEndpoint } from '../front/token-endpoint.ts';
import { conditions } from './conditions.ts';
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
    // What was in nobody's hands any more goes out with the planner's next tick, five minutes later at most.
    assert.ok(healed !== undefined && healed <= 8 * minute, `whole after ${healed} ms: ${errors.join('\n')}`);
  });

test('at the end', async () => {
  tokens.close();
  await azurite.close();
});
