import { join } from 'node:path';
import { createLedgerFile } from '../engine/ledger-table/write.ts';
import type { Config, LakeHealth, Millis } from '../model.ts';
import { type LedgerTablePorts, type TableWritten, writeLedgerTable } from '../pipeline/ledger-table/write.ts';

/** What was written of the ledger's table, or why nothing could be. */
export type TableOutcome = (TableWritten & { readonly error: '' }) | { readonly error: string };

export interface LedgerTables {
  /** Brings the ledger's table in the lake up to date; undefined where it is not a day since the last time. */
  ledgerTable(): Promise<TableOutcome | undefined>;
}

type Wiring = Pick<LedgerTablePorts, 'ledger' | 'lake' | 'clock' | 'withWorkFolder'>;

/** Files of the ledger's table, in the work folder. */
export const ledgerFile: LedgerTablePorts['file'] = (work, name) => createLedgerFile(join(work, name));

/** So often a process asks the lake when its table was last written. */
const askEvery: Millis = 3_600_000;

/** For the timers: whichever comes first writes. A failure is told, and tried again by the next. */
export function wireLedgerTable(
  { audit, exports }: Pick<Config, 'audit' | 'exports'>,
  ports: Wiring,
  ready: () => Promise<void>,
  health: () => Promise<LakeHealth>,
): LedgerTables {
  const young = Math.max(audit.recheck, exports?.lookback ?? 0);
  const table = { ...ports, file: ledgerFile, young, ...(exports && { lookback: exports.lookback }) };
  let asked = Number.NEGATIVE_INFINITY;
  return {
    ledgerTable: async () => {
      const now = ports.clock.now();
      if (asked <= now && now < asked + askEvery) return undefined;
      if ((await health()).state !== 'active') return undefined;
      await ready();
      try {
        const written = await writeLedgerTable(table);
        asked = now;
        return written && { ...written, error: '' };
      } catch (error) {
        return { error: `write the ledger's table: ${error instanceof Error ? error.message : error}` };
      }
    },
  };
}
