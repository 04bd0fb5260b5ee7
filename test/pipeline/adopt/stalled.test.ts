import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMemoryStore } from '../../../shared/lake/store-memory.ts';
import { createMemoryLedger } from '../../../shared/state/ledger-memory.ts';
import { begun, copyOfLake, copyOfLedger, day, hour, type Ledger, type Row, worldOn } from './damaged-world.ts';

/**
 * A run stalls at any of its calls, the ledger is restored from a copy that is too young to be told, or lost and
 * adopted; the window runs again, under the same revision, and then the stalled one goes on.
 */
const settings = { size: day, format: 'csv', partition: 'hour', delta: false } as const;
const rows = (...ids: readonly string[]): Row[] => ids.map((id, n) => ({ id, at: begun + 3 * hour + n * hour }));

async function tryAt(call: number, restored: boolean): Promise<boolean> {
  const lake = await copyOfLake(createMemoryStore());
  let ledger: Ledger = createMemoryLedger();
  const time = { now: begun + day + 1 };
  const truth = { rows: rows('a', 'b') as readonly Row[] };
  const first = worldOn({ lake, ledger }, truth, time, settings);
  await first.meet();
  await first.plan();
  await first.deliver();
  truth.rows = rows('a', 'b', 'c');
  time.now += hour;
  await first.audit();
  const copy = await copyOfLedger(ledger);
  const { promise, resolve: wake } = Promise.withResolvers<void>();
  const stalled = first.stallAt(call, promise, { rows: truth.rows });
  const isStalled = await stalled.reached;
  // Longer than its lease.
  time.now += 2 * hour;
  ledger = restored ? copy : createMemoryLedger();
  truth.rows = rows('a', 'd', 'e', 'f');
  const next = worldOn({ lake, ledger }, truth, time, settings);
  // The stalled run's process goes on with the table as it is now.
  stalled.lives(ledger);
  if (!restored) await next.adopt();
  for (let n = 0; n < 3; n++) {
    time.now += hour;
    await next.plan();
    await next.deliver();
    await next.audit();
    await next.deliver();
  }
  assert.deepEqual(await next.seen(), ['a', 'd', 'e', 'f'], `before it goes on, stalled at ${call}`);
  wake();
  await stalled.ended;
  assert.deepEqual(await next.seen(), ['a', 'd', 'e', 'f'], `stalled at ${call}`);
  return isStalled;
}

for (const restored of [true, false])
  test(`a run stalls, the ledger ${restored ? 'is restored' : 'is lost and adopted'}: nothing changes`, async () => {
    let call = 0;
    while (await tryAt(call, restored)) call++;
    assert.ok(call > 5, `${call} calls`);
  });
