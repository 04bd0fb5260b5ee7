import type { Millis, Window } from '../model.ts';
import { type AskPorts, askFor, freeAt, sendFor } from './ask/ask.ts';
import { askedAgain, isAtRest } from './entry.ts';
import { windowAt } from './grid/grid.ts';
import { type RunOutcome, type RunPorts, runWindow, unrun } from './run.ts';
import { lookFirst } from './running/look-first.ts';

export type ArrivePorts = RunPorts & AskPorts;

/**
 * A blob has arrived in the time folder `hour`, which is in `cell`, a window on the grid of the settings: brings the
 * window that stands for that hour up to date now, or, when it ran less than `refresh` ago or runs at this moment,
 * leaves one delayed message for all that arrives until then. A burst of blobs costs a few runs, not one each.
 */
export async function arriveInWindow(cell: Window, hour: Millis, ports: ArrivePorts): Promise<RunOutcome> {
  for (let window = cell; ; window = await windowAt(cell, hour, cell, ports.ledger)) {
    const seen = await ports.ledger.read(window);
    if (seen !== undefined && isAtRest(seen.value) && seen.value.state === 'done') {
      // An earlier run has read the blob, mostly: several come at once, and events come twice.
      const { look, less } = await lookFirst(seen.value, ports.source);
      if (less !== undefined) return { ...unrun('unchanged', window, seen.value), error: less };
      const free = freeAt(seen.value, ports.clock.now(), ports.refresh) <= ports.clock.now();
      // Its claim is what the ledger hears of the event first, as otherwise the question for it is.
      if (free) return runWindow(window, ports, { ...seen, value: askedAgain(seen.value, 0) }, look);
    }
    const asked = await askFor(window, ports, seen && { seen });
    if (asked === 'overlaps') continue;
    const now = ports.clock.now();
    if (asked === 'skipped') return runWindow(window, ports);
    if (asked.free <= now) return runWindow(window, ports, { value: asked.entry, etag: asked.etag });
    if (!asked.pending) await sendFor(asked, ports);
    return unrun('early', window, asked.entry);
  }
}

/** The same while the lake is paused: the ledger remembers, and the planner sends for it when the lake is resumed. */
export async function arriveHeld(cell: Window, hour: Millis, why: string, ports: AskPorts): Promise<RunOutcome> {
  for (let window = cell; ; window = await windowAt(cell, hour, cell, ports.ledger)) {
    const asked = await askFor(window, ports);
    if (asked === 'overlaps') continue;
    return { ...unrun('held', window, asked === 'skipped' ? undefined : asked.entry), error: why };
  }
}
