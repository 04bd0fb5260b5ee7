import type {
  Clock,
  Draft,
  Drift,
  DriftSighting,
  Engine,
  FileRecord,
  Interval,
  Ledger,
  LedgerEntry,
  Millis,
  ReadFrom,
  Reading,
  Source,
  TableFile,
  Window,
} from '../model.ts';
import { type Claim, Overtaken } from './claim.ts';
import { type CommitPorts, commitFiles, replaceOthers } from './commit.ts';
import { finishedEntry, unavailableEntry, withoutFiles } from './entry.ts';
import { type Watch, watchTime } from './halve/watch.ts';
import { waitsFor } from './names/bound.ts';
import { rowsOf } from './same-rows.ts';
import { adoptedRows, loses } from './verdict.ts';

export interface DeliverPorts extends CommitPorts {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly source: Source;
  readonly engine: Engine;
  /** Gives the run a folder of its own on the local disk and removes it afterwards, whatever happened. */
  withWorkFolder<T>(use: (folder: string) => Promise<T>): Promise<T>;
  /** From when on what the window is read from has its rows; undefined, or left out: it has them all. */
  readonly keptSince?: (window: Window, origin?: string) => Millis | undefined;
  /** What a window is read from; left out: it is not kept. */
  readonly readFrom?: ReadFrom;
  /**
   * When the host began this invocation, and when it ends it, ready or not. Left out: a run may take as long as it
   * takes.
   */
  readonly allowed?: Interval;
}

export interface Delivered {
  readonly entry: LedgerEntry;
  /** What it was read from; left out: it is not kept. */
  readonly origin?: string;
  /** What the operator should know of the reading, although it is whole; left out: nothing. */
  readonly remark?: string;
  /** Why lines of this run are in quarantine, each reason once; left out: none are. */
  readonly reasons?: readonly string[];
  /** Fields that nobody knows, in the rows of this run; left out: none. */
  readonly drift?: readonly Drift[];
  /** Those of them that this lake has not seen before. */
  readonly newDrift?: readonly DriftSighting[];
}

/**
 * Steps 2 to 6: read the window whole, put its files, empty those of earlier revisions, and only then say done. Throws
 * OutOfTime when that takes longer than a run may.
 */
export async function deliver(claim: Claim, ports: DeliverPorts): Promise<Delivered> {
  const watch = watchTime(claim, ports);
  try {
    return await readAndWrite(claim, watch, ports);
  } catch (error) {
    if (!claim.abort.aborted) watch.check(); // a reading that was broken off for it
    throw error;
  } finally {
    watch.close();
  }
}

async function readAndWrite(claim: Claim, watch: Watch, ports: DeliverPorts): Promise<Delivered> {
  const window = claim.entry.window;
  const origin = await ports.readFrom?.(claim.entry);
  const why = ports.readFrom === undefined ? '' : waitsFor(claim.entry, origin);
  if (why !== '') throw new Error(why);
  const reading = await ports.source.open(window, watch.abort, origin);
  const less = loses(claim.entry.fingerprint, reading);
  if (less !== '') throw new Error(`open ${window.source}: ${less}`);
  return ports.withWorkFolder(async (work) => {
    const draft = await ports.engine.begin(window, work, claim.entry.revision);
    try {
      const written = await writeAll(reading, draft, claim, watch, ports);
      const lost = await unavailable(reading, written, claim, origin, ports);
      if (lost !== undefined) return { entry: lost };
      const emptied = await replaceOthers(written, claim, ports, ports.engine.emptyFile);
      const drift = await sightDrift(draft.drift ?? [], claim.entry, ports.ledger);
      const finish = {
        ...(origin !== undefined && { origin }),
        fingerprint: reading.fingerprint,
        counts: draft.counts,
        asked: reading.asked,
        wasted: reading.wasted ?? 0,
        files: [...written.map(withoutStatistics), ...emptied],
        ...(reading.blobs && { blobs: reading.blobs() }),
      };
      const entry = await claim.update((held) => finishedEntry(held, ports.clock.now(), finish));
      const { reasons = [] } = draft;
      const from = origin !== undefined && { origin };
      const told = {
        ...from,
        ...(reading.remark && { remark: reading.remark }),
        ...(reasons.length > 0 && { reasons }),
      };
      return { entry, ...drift, ...told };
    } finally {
      await draft.close();
    }
  });
}

/** The log of the table has them; the ledger needs no copy. */
function withoutStatistics({ statistics: _, ...file }: TableFile): FileRecord {
  return file;
}

/** No rows of a time that the source does not keep tell nothing: they are neither done nor a reason to empty files. */
async function unavailable(
  { fingerprint, asked }: Reading,
  written: readonly FileRecord[],
  claim: Claim,
  origin: string | undefined,
  { clock, keptSince = () => undefined }: DeliverPorts,
): Promise<LedgerEntry | undefined> {
  const since = keptSince(claim.entry.window, origin);
  if (since === undefined || claim.entry.window.end > since || rowsOf(fingerprint) !== 0) return undefined;
  if (written.some(({ rows }) => rows > 0)) return undefined;
  const why =
    `the source has no rows of it, and keeps them only since ${new Date(since).toISOString()}: whether there were ` +
    'any is not known; set QUERY_RETENTION to what its tables keep';
  return claim.update((entry) => unavailableEntry(withoutFiles(entry, claim.unput), clock.now(), asked, why));
}

/** Sources of archives carry a hash behind the layout: the field is the same. */
async function sightDrift(drift: readonly Drift[], { window, startedAt }: LedgerEntry, ledger: Ledger) {
  if (drift.length === 0) return {};
  const seen = { app: window.app, source: window.source.split('-')[0] ?? '', firstSeen: startedAt };
  return { drift, newDrift: await ledger.recordDrift(drift.map((each) => ({ ...each, ...seen }))) };
}

async function writeAll(
  reading: Reading,
  draft: Draft,
  claim: Claim,
  watch: Watch,
  ports: DeliverPorts,
): Promise<TableFile[]> {
  const written: TableFile[] = [];
  for await (const chunk of reading.chunks()) {
    if (claim.abort.aborted) throw new Overtaken(claim.entry.window, claim.entry.revision);
    watch.check();
    written.push(...(await commitFiles(await draft.add(chunk), claim, ports)));
  }
  watch.close();
  const last = await draft.finish();
  if (written.length === 0) refusePoorer(claim.entry, draft);
  written.push(...(await commitFiles(last, claim, ports)));
  return written;
}

/** Of a window that was adopted nobody knows its blobs: fewer rows than the lake has need a word from somebody. */
function refusePoorer({ window, fingerprint }: LedgerEntry, { counts }: Draft): void {
  const rows = adoptedRows(fingerprint);
  if (rows === undefined || counts.written >= rows) return;
  throw new Error(
    `open ${window.source}: its blobs hold ${counts.written} rows, and the lake has ${rows} of it; its files stay ` +
      'as they are. Give all of its blobs; or have these take its place (insights-lake rerun, or --replace)',
  );
}
