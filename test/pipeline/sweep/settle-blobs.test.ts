import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settleBlobs } from '../../../shared/pipeline/sweep/settle-blobs.ts';
import { sweepBlobs } from '../../../shared/pipeline/sweep/sweep.ts';
import { blobName, exportStore, exportsWorld, hour, never } from '../exports-world.ts';

const start = Date.UTC(2026, 0, 31, 12);
const name = '_insights-lake/settled/app=shop/requests-continuous.json';

async function world() {
  const exports = exportStore();
  const here = await exportsWorld({ stores: { exports }, start, lookback: 10 * hour });
  const ports = { ...here.ports, settledIn: here.lake };
  const sweep = () => sweepBlobs(ports, never);
  const through = (): number => {
    const text = here.lake.contents()[name];
    return text === undefined ? 0 : (Date.parse(JSON.parse(text).settledThrough) - start) / hour;
  };
  const write = (n: number, part = 0) =>
    exports.write(blobName.continuous(start + n * hour, 'Requests', part), '{"a":1}\n');
  return { ...here, exports, sweep, through, write };
}

test('windows of blobs settle when a sweep finds them as they are after their folders could last change', async () => {
  const here = await world();
  try {
    for (const n of [0, 1, 2]) await here.write(n);
    here.clock.advance(2 * hour);
    await here.sweep();
    await here.settle();
    assert.equal(here.through(), 0, 'too young');
    here.clock.advance(start + 12.5 * hour - here.clock.now());
    await here.sweep();
    assert.equal(here.through(), 2, 'ten hours after the end of the second');
    const told = JSON.parse(here.lake.contents()[name] ?? '');
    assert.deepEqual([told.app, told.signal, told.source], ['shop', 'requests', 'continuous']);
    const reached = await Array.fromAsync(here.ledger.reached());
    assert.equal(reached.find(({ feed }) => feed.source === 'continuous')?.settled, start + 2 * hour, 'for the status');
    // A blob that comes at the last moment: its window is not settled before it has run.
    await here.write(2, 1);
    here.clock.advance(start + 14.5 * hour - here.clock.now());
    assert.equal((await here.sweep()).enqueued, 1);
    assert.equal(here.through(), 2);
    await here.settle();
    here.clock.advance(start + 20.5 * hour - here.clock.now());
    await here.sweep();
    assert.equal(here.through(), 10, 'hours without folders had no telemetry');
  } finally {
    await here.close();
  }
});

test('it never goes back; what no sweep saw in time holds it back unless its run began late enough', async () => {
  const here = await world();
  try {
    for (const n of [0, 1, 2]) await here.write(n);
    here.clock.advance(2 * hour);
    await here.sweep();
    await here.settle();
    const ports = { ledger: here.ledger, lake: here.lake, lookback: 10 * hour };
    const began = start + 20 * hour;
    const later = { start: start + 2 * hour, end: began };
    await settleBlobs({ began, range: later }, () => true, ports);
    assert.equal(here.through(), 0, 'the first two were read in time, and no sweep has seen them since');
    await settleBlobs({ began, range: { start: start - hour, end: began } }, () => true, ports);
    assert.equal(here.through(), 10);
    await settleBlobs({ began: began - 3 * hour, range: { start: start - hour, end: began } }, () => true, ports);
    assert.equal(here.through(), 10);
  } finally {
    await here.close();
  }
});

test('a sweep with errors settles nothing; the file of the query API keeps its name', async () => {
  const here = await world();
  try {
    await here.write(0);
    await here.sweep();
    await here.settle();
    here.clock.advance(24 * hour);
    const broken = {
      ...here.ports,
      settledIn: here.lake,
      sightings: {
        sightings: async function* (
          _request: unknown,
          _cut: unknown,
          _abort: unknown,
          note: (odd: { readonly kind: 'failed'; readonly what: string }) => void,
        ) {
          note({ kind: 'failed', what: '403' });
          yield* [];
        },
      },
    } as typeof here.ports;
    await sweepBlobs(broken, never);
    assert.equal(here.through(), 0);
  } finally {
    await here.close();
  }
});
