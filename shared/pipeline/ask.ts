import type { Clock, Hints, Ledger, LedgerEntry, Millis, Window } from '../model.ts';
import { askedAgain, plannedEntry, unhinted } from './entry.ts';

export interface AskPorts {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly hints: Hints;
  /** A blob window runs at most once in this time. */
  readonly refresh: Millis;
}

/** A window that was asked for. */
export interface Asked {
  readonly entry: LedgerEntry;
  /** When it may run. */
  readonly free: Millis;
  /** It was asked for before, and the message that has it run is on its way. */
  readonly pending: boolean;
}

export interface AskOptions {
  /** Leaves the window as it is when the entry that there is says so. Left out: never. */
  readonly skip?: (entry: LedgerEntry) => boolean;
  /** No message goes out now: the planner sends it when there is room (`unhinted` in entry.ts). Left out: false. */
  readonly later?: boolean;
}

/**
 * The source of the window may have changed: puts it into the ledger, or marks it as due once more as soon as it may run. Sends no
 * message. Undefined when it was skipped.
 */
export async function askFor(
  window: Window,
  { ledger, clock, refresh }: AskPorts,
  { skip = () => false, later = false }: AskOptions = {},
): Promise<Asked | undefined> {
  for (;;) {
    const seen = await ledger.read(window);
    const now = clock.now();
    if (seen !== undefined && skip(seen.value)) return undefined;
    const free = seen === undefined ? now : freeAt(seen.value, now, refresh);
    const pending = seen?.value.again === true && seen.value.notBefore > now;
    const asked =
      seen === undefined ? plannedEntry(window, now) : askedAgain(seen.value, pending ? seen.value.notBefore : free);
    const entry = later ? unhinted(asked) : asked;
    if ((await ledger.write(entry, seen?.etag)) !== undefined) return { entry, free, pending };
  }
}

/** The same, and the message that has it run, unless that is for later. True when it was asked for now. */
export async function enqueue(window: Window, ports: AskPorts, options: AskOptions): Promise<boolean> {
  const asked = await askFor(window, ports, options);
  if (asked !== undefined && !asked.pending && options.later !== true)
    await ports.hints.send(window, Math.max(0, asked.free - ports.clock.now()));
  return asked !== undefined;
}

/** When the window may run: a refresh interval after its last run began, after its back-off, never while it is held. */
function freeAt(entry: LedgerEntry, now: Millis, refresh: Millis): Millis {
  if (entry.revision === 0) return now;
  const held = entry.state === 'running' && entry.leaseUntil > now;
  const backOff = entry.state === 'failed' ? entry.notBefore : 0;
  return held ? now + refresh : Math.max(now, entry.startedAt + refresh, backOff);
}
