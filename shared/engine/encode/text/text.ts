import { borrowSink, giveBack, Sink } from '../../sink.ts';
import type { Rows } from '../../vectors.ts';
import { viewOf } from '../../words.ts';
import type { Encoding } from '../encoding.ts';
import type { NamedType } from '../parquet/footer.ts';
import { ascii, cellsOf, type Spelling } from './cells.ts';
import { putCsvText, putJsonString } from './escape.ts';
import { jsonReal, plainReal } from './real.ts';

/** A piece is handed on when it has so many bytes. */
const PIECE_BYTES = 1024 * 1024;

const json: Spelling = {
  null: ascii('null'),
  quote: ascii('"'),
  // Dynamic columns hold JSON, on one line.
  text: (sink, type, bytes, view, start, end) =>
    type === 'dynamic' ? sink.put(bytes, view, start, end) : putJsonString(sink, bytes, view, start, end),
  real: jsonReal,
};

const csv: Spelling = {
  null: ascii(''),
  quote: ascii(''),
  text: (sink, _type, bytes, view, start, end) => putCsvText(sink, bytes, view, start, end),
  real: plainReal,
};

/** A JSON object a row, one a line. */
export function ndjsonEncoding(columns: readonly NamedType[]): Encoding {
  const prefixes = columns.map(({ name }, index) => ascii(`${index === 0 ? '{' : ','}${JSON.stringify(name)}:`));
  return textEncoding(columns, new Uint8Array(0), prefixes, ascii('}\n'), json);
}

/** The names of the columns, then the rows. */
export function csvEncoding(columns: readonly NamedType[]): Encoding {
  const prefixes = columns.map((_, index) => ascii(index === 0 ? '' : ','));
  const header = new Sink(1024);
  columns.forEach(({ name }, index) => {
    header.all(prefixes[index] ?? ascii(''));
    const bytes = ascii(name);
    putCsvText(header, bytes, viewOf(bytes), 0, bytes.length);
  });
  header.byte(10);
  return textEncoding(columns, header.written(), prefixes, ascii('\n'), csv);
}

function textEncoding(
  columns: readonly NamedType[],
  head: Uint8Array,
  prefixes: readonly Uint8Array[],
  lineEnd: Uint8Array,
  spelling: Spelling,
): Encoding {
  let put = 0;
  return {
    begin: () => head,
    *rows(rows: Rows) {
      const cells = cellsOf(rows, columns, prefixes, spelling);
      const sink = borrowSink();
      try {
        for (let row = 0; row < rows.count; row++) {
          for (const cell of cells) cell(sink, row);
          sink.all(lineEnd);
          put++;
          if (sink.length < PIECE_BYTES && row + 1 < rows.count) continue;
          yield sink.written();
          sink.length = 0;
        }
      } finally {
        giveBack(sink);
      }
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
