import { tmpdir } from 'node:os';
import type { LedgerEntry, Source, Window } from '../../shared/model.ts';
import { plannedEntry } from '../../shared/pipeline/entry.ts';
import { coverRange, putWindows } from '../../shared/pipeline/grid.ts';
import { type RunOutcome, type RunPorts, runWindow, unrun } from '../../shared/pipeline/run.ts';
import { verdictOf } from '../../shared/pipeline/verdict.ts';
import type { Blame } from './observe.ts';
import type { Task, TaskOutcome } from './ports.ts';

/** What is to be done, and where from: the windows, with what the ledger says of those that it has. */
export interface Plan {
  readonly source: Source;
  readonly tasks: readonly Task[];
  readonly known: ReadonlyMap<string, LedgerEntry>;
  readonly notices: readonly string[];
  readonly incomplete?: readonly string[];
  /** Whether a window that is done is brought up to date when its source has changed, left alone, or run in any case. */
  readonly done: 'compare' | 'leave' | 'repeat';
}

export interface RunnerSetup {
  readonly plan: Plan;
  /** Whoever worked on the lake before has died: its claims need not be respected. */
  readonly orphaned: boolean;
  readonly blamed: Blame;
  readonly ports: RunPorts;
  readonly abort: AbortSignal;
}

export const keyOf = ({ app, signal, source, start, end }: Window): string =>
  [app, signal, source, start, end].join('\n');

/** Runs the windows of a plan, each when it is asked for. */
export function windowRunner(setup: RunnerSetup): (window: Window) => Promise<TaskOutcome> {
  const { blamed, ports } = setup;
  const counted = new Set<string>();

  async function runOne(window: Window): Promise<TaskOutcome> {
    const entry = await readied(window, setup);
    if (entry === 'overlaps') return runOthers(window);
    const outcome = entry === undefined ? await runWindow(window, ports) : unrun('unchanged', window, entry);
    const told = taskOutcome(outcome, blamed.of(outcome.error), await heldUntil(outcome, ports));
    const known = counted.has(keyOf(window));
    if (told.state !== 'busy') counted.add(keyOf(window));
    return known ? { ...told, counts: nothing, files: 0, bytes: 0 } : told;
  }

  /** Another command has cut this time in another way since it was planned: its windows stand for it. Each is counted once. */
  async function runOthers(window: Window): Promise<TaskOutcome> {
    const outcomes: TaskOutcome[] = [];
    for (const other of await coverRange(window, window, window.end - window.start, ports))
      outcomes.push(await runOne(other));
    return together(outcomes);
  }

  return async (window) => {
    try {
      return await runOne(window);
    } catch (error) {
      // only what happens to the ledger, which lies in the destination, comes this way
      const text = error instanceof Error ? error.message : String(error);
      const seen = blamed.of(text);
      const side = seen.side === 'unknown' ? 'destination' : seen.side;
      return taskOutcome({ ...unrun('failed', window, undefined), error: text }, { ...seen, side }, 0);
    }
  };
}

/**
 * Puts the window into the ledger and makes it due, back-off or not: the user has asked for it now. Resolves with the entry of a
 * window that is done and as the source has it: nothing to run; `overlaps`: other windows stand for its time, or for a part of it.
 */
async function readied(
  window: Window,
  { plan, orphaned, ports: { ledger, source, clock }, abort }: RunnerSetup,
): Promise<LedgerEntry | 'overlaps' | undefined> {
  const listed = plan.known.get(keyOf(window));
  if (listed?.state === 'done' && !listed.again && plan.done !== 'repeat') return listed;
  for (;;) {
    const seen = await ledger.read(window);
    if (seen?.value.state === 'running' && !orphaned) return undefined;
    if (seen?.value.state === 'done' && !seen.value.again && (await isCurrent(seen.value, plan, source, abort)))
      return seen.value;
    if (seen === undefined) {
      if (await putWindows([plannedEntry(window)], { ledger, clock })) return undefined;
      if ((await ledger.read(window)) === undefined) return 'overlaps';
      continue;
    }
    if (seen.value.state === 'halved') return 'overlaps';
    const due = { ...seen.value, again: seen.value.state === 'done', notBefore: 0, leaseUntil: 0 };
    if ((await ledger.write(due, seen.etag)) !== undefined) return undefined;
  }
}

async function isCurrent(entry: LedgerEntry, { done }: Plan, source: Source, abort: AbortSignal): Promise<boolean> {
  if (done !== 'compare') return done === 'leave';
  return verdictOf(entry.fingerprint, await source.open(entry.window, abort)) !== 'run';
}

const nothing = { read: 0, written: 0, deduplicated: 0, quarantined: 0 };

/** Windows that stand for one task: as bad as the worst of them. */
function together(outcomes: readonly TaskOutcome[]): TaskOutcome {
  const worst = (['failed', 'busy', 'done', 'unchanged'] as const)
    .flatMap((state) => outcomes.filter((outcome) => outcome.state === state))
    .at(0);
  if (worst === undefined) throw new Error('no window stands for the task');
  const sum = (of: (outcome: TaskOutcome) => number): number => outcomes.reduce((all, each) => all + of(each), 0);
  return {
    ...worst,
    counts: {
      read: sum(({ counts }) => counts.read),
      written: sum(({ counts }) => counts.written),
      deduplicated: sum(({ counts }) => counts.deduplicated),
      filtered: sum(({ counts }) => counts.filtered ?? 0),
      quarantined: sum(({ counts }) => counts.quarantined),
    },
    files: sum(({ files }) => files),
    bytes: sum(({ bytes }) => bytes),
  };
}

const fullText = (): string =>
  `the temporary folder ${tmpdir()} is full; make room there, or name another folder in TMPDIR`;

/** When a window that another run holds becomes free. */
async function heldUntil({ state, window }: RunOutcome, { ledger }: RunPorts): Promise<number> {
  if (state !== 'busy' && state !== 'early') return 0;
  const entry = (await ledger.read(window))?.value;
  return Math.max(entry?.leaseUntil ?? 0, entry?.notBefore ?? 0);
}

function taskOutcome(outcome: RunOutcome, blamed: Pick<TaskOutcome, 'side' | 'refused'>, retryAt: number): TaskOutcome {
  const files = outcome.files.filter((file) => file.rows > 0);
  const held = outcome.state === 'busy' || outcome.state === 'early' || outcome.state === 'overtaken';
  return {
    state: outcome.state === 'done' || outcome.state === 'unchanged' ? outcome.state : held ? 'busy' : 'failed',
    counts: outcome.counts,
    files: files.length,
    bytes: files.reduce((sum, file) => sum + file.bytes, 0),
    retryAt,
    error: blamed.side === 'machine' ? `${outcome.error}: ${fullText()}` : outcome.error,
    ...blamed,
  };
}
