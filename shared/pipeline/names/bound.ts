import type { LedgerEntry, OriginOf, ReadFrom, Signal } from '../../model.ts';
import { areTwo } from '../../pure/origin.ts';

/**
 * What a window is read from: that for which it was planned, or from which its rows are, as long as an app of the
 * settings reads that, under whatever name; else what its name `stands` for now.
 */
export function boundTo(
  { window, origin }: Pick<LedgerEntry, 'window' | 'origin'>,
  stands: string | undefined,
  isRead: (signal: Signal, origin: string) => boolean,
): string | undefined {
  return origin !== undefined && isRead(window.signal, origin) ? origin : stands;
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

/** What a window that is about to be read is read from. Throws where that is not to be, yet. */
export async function toRead(entry: LedgerEntry, readFrom: ReadFrom | undefined): Promise<string | undefined> {
  const from = await readFrom?.(entry);
  const { origin, window, doneAt } = entry;
  if (readFrom === undefined || from !== undefined || origin === undefined || doneAt > 0) return from;
  throw new Error(
    `${window.app} ${window.signal}: this window was planned for another app (${origin}) than its name stands for ` +
      'now, which has that time under another name; no app of the settings reads the one that it was planned for: ' +
      'put it back, under any name',
  );
}
