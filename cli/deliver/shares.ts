import type { FileRecord, Signal } from '../../shared/model.ts';
import { signals } from '../../shared/signals/tables.ts';
import { type SignalTotals, zero } from './outcomes.ts';
import type { Share } from './ports.ts';

/** Of the files of a window those of other signals than its own, by the folder that names the signal. */
export function sharesOf(files: readonly FileRecord[], own: Signal): Share[] {
  const byFolder = Map.groupBy(files, ({ path }) => {
    const folders = path.startsWith('_') ? [] : path.split('/').slice(0, -1);
    return signals.find((signal) => folders.includes(signal)) ?? own;
  });
  const sum = (all: readonly number[]): number => all.reduce((total, each) => total + each, 0);
  return [...byFolder]
    .filter(([signal]) => signal !== own)
    .map(([signal, found]) => ({
      signal,
      rows: sum(found.map(({ rows }) => rows)),
      files: found.length,
      bytes: sum(found.map(({ bytes }) => bytes)),
    }));
}

/** The totals by app and signal, with the rows of mixed files moved to the signals that they are of. */
export function movedShares(
  totals: readonly SignalTotals[],
  moves: readonly { readonly app: string; readonly signal: string; readonly share: Share }[],
): SignalTotals[] {
  const moved = new Map(totals.map((each) => [`${each.app}\n${each.signal}`, each]));
  const add = (app: string, signal: string, { rows, files, bytes }: Share, sign: 1 | -1): void => {
    const key = `${app}\n${signal}`;
    const was = moved.get(key) ?? { app, signal, ...zero };
    const now = { rows: was.rows + sign * rows, files: was.files + sign * files, bytes: was.bytes + sign * bytes };
    moved.set(key, { ...was, ...now });
  };
  for (const { app, signal, share } of moves) {
    add(app, signal, share, -1);
    add(app, share.signal, share, 1);
  }
  return [...moved.values()];
}
