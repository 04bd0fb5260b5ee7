import { appendFile, stat, writeFile } from 'node:fs/promises';
import type { LedgerFile, LedgerRow } from '../../model.ts';
import { builderOf } from '../decode/rows/builders.ts';
import { Row } from '../decode/rows/row.ts';
import { parquetEncoding } from '../encode/parquet/parquet.ts';
import type { Rows } from '../vectors.ts';
import { ledgerColumns } from './columns.ts';

/** What tells a file of the ledger's table from those of signals. */
const facts = { insights_lake_table: 'ledger', insights_lake_table_version: '1' };

/** A Parquet file of the ledger's table at that local path, a row group for each `add`. */
export function createLedgerFile(path: string): LedgerFile {
  const encoding = parquetEncoding(ledgerColumns, facts);
  let rows = 0;
  return {
    add: async (some) => {
      if (rows === 0) await writeFile(path, encoding.begin(), { flag: 'wx' });
      for (const piece of encoding.rows(rowsOf(some))) await appendFile(path, piece);
      rows += some.length;
    },
    end: async () => {
      await appendFile(path, encoding.end(rows));
      return { files: [path], bytes: (await stat(path)).size };
    },
  };
}

function rowsOf(rows: readonly LedgerRow[]): Rows {
  const row = new Row(1);
  const vectors = ledgerColumns.map(({ type, cell }) => {
    const builder = builderOf(type);
    builder.reserve(rows.length);
    for (const [index, each] of rows.entries()) {
      const value = cell(each);
      if (value === undefined) continue;
      if (typeof value === 'number') row.setLong(0, type === 'timestamp' ? value * 1000 : value);
      else row.setConstant(0, Buffer.from(value));
      builder.append(row, 0, index);
    }
    return builder.take(rows.length);
  });
  return { count: rows.length, vectors };
}
