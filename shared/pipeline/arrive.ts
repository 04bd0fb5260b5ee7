import type { Hints, LedgerEntry, Millis, Window } from '../model.ts';
import { askedAgain, plannedEntry } from './entry.ts';
import { type RunOutcome, type RunPorts, runWindow, unrun } from './run.ts';

export interface ArrivePorts extends RunPorts {
  readonly hints: Hints;
  /** A blob window runs at most once in this time. */
  readonly refresh: Millis;
}

/**
 * A blob of this window has arrived: brings the window up to date now, or, when it ran less than `refresh` ago or runs at this
 * moment, leaves one delayed message for all that arrives until then. A burst of blobs costs a few runs, not one each.
 */
export async function arriveInWindow(window: Window, ports: ArrivePorts): Promise<RunOutcome> {
  const { ledger, clock, hints, refresh } = ports;
  for (;;) {
    const seen = await ledger.read(window);
    const now = clock.now();
    if (seen === undefined) {
      if ((await ledger.write(plannedEntry(window, now), undefined)) !== undefined) return runWindow(window, ports);
      continue;
    }
    const entry = seen.value;
    const free = freeAt(entry, now, refresh);
    const pending = entry.again && entry.notBefore > now;
    const asked = askedAgain(entry, pending ? entry.notBefore : free);
    if ((await ledger.write(asked, seen.etag)) === undefined) continue;
    if (free <= now) return runWindow(window, ports);
    if (!pending) await hints.send(window, free - now);
    return unrun('early', window, asked);
  }
}

/** When the window may run: a refresh interval after its last run began, after its back-off, never while it is held. */
function freeAt(entry: LedgerEntry, now: Millis, refresh: Millis): Millis {
  if (entry.revision === 0) return now;
  const held = entry.state === 'running' && entry.leaseUntil > now;
  const backOff = entry.state === 'failed' ? entry.notBefore : 0;
  return held ? now + refresh : Math.max(now, entry.startedAt + refresh, backOff);
}
