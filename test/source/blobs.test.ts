import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { createMemoryStore } from '../../shared/lake/store-memory.ts';
import type { Chunk, ObjectStore, Reading, Window } from '../../shared/model.ts';
import { exportWindowOf, recogniseBlob } from '../../shared/source/blobs/layouts.ts';
import { createBlobSource } from '../../shared/source/blobs/source.ts';
import { linesOf } from './records.ts';

const KEY = '2b1f0c9d8e7a4b5c9d0e1f2a3b4c5d6e';
const COMPONENT = 'resourceId=/SUBSCRIPTIONS/S1/RESOURCEGROUPS/RG/PROVIDERS/MICROSOFT.INSIGHTS/COMPONENTS/Shop';
const WORKSPACE =
  'WorkspaceResourceId=/subscriptions/s1/resourcegroups/rg/providers/microsoft.operationalinsights/workspaces/shop';
/** Two folders of one name are one app where the settings say so. */
const OF_SHOP = { [`Shop_${KEY}`]: 'shop', [`SHOP_${KEY.replace('2', '3')}`]: 'shop' };
const HOUR = 3_600_000;
const never = new AbortController().signal;

const windowAt = (hour: string, hours = 1, more: Partial<Window> = {}): Window => {
  const start = Date.parse(`${hour}:00:00Z`);
  return { app: 'shop', signal: 'dependencies', source: 'continuous', start, end: start + hours * HOUR, ...more };
};

async function storeOf(
  blobs: Readonly<Record<string, string | Uint8Array>>,
): Promise<ObjectStore & { readonly asked: string[] }> {
  const asked: string[] = [];
  const store = createMemoryStore({ onStep: (step) => void (step.endsWith(': done') || asked.push(step)) });
  for (const [name, content] of Object.entries(blobs)) await store.put(name, Buffer.from(content), undefined);
  asked.length = 0;
  return { ...store, asked };
}

const sourceOf = (store: ObjectStore, container = '') =>
  createBlobSource({ containers: [{ store, container }], apps: OF_SHOP });

async function gather<T>(reading: Reading, each: (chunk: Chunk) => T): Promise<T[]> {
  const all: T[] = [];
  for await (const chunk of reading.chunks()) all.push(each(chunk));
  return all;
}

const linesIn = async (reading: Reading) => (await gather(reading, linesOf)).flat();

const CLASSIC = {
  [`Shop_${KEY}/Rdd/2020-01-02/03/b.blob`]: '{"b":1}\n{"b":2}\n',
  [`Shop_${KEY}/Rdd/2020-01-02/03/a.blob`]: '{"a":1}\r\n\r\n{"a":2}',
  [`Shop_${KEY}/RemoteDependency/2020-01-02/03/c.blob`]: '{"c":1}\n',
  [`Shop_${KEY}/Rdd/2020-01-02/04/d.blob`]: '{"d":1}\n',
  [`Shop_${KEY}/Rdd/2020-01-03/00/e.blob`]: '{"e":1}\n',
  [`Shop_${KEY}/Requests/2020-01-02/03/r.blob`]: '{"r":1}\n',
  [`old/stuff/SHOP_${KEY.replace('2', '3')}/rdd/2020-01-02/03/o.blob`]: '{"o":1}\n',
  [`other_${KEY}/Rdd/2020-01-02/03/x.blob`]: '{"x":1}\n',
};

test('a window is what its hour folders hold, and nothing else is listed', async () => {
  const store = await storeOf(CLASSIC);
  const source = sourceOf(store);
  const reading = await source.open(windowAt('2020-01-02T03'), never);
  assert.equal(reading.empty, false);
  assert.deepEqual(
    store.asked.filter((step) => step.startsWith('list')),
    [
      `list Shop_${KEY}/Rdd/2020-01-02/03/`,
      `list Shop_${KEY}/RemoteDependency/2020-01-02/03/`,
      `list old/stuff/SHOP_${KEY.replace('2', '3')}/rdd/2020-01-02/03/`,
    ],
  );
  assert.deepEqual(await linesIn(reading), ['{"a":1}\r', '{"a":2}', '{"b":1}', '{"b":2}', '{"c":1}', '{"o":1}']);
  assert.equal(reading.asked, 4);
  const day = await source.open(windowAt('2020-01-02T00', 24), never);
  assert.deepEqual((await linesIn(day)).slice(-3), ['{"d":1}', '{"c":1}', '{"o":1}']);
  const two = await source.open(windowAt('2020-01-02T03', 2, { signal: 'requests' }), never);
  assert.deepEqual(await linesIn(two), ['{"r":1}']);
  const named = createBlobSource({
    containers: [{ store, container: '' }],
    apps: { ...OF_SHOP, [`other_${KEY}`]: 'shop', [`Shop_${KEY}`]: 'else' },
  });
  assert.deepEqual(await linesIn(await named.open(windowAt('2020-01-02T03'), never)), ['{"o":1}', '{"x":1}']);
});

test('what the names of blobs say is where they are looked for', async () => {
  const time = '2020-01-02/03/x';
  const names = ['', 'a/', 'a/b/', 'a/b/c/', 'a/b/c/d/', 'a/b/c/d/e/', 'a/date=2020/'].map(
    (above) => `${above}Shop_${KEY}/Rdd/${time}`,
  );
  const resource = '/y=2020/m=01/d=02/h=03/m=00/PT1H.json';
  for (const above of ['', 'a/', 'a/b/', 'a/b/c/'])
    for (const below of ['', 'x/', 'x/y/'])
      names.push(`${above}insights-logs-appdependencies/${below}${COMPONENT}${resource}`);
  names.push(
    `${COMPONENT}${resource.toUpperCase()}`,
    `${COMPONENT.toLowerCase()}${resource}`,
    `${COMPONENT}${resource}`,
    `a/b/c/d/${WORKSPACE}${resource}`,
  );
  let recognised = 0;
  for (const container of ['', 'insights-logs-appdependencies', 'am-appdependencies'])
    for (const name of names) {
      const place = recogniseBlob(name, container);
      const window = place && exportWindowOf(place, { window: HOUR, apps: {} });
      if (!window) continue;
      recognised++;
      const source = sourceOf(await storeOf({ [name]: '{"a":1}' }), container);
      assert.equal((await source.open(window, never)).empty, false, `${container} ${name}`);
    }
  assert.equal(recognised, 18);
});

test('where there is no blob, the reading is empty', async () => {
  const source = sourceOf(await storeOf(CLASSIC));
  for (const window of [
    windowAt('2020-01-02T05'),
    windowAt('2020-01-02T03', 1, { app: 'none' }),
    windowAt('2020-01-02T03', 1, { signal: 'traces' }),
  ]) {
    const reading = await source.open(window, never);
    assert.deepEqual([reading.empty, reading.fingerprint, await linesIn(reading)], [true, '', []]);
  }
  await assert.rejects(
    source.open(windowAt('2020-01-02T03', 1, { source: 'query' }), never),
    /no layout of export blobs/,
  );
});

test('the fingerprint changes with each blob of the window, and with no other', async () => {
  const store = await storeOf(CLASSIC);
  const source = sourceOf(store);
  const fingerprint = async () => (await source.open(windowAt('2020-01-02T03'), never)).fingerprint;
  const put = async (name: string, text: string) => store.put(name, Buffer.from(text), await store.head(name));
  const first = await fingerprint();
  assert.match(first, /^[0-9a-f]{32}$/);
  await put(`Shop_${KEY}/Rdd/2020-01-02/04/d.blob`, '{"d":2}\n');
  assert.equal(await fingerprint(), first);
  const seen = new Set([first]);
  await put(`Shop_${KEY}/Rdd/2020-01-02/03/b.blob`, '{"b":1}\n{"b":3}\n');
  seen.add(await fingerprint());
  await put(`Shop_${KEY}/Rdd/2020-01-02/03/new.blob`, '');
  seen.add(await fingerprint());
  const name = `Shop_${KEY}/Rdd/2020-01-02/03/new.blob`;
  await store.remove(name, (await store.head(name)) ?? '');
  assert.equal(seen.size, 3);
  assert.ok(seen.has(await fingerprint()));
});

test('the successors of Continuous Export: by the name of the container, or of the folder on disk', async () => {
  const blobs = {
    [`${COMPONENT}/y=2023/m=04/d=18/h=09/m=00/PT1H.json`]: '{"a":1}\n',
    [`${COMPONENT}/y=2023/m=04/d=18/h=10/m=00/PT1H.json`]: '{"a":2}\n',
    [`${COMPONENT}/y=2023/m=04/d=18/h=09/m=00/notes.txt`]: 'no',
    [`am-AppDependencies/${WORKSPACE}/y=2023/m=04/d=18/h=09/m=05/PT05M.json`]: '{"b":1}\n',
    [`am-AppDependencies/${WORKSPACE}/y=2023/m=04/d=18/h=09/m=10/PT05M_1.json`]: '{"b":2}\n',
    [`am-AppRequests/${WORKSPACE}/y=2023/m=04/d=18/h=09/m=10/PT05M.json`]: '{"c":2}\n',
  };
  const store = await storeOf(blobs);
  const lines = async (window: Window) => {
    const container = window.source === 'diagnostics' ? 'insights-logs-appdependencies' : '';
    return linesIn(await sourceOf(store, container).open(window, never));
  };
  assert.deepEqual(await lines(windowAt('2023-04-18T09', 1, { source: 'diagnostics' })), ['{"a":1}']);
  assert.deepEqual(await lines(windowAt('2023-04-18T00', 24, { source: 'diagnostics' })), ['{"a":1}', '{"a":2}']);
  assert.deepEqual(await lines(windowAt('2023-04-18T09', 1, { source: 'dataExport' })), ['{"b":1}', '{"b":2}']);
  assert.deepEqual(await lines(windowAt('2023-04-18T09', 1, { source: 'dataExport', signal: 'requests' })), [
    '{"c":2}',
  ]);
});

test('archived blobs are left out, and moving to the archive changes no fingerprint', async () => {
  const store = await storeOf(CLASSIC);
  const archiving = (pattern: RegExp): ObjectStore => ({
    ...store,
    async *list(prefix) {
      for await (const object of store.list(prefix)) yield { ...object, archived: pattern.test(object.name) };
    },
  });
  const open = (pattern: RegExp) => sourceOf(archiving(pattern)).open(windowAt('2020-01-02T03'), never);
  const before = await open(/^$/);
  const some = await open(/[ab]\.blob/);
  assert.equal(some.fingerprint, before.fingerprint);
  assert.deepEqual(await linesIn(some), ['{"c":1}', '{"o":1}']);
  const all = await open(/blob$/);
  assert.deepEqual([all.empty, all.fingerprint, await linesIn(all)], [true, '', []]);
});

test('segments say where each line came from', async () => {
  const name = (blob: string) => `Shop_${KEY}/Rdd/2020-01-02/03/${blob}`;
  const blobs = {
    [name('1')]: '\ufeff{"a":1}\n{"a":2}',
    [name('2')]: '[{"b":1},\n{"b":2}]',
    [name('3')]: '{"c":1}\n',
    [name('4')]: 'x\n{"d":1}',
  };
  const reading = await sourceOf(await storeOf(blobs)).open(windowAt('2020-01-02T03'), never);
  const [chunk, ...others] = await gather(reading, (each) => ({ ...each, text: linesOf(each).join('\n') }));
  assert.ok(chunk && others.length === 0);
  assert.equal(chunk.text, '{"a":1}\n{"a":2}\n{"b":1}\n{"b":2}\n{"c":1}\n{"d":1}');
  assert.deepEqual(chunk.segments, [
    { blob: name('1'), offset: 3, position: 0, length: 15 },
    { blob: name('2'), offset: 1, position: 16, length: 7 },
    { blob: name('2'), offset: 10, position: 24, length: 7 },
    { blob: name('3'), offset: 0, position: 32, length: 8 },
    { blob: name('4'), offset: 2, position: 40, length: 7 },
  ]);
  assert.deepEqual([chunk.layout, chunk.bytes.length, chunk.columns], ['continuous', 48, []]);
  assert.deepEqual(chunk.faults, [
    { blob: name('4'), offset: 0, length: 1, reason: 'not JSON', bytes: new Uint8Array([0x78]) },
  ]);
});

test('compressed blobs are unpacked; what is broken in them shows', async () => {
  const name = (blob: string) => `Shop_${KEY}/Rdd/2020-01-02/03/${blob}`;
  const packed = gzipSync('{"a":1}\n{"a":2}\n');
  const blobs = {
    [name('1.gz')]: Buffer.concat([packed, gzipSync('{"a":3}')]),
    [name('2.gz')]: packed.subarray(0, -4),
    [name('3')]: '{"c":1}',
  };
  const reading = await sourceOf(await storeOf(blobs)).open(windowAt('2020-01-02T03'), never);
  const [chunk] = await gather(reading, (each) => ({ lines: linesOf(each), faults: each.faults }));
  assert.deepEqual(chunk?.lines.slice(0, 3), ['{"a":1}', '{"a":2}', '{"a":3}']);
  assert.equal(chunk?.lines.at(-1), '{"c":1}');
  assert.deepEqual(
    chunk?.faults.map(({ blob, reason }) => [blob, reason.slice(0, 39)]),
    [[name('2.gz'), 'gzip data is broken or cut short from h']],
  );
});

test('a blob that changes or vanishes while it is read fails the attempt', async () => {
  const blob = `Shop_${KEY}/Rdd/2020-01-02/03/b.blob`;
  for (const change of ['replace', 'remove'] as const) {
    const store = await storeOf({ [blob]: '{"b":1}\n' });
    const reading = await sourceOf(store).open(windowAt('2020-01-02T03'), never);
    const etag = (await store.head(blob)) ?? '';
    if (change === 'remove') await store.remove(blob, etag);
    else await store.put(blob, Buffer.from('{"c":1}\n'), etag);
    await assert.rejects(linesIn(reading), new RegExp(`^Error: read ${blob}: .*the window is tried again$`));
  }
});

test('an append blob is read up to the length that was listed; a record cut there waits where it may', async () => {
  const blob = `${COMPONENT}/y=2023/m=04/d=18/h=09/m=00/PT1H.json`;
  const window = windowAt('2023-04-18T09', 1, { source: 'diagnostics' });
  const text = '{"a":"é","n":[1,{"x":"y"}]}\n{"a":2,"t":true}\n';
  const whole = Buffer.from(text);
  for (let length = 1; length <= whole.length; length++) {
    const store = await storeOf({ [blob]: whole.subarray(0, length) });
    const settings = { containers: [{ store, container: 'insights-logs-appdependencies' }], apps: {} };
    const growing = await createBlobSource({ ...settings, grows: () => true }).open(window, never);
    const settled = await createBlobSource(settings).open(window, never);
    await store.put(blob, whole, await store.head(blob));
    const there = text
      .split('\n')
      .filter(
        (line, index) =>
          line !== '' && Buffer.byteLength(`${text.split('\n')[0]}\n`) * index + Buffer.byteLength(line) <= length,
      );
    const chunks = await gather(growing, (chunk) => ({ lines: linesOf(chunk), faults: chunk.faults }));
    assert.deepEqual(
      chunks.flatMap(({ lines }) => lines),
      there,
      `${length}`,
    );
    assert.deepEqual(
      chunks.flatMap(({ faults }) => faults),
      [],
    );
    const faults = (await gather(settled, (chunk) => chunk.faults)).flat();
    const rest = Math.max(0, length - Buffer.byteLength(there.map((line) => `${line}\n`).join('')));
    assert.equal(
      faults.reduce((sum, fault) => sum + fault.length, 0),
      rest,
    );
  }
});

test('an abort ends the reading and leaves no file', async () => {
  const abort = new AbortController();
  const reading = await sourceOf(await storeOf(CLASSIC)).open(windowAt('2020-01-02T03'), abort.signal);
  abort.abort();
  await assert.rejects(linesIn(reading), { name: 'AbortError' });
});

test('whoever stops early leaves no file', async () => {
  const reading = await sourceOf(await storeOf(CLASSIC)).open(windowAt('2020-01-02T03'), never);
  for await (const chunk of reading.chunks()) {
    assert.ok(chunk.bytes.length > 0);
    break;
  }
});
