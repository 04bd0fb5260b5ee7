import { appendFile, stat, writeFile } from 'node:fs/promises';
import type { LedgerFile, LedgerRow } from '../../model.ts';
import { setBit } from '../decode/rows/bitmap.ts';
import { parquetEncoding } from '../encode/parquet/parquet.ts';
import type { Rows, Vector } from '../vectors.ts';
import { type Cell, type LedgerColumn, ledgerColumns } from './columns.ts';

/** What tells a file of the ledger's table from those of signals. */
const facts = { insights_lake_table: 'ledger', insights_lake_table_version: '1' };

/** A Parquet file of the ledger's table at that local path, a row group for each `add`. */
export function createLedgerFile(path: string): LedgerFile {
  const encoding = parquetEncoding(ledgerColumns, facts);
  let rows = 0;
  return {
    add: async (some) => {
      if (rows === 0) await writeFile(path, encoding.begin(), { flag: 'wx' });
      for (const piece of encoding.rows(vectorsOf(some))) await appendFile(path, piece);
      rows += some.length;
    },
    end: async () => {
      await appendFile(path, encoding.end(rows));
      return { files: [path], bytes: (await stat(path)).size };
    },
  };
}

const vectorsOf = (rows: readonly LedgerRow[]): Rows => ({
  count: rows.length,
  vectors: ledgerColumns.map((column) => vectorOf(column, rows)),
});

function vectorOf({ type, cell }: LedgerColumn, rows: readonly LedgerRow[]): Vector {
  const cells = rows.map(cell);
  const validity = cells.includes(undefined) ? bitsOf(cells) : undefined;
  if (type === 'long' || type === 'timestamp') {
    const factor = type === 'timestamp' ? 1000n : 1n;
    return {
      kind: 'long',
      validity,
      values: BigInt64Array.from(cells, (value) => BigInt(Number(value ?? 0)) * factor),
    };
  }
  const texts = cells.map((value) => Buffer.from(String(value ?? '')));
  const offsets = new Int32Array(rows.length + 1);
  for (const [n, bytes] of texts.entries()) offsets[n + 1] = (offsets[n] ?? 0) + bytes.length;
  return { kind: 'text', validity, offsets, bytes: Buffer.concat(texts) };
}

function bitsOf(cells: readonly Cell[]): Uint8Array {
  const bits = new Uint8Array((cells.length + 7) >> 3);
  for (const [n, value] of cells.entries()) if (value !== undefined) setBit(bits, n);
  return bits;
}
