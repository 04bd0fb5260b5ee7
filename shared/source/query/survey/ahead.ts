import type { Millis, Window } from '../../../model.ts';

/** Fingerprints of windows, in their order; undefined where the source cannot tell. */
type Look = (windows: readonly Window[]) => Promise<readonly string[] | undefined>;

/** How far ahead is asked for: the question stays small, and so does what the source reads for it. */
const DAYS: Millis = 7 * 86_400_000;
const MOST = 400;
const MINUTE: Millis = 60_000;

interface Told {
  readonly starts: ReadonlyMap<Millis, number>;
  readonly fingerprints: Promise<readonly (string | undefined)[]>;
}

/**
 * How a window is told, asked for together with those of its size beside it, from `from` up to `until`: a range that is
 * read window by window costs a question now and then, whichever of its windows comes first.
 */
export function tellAhead(from: Millis, until: Millis): (window: Window, look: Look) => Promise<string | undefined> {
  const known = new Map<string, Told>();
  return async (window, look) => {
    const key = `${window.signal} ${window.end - window.start}`;
    const before = known.get(key);
    const at = before?.starts.get(window.start);
    if (before !== undefined && at !== undefined) return (await before.fingerprints)[at];
    const windows = beside(window, from, until);
    const starts = new Map(windows.map(({ start }, n) => [start, n]));
    const asked = look(windows);
    // Whoever waits for another's question is not ended with it.
    const fingerprints = asked.then(
      (found) => found ?? [],
      () => {
        known.delete(key);
        return [];
      },
    );
    known.set(key, { starts, fingerprints });
    await asked;
    return (await fingerprints)[starts.get(window.start) ?? -1];
  };
}

function beside(window: Window, from: Millis, until: Millis): Window[] {
  // One that is not of whole minutes is asked for by itself, and so would each of those be.
  if (window.start % MINUTE !== 0 || window.end % MINUTE !== 0) return [window];
  const size = window.end - window.start;
  const most = Math.max(size, Math.min(DAYS - (DAYS % size), MOST * size));
  const first = Math.ceil(from / size) * size;
  const before = window.start - first;
  // Of a grid of its own: from it on.
  const begin = before < 0 || before % size !== 0 ? window.start : window.start - (before % most);
  const end = Math.max(window.end, Math.min(until, begin + most));
  const count = Math.floor((end - begin) / size);
  return Array.from({ length: count }, (_, n) => {
    const start = begin + n * size;
    return { ...window, start, end: start + size };
  });
}
