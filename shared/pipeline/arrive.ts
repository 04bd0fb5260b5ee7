import type { Millis, Window } from '../model.ts';
import { type AskPorts, askFor, sendFor } from './ask.ts';
import { windowAt } from './grid.ts';
import { type RunOutcome, type RunPorts, runWindow, unrun } from './run.ts';

export type ArrivePorts = RunPorts & AskPorts;

/**
 * A blob has arrived in the time folder `hour`, which is in `cell`, a window on the grid of the settings: brings the
 * window that stands for that hour up to date now, or, when it ran less than `refresh` ago or runs at this moment,
 * leaves one delayed message for all that arrives until then. A burst of blobs costs a few runs, not one each.
 */
export async function arriveInWindow(cell: Window, hour: Millis, ports: ArrivePorts): Promise<RunOutcome> {
  for (let window = cell; ; window = await windowAt(cell, hour, cell, ports.ledger)) {
    const asked = await askFor(window, ports);
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
