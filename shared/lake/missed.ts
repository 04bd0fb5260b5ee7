/** Since when a table, queue or container of ours is missing, for those whose error it is to say so. */
import type { Millis } from '../model.ts';
import { failureCode } from './failure.ts';

const GONE = ['TableNotFound', 'QueueNotFound', 'ContainerNotFound', 'FilesystemNotFound'];
/** Whoever has just begun and does not find it knows nothing that the error would not say anyway. */
const NEWS: Millis = 60_000;
/** Only bounds what is remembered. */
const MOST = 1000;

interface Sighting {
  /** When a call to it last worked; 0: never in this process. */
  readonly worked: Millis;
  /** When it was first found missing after that; 0: it was not. */
  readonly missed: Millis;
}

/** By the address without secrets. One for the process, since several clients call one table. */
const sightings = new Map<string, Sighting>();
let clock: (() => Millis) | undefined;

/** Nothing is told before this: clocks belong to wire. */
export function tellTime(now: (() => Millis) | undefined): void {
  clock = now;
}

/** A call worked. */
export function noteThere(place: string): void {
  if (clock === undefined) return;
  if (sightings.size >= MOST && !sightings.has(place)) sightings.clear();
  sightings.set(place, { worked: clock(), missed: 0 });
}

/** A call failed: `; it was there at …, and is missing since …`, or '' where that is not why, or no news. */
export function sinceText(place: string, error: unknown): string {
  if (clock === undefined || !GONE.includes(failureCode(error))) return '';
  const now = clock();
  const { worked, missed } = sightings.get(place) ?? { worked: 0, missed: 0 };
  const since = missed === 0 ? now : missed;
  if (sightings.size >= MOST && !sightings.has(place)) sightings.clear();
  sightings.set(place, { worked, missed: since });
  if (worked > 0) return `; it was last there at ${spell(worked)}, and this process misses it since ${spell(since)}`;
  return now - since >= NEWS ? `; this process, which never saw it, misses it since ${spell(since)}` : '';
}

const spell = (at: Millis): string => new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');
