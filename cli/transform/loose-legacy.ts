import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Ledger, Window } from '../../shared/model.ts';
import { activeWindows } from '../../shared/pipeline/grid/grid.ts';

/** Windows of loose files as earlier versions made them, by their source words: a hash of 32 bits. */
export type LegacyWindows = Map<string, Window>;

const tellingBytes = 1024;

/** Those that the ledger has of the app, and that no known file has been given. */
export async function legacyWindows(
  app: string,
  known: readonly { readonly window: Window }[],
  ledger: Ledger,
): Promise<LegacyWindows> {
  const found: LegacyWindows = new Map();
  const given = new Set(known.map(({ window }) => window.source));
  for await (const feed of ledger.feeds()) {
    if (feed.app !== app || !/^file-[0-9a-f]{8}$/.test(feed.source) || given.has(feed.source)) continue;
    for (const { window } of await activeWindows(feed, { start: 0, end: Number.POSITIVE_INFINITY }, ledger))
      found.set(feed.source, window);
  }
  return found;
}

/** The window that an earlier version brought this file into, which stays its window. Given to one file only. */
export async function legacyOf(
  { place }: { readonly place: string },
  legacy: LegacyWindows,
): Promise<Window | undefined> {
  if (legacy.size === 0) return undefined;
  const file = await open(place);
  try {
    const { bytesRead, buffer } = await file.read(new Uint8Array(tellingBytes), 0, tellingBytes, 0);
    const telling = createHash('sha256').update(buffer.subarray(0, bytesRead)).digest('hex').slice(0, 16);
    const source = `file-${createHash('sha256')
      .update(`${basename(place)} ${telling}`)
      .digest('hex')
      .slice(0, 8)}`;
    const window = legacy.get(source);
    legacy.delete(source);
    return window;
  } finally {
    await file.close();
  }
}
