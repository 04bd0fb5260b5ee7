import type { LedgerEntry, Millis, Progress, Versioned, Window } from '../model.ts';
import { type Claim, type ClaimPorts, claimNew, claimWindow } from './claim.ts';
import { type DeliverPorts, deliver } from './deliver.ts';
import { isOpen, isUnhinted, mayRun, plannedEntry, unchangedEntry } from './entry.ts';
import { type HalvePorts, halveWindow, tooHeavy } from './halve/halve.ts';
import { halvesOf } from './halve/in-two.ts';
import { adviceFor, OutOfTime } from './halve/watch.ts';
import { staysAsRead } from './names/bound.ts';
import { afterLoss } from './race.ts';
import { giveUp, oneLine, sendAgain } from './running/give-up.ts';
import { caughtUp, LedgerBehind } from './running/in-lake.ts';
import { believedEntry } from './running/lease.ts';
import { lookedAt, lookFirst, type OpenedLook } from './running/look-first.ts';
import { outcomeOf, type Ran, type RunOutcome, unrun } from './running/outcome.ts';
import { counting, spentOf } from './running/spent.ts';
import { removeOldEmpties, type TidyPorts } from './tidy.ts';
import { isRequeued, loses } from './verdict.ts';

export type { RunOutcome, RunState } from './running/outcome.ts';
export { unrun } from './running/outcome.ts';

export type RunPorts = ClaimPorts &
  DeliverPorts &
  HalvePorts &
  Pick<TidyPorts, 'refused'> & {
    /**
     * Prepares what a run needs beside the ledger, and throws where it must not be. Called by a run that holds its
     * window: a lake away is a failure that the ledger has tried again. Left out: all is there.
     */
    ready?(claimed: LedgerEntry): Promise<unknown>;
    /** Awaited by whoever is about to run a window: runs before it may have failed. Left out: nobody waits. */
    rest?(): Promise<void>;
    /** What came of a source that has not answered anything; undefined, or left out: it has. */
    readonly silent?: () => string | undefined;
    /** What came of its last question, where that had no answer; '', or left out: it had one. */
    readonly unanswered?: () => string;
    /** Until when a run that has failed waits for a ledger that is away, to tell it. Left out: it does not wait. */
    readonly stateUntil?: Millis;
    /** Is told what has failed, in case the invocation ends before the ledger hears of it. Left out: nobody is. */
    hear?(error: unknown): void;
  };

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
    const seen = (losses === 1 ? (known ?? runnable(window, ports)) : undefined) ?? (await ports.ledger.read(window));
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
    const outcome = await runSeen(seen, ports, losses === 1 ? looked : undefined);
    if (outcome !== undefined) return outcome;
    await afterLoss(
      losses,
      () => `run ${window.app} ${window.signal}: others change its entry all the time`,
      ports.clock,
    );
  }
}

/** The entry as this process last wrote it, where a run is what it waits for. */
function runnable(window: Window, { recall, clock }: RunPorts): Versioned<LedgerEntry> | undefined {
  const known = recall?.entry(window);
  return known !== undefined && mayRun(known.value, clock.now()) === 'run' ? known : undefined;
}

/**
 * Runs a window as it was seen, which is to be run. Undefined when the entry changed before it could be claimed: look
 * again.
 */
export async function runSeen(
  seen: Versioned<LedgerEntry>,
  ports: RunPorts,
  looked?: OpenedLook,
): Promise<RunOutcome | undefined> {
  let look = looked;
  if (ports.rest !== undefined) await ports.rest();
  // A window that was done before is first looked at, so that being asked again costs a listing and no claim.
  if (look === undefined && seen.value.fingerprint !== '' && seen.value.state === 'done') {
    const from = await ports.readFrom?.(seen.value);
    const stays = !isRequeued(seen.value.fingerprint) && staysAsRead(seen.value, () => from);
    const found = stays ? { less: otherText } : await lookFirst(seen.value, ports.source, from);
    if (found.less !== undefined) {
      const settled = unchangedEntry(seen.value);
      const etag = await ports.ledger.write(settled, seen.etag);
      if (etag === undefined) return void ports.recall?.forget(settled.window);
      ports.recall?.keepEntry({ value: settled, etag });
      return { ...unrun('unchanged', settled.window, settled), error: found.less };
    }
    look = found.look;
  }
  const claim = await claimWindow(seen, ports);
  return claim && runClaimed(claim, claim.entry.died > seen.value.died, ports, look);
}

const otherText =
  'its rows were read from another app than its name stands for now, or from more than that, and stay as they are; ' +
  'insights-lake rerun reads it from this one';

/**
 * Puts a window that the feed does not have into the ledger and runs it. Undefined when it cannot be told without more
 * calls that the feed has no window of a part of its time.
 */
export async function runNew(window: Window, ports: RunPorts): Promise<RunOutcome | undefined> {
  const before = ports.recall?.progress(window);
  // Of what lies in tables the lake must be asked first.
  if (ports.tables !== undefined || window.start < (before?.value.horizon ?? window.start)) return undefined;
  const claimAt = (known: Versioned<Progress> | undefined) => known && claimNew(plannedEntry(window), known, ports);
  let claim = ports.recall?.isShared(window) ? undefined : await claimAt(before);
  if (claim === undefined) {
    // Whoever refused it may have told how the feed stands.
    const told = ports.recall?.progress(window);
    const stands = told !== undefined && told.etag !== before?.etag ? told : await ports.ledger.progress(window);
    ports.recall?.keepProgress(window, stands);
    claim = await claimAt(stands);
  }
  return claim && runClaimed(claim, false, ports);
}

async function runClaimed(claim: Claim, afterDeath: boolean, ports: RunPorts, look?: OpenedLook): Promise<RunOutcome> {
  const counted = counting(look === undefined ? ports.source : lookedAt(look, ports.source));
  const run = { ...ports, ...counted };
  const before = claim.entry.totals;
  const told = ({ totals, ...outcome }: Ran): RunOutcome => {
    const spent = spentOf(before, totals, counted.splits());
    return { ...outcome, asked: spent.asked, spent };
  };
  try {
    if (claim.fault !== undefined) throw claim.fault;
    await ports.ready?.(claim.entry);
    const ran = await deliverOrHalve(claim, afterDeath, run);
    // Asked for while it ran: the message of that has met this run, and gone.
    const isAsked = isOpen(claim.entry) && isUnhinted(claim.entry, ports.clock.now());
    if (isAsked) await sendAgain(claim, ports).catch(() => undefined); // the planner sends what could not be sent
    return told(ran);
  } catch (error) {
    const again = error instanceof LedgerBehind ? await claimAbove(error, claim, run) : undefined;
    if (again === undefined) return told(await giveUp(error, claim, run));
    const { remark, ...outcome } = await runClaimed(again, false, ports);
    return { ...outcome, remark: remark === undefined ? oneLine(error) : `${oneLine(error)}; ${remark}` };
  } finally {
    await claim.release();
    remember(claim, ports);
  }
}

/** Claims the window anew, above what the lake has seen. Undefined when that cannot be, or others were first. */
async function claimAbove({ seen }: LedgerBehind, claim: Claim, ports: RunPorts): Promise<Claim | undefined> {
  try {
    await claim.update((held) => caughtUp(held, seen));
    await claim.release();
    return await claimWindow(claim.seen, ports);
  } catch {
    return undefined; // giving up meets the same
  }
}

/** What this run has written last is what the next one need not ask for. */
function remember({ seen }: Claim, { recall }: RunPorts): void {
  const { window, state } = seen.value;
  if (state === 'done') recall?.keepEntry(seen);
  else recall?.forget(window);
}

/**
 * `afterDeath`: the run before ended without a word. Of what cannot be halved that is said then, in place of every
 * second run.
 */
async function deliverOrHalve(claim: Claim, afterDeath: boolean, ports: RunPorts): Promise<Ran> {
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
    if (!(error instanceof OutOfTime)) throw error;
    // A source that says nothing would say nothing of a half, either.
    const silence = ports.silent?.();
    if (silence !== undefined)
      throw new Error(`${error.message}; its source gave no answer at all: ${silence}; it is tried again`);
    const lost = ports.unanswered?.() ?? '';
    const why = `${error.message}${lost === '' ? '' : `; the last answer was none: ${lost}`}`;
    if (halves !== undefined) return halve(halves, why);
    throw new Error(why);
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
