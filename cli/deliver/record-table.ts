import type { Millis } from '../../shared/model.ts';
import { readIndex } from '../../shared/pipeline/ledger-table/days.ts';
import { type LedgerTablePorts, writeTableOf } from '../../shared/pipeline/ledger-table/write.ts';
import { dayOf } from '../../shared/status/day-tally.ts';
import { ledgerFile } from '../../shared/wire/ledger-table.ts';
import type { Tasks } from './tasks.ts';

/**
 * Writes the ledger's table for the days on which windows `ran`, and for those of the others that it does not have
 * yet. Returns why it could not be written; '' where it was. Nothing depends on it.
 */
export async function recordTable(
  tasks: Tasks,
  ran: ReadonlySet<Millis>,
  ports: Omit<LedgerTablePorts, 'file' | 'young'>,
): Promise<string> {
  try {
    if (tasks.count === 0) return '';
    const { index } = await readIndex(ports.lake);
    const days = new Set(ran);
    for (const { window } of tasks) if (!index.days.has(dayOf(window.start))) days.add(dayOf(window.start));
    if (days.size > 0) await writeTableOf(days, { ...ports, young: 0, file: ledgerFile });
    return '';
  } catch (error) {
    return `the ledger could not be written as a table: ${error instanceof Error ? error.message : error}`;
  }
}
