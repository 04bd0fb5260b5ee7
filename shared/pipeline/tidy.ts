import type { Clock, FileRecord, LakeTables, Ledger, LedgerEntry, Millis, ObjectStore, Versioned } from '../model.ts';

/** No run lives that long: the host ends an invocation after 30 minutes, and a stalled machine within hours. */
const oldestRun: Millis = 24 * 3_600_000;

export interface TidyPorts {
  readonly ledger: Ledger;
  readonly lake: ObjectStore;
  readonly tables?: LakeTables;
  readonly clock: Clock;
  /**
   * Files that the lake did not let go, and when it last refused: known to the process. Left out: none is remembered.
   */
  readonly refused?: Map<string, Millis>;
}

/** Files that had to stay. `why` is '' where it was said within the last day. */
export interface Left {
  readonly files: number;
  readonly why: string;
}

/** What may not be removed (retention, a lease, snapshots) is tried again, and spoken of, once a day. */
const silence: Millis = 24 * 3_600_000;

/**
 * Readers of a table may still be at an older version: they are given as long as the protocol's own vacuum gives them.
 */
const oldestReader: Millis = 7 * oldestRun;

/**
 * Removes the empty files of a done or halved window once no attempt can be that old (a stalled one could create them
 * again). In a table these are the files that no version of the last week shows. The ledger forgets a path only after
 * the file is gone. What the lake does not let go stays, is counted, and fails nothing: the window is done.
 */
export async function removeOldEmpties(seen: Versioned<LedgerEntry>, ports: TidyPorts): Promise<Left | undefined> {
  if (!hasOldEmpties(seen.value, ports)) return undefined;
  const { stuck: files, why } = await removeOldFiles(seen, ports);
  return files === 0 ? undefined : { files, why };
}

/** What is left of a window after files of it were to go: its entry, how many went, how many the lake held, and why. */
export interface Removed {
  readonly entry: LedgerEntry;
  readonly gone: number;
  readonly stuck: number;
  readonly why: string;
}

/** Removes the files of a window that may go by now: empty ones, and all of a retired window. */
export async function removeOldFiles(seen: Versioned<LedgerEntry>, ports: TidyPorts): Promise<Removed> {
  const { ledger, clock, refused = new Map<string, Millis>() } = ports;
  const entry = seen.value;
  const old = entry.files.filter((file) => mayGo(file, entry, ports));
  const gone: FileRecord[] = [];
  let [files, why] = [0, ''];
  for (const file of old) {
    const isSilent = (refused.get(file.path) ?? Number.NEGATIVE_INFINITY) + silence > clock.now();
    try {
      if (!isSilent && (await removeOne(file, entry, ports))) gone.push(file);
      else files += isSilent ? 1 : 0;
    } catch (error) {
      files += 1;
      refused.set(file.path, clock.now());
      why ||= error instanceof Error ? error.message : String(error);
    }
  }
  const kept = { ...entry, files: entry.files.filter((file) => !gone.includes(file)) };
  // Not told, the ledger hears it the next time: by then they are gone.
  if (gone.length > 0) await ledger.write(kept, seen.etag).catch(() => undefined);
  return { entry: gone.length > 0 ? kept : entry, gone: gone.length, stuck: files, why };
}

/** The same for a window as it was listed; undefined where there is nothing to do, or the lake has just refused it. */
export async function tidyWindow(entry: LedgerEntry, ports: TidyPorts): Promise<Left | undefined> {
  const isSilent = ({ path }: FileRecord) =>
    (ports.refused?.get(path) ?? Number.NEGATIVE_INFINITY) + silence > ports.clock.now();
  if (!hasOldEmpties(entry, ports) || entry.files.some(isSilent)) return undefined;
  const seen = await ports.ledger.read(entry.window);
  return (seen && (await removeOldEmpties(seen, ports))) ?? { files: 0, why: '' };
}

/** Whether a window has empty files that no attempt can create again. */
export const hasOldEmpties = (entry: LedgerEntry, ports: Pick<TidyPorts, 'tables' | 'clock'>): boolean =>
  entry.files.some((file) => file.rows === 0 && mayGo(file, entry, ports));

/**
 * Whether no attempt can be that old that meant the file, and no reader. Of a retired window all files go: those that
 * are in no table when no run can be that old, those of tables when their log has not named them for a week (they are
 * empty to the ledger since, `retire.ts`).
 */
function mayGo(
  file: FileRecord,
  { state, startedAt, doneAt }: LedgerEntry,
  { tables, clock }: Pick<TidyPorts, 'tables' | 'clock'>,
): boolean {
  if (!['done', 'halved', 'unavailable', 'retired'].includes(state)) return false;
  const inTable = tables !== undefined && file.signal !== 'quarantine';
  if (state === 'retired' && !inTable) return startedAt + oldestRun <= clock.now();
  const age = tables === undefined ? oldestRun : oldestReader;
  return file.rows === 0 && Math.max(doneAt, startedAt) + age <= clock.now();
}

/** False where it stays for a good reason. */
async function removeOne(
  file: FileRecord,
  { window, revision }: LedgerEntry,
  { ledger, lake, tables }: TidyPorts,
): Promise<boolean> {
  if (await tables?.isLive(file)) return false; // not ours to say: the table was changed by other hands
  const etag = await lake.head(file.path);
  if ((await ledger.claimed(window))?.revision !== revision) return false; // a later run may have put rows there
  return etag === undefined || lake.remove(file.path, etag);
}
