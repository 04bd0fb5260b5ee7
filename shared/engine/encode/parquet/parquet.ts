import { borrowSink, giveBack } from '../../sink.ts';
import type { Rows } from '../../vectors.ts';
import type { Encoding } from '../encoding.ts';
import { type ColumnChunk, putColumn } from './column-chunk.ts';
import { footer, MAGIC, type NamedType, type RowGroup } from './footer.ts';
import { tableStatistics } from './table-statistics.ts';

/** A piece is handed on when it has so many bytes. */
const PIECE_BYTES = 1024 * 1024;

/** A Parquet file of these columns, a row group for each `rows`. `facts`: its key-value metadata. */
export function parquetEncoding(columns: readonly NamedType[], facts: Readonly<Record<string, string>>): Encoding {
  const groups: RowGroup[] = [];
  let offset = MAGIC.length;
  return {
    begin: () => MAGIC,
    *rows(rows: Rows) {
      if (rows.vectors.length !== columns.length)
        throw new Error(`${rows.vectors.length} vectors for ${columns.length} columns`);
      const [sink, body] = [borrowSink(), borrowSink()];
      const group = { offset, rows: rows.count, columns: [] as ColumnChunk[] };
      try {
        for (const [index, vector] of rows.vectors.entries()) {
          const chunk = putColumn(sink, body, columns[index]?.type ?? 'string', vector, rows.count);
          group.columns.push(chunk);
          offset += chunk.bytes;
          if (sink.length < PIECE_BYTES && index + 1 < columns.length) continue;
          yield sink.written();
          sink.length = 0;
        }
      } finally {
        giveBack(sink);
        giveBack(body);
      }
      groups.push(group);
    },
    end(rows) {
      const put = groups.reduce((sum, group) => sum + group.rows, 0);
      if (put !== rows) throw new Error(`${put} of ${rows} rows are in the file`);
      return footer(columns, groups, facts);
    },
    statistics: () => tableStatistics(columns, groups),
    mark() {
      const [count, at] = [groups.length, offset];
      return () => {
        groups.length = count;
        offset = at;
      };
    },
  };
}
