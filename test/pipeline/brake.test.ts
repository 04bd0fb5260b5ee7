import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBrake } from '../../shared/pipeline/outage/brake.ts';

/** Seconds at which calls began that end so, each at once. */
async function beginnings(outcomes: string): Promise<number[]> {
  let now = 0;
  const sleep = async (ms: number) => {
    now += ms;
  };
  const brake = createBrake({ now: () => now, sleep, random: () => 0.5 });
  const begun: number[] = [];
  for (const outcome of outcomes) {
    await brake.wait();
    begun.push(now / 1000);
    brake.told(outcome === 'f' ? 'failed' : outcome === 'd' ? 'well' : undefined);
  }
  return begun;
}

test('calls that fail in a row come ever slower, half a minute apart at most; those that work end that', async () => {
  const rows: [string, number[]][] = [
    ['dddd', [0, 0, 0, 0]],
    ['fdfd', [0, 0, 0, 0]],
    ['fffffff', [0, 0, 5, 15, 35, 65, 95]],
    ['fffdff', [0, 0, 5, 15, 15, 20]],
    // Those that work take half of it each.
    ['ffffffdddd', [0, 0, 5, 15, 35, 65, 95, 105, 105, 105]],
    // What did nothing says nothing.
    ['ff-f', [0, 0, 5, 5]],
  ];
  for (const [outcomes, expected] of rows) assert.deepEqual(await beginnings(outcomes), expected, outcomes);
});
