/** Export folders keep the names that they have in a lake, however earlier versions and disks spelt them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settleApps } from '../../../cli/deliver/app-names.ts';
import { createMemoryStore } from '../../../shared/lake/store-memory.ts';
import { appOf } from '../../../shared/source/blobs/layouts.ts';
import { readDocument, writeDocument } from '../../../shared/state/documents.ts';
import { createStoreLedger } from '../../../shared/state/ledger-store.ts';

const NAME = '_insights-lake/apps.json';
const PLAIN = 'shop_0123456789ab4cde8f01234567890abc';
const DASHES = 'shop_01234567-89ab-4cde-8f01-234567890abc';
const OTHER = 'till_1123456789ab4cde8f01234567890abc';
const folder = (name: string) => ({ layout: 'continuous', folder: name, appName: name.split('_')[0] ?? '' });

/** A lake that remembers these names. */
async function lakeWith(apps: Readonly<Record<string, string>>) {
  const store = createMemoryStore();
  const known = Object.fromEntries(Object.entries(apps).map(([key, name]) => [`continuous ${key}`, name]));
  await writeDocument(store, NAME, { version: 1, apps: known }, undefined);
  return {
    settle: async (...names: readonly string[]) =>
      (await settleApps(names.map(folder), {}, store, createStoreLedger(store))).apps,
    remembered: async () => (await readDocument(store, NAME))?.value.apps,
    known,
  };
}

test('two spellings that an earlier version gave two names keep them, whichever was first', async () => {
  for (const keys of [
    [PLAIN, DASHES],
    [DASHES, PLAIN],
  ]) {
    const apps = Object.fromEntries(keys.map((key) => [key, key === PLAIN ? 'shop' : 'shop-deadbeef']));
    const { settle, remembered, known } = await lakeWith(apps);
    assert.deepEqual(await settle(PLAIN), { [PLAIN]: 'shop' });
    assert.deepEqual(await settle(DASHES), { [DASHES]: 'shop-deadbeef' });
    const both = await settle(PLAIN, DASHES);
    const names = [PLAIN, DASHES].map((each) => appOf(each, 'shop', both));
    assert.deepEqual(names, ['shop', 'shop-deadbeef']);
    assert.deepEqual(await remembered(), known);
    assert.deepEqual(await settle(PLAIN, OTHER), { [PLAIN]: 'shop', [OTHER]: 'till' });
    assert.deepEqual(await remembered(), { ...known, [`continuous ${OTHER}`]: 'till' });
  }
});

test('a third spelling of such a folder is refused, with both names; of two that have one name it has that', async () => {
  const [marked, other] = ['caf\u00E9', 'cafe\u0301'].map((name) => PLAIN.replace('shop', name)) as [string, string];
  const third = other.replace(PLAIN.slice(5), DASHES.slice(5));
  const { settle } = await lakeWith({ [marked]: 'caf', [other]: 'cafe' });
  await assert.rejects(settle(third), /spelt otherwise, as caf \(from caf\u00E9_.*\) and as cafe \(from cafe\u0301_/);
  assert.deepEqual(await (await lakeWith({ [marked]: 'caf', [other]: 'caf' })).settle(third), { [third]: 'caf' });
});

test('a folder that an earlier version knew by another spelling has that name, and no other is added', async () => {
  const { settle, remembered, known } = await lakeWith({ [DASHES]: 'desk' });
  assert.deepEqual(await settle(PLAIN), { [PLAIN]: 'desk' });
  assert.deepEqual(await remembered(), known);
});

test('apps of which one is called like the other and .gz are two', async () => {
  const { settle } = await lakeWith({});
  const resource = 'insights-logs-apptraces/resourceid=/subscriptions/s/components/till';
  const names = Object.values(await settle(resource, `${resource}.gz`));
  assert.equal(new Set(names).size, 2);
});
