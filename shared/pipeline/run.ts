import type {
  Counts,
  Draft,
  Drift,
  DriftSighting,
  Engine,
  FileRecord,
  Ledger,
  LedgerEntry,
  Millis,
  Reading,
  Source,
  Versioned,
  Window,
} from '../model.ts';
import { type Claim, type ClaimPorts, claimWindow, Overtaken } from './claim.ts';
import { type CommitPorts, commitFiles, emptyOthers } from './commit.ts';
import { failedEntry, finishedEntry, mayRun, unchangedEntry } from './entry.ts';
import { removeOldEmpties } from './tidy.ts';
import { loses, verdictOf } from './verdict.ts';

export interface RunPorts extends ClaimPorts, CommitPorts {
  readonly source: Source;
  readonly engine: Engine;
  /** Gives the run a folder of its own on the local disk and removes it afterwards, whatever happened. */
  withWorkFolder<T>(use: (folder: string) => Promise<T>): Promise<T>;
}

/**
 * - `done`: the window is in the lake. `unchanged`: it was already, and the source is as it was.
 * - `busy`: another run holds it. `early`: its back-off or refresh interval has not passed. `unknown`: this lake never planned it.
 * - `overtaken`: a later run has taken over. `failed`: see `error`; the ledger has it tried again.
 */
export type RunState = 'done' | 'unchanged' | 'busy' | 'early' | 'unknown' | 'overtaken' | 'failed';

/** What a run did. */
export interface RunOutcome {
  readonly state: RunState;
  readonly window: Window;
  readonly revision: number;
  readonly attempts: number;
  readonly counts: Counts;
  readonly files: readonly FileRecord[];
  /** Requests to the query API, or blobs read. */
  readonly asked: number;
  readonly duration: Millis;
  readonly error: string;
  /** Fields that nobody knows, in the rows of this run; left out: none. */
  readonly drift?: readonly Drift[];
  /** Those of them that this lake has not seen before. */
  readonly newDrift?: readonly DriftSighting[];
}

/** Runs one window by the delivery protocol (docs/architecture.md). Resolves whatever happens; rejects only when the ledger does. */
export async function runWindow(window: Window, ports: RunPorts): Promise<RunOutcome> {
  for (;;) {
    const seen = await ports.ledger.read(window);
    if (seen === undefined) return unrun('unknown', window, undefined);
    const may = mayRun(seen.value, ports.clock.now());
    if (may === 'done') {
      await removeOldEmpties(seen, ports);
      return unrun('unchanged', window, seen.value);
    }
    if (may !== 'run') return unrun(may, window, seen.value);
    const outcome = await attempt(seen, ports);
    if (outcome !== undefined) return outcome;
  }
}

/** Undefined when the entry changed before it could be claimed: look again. */
async function attempt(seen: Versioned<LedgerEntry>, ports: RunPorts): Promise<RunOutcome | undefined> {
  // A window that was done before is first looked at, so that being asked again costs a listing and no claim.
  if (seen.value.fingerprint !== '' && seen.value.state === 'done') {
    const look = await ports.source.open(seen.value.window, new AbortController().signal).catch(() => undefined);
    if (look !== undefined && verdictOf(seen.value.fingerprint, look) !== 'run') {
      const settled = unchangedEntry(seen.value);
      const etag = await ports.ledger.write(settled, seen.etag);
      return etag === undefined ? undefined : unrun('unchanged', settled.window, settled);
    }
  }
  const claim = await claimWindow(seen, ports);
  if (claim === undefined) return undefined;
  try {
    const { entry, ...drift } = await deliver(claim, ports);
    return { ...outcomeOf('done', seen.value.window, entry, ports), ...drift };
  } catch (error) {
    return await giveUp(error, claim, ports);
  } finally {
    await claim.release();
  }
}

type Delivered = { readonly entry: LedgerEntry } & Pick<RunOutcome, 'drift' | 'newDrift'>;

/** Steps 2 to 6: read the window whole, put its files, empty those of earlier revisions, and only then say done. */
async function deliver(claim: Claim, ports: RunPorts): Promise<Delivered> {
  const window = claim.entry.window;
  const reading = await ports.source.open(window, claim.abort);
  const less = loses(claim.entry.fingerprint, reading);
  if (less !== '') throw new Error(`open ${window.source}: ${less}`);
  return ports.withWorkFolder(async (work) => {
    const draft = await ports.engine.begin(window, work);
    try {
      const written = await writeAll(reading, draft, work, claim, ports);
      const emptied = await emptyOthers(written, claim, ports.lake, ports.engine.emptyFile);
      const drift = await sightDrift(draft.drift ?? [], claim.entry, ports.ledger);
      const finish = { fingerprint: reading.fingerprint, counts: draft.counts, asked: reading.asked, files: [...written, ...emptied] };
      return { entry: await claim.update((entry) => finishedEntry(entry, ports.clock.now(), finish)), ...drift };
    } finally {
      await draft.close();
    }
  });
}

/** Sources of archives carry a hash behind the layout: the field is the same. */
async function sightDrift(drift: readonly Drift[], { window, startedAt }: LedgerEntry, ledger: Ledger) {
  if (drift.length === 0) return {};
  const seen = { app: window.app, source: window.source.split('-')[0] ?? '', firstSeen: startedAt };
  return { drift, newDrift: await ledger.recordDrift(drift.map((each) => ({ ...each, ...seen }))) };
}

async function writeAll(reading: Reading, draft: Draft, work: string, claim: Claim, ports: RunPorts): Promise<FileRecord[]> {
  const written: FileRecord[] = [];
  for await (const chunk of reading.chunks(work)) {
    if (claim.abort.aborted) throw new Overtaken(claim.entry.window, claim.entry.revision);
    written.push(...(await commitFiles(await draft.add(chunk), claim, ports)));
  }
  written.push(...(await commitFiles(await draft.finish(), claim, ports)));
  return written;
}

async function giveUp(error: unknown, claim: Claim, ports: RunPorts): Promise<RunOutcome> {
  const window = claim.entry.window;
  if (error instanceof Overtaken || claim.abort.aborted) return outcomeOf('overtaken', window, claim.entry, ports);
  try {
    const entry = await claim.update((held) => failedEntry(held, ports.clock.now(), ports.clock.random(), oneLine(error)));
    return outcomeOf('failed', window, entry, ports);
  } catch (second) {
    if (second instanceof Overtaken) return outcomeOf('overtaken', window, claim.entry, ports);
    throw new Error(`${oneLine(error)} (and the ledger could not be told: ${oneLine(second)})`, { cause: error });
  }
}

const oneLine = (error: unknown): string => (error instanceof Error ? error.message : String(error)).replace(/\s+/g, ' ').slice(0, 2000);

/** The outcome of a call that ran nothing: what the ledger says of the window. */
export const unrun = (state: RunState, window: Window, entry: LedgerEntry | undefined): RunOutcome => ({
  state,
  window,
  revision: entry?.revision ?? 0,
  attempts: entry?.attempts ?? 0,
  counts: entry?.counts ?? { read: 0, written: 0, deduplicated: 0, quarantined: 0 },
  files: entry?.files ?? [],
  asked: 0,
  duration: 0,
  error: entry?.error ?? '',
});

const outcomeOf = (state: RunState, window: Window, entry: LedgerEntry, ports: RunPorts): RunOutcome => ({
  ...unrun(state, window, entry),
  asked: entry.asked,
  duration: ports.clock.now() - entry.startedAt,
});
