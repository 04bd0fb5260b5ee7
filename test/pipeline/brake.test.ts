import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBrake } from '../../shared/pipeline/outage/brake.ts';

/** Seconds at which calls began that end so, each at once. */
async function beginnings(outcomes: string): Promise<number[]> {
  let now = 0;
  const sleep = async (ms: number) => {
    now += ms;
  };
  const brake = createBrake({ now: () => now, sleep });
  const begun: number[] = [];
  for (const outcome of outcomes) {
    const call = async () => {
      begun.push(now / 1000);
      if (outcome === 'x') throw new Error('refused');
      return outcome;
    };
    const told = (how: string) => (how === 'f' ? 'failed' : how === 'd' ? 'well' : undefined);
    await brake(call, told).catch(() => undefined);
  }
  return begun;
}

test('calls that fail in a row come ever slower, fifteen seconds apart at most; one that works ends that', async () => {
  const rows: [string, number[]][] = [
    ['dddd', [0, 0, 0, 0]],
    ['fdfd', [0, 0, 0, 0]],
    ['fffffff', [0, 0, 4, 12, 27, 42, 57]],
    ['fxfdff', [0, 0, 4, 12, 12, 12]],
    // What did nothing says nothing.
    ['ff-f', [0, 0, 4, 8]],
  ];
  for (const [outcomes, expected] of rows) assert.deepEqual(await beginnings(outcomes), expected, outcomes);
});
