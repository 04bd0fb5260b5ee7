import type { ObjectStore } from '../../model.ts';
import { readWhole } from '../../pure/read-whole.ts';
import { type Action, checkpointName, entryActions, entryName, lastCheckpointName } from './actions.ts';
import { afterEntry, emptySnapshot, type Snapshot } from './snapshot.ts';

/** Reading the log of a table. `root` ends in `/`. */

/** Undefined when there is no such entry (yet). */
export async function readEntry(store: ObjectStore, root: string, version: number): Promise<Action[] | undefined> {
  const name = root + entryName(version);
  if ((await store.head(name)) === undefined) return undefined;
  return entryActions(Buffer.from(await readWhole(store, name)).toString(), name);
}

/** Version of the last checkpoint, -1 where there is none. */
export async function lastCheckpoint(store: ObjectStore, root: string): Promise<number> {
  const name = root + lastCheckpointName;
  if ((await store.head(name)) === undefined) return -1;
  const { version, parts } = JSON.parse(Buffer.from(await readWhole(store, name)).toString()) as Record<string, number>;
  if (version !== undefined && parts === undefined) return version;
  throw new Error(`read ${name}: a checkpoint of a kind that only other engines write; make the table anew`);
}

/** The table at its last checkpoint, or before its first entry. Entries follow one by one. */
export async function startOfLog(store: ObjectStore, root: string): Promise<Snapshot> {
  const version = await lastCheckpoint(store, root);
  if (version >= 0) {
    await refuseHole(store, root, version + 1);
    // Loaded where a table has one: most commands meet none.
    const { readCheckpoint } = await import('./checkpoint.ts');
    const actions = await readCheckpoint(await readWhole(store, root + checkpointName(version)));
    return { ...afterEntry(emptySnapshot, version, actions), checkpoint: version };
  }
  // A log that was cleaned has no first entry: to begin a new one beside it would end the table.
  const first = root + entryName(0);
  if ((await store.head(first)) !== undefined) await refuseHole(store, root, 0);
  else
    for await (const { name } of store.list(`${root}_delta_log/`))
      if (name.endsWith('.json') || name.endsWith('.parquet')) {
        if ((await store.head(first)) !== undefined) break; // somebody has begun the table since
        throw new Error(
          `read ${root}_delta_log: ${name} is there, but neither ${lastCheckpointName} nor the first entry; ` +
            'restore them (soft delete, a copy), or move the table away and bring its rows once more',
        );
      }
  return emptySnapshot;
}

/**
 * Entries follow each other without a gap. One that somebody removed would be taken for the head, and the next run
 * would put its own in that place: the later ones would count once more, behind what they never knew.
 */
async function refuseHole(store: ObjectStore, root: string, from: number): Promise<void> {
  const versions: number[] = [];
  for await (const { name } of store.list(`${root}_delta_log/`)) {
    const version = Number(/\/(\d{20})\.json$/.exec(name)?.[1] ?? -1);
    if (version >= from) versions.push(version);
  }
  const last = Math.max(from - 1, ...versions);
  const there = new Set(versions);
  for (let version = from; version < last; version++) {
    // A listing that was under way may lack one that came meanwhile.
    if (there.has(version) || (await store.head(root + entryName(version))) !== undefined) continue;
    throw new Error(
      `read ${root}_delta_log: entry ${version} is missing, though ${last} is there; ` +
        'restore it (soft delete, a copy), or move the table away and bring its rows once more',
    );
  }
}
