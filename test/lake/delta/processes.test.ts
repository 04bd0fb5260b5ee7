import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ContainerClient } from '@azure/storage-blob';
import { startAzurite } from '../../../local/azurite.ts';
import { chanceOf } from '../../../local/telemetry/chance.ts';
import { entryActions } from '../../../shared/lake/delta/actions.ts';
import { ownFile } from '../../../shared/lake/delta/names.ts';
import { afterEntry, emptySnapshot } from '../../../shared/lake/delta/snapshot.ts';
import { createContainerStore } from '../../../shared/lake/store-container.ts';
import { createFolderStore } from '../../../shared/lake/store-folder.ts';
import type { ObjectStore } from '../../../shared/model.ts';
import { createStoreLedger } from '../../../shared/state/ledger-store.ts';
import { textOf } from '../../contracts/store.ts';
import { seedOf } from '../../seeds.ts';
import { truthOf, windowsOf } from './windows.ts';

/**
 * Eight processes that commit to one table at once, and die between any two calls to storage (TABLE_KILLS, TABLE_SEED).
 * Afterwards every version shows each window at one revision, versions have no gap, and the head holds every row once.
 */
const KILLS = Number(process.env.TABLE_KILLS ?? 6);
const AT_ONCE = 8;
const seed = seedOf('TABLE_SEED');

async function run(place: string, calls: number, name: string): Promise<void> {
  const args = [join(import.meta.dirname, 'writer.ts'), place, String(calls), name];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (data) => {
    said += data;
  });
  const [code] = await once(child, 'close');
  assert.ok(code === 0 || (calls > 0 && code === 9), `exit code ${code} (seed ${seed}): ${said}`);
}

async function tortured(place: string): Promise<void> {
  const chance = chanceOf(`table/${seed}`);
  const deaths = Array.from({ length: KILLS }, () => chance.int(1, 60));
  for (let at = 0; at < KILLS; at += AT_ONCE)
    await Promise.all(deaths.slice(at, at + AT_ONCE).map((calls, n) => run(place, calls, `${seed} ${at + n}`)));
  await Promise.all(Array.from({ length: AT_ONCE }, (_, n) => run(place, 0, `${seed} last ${n}`)));
}

async function assertWhole(store: ObjectStore): Promise<void> {
  const names = (await Array.fromAsync(store.list('requests/_delta_log/')))
    .map(({ name }) => name)
    .filter((name) => name.endsWith('.json'));
  assert.deepEqual(
    names.map((name) => Number(/(\d+)\.json$/.exec(name)?.[1])),
    names.map((_, version) => version),
  );
  let snapshot = emptySnapshot;
  for (const [version, name] of names.entries()) {
    snapshot = afterEntry(snapshot, version, entryActions(await textOf(store, name), name));
    const revisions = new Map<string, Set<number>>();
    for (const path of snapshot.files.keys()) {
      const { window, revision } = ownFile(path) ?? { window: path, revision: -1 };
      revisions.set(window, (revisions.get(window) ?? new Set()).add(revision));
    }
    for (const [window, seen] of revisions) assert.equal(seen.size, 1, `version ${version} of ${window}: ${[...seen]}`);
  }
  const rows: string[] = [];
  for (const path of snapshot.files.keys()) rows.push(...(await textOf(store, `requests/${path}`)).split('\n'));
  const expected = windowsOf.flatMap((window) => Object.values(truthOf(window)).flat());
  assert.deepEqual(rows.sort(), expected.toSorted());
  const ledger = createStoreLedger(store);
  for (const window of windowsOf) assert.equal((await ledger.read(window))?.value.state, 'done');
}

test('processes that commit at once and die at any call: a folder', async (t) => {
  t.diagnostic(`TABLE_SEED=${seed}`);
  const folder = await mkdtemp(join(tmpdir(), 'table-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await tortured(folder);
  await assertWhole(createFolderStore(folder));
});

test('processes that commit at once and die at any call: Azurite', async (t) => {
  t.diagnostic(`TABLE_SEED=${seed}`);
  const azurite = await startAzurite();
  t.after(() => azurite.close());
  const client = new ContainerClient(azurite.connectionString, 'lake');
  await client.create();
  await tortured(azurite.connectionString);
  await assertWhole(createContainerStore({ client, prefix: '', newId: randomUUID }));
});
