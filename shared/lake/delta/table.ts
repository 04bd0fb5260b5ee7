import type { ObjectStore } from '../../model.ts';
import { inTurn } from '../../pure/in-turn.ts';
import { type Action, type CommitInfo, entryName, entryText } from './actions.ts';
import { readEntry, startOfLog } from './log.ts';
import { checkpointDue, cleanLog, putCheckpoint } from './maintain.ts';
import { afterEntry, type Snapshot } from './snapshot.ts';

/** A Delta table in an object store, as this process knows it. */
export interface DeltaTable {
  /** Reads what others have committed since, and uses the table at the head. */
  read<T>(use: (snapshot: Snapshot) => T): Promise<T>;
  /**
   * Commits what `decide` makes of the head; none: nothing. `check` is asked after the head is known and right before
   * the put, and throws when the run has been overtaken. A lost race is decided anew at the new head. Returns the
   * version, or -1 for none.
   */
  commit(
    decide: (snapshot: Snapshot) => readonly Action[],
    check: () => Promise<void>,
    info: CommitInfo,
  ): Promise<number>;
  /** A checkpoint where one is due, and a log without what no reader needs. */
  maintain(now: number): Promise<void>;
}

export interface TableOptions {
  readonly store: ObjectStore;
  /** Folder of the table, with `/` at its end. */
  readonly root: string;
  /** Waits before a race that was lost `tries` times is tried again. */
  readonly pause: (tries: number) => Promise<void>;
}

/** So often others may be first before the run gives up; its window is tried again. */
const races = 100;

export function openTable({ store, root, pause }: TableOptions): DeltaTable {
  let known: Snapshot | undefined;
  const inOrder = inTurn(); // the snapshot is changed in place

  const refresh = async (): Promise<Snapshot> => {
    known ??= await startOfLog(store, root);
    for (;;) {
      const actions = await readEntry(store, root, known.version + 1);
      if (actions === undefined) return known;
      known = afterEntry(known, known.version + 1, actions);
    }
  };

  const isOurs = async (version: number, id: string): Promise<boolean> =>
    ((await readEntry(store, root, version)) ?? []).some(
      (action) => 'commitInfo' in action && action.commitInfo.txnId === id,
    );

  /** True when the entry is ours, false when somebody else was first. Without an answer, what stands there decides. */
  const put = async (version: number, text: string, id: string): Promise<boolean> => {
    try {
      const etag = await store.put(root + entryName(version), Buffer.from(text), undefined);
      // A client that repeats a put which was done but not answered loses against itself.
      return etag !== undefined || (await isOurs(version, id));
    } catch (error) {
      if (await isOurs(version, id)) return true;
      throw error;
    }
  };

  const commit: DeltaTable['commit'] = async (decide, check, info) => {
    for (let tries = 0; tries < races; tries++) {
      const snapshot = await refresh();
      const actions = decide(snapshot);
      if (actions.length === 0) return -1;
      const entry: Action[] = [{ commitInfo: info }, ...actions];
      await check();
      if (await put(snapshot.version + 1, entryText(entry), info.txnId)) {
        known = afterEntry(snapshot, snapshot.version + 1, entry);
        return known.version;
      }
      await pause(tries);
    }
    throw new Error(
      `commit to ${root}_delta_log: others were first ${races} times in a row; the window is tried again`,
    );
  };

  return {
    read: (use) => inOrder(async () => use(await refresh())),
    commit: (...asked) => inOrder(() => commit(...asked)),
    maintain: (now) =>
      inOrder(async () => {
        const snapshot = known ?? (await refresh());
        if (snapshot.version < 0 || !checkpointDue(snapshot)) return;
        await putCheckpoint(store, root, snapshot, now);
        known = { ...snapshot, checkpoint: snapshot.version };
        await cleanLog(store, root, now);
      }),
  };
}
