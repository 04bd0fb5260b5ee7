/** What every Hints must do. Runs on the one in memory and on a queue of Azurite. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Hints, Window } from '../../shared/model.ts';

export interface HintsContract {
  /** Hints that nobody has used, and what is visible of them now, in any order. */
  readonly make: () => Promise<{ hints: Hints; visible: () => Promise<Window[]>; waiting: () => Promise<number> }>;
}

const window = (n: number): Window => ({
  app: 'ü "shop"/1',
  signal: 'requests',
  source: 'query',
  start: Date.UTC(2026, 10, 21, n),
  end: Date.UTC(2026, 10, 21, n + 1) + 1,
});

export function hintsContract(name: string, { make }: HintsContract): void {
  describe(`hints contract: ${name}`, () => {
    test('prepare can be called again', async () => {
      const { hints } = await make();
      await hints.prepare();
      await Promise.all([hints.prepare(), hints.prepare()]);
    });

    test('what is sent arrives, as often as it is sent', async () => {
      const { hints, visible } = await make();
      await hints.prepare();
      for (const n of [0, 1, 1]) await hints.send(window(n), 0);
      const starts = (await visible()).sort((a, b) => a.start - b.start);
      assert.deepEqual(starts, [window(0), window(1), window(1)]);
    });

    test('a delay hides it, however long', async () => {
      const { hints, visible, waiting } = await make();
      await hints.prepare();
      for (const delay of [30_001, 3_600_000, 365 * 86_400_000, Number.MAX_SAFE_INTEGER])
        await hints.send(window(0), delay);
      for (const delay of [0, -5]) await hints.send(window(1), delay);
      assert.deepEqual(await visible(), [window(1), window(1)]);
      assert.equal(await waiting(), 4);
    });
  });
}
