import type { LedgerEntry, Millis, Versioned, Window } from '../model.ts';
import { type AskPorts, askFor, freeAt, sendFor } from './ask/ask.ts';
import { askedAgain, isAtRest } from './entry.ts';
import { windowAt } from './grid/grid.ts';
import { afterLoss } from './race.ts';
import { type RunOutcome, type RunPorts, runNew, runSeen, runWindow, unrun } from './run.ts';
import { lookFirst } from './running/look-first.ts';

export type ArrivePorts = RunPorts & AskPorts;

/**
 * A blob has arrived in the time folder `hour`, which is in `cell`, a window on the grid of the settings: brings the
 * window that stands for that hour up to date now, or, when it ran less than `refresh` ago or runs at this moment,
 * leaves one delayed message for all that arrives until then. A burst of blobs costs a few runs, not one each.
 */
export async function arriveInWindow(cell: Window, hour: Millis, ports: ArrivePorts): Promise<RunOutcome> {
  for (let window = cell; ; window = await windowAt(cell, hour, cell, ports.ledger)) {
    const { recall } = ports;
    const asked = recall?.isShared(window) === true;
    const known = asked ? await readEntry(window, ports) : recall?.entry(window);
    const isNew = known === undefined && ports.isBeyond?.(window) !== true;
    const outcome = isNew ? await runNew(window, ports) : known && (await meet(window, known, !asked, ports));
    if (typeof outcome === 'object') return outcome;
    if (outcome === 'overlaps') continue;
    // Whoever refused a write has told how the entry stands.
    const now = recall?.entry(window);
    const met = await meetAsItIs(window, now?.etag === known?.etag ? undefined : now, ports);
    if (met !== 'overlaps') return met;
  }
}

async function readEntry(window: Window, { ledger, recall }: ArrivePorts): Promise<Versioned<LedgerEntry> | undefined> {
  const found = await ledger.read(window);
  recall?.met(window, found);
  return found;
}

async function meetAsItIs(
  window: Window,
  told: Versioned<LedgerEntry> | undefined,
  ports: ArrivePorts,
): Promise<RunOutcome | 'overlaps'> {
  const what = () => `run ${window.app} ${window.signal}: others change its entry all the time`;
  for (let losses = 1; ; losses++) {
    const seen = (losses === 1 ? told : undefined) ?? (await ports.ledger.read(window));
    const met = await meet(window, seen, false, ports);
    if (met !== 'changed') return met;
    await afterLoss(losses, what, ports.clock);
  }
}

/**
 * Of a window as it was `seen`. `remembered`: it may have changed long ago. `changed`: it has; `overlaps`: others stand
 * for its time.
 */
async function meet(
  window: Window,
  seen: Versioned<LedgerEntry> | undefined,
  remembered: boolean,
  ports: ArrivePorts,
): Promise<RunOutcome | 'changed' | 'overlaps'> {
  const { ledger, clock, refresh } = ports;
  if (seen !== undefined && isAtRest(seen.value) && seen.value.state === 'done') {
    // An earlier run has read the blob, mostly: several come at once, and events come twice.
    const { look, less } = await lookFirst(seen.value, ports.source);
    if (less !== undefined) {
      if (remembered && (await ledger.read(window))?.etag !== seen.etag) return 'changed';
      return { ...unrun('unchanged', window, seen.value), error: less };
    }
    // Its claim is what the ledger hears of the event first, as otherwise the question for it is.
    if (freeAt(seen.value, clock.now(), refresh) <= clock.now())
      return (await runSeen({ ...seen, value: askedAgain(seen.value, 0) }, ports, look)) ?? 'changed';
  }
  const asked = await askFor(window, ports, { again: true, event: true, ...(seen && { seen }) });
  if (asked === 'overlaps') return 'overlaps';
  if (asked === 'skipped' && seen === undefined)
    return { ...unrun('unchanged', window, undefined), error: 'it is older than the lake keeps its rows' };
  if (asked === 'skipped') return runWindow(window, ports);
  const told = { value: asked.entry, etag: asked.etag };
  if (asked.free <= clock.now()) return runWindow(window, ports, told);
  const noted = asked.pending ? told : await sendFor(asked, ports);
  if (noted === undefined) ports.recall?.forget(window);
  else ports.recall?.keepEntry(noted);
  return unrun('early', window, asked.entry);
}

/** The same while the lake is paused: the ledger remembers, and the planner sends for it when the lake is resumed. */
export async function arriveHeld(cell: Window, hour: Millis, why: string, ports: AskPorts): Promise<RunOutcome> {
  for (let window = cell; ; window = await windowAt(cell, hour, cell, ports.ledger)) {
    const asked = await askFor(window, ports, { event: true });
    if (asked === 'overlaps') continue;
    return { ...unrun('held', window, asked === 'skipped' ? undefined : asked.entry), error: why };
  }
}
