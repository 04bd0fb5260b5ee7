import type { Counts, FileRecord, LedgerEntry, Millis, Reading, Source, Versioned, Window } from '../model.ts';
import { type Claim, type ClaimPorts, claimWindow, Overtaken } from './claim.ts';
import { LedgerBehind } from './commit.ts';
import { type Delivered, type DeliverPorts, deliver } from './deliver.ts';
import { failedEntry, hintedEntry, isAtRest, mayRun, postponedEntry, unchangedEntry } from './entry.ts';
import { type HalvePorts, halveWindow, tooHeavy } from './halve/halve.ts';
import { halvesOf } from './halve/halves.ts';
import { adviceFor, OutOfTime } from './halve/watch.ts';
import { isStoreFailure, outlast } from './outage/outlast.ts';
import { afterLoss } from './race.ts';
import { believedEntry } from './running/lease.ts';
import { lookedAt, lookFirst, type OpenedLook } from './running/look-first.ts';
import { type Left, removeOldEmpties, type TidyPorts } from './tidy.ts';
import { loses } from './verdict.ts';

export type RunPorts = ClaimPorts &
  DeliverPorts &
  HalvePorts &
  Pick<TidyPorts, 'refused'> & {
    /**
     * Prepares what a run needs beside the ledger. Called by a run that holds its window: a lake away is a failure that
     * the ledger has tried again. Left out: all is there.
     */
    ready?(): Promise<unknown>;
    /** Until when a run that has failed waits for a ledger that is away, to tell it. Left out: it does not wait. */
    readonly stateUntil?: Millis;
  };

/**
 * - `done`: the window is in the lake. `unchanged`: it was already, and the source is as it was.
 * - `busy`: another run holds it. `early`: its back-off or refresh interval has not passed, or the source says that the
 *   window has not ended yet (see `error`). `unknown`: this lake never planned it.
 * - `overtaken`: a later run has taken over. `failed`: see `error`; the ledger has it tried again.
 * - `held`: the lake is paused or disabled; nothing was tried, and the planner sends for the window when it is resumed.
 * - `unavailable`: the source has no rows of it and does not keep them so long.
 * - `halved`: too heavy for one run (see `error`; '': that was earlier): its halves run in its place.
 */
export type RunState =
  | 'done'
  | 'unavailable'
  | 'unchanged'
  | 'busy'
  | 'early'
  | 'unknown'
  | 'overtaken'
  | 'held'
  | 'failed'
  | 'halved';

/** What a run did. */
export interface RunOutcome extends Omit<Delivered, 'entry'> {
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
  /** Old empty files that the lake did not let go; left out: none. */
  readonly left?: Left;
}

/**
 * Runs one window by the delivery protocol (docs/architecture.md). Resolves whatever happens; rejects only when the
 * ledger does. `known`: its entry, for whoever has just read or written it; `looked`: what its source looked like then.
 */
export async function runWindow(
  window: Window,
  ports: RunPorts,
  known?: Versioned<LedgerEntry>,
  looked?: OpenedLook,
): Promise<RunOutcome> {
  for (let losses = 1; ; losses++) {
    const seen = losses === 1 && known !== undefined ? known : await ports.ledger.read(window);
    if (seen === undefined) return unrun('unknown', window, undefined);
    const may = mayRun(believedEntry(seen.value, ports.clock, ports.lease), ports.clock.now());
    if (may === 'done' || may === 'halved') {
      const left = await removeOldEmpties(seen, ports);
      // Why it was halved was said when it was.
      const state = may === 'done' ? 'unchanged' : 'halved';
      return {
        ...unrun(state, window, may === 'done' ? seen.value : { ...seen.value, error: '' }),
        ...(left && { left }),
      };
    }
    if (may !== 'run') return unrun(may, window, seen.value);
    const outcome = await attempt(seen, ports, losses === 1 ? looked : undefined);
    if (outcome !== undefined) return outcome;
    await afterLoss(
      losses,
      () => `run ${window.app} ${window.signal}: others change its entry all the time`,
      ports.clock,
    );
  }
}

/** Undefined when the entry changed before it could be claimed: look again. */
async function attempt(
  seen: Versioned<LedgerEntry>,
  ports: RunPorts,
  looked?: OpenedLook,
): Promise<RunOutcome | undefined> {
  let look = looked;
  // A window that was done before is first looked at, so that being asked again costs a listing and no claim.
  if (look === undefined && seen.value.fingerprint !== '' && seen.value.state === 'done') {
    const found = await lookFirst(seen.value, ports.source);
    if (found.less !== undefined) {
      const settled = unchangedEntry(seen.value);
      const etag = await ports.ledger.write(settled, seen.etag);
      return etag === undefined ? undefined : { ...unrun('unchanged', settled.window, settled), error: found.less };
    }
    look = found.look;
  }
  const claim = await claimWindow(seen, ports);
  if (claim === undefined) return undefined;
  const counted = counting(look === undefined ? ports.source : lookedAt(look, ports.source));
  const run = { ...ports, ...counted };
  try {
    await ports.ready?.();
    return await deliverOrHalve(claim, claim.entry.died > seen.value.died, run);
  } catch (error) {
    return await giveUp(error, claim, run);
  } finally {
    await claim.release();
  }
}

/** The source, and what was asked of it so far: a run that fails has cost something, too. */
function counting(source: Source): { readonly source: Source; readonly spent: () => number } {
  let last: Reading | undefined;
  const open: Source['open'] = async (window, abort) => {
    last = await source.open(window, abort);
    return last;
  };
  return { source: { open }, spent: () => last?.asked ?? 0 };
}

/**
 * `afterDeath`: the run before ended without a word. Of what cannot be halved that is said then, in place of every
 * second run.
 */
async function deliverOrHalve(claim: Claim, afterDeath: boolean, ports: RunPorts): Promise<RunOutcome> {
  const { window } = claim.entry;
  const halves = halvesOf(window);
  const halve = async (into: readonly [Window, Window], why: string) => {
    await keepWhatIsGone(claim, ports);
    return outcomeOf('halved', window, await halveWindow(claim, into, why, ports), ports);
  };
  // Where no host ends runs, it was whoever sits at the terminal.
  const heavy = ports.allowed === undefined ? '' : tooHeavy(claim.entry);
  if (heavy !== '' && halves !== undefined) return halve(halves, heavy);
  if (heavy !== '' && afterDeath) throw new Error(`${heavy}; ${adviceFor(window)}`);
  try {
    const { entry, ...more } = await deliver(claim, ports);
    const state = entry.state === 'unavailable' ? 'unavailable' : 'done';
    return { ...outcomeOf(state, window, entry, ports), ...more };
  } catch (error) {
    if (error instanceof OutOfTime && halves !== undefined) return halve(halves, error.message);
    throw error;
  }
}

/**
 * Halving empties the files of the window first: not where its blobs can no longer be read, and the lake alone has the
 * rows.
 */
async function keepWhatIsGone(claim: Claim, { source }: RunPorts): Promise<void> {
  const { window, fingerprint } = claim.entry;
  if (window.source === 'query' || fingerprint === '') return;
  const less = loses(fingerprint, await source.open(window, claim.abort));
  if (less !== '') throw new Error(`halve ${window.source}: ${less}`);
}

async function giveUp(error: unknown, claim: Claim, ports: RunPorts): Promise<RunOutcome> {
  const window = claim.entry.window;
  if (error instanceof Overtaken || claim.abort.aborted) return outcomeOf('overtaken', window, claim.entry, ports);
  try {
    const wait = ports.hints === undefined ? 0 : earlyBy(error);
    if (wait > 0) {
      await claim.update((held) => postponedEntry(held, ports.clock.now() + wait, oneLine(error)));
      await sendAgain(claim, ports).catch(() => undefined); // the planner sends what could not be sent
      return outcomeOf('early', window, claim.entry, ports);
    }
    const seen = error instanceof LedgerBehind ? error.seen : 0;
    const failed = (held: LedgerEntry): LedgerEntry => ({
      ...failedEntry(held, ports.clock.now(), ports.clock.random(), oneLine(error), ports.spent?.()),
      revision: Math.max(held.revision, seen),
    });
    const tell = () => claim.update((held) => (isAtRest(held) ? held : failed(held)));
    const entry = await outlast(tell, isStoreFailure, ports.stateUntil ?? 0, ports.clock);
    // Only the answer to its last write was lost.
    if (isAtRest(entry)) return outcomeOf(entry.state === 'done' ? 'done' : 'unavailable', window, entry, ports);
    if (entry.state !== 'halved') {
      await sendAgain(claim, ports).catch(() => undefined); // the planner sends what could not be sent
      return outcomeOf('failed', window, entry, ports);
    }
    // It was halved, but somebody was not told: the planner sends for the halves.
    return { ...outcomeOf('halved', window, entry, ports), error: `${entry.error}; then ${oneLine(error)}` };
  } catch (second) {
    if (second instanceof Overtaken) return outcomeOf('overtaken', window, claim.entry, ports);
    throw new Error(`${oneLine(error)} (and the ledger could not be told: ${oneLine(second)})`, { cause: error });
  }
}

/** A message that comes when the back-off has passed: a tick of the planner may be minutes after that. */
async function sendAgain(claim: Claim, { hints, clock }: RunPorts): Promise<void> {
  if (hints === undefined) return;
  const { window, notBefore, backfill } = claim.entry;
  await hints.send(window, Math.max(0, notBefore - clock.now()), backfill !== undefined);
  const waits = ({ state }: LedgerEntry) => state === 'failed' || state === 'due';
  await claim.update((held) => (waits(held) ? hintedEntry(held, clock.now()) : held));
}

/** The source says that the window has not ended by its clock: how long to wait, an hour at most; 0: it does not. */
function earlyBy(error: unknown): Millis {
  const isEarly = error instanceof Error && 'code' in error && error.code === 'NotYet' && 'wait' in error;
  return isEarly ? Math.min(Number(error.wait), 3_600_000) : 0;
}

const oneLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replace(/\s+/g, ' ').slice(0, 2000);

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
