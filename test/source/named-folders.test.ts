import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Window } from '../../shared/model.ts';
import { createBlobSource } from '../../shared/source/blobs/source.ts';
import { createMemoryLedger } from '../../shared/state/ledger-memory.ts';
import { blobName, exportStore, hour, never } from '../pipeline/exports-world.ts';

const start = Date.UTC(2026, 0, 10);
const window: Window = { app: 'shop', signal: 'requests', source: 'continuous', start, end: start + hour };
const name = blobName.continuous(start);
const folder = name.split('/')[0] ?? '';

test('a folder that went by one name is not read under another: its rows would come twice', async () => {
  const exports = exportStore();
  await exports.write(name, '{"a":1}\n');
  const ledger = createMemoryLedger();
  const sourceOf = (apps: Record<string, string>) =>
    createBlobSource({ containers: [{ store: exports, container: 'exports' }], apps, named: ledger });
  assert.equal((await sourceOf({}).open(window, never)).empty, false);
  await assert.rejects(
    sourceOf({ [folder]: 'till' }).open({ ...window, app: 'till' }, never),
    /open continuous of till: what lies in .* is in this lake as shop, .*; set its name in EXPORT_APPS back to shop/,
  );
  assert.equal((await sourceOf({ [folder]: 'shop' }).open(window, never)).empty, false);
});

test('folders of two apps with one short name are no feed, unless both were given it', async () => {
  const exports = exportStore();
  const other = name.replace(folder, `${folder.replace(/_.*/, '').toUpperCase()}_${'f'.repeat(32)}`);
  for (const each of [name, other]) await exports.write(each, '{"a":1}\n');
  const open = (apps: Record<string, string>) =>
    createBlobSource({ containers: [{ store: exports, container: 'exports' }], apps }).open(window, never);
  await assert.rejects(open({}), /both have the short name shop; give each a name in EXPORT_APPS/);
  const both = { [folder]: 'shop', [other.split('/')[0] ?? '']: 'shop' };
  assert.equal((await open(both)).empty, false);
});

test('what is refused for its short name is in no lake: it takes the name that the refusal says', async () => {
  const exports = exportStore();
  const theirs = `${folder.replace(/_.*/, '').toUpperCase()}_${'f'.repeat(32)}`;
  for (const each of [name, name.replace(folder, theirs)]) await exports.write(each, '{"a":1}\n');
  const ledger = createMemoryLedger();
  const sourceOf = (apps: Record<string, string>) =>
    createBlobSource({ containers: [{ store: exports, container: 'exports' }], apps, named: ledger });
  await assert.rejects(sourceOf({}).open(window, never), /both have the short name shop/);
  const apart = { [folder]: 'shop', [theirs]: 'shop-2' };
  for (const app of ['shop', 'shop-2'])
    assert.equal((await sourceOf(apart).open({ ...window, app }, never)).empty, false);
});
