import { Sink } from '../../sink.ts';
import type { Rows } from '../../vectors.ts';
import { viewOf } from '../../words.ts';
import type { Encoding } from '../encoding.ts';
import type { NamedType } from '../parquet/footer.ts';
import { pieceEnd } from '../piece-end.ts';
import { putCsvText } from './escape.ts';

/** Rows that are lines already (`line-shapes.ts`), in pieces of whole lines. `head`: what the file begins with. */
export function textEncoding(head: Uint8Array = new Uint8Array(0)): Encoding {
  let put = 0;
  return {
    begin: () => head,
    *rows({ count, vectors: [lines] }: Rows) {
      if (lines?.kind !== 'text') throw new Error(`rows of ${lines?.kind}, and no lines`);
      const { offsets, bytes } = lines;
      for (let start = 0, end = 0; start < count; start = end) {
        end = pieceEnd(offsets, start, count);
        yield bytes.subarray(offsets[start], offsets[end]);
      }
      put += count;
    },
    end(rows) {
      if (put !== rows) throw new Error(`${put} of ${rows} rows are in the file`);
      return new Uint8Array(0);
    },
    mark() {
      const before = put;
      return () => {
        put = before;
      };
    },
  };
}

/** The names of the columns, on a line. */
export function csvHead(columns: readonly NamedType[]): Uint8Array {
  const head = new Sink(1024);
  for (const [index, { name }] of columns.entries()) {
    if (index > 0) head.text(',');
    const bytes = new TextEncoder().encode(name);
    putCsvText(head, bytes, viewOf(bytes), 0, bytes.length);
  }
  head.byte(10);
  return head.written();
}
