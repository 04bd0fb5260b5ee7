import type { Millis, Window } from '../model.ts';

const minute: Millis = 60_000;

/**
 * What a window that is too heavy for one run is replaced by: its halves, cut on the whole minute next to its middle. Undefined where
 * there is nothing to cut: a minute or less, or export blobs, whose window is a folder or more and not a range of event time.
 */
export function halvesOf(window: Window): readonly [Window, Window] | undefined {
  const { source, start, end } = window;
  if (source !== 'query' || end - start <= minute) return undefined;
  const middle = Math.round((start + end) / 2 / minute) * minute;
  return [
    { ...window, end: middle },
    { ...window, start: middle },
  ];
}
