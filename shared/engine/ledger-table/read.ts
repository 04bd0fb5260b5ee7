import * as zlib from 'node:zlib';
import { parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import type { LedgerRow } from '../../model.ts';
import { rowOf } from './columns.ts';

/** A file that is read in ranges. */
export interface RangedFile {
  readonly bytes: number;
  read(start: number, end: number): Promise<Uint8Array>;
}

/** The rows of a file of the ledger's table, a row group at a time. Throws where it is none. */
export async function* readLedgerFile({ bytes, read }: RangedFile): AsyncGenerator<readonly LedgerRow[]> {
  const slice = async (start: number, end = bytes): Promise<ArrayBuffer> => {
    const found = await read(start, end);
    return found.buffer.slice(found.byteOffset, found.byteOffset + found.byteLength) as ArrayBuffer;
  };
  const file = { byteLength: bytes, slice };
  const metadata = await parquetMetadataAsync(file);
  const kind = metadata.key_value_metadata?.find(({ key }) => key === 'insights_lake_table')?.value;
  if (kind !== 'ledger') throw new Error('it is no file of the ledger');
  let rowStart = 0;
  for (const group of metadata.row_groups) {
    const rowEnd = rowStart + Number(group.num_rows);
    const records = await parquetReadObjects({
      ...{ file, metadata, rowStart, rowEnd },
      compressors: { ZSTD: (input) => zlib.zstdDecompressSync(input) },
    });
    yield records.flatMap((record) => rowOf(record) ?? []);
    rowStart = rowEnd;
  }
}
