import type { Millis, Window } from '../../model.ts';

const minute: Millis = 60_000;
const hour = 60 * minute;

/**
 * What a window that is too heavy for one run is replaced by: its halves, cut on the whole minute next to its middle;
 * of export blobs, whose windows are whole hour folders, on the whole hour. Undefined where there is nothing to cut: a
 * minute or less, one hour folder, or loose files.
 */
export function halvesOf(window: Window): readonly [Window, Window] | undefined {
  const { start, end } = window;
  const step = stepOf(window);
  if (step === undefined || end - start <= step) return undefined;
  const middle = Math.round((start + end) / 2 / step) * step;
  return [
    { ...window, end: middle },
    { ...window, start: middle },
  ];
}

function stepOf({ source }: Window): Millis | undefined {
  if (source === 'query') return minute;
  return source === 'continuous' || source === 'diagnostics' || source === 'dataExport' ? hour : undefined;
}
