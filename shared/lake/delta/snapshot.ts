import type { Action, AddFile, MetaData, Protocol, RemoveFile } from './actions.ts';
import { pathInLog } from './names.ts';

/** What a table is after the entry `version`; -1: there is none yet. */
export interface Snapshot {
  readonly version: number;
  readonly protocol: Protocol | undefined;
  readonly metaData: MetaData | undefined;
  /** Live files by path, decoded. */
  readonly files: ReadonlyMap<string, AddFile>;
  /** Files that were removed, by path, decoded: kept for readers of older versions and for vacuum. */
  readonly removed: ReadonlyMap<string, RemoveFile>;
  /** Application id → version. */
  readonly txns: ReadonlyMap<string, number>;
  /** Version of the newest checkpoint that is known; -1: none. */
  readonly checkpoint: number;
}

export const emptySnapshot: Snapshot = {
  version: -1,
  protocol: undefined,
  metaData: undefined,
  files: new Map(),
  removed: new Map(),
  txns: new Map(),
  checkpoint: -1,
};

/**
 * The table one entry later. The maps are handed on and changed, not copied (an entry must not cost what the table
 * holds): the snapshot that goes in is not to be used any more.
 */
export function afterEntry(before: Snapshot, version: number, actions: Iterable<Action>): Snapshot {
  const files = before === emptySnapshot ? new Map<string, AddFile>() : (before.files as Map<string, AddFile>);
  const removed =
    before === emptySnapshot ? new Map<string, RemoveFile>() : (before.removed as Map<string, RemoveFile>);
  const txns = before === emptySnapshot ? new Map<string, number>() : (before.txns as Map<string, number>);
  let { protocol, metaData } = before;
  for (const action of actions) {
    if ('add' in action && action.add) {
      const path = pathInLog(action.add.path);
      files.set(path, action.add);
      removed.delete(path);
    } else if ('remove' in action && action.remove) {
      const path = pathInLog(action.remove.path);
      files.delete(path);
      removed.set(path, action.remove);
    } else if ('txn' in action && action.txn) txns.set(action.txn.appId, Number(action.txn.version));
    else if ('metaData' in action && action.metaData) metaData = action.metaData;
    else if ('protocol' in action && action.protocol) protocol = action.protocol;
  }
  return { ...before, version, protocol, metaData, files, removed, txns };
}
