/** A feed's entries and progress are gone; the planner that takes its windows in dies between two writes of them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMemoryStore } from '../../../shared/lake/store-memory.ts';
import { gapsBetween } from '../../../shared/pipeline/audit/gaps.ts';
import { createMemoryLedger } from '../../../shared/state/ledger-memory.ts';
import { begun, copyOfLake, copyOfLedger, day, feed, hour, type Settings, worldOn } from './damaged-world.ts';

const days = 4;
const rows = Array.from({ length: days * 24 }, (_, n) => ({ id: `h${n}`, at: begun + n * hour }));
const settings: Settings = { size: hour, format: 'csv', partition: 'hour', delta: false };

test('what no file tells of is read, and what files tell of is in the ledger, wherever the planner died', async () => {
  const held = { lake: await copyOfLake(createMemoryStore()), ledger: createMemoryLedger() };
  const time = { now: begun };
  const before = worldOn(held, { rows }, time, settings);
  await before.meet();
  time.now = begun + days * day;
  await before.plan();
  await before.deliver();
  // As if these windows had never run.
  for await (const { name, etag } of held.lake.list('requests/'))
    if (/hour=(05|19)/.test(name)) await held.lake.remove(name, etag);
  let deaths = 0;
  for (let lived = false, call = 0; !lived; call++) {
    const lake = await copyOfLake(held.lake);
    const ledger = await copyOfLedger(held.ledger, () => false, true, false);
    let left = call;
    const plan: typeof ledger.plan = async (...words) => {
      if (left-- <= 0) throw new Error('killed');
      return ledger.plan(...words);
    };
    lived = await worldOn({ lake, ledger: { ...ledger, plan } }, { rows }, { now: time.now + 1 }, settings)
      .plan()
      .then(
        () => true,
        () => false,
      );
    if (!lived) deaths += 1;
    const world = worldOn({ lake, ledger }, { rows }, { now: time.now + hour }, { ...settings, size: 6 * hour });
    for (let n = 0; n < 2; n++) {
      await world.plan();
      await world.deliver();
    }
    assert.deepEqual(await world.seen(), rows.map(({ id }) => id).sort(), `killed at ${call}`);
    const entries = await world.entries();
    assert.deepEqual(gapsBetween(entries), [], `killed at ${call}`);
    assert.equal(entries[0]?.window.start, begun);
    assert.equal((await ledger.progress(feed))?.value.regaining, undefined);
  }
  assert.ok(deaths >= 3, `${deaths} deaths`);
});
