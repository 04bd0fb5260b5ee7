import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AnonymousCredential, ContainerClient } from '@azure/storage-blob';
import { startListing } from '../../local/listing.ts';
import { createContainerStore } from '../../shared/lake/store-container.ts';
import type { Cut, ObjectStore, Oddity, Sighting, SweepRequest } from '../../shared/model.ts';
import { tileRange } from '../../shared/pipeline/grid/tile-range.ts';
import { createSightings } from '../../shared/source/blobs/sightings.ts';
import { createBlobSource } from '../../shared/source/blobs/source.ts';
import { blobName, exportStore, hour, never, signals } from '../pipeline/exports-world.ts';

const day = 24 * hour;
const start = Date.UTC(2026, 0, 1);
const range = (from: number, to: number, more: Partial<SweepRequest> = {}): SweepRequest => ({
  start: from,
  end: to,
  prefix: '',
  app: '',
  ...more,
});
const viewOf = (stores: Readonly<Record<string, ObjectStore>>, more: object = {}) => {
  const containers = Object.entries(stores).map(([container, store]) => ({ store, container }));
  return createSightings({ containers, apps: {}, window: hour, signals, from: undefined, until: undefined, ...more });
};

/** Of a ledger that has nothing yet: hour by hour. */
const hours: Cut = async (_, part) => tileRange(part, hour, []);

async function see(
  view: ReturnType<typeof viewOf>,
  request: SweepRequest,
): Promise<{ seen: Sighting[]; odd: Oddity[] }> {
  const odd: Oddity[] = [];
  return { seen: await Array.fromAsync(view.sightings(request, hours, never, (oddity) => odd.push(oddity))), odd };
}

const blobsIn = (seen: readonly Sighting[]): number => seen.reduce((sum, { blobs }) => sum + blobs, 0);

test('a container of 100,000 blobs: a sweep asks for the days that it needs, and the folders above them', async () => {
  // 250 days of 4 signals; one hour holds 6,000 blobs, more than a page of the service.
  const names: string[] = [];
  for (let at = start; at < start + 250 * day; at += hour)
    for (const type of ['Requests', 'RemoteDependency', 'Messages', 'Event'])
      for (let n = 0; n < (type === 'Requests' ? 9 : 3); n++) names.push(blobName.continuous(at, type, n));
  for (let n = 9; n < 6_000; n++) names.push(blobName.continuous(start + 100 * day, 'Requests', n));
  assert.ok(names.length > 100_000);
  const listing = await startListing(names.sort());
  try {
    const client = new ContainerClient(listing.url, new AnonymousCredential());
    const view = viewOf({ exports: createContainerStore({ client, prefix: '', newId: () => 'id' }) });
    const asked = async (request: SweepRequest) => {
      listing.asked.length = 0;
      const { seen } = await see(view, request);
      return { seen, flat: listing.asked.filter((each) => each.startsWith('flat')), all: listing.asked.length };
    };
    const end = start + 250 * day;
    const { seen, flat, all } = await asked(range(end - 74 * hour, end + hour));
    assert.deepEqual([seen.length, blobsIn(seen)], [4 * 74, 74 * (9 + 3 * 3)]);
    assert.deepEqual(
      [flat.length, all - flat.length],
      [4 * 6, 2],
      'three days and three hours of four signals; the container and the app',
    );
    for (const step of flat) assert.match(step, /\/2026-09-0([567]\/|4\/2[23]\/|8\/00\/)$/);

    const prefix = 'Shop_2b1f0c9d8e7a4b5c9d0e1f2a3b4c5d6e/Requests/';
    const one = await asked(range(start + 100 * day, start + 100 * day + 2 * hour, { prefix }));
    assert.deepEqual(
      one.seen.map(({ blobs }) => blobs),
      [6_000, 9],
    );
    assert.deepEqual([one.flat.length, one.all], [3, 5], 'hour by hour, the first in two pages');

    const events = await asked(range(-Infinity, Infinity, { prefix: prefix.replace('Requests', 'Event') }));
    assert.equal(blobsIn(events.seen), 250 * 24 * 3);
    assert.equal(events.all, 2 + 1 + 250, 'the container, the app, the days of a signal, each of them');

    const oneDay = await asked(range(-Infinity, Infinity, { prefix: `${prefix}2026-03-01/05/` }));
    assert.deepEqual(
      [oneDay.seen.map(({ window }) => window.start), oneDay.all],
      [[Date.UTC(2026, 2, 1, 5)], 2 + 1 + 1],
      'one day alone',
    );

    listing.asked.length = 0;
    const some = view.sightings(range(-Infinity, Infinity), hours, never, () => {})[Symbol.asyncIterator]();
    await some.next();
    await some.return?.();
    assert.ok(listing.asked.length <= 4, 'streamed: what is not asked for is not listed');
  } finally {
    await listing.close();
  }
});

test('the days of an archive are found where there are any, in every layout', async () => {
  const stores = { exports: exportStore(), 'insights-logs-apprequests': exportStore(), 'am-apptraces': exportStore() };
  const times = [Date.UTC(2018, 11, 31, 23), Date.UTC(2020, 1, 29), Date.UTC(2024, 6, 1, 12)];
  for (const at of times) {
    await stores.exports.write(blobName.continuous(at), '{}');
    await stores['insights-logs-apprequests'].write(blobName.diagnostics(at), '{}');
    await stores['am-apptraces'].write(blobName.dataExport(at, '05'), '{}');
  }
  await stores.exports.write('Shop_2b1f0c9d8e7a4b5c9d0e1f2a3b4c5d6e/Requests/readme/x', '');
  const view = viewOf(stores);
  const starts = async (request: SweepRequest) =>
    (await see(view, request)).seen.map(({ window }) => [window.source, window.start]);
  const expected = (of: readonly number[]) =>
    ['continuous', 'diagnostics', 'dataExport'].flatMap((source) => of.map((at) => [source, at]));
  assert.deepEqual(await starts(range(-Infinity, Infinity)), expected(times));
  assert.deepEqual(await starts(range(Date.UTC(2019, 0), Infinity)), expected(times.slice(1)));
  assert.deepEqual(await starts(range(-Infinity, Date.UTC(2020, 1, 29, 1))), expected(times.slice(0, 2)));
  assert.deepEqual(await starts(range(Date.UTC(2020, 1, 29, 1), Date.UTC(2024, 6, 1))), []);
  const limited = viewOf(stores, { from: Date.UTC(2020, 0), until: Date.UTC(2021, 0), signals: ['traces'] });
  assert.deepEqual(
    (await see(limited, range(-Infinity, Infinity))).seen.map(({ window }) => [window.signal, window.start]),
    [['traces', times[1]]],
  );
});

test('a sighting looks like a reading of its window, whatever layout and spelling of folders', async () => {
  const upper = (name: string) => name.replace(/y=.*\//, (time) => time.toUpperCase());
  const stores = { exports: exportStore(), 'insights-logs-apprequests': exportStore() };
  await stores.exports.write(blobName.continuous(start, 'Rdd'), '{"a":1}');
  await stores.exports.write(blobName.continuous(start, 'RemoteDependency', 1), '{"a":1}');
  await stores['insights-logs-apprequests'].write(upper(blobName.diagnostics(start)), '{"a":1}\n{"b"');
  const grows = () => true;
  const { seen } = await see(viewOf(stores, { grows }), range(start, start + day));
  assert.deepEqual(
    seen.map(({ window, blobs }) => [window.signal, window.source, blobs]),
    [
      ['dependencies', 'continuous', 2],
      ['requests', 'diagnostics', 1],
    ],
  );
  const containers = Object.entries(stores).map(([container, store]) => ({ store, container }));
  for (const { window, fingerprint, archived } of seen) {
    const reading = await createBlobSource({ containers, apps: {}, grows }).open(window, never);
    assert.deepEqual([reading.fingerprint, reading.archived], [fingerprint, archived]);
    assert.equal(fingerprint.endsWith('+open'), window.source === 'diagnostics');
  }
});

test('kinds that are no signal are told, not failed', async () => {
  const stores = {
    exports: exportStore(),
    'insights-logs-appsystemevents': exportStore(),
    'am-oteltraces': exportStore(),
  };
  await stores.exports.write(blobName.continuous(start, 'Heartbeats'), '{}');
  await stores['insights-logs-appsystemevents'].write(blobName.diagnostics(start), '{}');
  await stores['am-oteltraces'].write(blobName.dataExport(start), '{}');
  const { seen, odd } = await see(viewOf(stores), range(start, start + day));
  assert.deepEqual(seen, []);
  assert.deepEqual(odd, [
    { kind: 'unknown', what: 'Shop_2b1f0c9d8e7a4b5c9d0e1f2a3b4c5d6e/Heartbeats/' },
    { kind: 'unknown', what: 'insights-logs-appsystemevents' },
    { kind: 'unknown', what: 'am-oteltraces' },
  ]);
});
