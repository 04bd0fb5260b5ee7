import type {
  Clock,
  FileRecord,
  IsDone,
  LakeTables,
  ObjectStore,
  RetiredFiles,
  Signal,
  TableFile,
  TableRevision,
  Window,
} from '../../model.ts';
import { allOf } from '../../pure/all-of.ts';
import { signals } from '../../signals/tables.ts';
import { tableFilePath } from '../paths.ts';
import { probeExclusive } from '../probe.ts';
import { type Action, type AddFile, type CommitInfo, entryName, lastCheckpointName } from './actions.ts';
import { folderValues, logPath, ownFile, tablePath, tableRoot } from './names.ts';
import { publicationActions, retirementActions, SeenRevision } from './publish.ts';
import type { TableColumn } from './schema.ts';
import { type DeltaTable, openTable } from './table.ts';

export interface DeltaLakeOptions {
  readonly lake: ObjectStore;
  readonly clock: Clock;
  /** A new id, different every time: of tables, and of entries of the log. */
  readonly newId: () => string;
  /** The columns of a signal's files, as the settings shape them. */
  readonly columns: (signal: Signal) => readonly TableColumn[];
}

/** Waits between races grow from some ms to a second, by chance, so that many writers come one after the other. */
const pauseOf = (tries: number, chance: number): number => Math.min(1000, 20 * 1.5 ** tries) * (0.5 + chance);

/** Delta Lake tables below the lake's prefix, one a signal. */
export function openDeltaLake({ lake, clock, newId, columns }: DeltaLakeOptions): LakeTables {
  const tables = new Map<Signal, DeltaTable>();
  const tableOf = (signal: Signal): DeltaTable => {
    const pause = (tries: number) => clock.sleep(pauseOf(tries, clock.random()));
    const table = tables.get(signal) ?? openTable({ store: lake, root: tableRoot(signal), pause });
    tables.set(signal, table);
    return table;
  };

  const publishIn = async (signal: Signal, revision: TableRevision, check: () => Promise<void>): Promise<number> => {
    const of = <T extends FileRecord>(files: readonly T[]) => files.filter((file) => file.signal === signal);
    const now = clock.now();
    const wanted = {
      window: idOf(revision.window, signal),
      revision: revision.revision,
      add: of(revision.written).map((file) => addFile(file, signal, revision.window, now)),
      known: of(revision.known).map(({ path, rows }) => ({ path: tablePath(path, signal), rows })),
      // Its own table always tells the window's revision, wherever its rows lie.
      marked: signal === revision.window.signal && revision.written.some((file) => file.signal !== 'quarantine'),
      afterDone: revision.afterDone,
      columns: columns(signal),
    };
    const decide = (snapshot: Parameters<Parameters<DeltaTable['commit']>[0]>[0]): Action[] =>
      publicationActions(snapshot, wanted, now, newId);
    try {
      await tableOf(signal).commit(decide, check, commitInfo(wanted.window, revision.revision, now, newId()));
    } catch (error) {
      if (error instanceof SeenRevision) return error.revision;
      throw error;
    }
    // Nobody waits for the table to be tidied, and the next entry does what was left.
    await tableOf(signal)
      .maintain(now)
      .catch(() => undefined);
    return 0;
  };

  const revisionIn = (signal: Signal, window: Window): Promise<number> =>
    tableOf(signal).read(({ txns }) => txns.get(idOf(window, signal)) ?? 0);

  /**
   * The table has seen the window, and the ledger names no file that it shows: lost, so nobody says in which tables.
   */
  const isForgotten = async ({ window, known, afterDone }: TableRevision): Promise<boolean> =>
    !afterDone && known.every(({ rows }) => rows === 0) && (await revisionIn(window.signal, window)) > 0;

  const tablesWith = async (window: Window): Promise<Signal[]> => {
    const found: Signal[] = [];
    for (const signal of signals) if ((await revisionIn(signal, window)) > 0) found.push(signal);
    return found;
  };

  return {
    prepare: async (isDone = async () => false) => {
      await refuseOtherFiles(lake, isDone);
      await probeExclusive(lake);
    },
    seen: async (window, others) => {
      const seen = [...new Set([window.signal, ...others])].map((signal) => revisionIn(signal, window));
      return Math.max(...(await allOf(seen)));
    },
    publish: async (revision, check) => {
      const { window, written, known } = revision;
      const named = [window.signal, ...[...written, ...known].flatMap(({ signal }) => dataSignal(signal))];
      const elsewhere = (await isForgotten(revision)) ? await tablesWith(window) : [];
      for (const signal of new Set([...named, ...elsewhere])) {
        const seen = await publishIn(signal, revision, check);
        if (seen > 0) return seen;
      }
      return 0;
    },
    retire: async (windows) => {
      const now = clock.now();
      for (const signal of new Set(windows.flatMap(signalsOf))) {
        const going = windows.map(({ window, revision, files, fresh }) => ({
          ...{ window: idOf(window, signal), revision, fresh },
          known: files.filter((file) => file.signal === signal).map(({ path }) => tablePath(path, signal)),
        }));
        const decide = (snapshot: Parameters<Parameters<DeltaTable['commit']>[0]>[0]): Action[] =>
          retirementActions(snapshot, going, now);
        await tableOf(signal).commit(decide, async () => {}, retireInfo(going.length, now, newId()));
        await tableOf(signal)
          .maintain(now)
          .catch(() => undefined);
      }
    },
    isLive: async ({ path, signal }) => {
      if (signal === 'quarantine') return false;
      return tableOf(signal).read(({ files }) => files.has(tablePath(path, signal)));
    },
    listing: (signal) =>
      tableOf(signal).read(({ files, removed }) => ({
        live: new Map([...files].map(([path, { size }]) => [tableRoot(signal) + path, size])),
        removed: new Set([...removed.keys()].map((path) => tableRoot(signal) + path)),
      })),
  };
}

const dataSignal = (signal: FileRecord['signal']): Signal[] => (signal === 'quarantine' ? [] : [signal]);

/** The tables that can have files of the window. */
const signalsOf = ({ window, files }: RetiredFiles): Signal[] => [
  window.signal,
  ...files.flatMap(({ signal }) => dataSignal(signal)),
];

/** What the window is called in the log of that signal's table. */
function idOf(window: Window, signal: Signal): string {
  const path = tableFilePath({ window, signal, partition: 0, part: 1, revision: 1 });
  return ownFile(tablePath(path, signal))?.window ?? '';
}

function addFile(file: TableFile, signal: Signal, { app }: Window, now: number): AddFile {
  const path = tablePath(file.path, signal);
  return {
    path: logPath(path),
    partitionValues: { app, date: folderValues(path).date },
    size: file.bytes,
    modificationTime: now,
    dataChange: true,
    stats: file.statistics ?? JSON.stringify({ numRecords: file.rows }),
  };
}

const commitInfo = (window: string, revision: number, now: number, txnId: string): CommitInfo => ({
  timestamp: now,
  operation: 'WRITE',
  operationParameters: { mode: 'Append', window, revision: String(revision) },
  engineInfo: 'Insights-Lake',
  txnId,
});

const retireInfo = (windows: number, now: number, txnId: string): CommitInfo => ({
  timestamp: now,
  operation: 'DELETE',
  operationParameters: { predicate: '[]', windows: String(windows) },
  engineInfo: 'Insights-Lake',
  txnId,
});

/** The same from the other side: files beside the tables would be seen by no reader of these. */
export async function refuseTables(lake: ObjectStore): Promise<void> {
  for await (const folder of lake.folders('')) {
    if (!signals.some((signal) => folder === tableRoot(signal))) continue;
    if ((await lake.head(folder + lastCheckpointName)) ?? (await lake.head(folder + entryName(0))))
      throw new Error(
        `${lake.place}: ${folder} is a Delta table; set LAKE_TABLE=delta (--table delta), ` +
          'or name another prefix or container for plain files',
      );
  }
}

/** A lake is one or the other: files that no table knows would be read by nobody, or twice. */
async function refuseOtherFiles(lake: ObjectStore, isDone: IsDone): Promise<void> {
  for await (const folder of lake.folders('')) {
    if (folder.startsWith('_') || folder.startsWith('.')) continue;
    // In order of their names, the log comes first.
    let first = '';
    for await (const inner of lake.folders(folder)) {
      if (/\/(_delta_log|app=[^/]*)\/$/.test(inner)) first = inner;
      if (first !== '') break;
    }
    if (first === '' || first.endsWith('/_delta_log/')) continue;
    const unbegun = await unbegunFiles(lake, folder);
    if (unbegun === undefined)
      throw new Error(
        `${lake.place}: ${folder} holds files without a table; a lake is either one or the other: ` +
          'name another prefix or container for LAKE_TABLE=delta, and bring the rows there once more',
      );
    const signal = signals.find((each) => tableRoot(each) === folder);
    if (signal !== undefined && (await isDone(signal, unbegun)))
      throw new Error(
        `${lake.place}: the log of ${folder} is gone (_delta_log), and the ledger has windows whose rows are in its ` +
          'files; restore it (soft delete, a copy), or move the folder away and have what it held read again ' +
          '(insights-lake audit --repair)',
      );
  }
}

/** More than runs leave that died before the first entry of a table: its log is gone. */
const MOST_UNBEGUN = 20;

/** The few files of runs that died before the table had an entry, where no others lie there: nobody sees them. */
async function unbegunFiles(lake: ObjectStore, folder: string): Promise<ReadonlySet<string> | undefined> {
  const files = new Set<string>();
  for await (const { name } of lake.list(folder)) {
    files.add(name);
    if (files.size > MOST_UNBEGUN || ownFile(name.slice(folder.length)) === undefined) return undefined;
  }
  return files;
}
