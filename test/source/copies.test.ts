/** An export tree that somebody copied into the same container: the app's source reads each blob of it once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { settleAppsWith } from '../../cli/deliver/app-names.ts';
import type { Window } from '../../shared/model.ts';
import { createBlobSource } from '../../shared/source/blobs/source.ts';
import { createMemoryLedger } from '../../shared/state/ledger-memory.ts';
import { exportStore, hour, never } from '../pipeline/exports-world.ts';
import { linesOf } from './records.ts';

const start = Date.UTC(2026, 0, 10);
const KEY = '2b1f0c9d8e7a4b5c9d0e1f2a3b4c5d6e';
const DASHED = KEY.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
const TIME = 'y=2026/m=01/d=10/h=00/m=00';
const COMPONENT = 'resourceId=/SUBSCRIPTIONS/S/RESOURCEGROUPS/G/PROVIDERS/MICROSOFT.INSIGHTS/COMPONENTS/SHOP';
const WORKSPACE =
  'WorkspaceResourceId=/subscriptions/s/resourcegroups/g/providers/microsoft.operationalinsights/workspaces/shop';
const classic = (folder: string, file = 'a_20260110_000100.blob') => `${folder}/Messages/2026-01-10/00/${file}`;
const LINES = ['{"a":1}', '{"a":1}', '{"a":2}'];
const TEXT = `${LINES.join('\n')}\n`;

interface Case {
  readonly source: 'continuous' | 'diagnostics' | 'dataExport';
  readonly container: string;
  readonly names: readonly [string, string];
}

const of = (source: Case['source'], container: string, ...names: [string, string]): Case => ({
  source,
  container,
  names,
});
const CASES: readonly Case[] = [
  of('continuous', 'exports', classic(`shop_${KEY}`), `backup/${classic(`shop_${KEY}`)}`),
  of('continuous', 'exports', `a/${classic(`shop_${KEY}`)}`, `b/c/${classic(`shop_${KEY}`)}`),
  of('continuous', 'exports', classic(`shop_${KEY}`), classic(`SHOP_${DASHED}`)),
  of('continuous', 'exports', classic(`shop_${KEY}`), classic(`shop-old_${KEY}`)),
  of('continuous', 'exports', classic(`shop_${KEY}`), classic(`shop_${KEY}`, 'a_20260110_000100 (1).blob')),
  of('continuous', 'exports', classic(`shop_${KEY}`), classic(`shop_${KEY}`, 'a_20260110_000100 - Copy.blob')),
  of('diagnostics', 'insights-logs-apptraces', `${COMPONENT}/${TIME}/PT1H.json`, `old/${COMPONENT}/${TIME}/PT1H.json`),
  of(
    'diagnostics',
    'insights-logs-apptraces',
    `${COMPONENT}/${TIME}/PT1H.json`,
    `old/insights-logs-apptraces/${COMPONENT}/${TIME}/PT1H.json`,
  ),
  of('dataExport', 'am-apptraces', `${WORKSPACE}/${TIME}/PT05M.json`, `backup/${WORKSPACE}/${TIME}/PT05M.json`),
];
const APPS = { [`shop-old_${KEY}`]: 'shop', [`shop_${KEY}`]: 'shop' };

async function read({ source, container }: Case, blobs: Readonly<Record<string, string | Uint8Array>>) {
  const store = exportStore();
  for (const [name, text] of Object.entries(blobs)) await store.write(name, Buffer.from(text));
  const blobSource = createBlobSource({ containers: [{ store, container }], apps: APPS });
  const window: Window = { app: 'shop', signal: 'traces', source, start, end: start + hour };
  const reading = await blobSource.open(window, never);
  const lines: string[] = [];
  for await (const chunk of reading.chunks()) lines.push(...linesOf(chunk).map((line) => line.trimEnd()));
  return { lines, remark: reading.remark ?? '', store };
}

for (const each of CASES) {
  const [original, copy] = each.names;
  test(`${original} and ${copy} are one blob`, async () => {
    assert.deepEqual(await read(each, { [original]: TEXT }).then(({ remark }) => remark), '');
    const told = /^1 copy of a blob that is read, left out: /;
    const packed = gzipSync(TEXT);
    for (const [one, other] of [
      [TEXT, TEXT],
      [TEXT, packed],
      [TEXT, '{"a":1}\n{"a"'],
      ['{"a":1}\n', TEXT],
      [packed, TEXT.replaceAll('\n', '\r\n')],
    ] as const) {
      const { lines, remark } = await read(each, { [original]: one, [copy]: other });
      assert.deepEqual(lines, LINES);
      assert.match(remark, told);
    }
    // The original was moved: what is left is read.
    assert.deepEqual((await read(each, { [copy]: TEXT })).lines, LINES);
    const differing = { [original]: TEXT, [copy]: '{"b":1}\n' };
    if (/[ (]/.test(copy)) {
      const { lines, remark } = await read(each, differing);
      assert.deepEqual(lines.sort(), [...LINES, '{"b":1}'].sort());
      assert.match(remark, /1 copy that differs from its original, read as well/);
      return;
    }
    await assert.rejects(read(each, differing), ({ message }: Error) => {
      assert.match(message, /stand for the same and differ, so their window is left as it is; remove the one/);
      // Names may be long, and the status page shows the beginning.
      assert.ok(message.indexOf('out of the container') < 180);
      for (const name of each.names) assert.ok(message.includes(name), name);
      return true;
    });
  });
}

test('blobs whose paths differ in capital letters are parts of an hour: both are read unless one holds the other', async () => {
  const [upper, lower] = [`${COMPONENT}/${TIME}/PT1H.json`, `${COMPONENT.toLowerCase()}/${TIME}/PT1H.json`];
  const each = of('diagnostics', 'insights-logs-apptraces', upper, lower);
  const [first, second] = ['{"a":1}\n', '{"b":1}\n{"b":1}\n'];
  const both = await read(each, { [upper]: first, [lower]: second });
  assert.deepEqual(both.lines.sort(), ['{"a":1}', '{"b":1}', '{"b":1}']);
  assert.equal(both.remark, '');
  const same = await read(each, { [upper]: first, [lower]: `${first}{"a":2}\n` });
  assert.deepEqual(same.lines, ['{"a":1}', '{"a":2}']);
  assert.match(same.remark, /^1 copy of a blob that is read, left out: /);
  // A backup of both counts once for each; one that is like neither says nothing of which is true.
  const backup = { [`old/${upper}`]: first, [`old/${lower}`]: '{"b":1}\n' };
  const saved = await read(each, { [upper]: first, [lower]: second, ...backup });
  assert.deepEqual(saved.lines.sort(), both.lines);
  assert.match(saved.remark, /^2 copies of blobs that are read, left out: /);
  const rewritten = read(each, { [upper]: first, [lower]: second, [`old/${lower}`]: '{"c":1}\n' });
  await assert.rejects(rewritten, /stand for the same and differ/);
});

test('a name that was tried and refused is not remembered: of the copy that comes later the lake has the name', async () => {
  const store = exportStore();
  const [shop, old] = [`shop_${KEY}`, `shop-old_${KEY}`];
  await store.write(classic(shop), TEXT);
  const ledger = createMemoryLedger();
  // What an earlier version remembered.
  await ledger.appNamed(`continuous ${shop}`, 'shop');
  const open = (app: string, apps: Readonly<Record<string, string>>) =>
    createBlobSource({ containers: [{ store, container: 'exports' }], apps, named: ledger }).open(
      { app, signal: 'traces', source: 'continuous', start, end: start + hour },
      never,
    );
  await assert.rejects(open('store', { [shop]: 'store' }), /is in this lake as shop/);
  assert.equal((await open('shop', {})).empty, false);
  await store.write(classic(old), TEXT);
  for (const apps of [{}, { [old]: 'store' }, {}])
    await assert.rejects(open(apps[old as never] ?? 'shop-old', apps), /shop-old_\w+ is in this lake as shop, /);
  assert.equal((await open('shop', { [old]: 'shop' })).empty, false);
});

test('a folder with the key of another is refused under a name of its own, and one with it where that is set', async () => {
  const store = exportStore();
  const [shop, old] = [`shop_${KEY}`, `shop-old_${KEY}`];
  for (const folder of [shop, old]) await store.write(classic(folder), TEXT);
  const ledger = createMemoryLedger();
  const open = (app: string, apps: Readonly<Record<string, string>>) =>
    createBlobSource({ containers: [{ store, container: 'exports' }], apps, named: ledger }).open(
      { app, signal: 'traces', source: 'continuous', start, end: start + hour },
      never,
    );
  assert.equal((await open('shop', {})).empty, false);
  await assert.rejects(open('shop-old', {}), /what lies in shop-old_\w+ is in this lake as shop, and would come twice/);
  assert.equal((await open('shop', APPS)).empty, false);
});

test('in a lake of an earlier version, whose original never opens again, a copy with its key is that app', async () => {
  const [shop, old] = [`shop_${KEY}`, `shop-old_${DASHED}`];
  const [one, other] = [exportStore(), exportStore()];
  await one.write(classic(shop), TEXT);
  await one.write(classic(`till_${KEY.replace('2', '3')}`), TEXT);
  await other.write(`backup/${classic(old)}`, TEXT);
  const both = exportStore();
  for (const name of [shop, old]) await both.write(classic(name), TEXT);
  const places = (...stores: ReturnType<typeof exportStore>[]) =>
    stores.map((store, at) => ({ store, container: `exports${at}` }));
  for (const containers of [places(both), places(one, other), places(other, one)]) {
    const ledger = createMemoryLedger();
    await ledger.appNamed(`continuous ${shop}`, 'shop');
    const open = (app: string, apps: Readonly<Record<string, string>>, now?: () => number) =>
      createBlobSource({ containers, apps, named: ledger, ...(now && { now }) }).open(
        { app, signal: 'traces', source: 'continuous', start, end: start + hour },
        never,
      );
    for (const now of [undefined, () => 0])
      await assert.rejects(open('shop-old', {}, now), /shop-old_\S+ is in this lake as shop, and would come twice/);
    const settled = () =>
      settleAppsWith([{ layout: 'continuous', folder: old, appName: 'shop-old' }, named(shop)], {}, ledger);
    const named = (folder: string) => ({ layout: 'continuous', folder, appName: 'shop' });
    assert.deepEqual((await settled()).apps, { [old]: 'shop', [shop]: 'shop' });
    assert.equal((await open('shop', { [old]: 'shop' })).empty, false);
  }
  // What an earlier version has under two names keeps them.
  const ledger = createMemoryLedger();
  await ledger.appNamed(`continuous ${shop}`, 'shop');
  await ledger.appNamed(`continuous shop-old_${KEY}`, 'shop-old');
  for (const app of ['shop-old', 'shop']) {
    const source = createBlobSource({ containers: places(both), apps: {}, named: ledger });
    const window: Window = { app, signal: 'traces', source: 'continuous', start, end: start + hour };
    assert.equal((await source.open(window, never)).empty, false);
  }
});
