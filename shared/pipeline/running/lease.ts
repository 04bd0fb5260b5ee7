import type { Clock, LedgerEntry, Millis } from '../../model.ts';

interface Sighting {
  readonly lease: string;
  readonly at: Millis;
}

/** Only bounds what is remembered. */
const MOST = 5000;
/** By whose clock, and by window. What is forgotten is waited for anew. */
const sightings = new WeakMap<Pick<Clock, 'now'>, Map<string, Sighting>>();

/**
 * The entry with its lease as far as it is to be believed. A holder whose clock is an hour ahead, and who has died,
 * must not keep its window for an hour: from when this process first saw a lease it runs no longer than it could at
 * most when it was written, which the holder's own clock tells. Whoever lives renews it, and is believed anew. Between
 * clocks that agree this changes nothing: a lease is seen after it was written. `least`: as long as our own leases.
 * What waits by such a clock, for its back-off or its refresh interval, is free likewise, and its message was no later.
 */
export function believedEntry(entry: LedgerEntry, clock: Pick<Clock, 'now'>, least: Millis = 0): LedgerEntry {
  const { state, startedAt, leaseUntil, notBefore, hintedAt } = entry;
  const now = clock.now();
  const before = (free: Millis): Millis => (hintedAt > now ? Math.min(hintedAt, free - 1) : hintedAt);
  if (state !== 'running') {
    if (startedAt <= now || notBefore <= startedAt) return entry;
    const free = firstSeen(entry, clock, now) + notBefore - startedAt;
    return free < notBefore ? { ...entry, notBefore: free, hintedAt: before(free) } : entry;
  }
  // A clock that was set back while it held the window tells nothing of how long its lease is.
  if (leaseUntil <= now || startedAt > leaseUntil) return entry;
  const end = firstSeen(entry, clock, now) + Math.max(leaseUntil - startedAt, least);
  return end < leaseUntil ? { ...entry, leaseUntil: end, hintedAt: before(end) } : entry;
}

function firstSeen(
  { window, revision, startedAt, leaseUntil, notBefore }: LedgerEntry,
  clock: Pick<Clock, 'now'>,
  now: Millis,
): Millis {
  const seen = sightings.get(clock) ?? new Map<string, Sighting>();
  sightings.set(clock, seen);
  const key = [window.app, window.signal, window.source, window.start, window.end].join(' ');
  const lease = [revision, startedAt, leaseUntil, notBefore].join(' ');
  const known = seen.get(key);
  if (known?.lease === lease) return known.at;
  if (seen.size >= MOST && known === undefined) seen.clear();
  seen.set(key, { lease, at: now });
  return now;
}
