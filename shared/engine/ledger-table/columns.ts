import type { FileRecord, LedgerRow, Millis, Signal } from '../../model.ts';
import type { ColumnType } from '../../signals/column.ts';

/** A cell of the ledger's table; timestamps as milliseconds, undefined: null. */
export type Cell = string | number | undefined;

export interface LedgerColumn {
  readonly name: string;
  readonly type: Extract<ColumnType, 'string' | 'dynamic' | 'long' | 'timestamp'>;
  cell(row: LedgerRow): Cell;
}

const time = (at: Millis): Cell => (at === 0 ? undefined : at);
const text = (name: string, cell: (row: LedgerRow) => string): LedgerColumn => ({ name, type: 'string', cell });
const count = (name: string, cell: (row: LedgerRow) => number): LedgerColumn => ({ name, type: 'long', cell });
const instant = (name: string, cell: (row: LedgerRow) => Cell): LedgerColumn => ({ name, type: 'timestamp', cell });

const withRows = ({ files }: LedgerRow): readonly FileRecord[] => files.filter(({ rows }) => rows > 0);

/** The columns of the ledger's table, in their order. `end` and `source` alone are words of SQL. */
export const ledgerColumns: readonly LedgerColumn[] = [
  text('app', ({ window }) => window.app),
  text('signal', ({ window }) => window.signal),
  text('source', ({ window }) => window.source),
  instant('windowStart', ({ window }) => window.start),
  instant('windowEnd', ({ window }) => window.end),
  text('state', ({ state }) => state),
  count('revision', ({ revision }) => revision),
  count('rowsRead', ({ read }) => read),
  count('rowsWritten', ({ written }) => written),
  count('rowsTwice', ({ twice }) => twice),
  count('rowsFiltered', ({ filtered }) => filtered),
  count('rowsQuarantined', ({ quarantined }) => quarantined),
  count('rowsLate', ({ late }) => late),
  count('rowsPurged', ({ purged }) => purged),
  count('files', (row) => withRows(row).length),
  count('bytes', (row) => withRows(row).reduce((sum, { bytes }) => sum + bytes, 0)),
  instant('firstDone', ({ firstDone }) => time(firstDone)),
  instant('lastDone', ({ lastDone }) => time(lastDone)),
  instant('lastConfirmed', ({ lastConfirmed }) => time(lastConfirmed)),
  text('fingerprint', ({ fingerprint }) => fingerprint),
  { name: 'paths', type: 'dynamic', cell: ({ files }) => JSON.stringify(files.map(spelled)) },
];

const spelled = ({ path, signal, rows, bytes }: FileRecord) => ({ path, signal, rows, bytes });

/** What a row of the file says, as readers give it; undefined where it is none of ours. */
export function rowOf(record: Readonly<Record<string, unknown>>): LedgerRow | undefined {
  const word = (name: string): string => String(record[name] ?? '');
  const number = (name: string): number => Number(record[name] ?? 0);
  const at = (name: string): Millis => (record[name] instanceof Date ? record[name].getTime() : 0);
  const [start, end] = [at('windowStart'), at('windowEnd')];
  const files = filesOf(record.paths);
  if (start >= end || word('app') === '' || files === undefined) return undefined;
  return {
    window: { app: word('app'), signal: word('signal') as Signal, source: word('source'), start, end },
    state: word('state') as LedgerRow['state'],
    ...{ revision: number('revision'), read: number('rowsRead'), written: number('rowsWritten') },
    ...{ twice: number('rowsTwice'), filtered: number('rowsFiltered'), quarantined: number('rowsQuarantined') },
    ...{ late: number('rowsLate'), purged: number('rowsPurged') },
    ...{ firstDone: at('firstDone'), lastDone: at('lastDone'), lastConfirmed: at('lastConfirmed') },
    fingerprint: word('fingerprint'),
    files,
  };
}

function filesOf(paths: unknown): FileRecord[] | undefined {
  try {
    const found: unknown = typeof paths === 'string' ? JSON.parse(paths) : paths;
    return Array.isArray(found) ? found : undefined;
  } catch {
    return undefined;
  }
}
