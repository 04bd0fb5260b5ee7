import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Oddity, Sighting, SweepRequest } from '../../shared/model.ts';
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
const viewOf = (stores: Readonly<Record<string, ReturnType<typeof exportStore>>>, more: object = {}) => {
  const containers = Object.entries(stores).map(([container, store]) => ({ store, container }));
  return createSightings({ containers, apps: {}, window: hour, signals, from: undefined, until: undefined, ...more });
};

async function see(view: ReturnType<typeof viewOf>, request: SweepRequest): Promise<{ seen: Sighting[]; odd: Oddity[] }> {
  const odd: Oddity[] = [];
  return { seen: await Array.fromAsync(view.sightings(request, never, (oddity) => odd.push(oddity))), odd };
}

test('a container of 100,000 blobs: a sweep lists the days that it needs, and the folders above them', async () => {
  const [exports, bytes] = [exportStore(), new Uint8Array(1)];
  // 250 days of 4 signals, an hour's 100 blobs of one of them among the rest.
  for (let at = start; at < start + 250 * day; at += hour)
    for (const type of ['Requests', 'RemoteDependency', 'Messages', 'Event'])
      for (let n = 0; n < (type === 'Requests' ? 9 : 3); n++) await exports.put(blobName.continuous(at, type, n), bytes, undefined);
  for (let n = 9; n < 2009; n++) await exports.put(blobName.continuous(start + 100 * day, 'Requests', n), bytes, undefined);
  const view = viewOf({ exports });
  const end = start + 250 * day;
  exports.asked.length = 0;
  const { seen } = await see(view, range(end - 74 * hour, end + hour));
  assert.equal(seen.length, 4 * 74);
  assert.equal(
    seen.reduce((sum, { blobs }) => sum + blobs, 0),
    74 * (9 + 3 * 3),
  );
  const lists = exports.asked.filter((step) => step.startsWith('list'));
  const folders = exports.asked.filter((step) => step.startsWith('folders'));
  assert.deepEqual([lists.length, folders.length], [4 * 6, 2], 'three days and three hours of four signals; the container and the app');
  for (const step of lists) assert.match(step, /\/2026-09-0([567]\/|4\/2[23]\/|8\/00\/)$/);

  exports.asked.length = 0;
  const one = await see(
    view,
    range(start + 100 * day, start + 100 * day + 2 * hour, { prefix: 'Shop_2b1f0c9d8e7a4b5c9d0e1f2a3b4c5d6e/Requests/' }),
  );
  assert.deepEqual(
    one.seen.map(({ blobs }) => blobs),
    [2009, 9],
  );
  assert.deepEqual([exports.asked.length, exports.asked.filter((step) => step.startsWith('list')).length], [4, 2], 'hour by hour');

  exports.asked.length = 0;
  const all = view.sightings(range(-Infinity, Infinity), never, () => {})[Symbol.asyncIterator]();
  await all.next();
  await all.return?.();
  assert.ok(exports.asked.length <= 4, 'streamed: what is not asked for is not listed');
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
  const starts = async (request: SweepRequest) => (await see(view, request)).seen.map(({ window }) => [window.source, window.start]);
  const expected = (of: readonly number[]) => ['continuous', 'diagnostics', 'dataExport'].flatMap((source) => of.map((at) => [source, at]));
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

test('a sighting looks like a reading of its window, whatever the layout and however the folders are spelled', async () => {
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
  const stores = { exports: exportStore(), 'insights-logs-appsystemevents': exportStore(), 'am-oteltraces': exportStore() };
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
