import type { LedgerEntry, Signal } from '../../model.ts';
import { areTwo } from '../../pure/origin.ts';

/**
 * What a window is read from: that for which it was planned, or from which its rows are, as long as an app of the
 * settings reads that, under whatever name; else what its name `stands` for now. What is done is read anew from what
 * audits compare it with: from what its name stands for, unless that is certainly another app.
 */
export function boundTo(
  { window, origin, doneAt }: Pick<LedgerEntry, 'window' | 'origin' | 'doneAt'>,
  stands: string | undefined,
  isRead: (signal: Signal, origin: string) => boolean,
): string | undefined {
  if (origin === undefined || !isRead(window.signal, origin)) return stands;
  return doneAt === 0 || stands === undefined || areTwo(origin, stands) ? origin : stands;
}

/** What a window would be read from now, as `boundTo` tells it. */
export type Reads = (entry: Pick<LedgerEntry, 'window' | 'origin' | 'doneAt'>) => string | undefined;

/**
 * Whether the rows of a window were certainly read from another app than it would be now, or from more: they stay, as
 * what is there now has not all of them, unless somebody asks for it.
 */
export function staysAsRead(entry: Parameters<Reads>[0], reads: Reads | undefined): boolean {
  const { origin, doneAt } = entry;
  const now = reads?.(entry);
  if (origin === undefined || now === undefined || doneAt === 0) return false;
  return areTwo(origin, now) || now.startsWith(`${origin} `);
}

/** Why a window is not to be read, as `from` is all that it could be read from; '' where it is. */
export function waitsFor({ origin, window, doneAt }: LedgerEntry, from: string | undefined): string {
  if (from !== undefined || origin === undefined || doneAt > 0) return '';
  return (
    `${window.app} ${window.signal}: this window was planned for another app (${origin}) than its name stands for ` +
    'now, which has that time under another name; no app of the settings reads the one that it was planned for: put ' +
    'it back, under any name, or give the window up with insights-lake requeue'
  );
}
