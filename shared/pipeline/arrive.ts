import type { Window } from '../model.ts';
import { type AskPorts, askFor, sendFor } from './ask.ts';
import { type RunOutcome, type RunPorts, runWindow, unrun } from './run.ts';

export type ArrivePorts = RunPorts & AskPorts;

/**
 * A blob of this window has arrived: brings the window up to date now, or, when it ran less than `refresh` ago or runs at this
 * moment, leaves one delayed message for all that arrives until then. A burst of blobs costs a few runs, not one each.
 */
export async function arriveInWindow(window: Window, ports: ArrivePorts): Promise<RunOutcome> {
  const asked = await askFor(window, ports);
  const now = ports.clock.now();
  if (asked === undefined || asked.free <= now) return runWindow(window, ports);
  if (!asked.pending) await sendFor(asked, ports);
  return unrun('early', window, asked.entry);
}
