import { instantOf } from '../path-identity.ts';
import type { Action, AddFile, Protocol } from './actions.ts';
import { folderValues, ownFile, pathInLog } from './names.ts';
import { partitionColumns, schemaString, type TableColumn, widenedSchema } from './schema.ts';
import type { Snapshot } from './snapshot.ts';

/** What a run of a window wants readers of one table to see. */
export interface Publication {
  /** `app=…/{source}_{start}_{end}`: the id of the window in the log. */
  readonly window: string;
  readonly revision: number;
  readonly add: readonly AddFile[];
  /** Files of the window in the ledger, by their paths in the table: with rows of its last done run, others meant. */
  readonly known: readonly { readonly path: string; readonly rows: number }[];
  /** The revision before this one was done: `known` with rows is all that it wrote. */
  readonly afterDone: boolean;
  readonly columns: readonly TableColumn[];
  /** The revision is told although nothing is to be shown. */
  readonly marked: boolean;
}

/**
 * A later revision of the window is in the log than this run is: of a run that overtook it, or of a ledger that was
 * lost.
 */
export class SeenRevision extends Error {
  readonly revision: number;
  constructor(window: string, ours: number, seen: number) {
    super(`revision ${ours} of ${window}: the table has revision ${seen} of it already`);
    this.name = 'SeenRevision';
    this.revision = seen;
  }
}

/** Our own: readers of every version since 2019 open it. */
const protocol: Protocol = { minReaderVersion: 1, minWriterVersion: 2 };

/**
 * The actions that bring the table from `snapshot` to the publication; none when it is there already. Throws
 * SeenRevision, and where the table is not ours to write: another engine merged files of the window, or raised the
 * protocol.
 */
export function publicationActions(
  snapshot: Snapshot,
  wanted: Publication,
  now: number,
  newId: () => string,
): Action[] {
  checkProtocol(snapshot);
  const seen = snapshot.txns.get(wanted.window) ?? 0;
  if (seen >= wanted.revision) throw new SeenRevision(wanted.window, wanted.revision, seen);
  const remove = liveFilesOf(snapshot, wanted, seen);
  if (remove.length === 0 && wanted.add.length === 0 && wanted.revision === 1 && !wanted.marked) return [];
  return [
    ...schemaActions(snapshot, wanted.columns, now, newId),
    { txn: { appId: wanted.window, version: wanted.revision, lastUpdated: now } },
    ...remove.map(({ path, size, partitionValues }) => ({
      remove: { path, deletionTimestamp: now, dataChange: true, extendedFileMetadata: true, partitionValues, size },
    })),
    ...wanted.add.map((add) => ({ add })),
  ];
}

/** A window that goes: its id in the log, the revision under which it does, and paths in the table that are known. */
export interface Retirement {
  readonly window: string;
  readonly revision: number;
  readonly known: readonly string[];
  /** An attempt may still mean to publish it: the log tells the revision in any case. */
  readonly fresh: boolean;
}

/**
 * The actions that take all files of these windows out of sight; none when nothing of them is seen. A window of which
 * the log has a later revision stays. What is told of the others' revisions keeps attempts that stalled from coming
 * back.
 */
export function retirementActions(snapshot: Snapshot, windows: readonly Retirement[], now: number): Action[] {
  checkProtocol(snapshot);
  const going = windows.filter(({ window, revision }) => (snapshot.txns.get(window) ?? 0) < revision);
  const ids = new Set(going.map(({ window }) => window));
  const known = new Set(going.flatMap((each) => each.known));
  const live = [...snapshot.files]
    .filter(([path]) => known.has(path) || ids.has(ownFile(path)?.window ?? ''))
    .map(([, add]) => add);
  if (snapshot.version < 0 || (live.length === 0 && !going.some(({ fresh }) => fresh))) return [];
  return [
    ...going
      .filter(({ window, fresh }) => fresh || snapshot.txns.has(window))
      .map(({ window, revision }) => ({ txn: { appId: window, version: revision, lastUpdated: now } })),
    ...live.map(({ path, size, partitionValues }) => ({
      remove: { path, deletionTimestamp: now, dataChange: true, extendedFileMetadata: true, partitionValues, size },
    })),
  ];
}

function checkProtocol({ protocol: found }: Snapshot): void {
  if (found === undefined) return;
  const { minReaderVersion: reader, minWriterVersion: writer } = found;
  if (reader <= 1 && writer <= 2) return;
  throw new Error(
    `the table wants reader version ${reader} and writer version ${writer}, we write 1 and 2: ` +
      'another engine enabled a feature on it; write into another lake, or make the table anew',
  );
}

/**
 * The live files of the window's earlier revisions. Files of other windows that the ledger gives to this one cover its
 * time a second time (`insights-lake adopt` found them): they go with it.
 */
function liveFilesOf(snapshot: Snapshot, wanted: Publication, seen: number): AddFile[] {
  const given = new Set(wanted.known.map(({ path }) => path));
  const live = [...filesOfApp(snapshot, wanted)].filter(
    ([path]) => ownFile(path)?.window === wanted.window || given.has(path),
  );
  const known = wanted.known.filter(({ rows }) => rows > 0);
  const knownRevision = Math.max(0, ...known.map(({ path }) => ownFile(path)?.revision ?? 0));
  const missing = known.filter(({ path }) => !snapshot.files.has(path));
  // What the last done run wrote is there to the last file, or it wrote nothing: nobody has touched the window.
  const current = knownRevision === seen || (wanted.afterDone && seen === wanted.revision - 1);
  if (seen > 0 && !(current && missing.length === 0)) refuseForeign(snapshot, wanted, current ? missing.length : 0);
  return live.map(([, add]) => add);
}

/** By what the log says of them: the folders of other engines may be spelled in another way. */
function* filesOfApp(snapshot: Snapshot, { window }: Publication): Iterable<[string, AddFile]> {
  const { app } = folderValues(pathInLog(window));
  for (const file of snapshot.files) if (partitionOf(...file).app === app) yield file;
}

function partitionOf(path: string, { partitionValues: { app, date } }: AddFile) {
  const folders = folderValues(path);
  return { app: app ?? folders.app, date: date ?? folders.date };
}

/**
 * Rows of the window may lie in a file that another engine made of ours, or, where files of it are gone, in those of a
 * window over the same time: to write them once more would double them. Where the ledger names the partitions only
 * these count, else all of the app. Files that are gone without a trace take nothing with them but their rows.
 */
function refuseForeign(snapshot: Snapshot, wanted: Publication, missing: number): void {
  const days = new Set(wanted.known.map(({ path }) => folderValues(path).date));
  const inDays = [...filesOfApp(snapshot, wanted)].filter(
    ([path, add]) => days.size === 0 || days.has(partitionOf(path, add).date),
  );
  const others = inDays.flatMap(([path]) => {
    const window = ownFile(path)?.window;
    return window === undefined || (missing > 0 && window !== wanted.window && meet(window, wanted.window))
      ? [path]
      : [];
  });
  if (others.length === 0) return;
  const more = others.length > 1 ? ` and ${others.length - 1} more` : '';
  const lie = missing > 0 ? `${missing} files of it are not in the table any more, and ` : '';
  throw new Error(
    `${wanted.window}: ${lie}${others[0]}${more} lies where its rows lie, of another engine (OPTIMIZE?) or over the ` +
      'same time, so that a run could double rows; leave the window as it is, or delete its partition in the table ' +
      '(DELETE WHERE app = … AND date = …) and have all of its windows run again',
  );
}

/** Whether two windows, by their ids in the log, have time in common; also where that cannot be told. */
function meet(one: string, other: string): boolean {
  const [a, b] = [timesOf(one), timesOf(other)];
  return !(a.end <= b.start || b.end <= a.start);
}

function timesOf(window: string): { readonly start: number; readonly end: number } {
  const [end = '', start = ''] = window.split('_').reverse();
  return { start: instantOf(start), end: instantOf(end) };
}

function schemaActions(
  snapshot: Snapshot,
  columns: readonly TableColumn[],
  now: number,
  newId: () => string,
): Action[] {
  const { metaData } = snapshot;
  if (metaData === undefined)
    return [
      { protocol },
      {
        metaData: {
          id: newId(),
          format: { provider: 'parquet', options: {} },
          schemaString: schemaString(columns),
          partitionColumns: [...partitionColumns],
          configuration: {},
          createdTime: now,
        },
      },
    ];
  if (metaData.partitionColumns.join() !== partitionColumns.join())
    throw new Error(`the table is partitioned by ${metaData.partitionColumns.join(', ')}, ours are by app and date`);
  const widened = widenedSchema(metaData.schemaString, columns);
  return widened === undefined ? [] : [{ metaData: { ...metaData, schemaString: widened } }];
}
