import type { ObjectStore } from '../../model.ts';
import { readWhole } from '../../pure/read-whole.ts';
import { checkpointName, entryActions, entryName, lastCheckpointName } from './actions.ts';
import { lastCheckpoint } from './log.ts';
import type { Snapshot } from './snapshot.ts';

const DAY = 24 * 3_600_000;

/**
 * How long entries are kept that a checkpoint stands for: so far back readers can travel. The protocol's own default.
 */
const logAge = 30 * DAY;

/**
 * A checkpoint is as large as the table: one every 50 entries, or every time so many entries as 2 % of its files came.
 */
export const checkpointDue = ({ version, checkpoint, files }: Snapshot): boolean =>
  version - Math.max(checkpoint, 0) >= Math.max(50, Math.ceil(files.size / 50));

/** Puts a checkpoint of the snapshot and tells of it, unless a newer one is there. Harmless when done twice. */
export async function putCheckpoint(store: ObjectStore, root: string, snapshot: Snapshot, now: number): Promise<void> {
  const { version } = snapshot;
  const { checkpointFile } = await import('./checkpoint.ts');
  const { bytes, size } = checkpointFile(snapshot, now);
  await store.put(root + checkpointName(version), bytes, undefined); // there already: it says the same
  const name = root + lastCheckpointName;
  const etag = await store.head(name);
  if (etag !== undefined && (await lastCheckpoint(store, root)) >= version) return;
  await store.put(name, Buffer.from(`${JSON.stringify({ version, size })}\n`), etag);
}

/** Names in the log by version. */
export interface LogNames {
  readonly entries: readonly number[];
  readonly checkpoints: readonly number[];
}

export async function logNames(store: ObjectStore, root: string): Promise<LogNames> {
  const entries: number[] = [];
  const checkpoints: number[] = [];
  for await (const { name } of store.list(`${root}_delta_log/`)) {
    const [, version = '', kind] = /\/(\d{20})\.(json|checkpoint\.parquet)$/.exec(name) ?? [];
    if (version !== '') (kind === 'json' ? entries : checkpoints).push(Number(version));
  }
  return { entries, checkpoints };
}

/**
 * Removes the entries and checkpoints that nobody needs: those before the newest checkpoint that is itself older than
 * `logAge`, so that every version that is younger can still be read. Returns how many it removed. Stops at what cannot
 * be removed: the next one goes on.
 */
export async function cleanLog(store: ObjectStore, root: string, now: number): Promise<number> {
  const { entries, checkpoints } = await logNames(store, root);
  const keep = await firstNeeded(store, root, checkpoints, now);
  const old = [
    ...entries.filter((version) => version < keep).map((version) => root + entryName(version)),
    ...checkpoints.filter((version) => version < keep).map((version) => root + checkpointName(version)),
  ];
  for (const name of old) {
    const etag = await store.head(name);
    if (etag !== undefined) await store.remove(name, etag);
  }
  return old.length;
}

/** The newest checkpoint whose entry is old enough; 0: none. Entries carry their time. */
async function firstNeeded(
  store: ObjectStore,
  root: string,
  checkpoints: readonly number[],
  now: number,
): Promise<number> {
  for (const version of checkpoints.toSorted((a, b) => b - a)) {
    const name = root + entryName(version);
    if ((await store.head(name)) === undefined) return 0; // cleaned up to here already
    const actions = entryActions(Buffer.from(await readWhole(store, name)).toString(), name);
    const time =
      actions.flatMap((action) => ('commitInfo' in action ? [action.commitInfo.timestamp ?? now] : []))[0] ?? now;
    if (time + logAge < now) return version;
  }
  return 0;
}
