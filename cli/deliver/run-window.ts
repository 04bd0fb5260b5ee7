import type { LedgerEntry, ReadFrom, Reading, Source, Window } from '../../shared/model.ts';
import { plannedEntry } from '../../shared/pipeline/entry.ts';
import { coverRange, type GridPorts, putWindows } from '../../shared/pipeline/grid/grid.ts';
import { type Lacking, lackingIn, type SeenBlob } from '../../shared/pipeline/lacking.ts';
import { type RunOutcome, type RunPorts, runWindow, unrun } from '../../shared/pipeline/run.ts';
import { asInLake } from '../../shared/pipeline/running/in-lake.ts';
import { believedEntry } from '../../shared/pipeline/running/lease.ts';
import { adoptedRows, requeuedFingerprint, verdictOf } from '../../shared/pipeline/verdict.ts';
import type { Blame } from './observe.ts';
import { setAside } from './pages.ts';
import type { TaskOutcome } from './ports.ts';
import { inCommandWords, nothing, taskOutcome, together } from './window-outcome.ts';

/** How windows are brought up to date, and where from, with what the ledger says of those that it has. */
export interface Plan {
  readonly source: Source;
  /** What a window is read from; left out: what it stands for. */
  readonly readFrom?: ReadFrom;
  /** Others that it has are looked up when their turn comes. */
  readonly known: ReadonlyMap<string, LedgerEntry>;
  readonly notices: readonly string[];
  readonly later?: () => readonly string[]; // more of them, when the windows have run
  readonly incomplete?: readonly string[];
  /** Whether a window that is done is brought up to date when its source has changed, left alone, or run anyway. */
  readonly done: 'compare' | 'leave' | 'repeat';
  /** What is given is the whole truth, even where the window was made of more. */
  readonly replace: boolean;
  /** Windows whose files were compared in the clear: none has become shorter, though it may be packed now. */
  readonly whole?: ReadonlySet<string>;
  /** Windows whose files were looked into before, and have been told of. */
  readonly looked?: ReadonlySet<string>;
}

export interface RunnerSetup {
  readonly plan: Plan;
  /** Whoever worked on the lake before has died: its claims need not be respected. */
  readonly orphaned: boolean;
  /**
   * The ledger lies in the lake. It puts again what the last plan of a feed had put, so a window that nobody has run,
   * as it says, can have files. Left out: it does not.
   */
  readonly isInLake?: boolean;
  readonly blamed: Blame;
  readonly ports: RunPorts & GridPorts;
  readonly abort: AbortSignal;
}

export const keyOf = ({ app, signal, source, start, end }: Window): string =>
  [app, signal, source, start, end].join('\n');

/** Runs the windows of a plan, each when it is asked for. */
export function windowRunner(setup: RunnerSetup): (window: Window) => Promise<TaskOutcome> {
  const { blamed, plan, ports } = setup;
  const counted = new Set<string>();

  async function runOne(window: Window): Promise<TaskOutcome> {
    const ready = await readied(window, setup);
    if (ready === 'overlaps') return runOthers(window);
    const outcome = ready === undefined ? await runWindow(window, ports) : unrun('unchanged', window, ready.entry);
    const { parts, reasons } = await setAside(outcome, ports.lake);
    const isPart = parts.length > 0 && plan.looked?.has(keyOf(window)) !== true;
    return {
      ...taskOutcome(outcome, blamed.of(outcome.error), await heldUntil(outcome, ports)),
      ...(isPart && { parts }),
      ...(reasons.length > 0 && { reasons }),
      ...(ready?.lacking && { state: 'kept' as const, error: ready.lacking }),
    };
  }

  /**
   * Another command has cut this time in another way since it was planned: its windows stand for it. Each is counted
   * once.
   */
  async function runOthers(window: Window): Promise<TaskOutcome> {
    const outcomes: TaskOutcome[] = [];
    for (const other of await coverRange(window, window, window.end - window.start, ports)) {
      const outcome = await runOne(other);
      outcomes.push(counted.has(keyOf(other)) ? { ...outcome, counts: nothing, files: 0, bytes: 0 } : outcome);
      if (outcome.state !== 'busy') counted.add(keyOf(other));
    }
    return together(outcomes);
  }

  /** An app has windows of its ledger tried again, whoever ran them. */
  const spoken = (outcome: TaskOutcome): TaskOutcome => (setup.isInLake ? inCommandWords(outcome) : outcome);

  return async (window) => {
    try {
      return spoken(await runOne(window));
    } catch (error) {
      // only what happens to the ledger, which lies in the destination, comes this way
      const text = error instanceof Error ? error.message : String(error);
      const seen = blamed.of(text);
      const side = seen.side === 'unknown' ? 'destination' : seen.side;
      return spoken(taskOutcome({ ...unrun('failed', window, undefined), error: text }, { ...seen, side }, 0));
    }
  };
}

/**
 * A window that is not to be run: it is done and as the source has it, or the source lacks something that it was made
 * of.
 */
interface AtRest {
  readonly entry: LedgerEntry;
  readonly lacking?: string;
}

/**
 * Puts the window into the ledger and makes it due, back-off or not: the user has asked for it now. `overlaps`: other
 * windows stand for its time, or for a part of it.
 */
async function readied(
  window: Window,
  { plan, orphaned, isInLake, ports, abort }: RunnerSetup,
): Promise<AtRest | 'overlaps' | undefined> {
  const { ledger, source } = ports;
  const listed = plan.known.get(keyOf(window));
  if (listed?.state === 'done' && !listed.again && plan.done !== 'repeat') return { entry: listed };
  for (;;) {
    const seen = await ledger.read(window);
    if (seen?.value.state === 'running' && !orphaned) return undefined;
    if (seen === undefined) {
      const from = await ports.readFrom?.({ window, doneAt: 0 });
      if (await putWindows([plannedEntry(window, 0, from)], ports)) return undefined;
      if ((await ledger.read(window)) === undefined) return 'overlaps';
      continue;
    }
    if (seen.value.state === 'halved') return 'overlaps';
    const rest = await atRest(seen.value, plan, source, abort);
    if (rest !== undefined) return rest;
    const { fingerprint, revision } = seen.value;
    const known = isInLake && revision === 0 ? await asInLake(seen.value, ports) : seen.value;
    const due = {
      ...{ ...known, again: hasEnded(seen.value), notBefore: 0, leaseUntil: 0 },
      fingerprint:
        plan.replace && adoptedRows(fingerprint) !== undefined ? requeuedFingerprint(fingerprint) : fingerprint,
    };
    if ((await ledger.write(due, seen.etag)) !== undefined) return undefined;
  }
}

const hasEnded = ({ state }: LedgerEntry): boolean => state === 'done' || state === 'unavailable';

async function atRest(
  entry: LedgerEntry,
  { done, replace, whole }: Plan,
  source: Source,
  abort: AbortSignal,
): Promise<AtRest | undefined> {
  // What the source did not keep has not come back: it is asked for again only where all is.
  const isGone = entry.state === 'unavailable' && !entry.again && done !== 'repeat';
  if (isGone) return { entry, lacking: entry.error || 'the source does not keep its rows any more' };
  if (entry.state === 'retired')
    return { entry, lacking: 'it is older than the lake keeps its rows (insights-lake retention)' };
  const settled = entry.state === 'done' && !entry.again;
  if (done !== 'compare') return settled && done === 'leave' ? { entry } : undefined;
  if (!settled && entry.blobs === undefined) return undefined;
  const look = await source.open(entry.window, abort);
  const isWhole = whole?.has(keyOf(entry.window)) === true;
  if (settled && verdictOf(entry.fingerprint, look) !== 'run') return { entry };
  if (replace) return undefined;
  const lengths = look.blobs?.().map(({ name, bytes }) => ({ name, bytes: isWhole ? Infinity : bytes }));
  const seen = lackingIn(entry.blobs, lengths);
  const isPacked = [...(entry.blobs ?? []), ...(lengths ?? [])].some(({ name }) => name.endsWith('.gz'));
  const lacking = seen && isPacked && !isWhole ? lackingIn(entry.blobs, await unpackedIn(look)) : seen;
  return lacking && { entry, lacking: lackingText(lacking) };
}

/**
 * The blobs of a window with their lengths in the clear, for which all of them are read. Copies that are left out then
 * are as they lie: earlier versions have read them, too.
 */
async function unpackedIn(look: Reading): Promise<readonly SeenBlob[] | undefined> {
  const listed = look.blobs?.() ?? [];
  for await (const _ of look.chunks()) {
    // only how long they are
  }
  const read = look.blobs?.().map((blob) => ({ ...blob, clear: blob.clear ?? blob.bytes }));
  const names = new Set(read?.map(({ name }) => name));
  return read && [...read, ...listed.filter(({ name }) => !names.has(name))];
}

/** What is missing, and the two ways to go on. */
function lackingText({ missing, shorter }: Lacking): string {
  const some = (names: readonly string[]): string => `${names.slice(0, 3).join(', ')}${names.length > 3 ? ', …' : ''}`;
  return [
    missing.length > 0 ? `${missing.length} blobs that it was made of are not here (${some(missing)})` : '',
    shorter.length > 0 ? `${shorter.length} are shorter than what was read of them (${some(shorter)})` : '',
  ]
    .filter((text) => text !== '')
    .join(', and ')
    .concat(
      '; give all folders with blobs of this time in one command, or --replace to have what is given take its place',
    );
}

/** When a window that another run holds becomes free. */
async function heldUntil({ state, window }: RunOutcome, { ledger, clock, lease }: RunPorts): Promise<number> {
  if (state !== 'busy' && state !== 'early') return 0;
  const found = await ledger.read(window);
  const entry = found && believedEntry(found.value, clock, lease);
  return Math.max(entry?.leaseUntil ?? 0, entry?.notBefore ?? 0);
}
