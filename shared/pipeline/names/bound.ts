import type { LedgerEntry, OriginOf, ReadFrom, Signal } from '../../model.ts';
import { areTwo } from '../../pure/origin.ts';

/**
 * What a window is read from: that for which it was planned, or from which its rows are, as long as an app of the
 * settings reads that, under whatever name. Else what its name `stands` for now; but a window that was never read is
 * not read from what is certainly another app: undefined.
 */
export function boundTo(
  { window, origin, doneAt }: Pick<LedgerEntry, 'window' | 'origin' | 'doneAt'>,
  stands: string | undefined,
  isRead: (signal: Signal, origin: string) => boolean,
): string | undefined {
  if (origin === undefined || origin === stands || isRead(window.signal, origin)) return origin ?? stands;
  return doneAt === 0 && stands !== undefined && areTwo(origin, stands) ? undefined : stands;
}

/**
 * Whether the rows of a window were certainly read from another app than its name stands for now, or from more: they
 * stay, as what is there now has not all of them, unless somebody asks for it.
 */
export function staysAsRead(
  { window, origin, doneAt }: Pick<LedgerEntry, 'window' | 'origin' | 'doneAt'>,
  originOf: OriginOf | undefined,
): boolean {
  const now = originOf?.(window);
  if (origin === undefined || now === undefined || doneAt === 0) return false;
  return areTwo(origin, now) || now.startsWith(`${origin} `);
}

/** As `boundTo`, of a window that is about to be read. Throws where that is nothing that the settings name. */
export async function toRead(entry: LedgerEntry, readFrom: ReadFrom | undefined): Promise<string | undefined> {
  const from = await readFrom?.(entry);
  const { origin, window, doneAt } = entry;
  if (readFrom === undefined || from !== undefined || origin === undefined || doneAt > 0) return from;
  throw new Error(
    `${window.app} ${window.signal}: this window was planned for another app (${origin}) than its name stands for ` +
      'now, and no app of the settings reads that one; put it back, under any name, or insights-lake requeue has the ' +
      'window read from what its name stands for',
  );
}

/** Asked for by hand: what nothing can be read from any more is read from what its name stands for. */
export async function freed(entry: LedgerEntry, readFrom: ReadFrom | undefined): Promise<LedgerEntry> {
  if (readFrom === undefined || entry.doneAt > 0 || (await readFrom(entry)) !== undefined) return entry;
  const { origin: _, ...free } = entry;
  return free;
}
