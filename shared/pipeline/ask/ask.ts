import type { Clock, Hints, LedgerEntry, Millis, Versioned, Window } from '../../model.ts';
import { askedAgain, hintedEntry, isAtRest, plannedEntry } from '../entry.ts';
import { type GridPorts, putWindows } from '../grid/grid.ts';
import { afterLoss } from '../race.ts';

export interface AskPorts extends GridPorts {
  readonly clock: Clock;
  readonly hints: Hints;
  /** A blob window runs at most once in this time. */
  readonly refresh: Millis;
  /** Whether a window is older than the lake keeps its rows: then it is not put into the ledger. Left out: none is. */
  readonly isBeyond?: (window: Window) => boolean;
}

/** A window that was asked for. */
export interface Asked {
  readonly entry: LedgerEntry;
  readonly etag: string;
  /** When it may run. */
  readonly free: Millis;
  /** It was asked for before, and the message that has it run is on its way. */
  readonly pending: boolean;
}

export interface AskOptions {
  /** Leaves the window as it is when the entry that there is says so. Left out: never. */
  readonly skip?: (entry: LedgerEntry) => boolean;
  /** The entry as it was just read; left out: it is read. */
  readonly seen?: Versioned<LedgerEntry>;
  /** Whoever asks is called again where it dies, as a host does with an event. Left out: false. */
  readonly again?: boolean;
  /** The window is held even where the lake cannot be looked at: nobody asks a second time. Left out: false. */
  readonly event?: boolean;
  /** No message goes out now: the planner sends it when there is room (`isUnhinted` in entry.ts). Left out: false. */
  readonly later?: boolean;
}

/**
 * The source of the window may have changed: puts it into the ledger, or marks it as due once more as soon as it may
 * run. Sends no message. `overlaps`: the ledger has other windows of a part of its time, or it was halved: they stand
 * for it (`windowAt` in grid.ts).
 */
export async function askFor(
  window: Window,
  { isBeyond = () => false, ...ports }: Omit<AskPorts, 'hints'>,
  { skip = () => false, seen: first, again = false, event = false }: AskOptions = {},
): Promise<Asked | 'skipped' | 'overlaps'> {
  const { ledger, clock, refresh } = ports;
  for (let losses = 1; ; losses++) {
    const seen = (losses === 1 ? first : undefined) ?? (await ledger.read(window));
    const now = clock.now();
    if (seen === undefined) {
      if (isBeyond(window)) return 'skipped';
      const isNew = await putWindows([plannedEntry(window)], { ...ports, unseen: event });
      const found = await ledger.read(window);
      if (found === undefined) return 'overlaps';
      if (isNew && found.value.revision === 0) return { entry: found.value, etag: found.etag, free: 0, pending: false };
      continue;
    }
    if (seen.value.state === 'halved') return 'overlaps';
    if (seen.value.state === 'retired' || skip(seen.value)) return 'skipped';
    const free = freeAt(seen.value, now, refresh);
    const pending = isPending(seen.value, now);
    const entry = entryAsked(seen.value, pending, free);
    if (isAtRest(seen.value) && !again) await ledger.opening(window);
    const etag = await ledger.write(entry, seen.etag);
    if (etag !== undefined) return { entry, etag, free, pending };
    await afterLoss(
      losses,
      () => `ask for ${window.app} ${window.signal}: others change its entry all the time`,
      clock,
    );
  }
}

const entryAsked = (seen: LedgerEntry, pending: boolean, free: Millis): LedgerEntry =>
  pending ? { ...askedAgain(seen, seen.notBefore), hintedAt: seen.hintedAt } : askedAgain(seen, free);

/** A message is on its way that comes when the window may run: somebody asked for it, or its last run failed. */
function isPending({ state, again, notBefore, hintedAt }: LedgerEntry, now: Millis): boolean {
  if (notBefore <= now) return false;
  return again ? hintedAt > 0 : state === 'failed' && hintedAt >= notBefore;
}

/** The same, and the message that has it run, unless that is for later. True when it was asked for now. */
export async function enqueue(window: Window, ports: AskPorts, options: AskOptions): Promise<boolean> {
  const asked = await askFor(window, ports, options);
  if (typeof asked === 'string') return false;
  if (!asked.pending && options.later !== true) await sendFor(asked, ports);
  return true;
}

/**
 * Sends the message that has the window run as soon as it may, and only then notes that it was sent: what could not be
 * sent is seen by the planner's next tick. A note that is lost costs a second message, which does no harm. Returns the
 * entry with its note; undefined when that was lost.
 */
export async function sendFor(
  { entry, etag, free }: Pick<Asked, 'entry' | 'etag' | 'free'>,
  { ledger, hints, clock }: Pick<AskPorts, 'ledger' | 'hints'> & { readonly clock: Pick<Clock, 'now'> },
): Promise<Versioned<LedgerEntry> | undefined> {
  await hints.send(entry.window, Math.max(0, free - clock.now()));
  const value = hintedEntry(entry, clock.now());
  const tag = await ledger.write(value, etag);
  return tag === undefined ? undefined : { value, etag: tag };
}

/**
 * When the window may run: a refresh interval after its last run began, after its back-off, never while it is held. 0:
 * at once, whatever o'clock it is for whoever runs it.
 */
export function freeAt(entry: LedgerEntry, now: Millis, refresh: Millis): Millis {
  const orAtOnce = (at: Millis): Millis => (at > now ? at : 0);
  if (entry.revision === 0) return 0;
  const held = entry.state === 'running' && entry.leaseUntil > now;
  // What failed brought nothing that would have to be spared: its back-off alone counts.
  if (entry.state === 'failed') return orAtOnce(entry.notBefore);
  // What began later than now began by a clock that is ahead.
  return orAtOnce(held ? now + refresh : Math.min(entry.startedAt, now) + refresh);
}
