import type { Window } from '../../shared/model.ts';
import { readIndex } from '../../shared/pipeline/ledger-table/days.ts';
import { type LedgerTablePorts, writeTableOf } from '../../shared/pipeline/ledger-table/write.ts';
import { dayOf } from '../../shared/status/day-tally.ts';
import { ledgerFile } from '../../shared/wire/ledger-table.ts';
import type { Task } from './ports.ts';

/**
 * Writes the ledger's table for the days of the windows that ran, and for those of the others that it does not have
 * yet. Returns why it could not be written; '' where it was. Nothing depends on it.
 */
export async function recordTable(
  tasks: readonly Task[],
  ran: readonly Window[],
  ports: Omit<LedgerTablePorts, 'file' | 'young'>,
): Promise<string> {
  try {
    if (tasks.length === 0) return '';
    const { index } = await readIndex(ports.lake);
    const others = tasks.map(({ window }) => window.start).filter((start) => !index.days.has(dayOf(start)));
    const starts = [...ran.map(({ start }) => start), ...others];
    if (starts.length > 0) await writeTableOf(starts, { ...ports, young: 0, file: ledgerFile });
    return '';
  } catch (error) {
    return `the ledger could not be written as a table: ${error instanceof Error ? error.message : error}`;
  }
}
