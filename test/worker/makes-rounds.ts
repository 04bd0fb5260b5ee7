/** The tests of query APIs of other makes: rows are read, come late, are purged, and what changed runs again. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Signal } from '../../shared/model.ts';
import { type Change, type MakesScene, startMakesScene } from './makes-scene.ts';
import type { Make } from './other-api.ts';

const all = process.env.WORKER_MAKES === 'all';
const signals: readonly Signal[] = all ? ['requests', 'traces', 'customMetrics'] : ['requests'];
const hours = all ? 6 : 4;

/** What happens to the windows of a feed, by their hours. */
const ROUNDS: readonly Readonly<Record<number, Change>>[] = [
  { 0: 'late', 1: 'purged', 2: 'swapped', 3: 'emptied', ...(all && { 5: 'late' }) },
  { 0: 'swapped', 2: 'altered', 3: 'late', ...(all && { 1: 'late', 4: 'purged' }) },
];

export function testMakes(makes: readonly Make[], purged: 'follow' | 'keep'): void {
  let made: MakesScene;
  before(async () => {
    made = await startMakesScene({ makes, signals, hours, purged });
  });
  after(() => made?.close());

  test('the first time all windows are read', async (t) => {
    await made.plan();
    const count = (await made.open()).length;
    assert.equal(count, makes.length * signals.length * hours);
    assert.equal(await made.runOpen(), count);
    t.diagnostic(`${await made.assertSame()} rows, in the ${made.scene.worker.kind}`);
    await made.audit();
    assert.deepEqual(await made.open(), [], 'nothing has changed');
  });

  for (const [n, changes] of ROUNDS.entries())
    test(`late rows and purges, round ${n + 1}: what changed runs again, once`, async (t) => {
      const changed = made.change(changes);
      await made.audit();
      assert.deepEqual(await made.open(), changed);
      assert.equal(await made.runOpen(), changed.length);
      t.diagnostic(`${changed.length} windows, ${await made.assertSame()} rows`);
      await made.audit();
      assert.deepEqual(await made.open(), []);
    });
}
