import { parseConfig } from '../../shared/config.ts';
import type { Ledger, LedgerEntry } from '../../shared/model.ts';
import { openLedger } from '../../shared/wire/clients.ts';

/** The ledger that the app keeps under these settings. */
export function ledgerOf(settings: Record<string, string>): Ledger {
  const { state, lake } = parseConfig(settings);
  return openLedger(state, lake);
}

/** Every window that the ledger knows; of those that were halved the halves. */
export async function allEntries(ledger: Ledger): Promise<LedgerEntry[]> {
  const entries: LedgerEntry[] = [];
  for await (const feed of ledger.feeds())
    for await (const entry of ledger.list(feed)) if (entry.state !== 'halved') entries.push(entry);
  return entries;
}

/** Nothing more is to be done for the window, as things stand. */
export const isDone = (entry: LedgerEntry): boolean => entry.state === 'done' && !entry.again;
