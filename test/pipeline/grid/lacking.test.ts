import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LedgerEntry } from '../../../shared/model.ts';
import { plannedEntry } from '../../../shared/pipeline/entry.ts';
import { lackingTiles } from '../../../shared/pipeline/grid/grid.ts';
import { createMemoryLedger } from '../../../shared/state/ledger-memory.ts';

const feed = { app: 'shop', signal: 'traces', source: 'query' } as const;
const minutes = 5 * 60_000;
const begin = Date.UTC(2025, 0, 1);

test('what a feed of many windows lacks is found with a few looks at each', async () => {
  const count = 5_000;
  let looks = 0;
  const ledger = {
    ...createMemoryLedger(),
    async *list(): AsyncGenerator<LedgerEntry> {
      for (let n = 0; n < count; n++) {
        if (n % 1_000 === 7) continue;
        const window = {
          ...feed,
          end: begin + (n + 1) * minutes,
          get start() {
            looks += 1;
            return begin + n * minutes;
          },
        };
        yield { ...plannedEntry({ ...window, start: 0 }), window };
      }
    },
  };
  const lacking = await lackingTiles(feed, { start: begin, end: begin + count * minutes }, minutes, undefined, ledger);
  assert.deepEqual(
    lacking.map(({ start, end }) => [(start - begin) / minutes, (end - start) / minutes]),
    [7, 1_007, 2_007, 3_007, 4_007].map((n) => [n, 1]),
  );
  assert.ok(looks < count * 50, `${looks} looks at ${count} windows`);
});
