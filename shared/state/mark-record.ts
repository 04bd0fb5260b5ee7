/** How the mark of a ledger is spelled where it is kept. Pure. */
import type { LedgerMark } from '../model.ts';
import { COMMON_VERSION, checkStateVersion } from './entry-record.ts';

export const markRecord = ({ id, count, adopting }: LedgerMark) => ({
  stateVersion: COMMON_VERSION,
  lake: id,
  count,
  adopting,
});

export function markOf(record: Readonly<Record<string, unknown>>): LedgerMark {
  checkStateVersion(record);
  return { id: String(record.lake ?? ''), count: Number(record.count ?? 0), adopting: record.adopting === true };
}
