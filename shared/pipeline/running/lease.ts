import type { Clock, LedgerEntry, Millis } from '../../model.ts';

interface Sighting {
  readonly lease: string;
  readonly at: Millis;
}

/** Only bounds what is remembered. */
const MOST = 1000;
/** By whose clock, and by window. What is forgotten is waited for anew. */
const sightings = new WeakMap<Pick<Clock, 'now'>, Map<string, Sighting>>();

/**
 * The entry with its lease as far as it is to be believed. A holder whose clock is an hour ahead, and who has died,
 * must not keep its window for an hour: from when this process first saw a lease it runs no longer than it could at
 * most when it was written, which the holder's own clock tells. Whoever lives renews it, and is believed anew. Between
 * clocks that agree this changes nothing: a lease is seen after it was written. `least`: as long as our own leases.
 */
export function believedEntry(entry: LedgerEntry, clock: Pick<Clock, 'now'>, least: Millis = 0): LedgerEntry {
  const { state, startedAt, leaseUntil } = entry;
  const now = clock.now();
  // A clock that was set back while it held the window tells nothing of how long its lease is.
  if (state !== 'running' || leaseUntil <= now || startedAt > leaseUntil) return entry;
  const end = firstSeen(entry, clock, now) + Math.max(leaseUntil - startedAt, least);
  return end < leaseUntil ? { ...entry, leaseUntil: end } : entry;
}

function firstSeen(
  { window, revision, startedAt, leaseUntil }: LedgerEntry,
  clock: Pick<Clock, 'now'>,
  now: Millis,
): Millis {
  const seen = sightings.get(clock) ?? new Map<string, Sighting>();
  sightings.set(clock, seen);
  const key = [window.app, window.signal, window.source, window.start, window.end].join(' ');
  const lease = [revision, startedAt, leaseUntil].join(' ');
  const known = seen.get(key);
  if (known?.lease === lease) return known.at;
  if (seen.size >= MOST && known === undefined) seen.clear();
  seen.set(key, { lease, at: now });
  return now;
}
