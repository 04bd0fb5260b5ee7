// As a whole: an older Node fails when it is used, not when everything loads, and can say so (wire/node.ts).
import zlib from 'node:zlib';
import type { ColumnType } from '../../../signals/column.ts';
import { countValid } from '../../bits.ts';
import type { Sink } from '../../sink.ts';
import type { Vector } from '../../vectors.ts';
import { pieceEnd } from '../piece-end.ts';
import { type Bounds, longBounds, textBounds } from './bounds.ts';
import { type Dictionary, plainTexts, usedDictionary } from './dictionary.ts';
import { CODEC_ZSTD, ENCODING, PAGE, type PhysicalType, physicalType } from './format.ts';
import { bitWidth, putHybrid } from './hybrid.ts';
import { putLevels } from './levels.ts';
import { i32, struct } from './thrift.ts';
import { putBooleans, putTexts, putWides } from './values.ts';

/** A column of a row group as it stands in the file. */
export interface ColumnChunk {
  readonly type: PhysicalType;
  readonly encodings: readonly number[];
  readonly codec: number;
  readonly rows: number;
  readonly nulls: number;
  /** With the pages' headers. */
  readonly rawBytes: number;
  readonly bytes: number;
  /** Where its pages start, from the chunk's first byte. */
  readonly dictionaryAt: number | undefined;
  readonly dataAt: number;
  readonly bounds: Bounds | undefined;
}

/** Appends the pages of a column to `sink`. `body` is overwritten. */
export function putColumn(sink: Sink, body: Sink, type: ColumnType, vector: Vector, rows: number): ColumnChunk {
  const dictionary = vector.kind === 'dictionary' ? usedDictionary(vector, rows) : undefined;
  const pages = createPages(sink, body);
  if (dictionary !== undefined) {
    putDictionaryPages(pages, vector, dictionary, rows);
    return pages.end(type, rows, boundsOf(type, dictionary.entries, dictionary.count));
  }
  const plain = vector.kind === 'dictionary' ? plainTexts(vector, rows) : vector;
  for (let start = 0, end = 0; start < rows; start = end) {
    end = plain.kind === 'text' ? pieceEnd(plain.offsets, start, rows) : rows;
    pages.data(plain, start, end, ENCODING.plain, () => {
      if (plain.kind === 'text') putTexts(body, plain, start, end);
      else if (plain.kind === 'boolean') putBooleans(body, plain, start, end);
      else putWides(body, plain, start, end);
    });
  }
  return pages.end(type, rows, boundsOf(type, plain, rows));
}

function putDictionaryPages(pages: Pages, vector: Vector, { entries, count, indices }: Dictionary, rows: number): void {
  pages.dictionary(count, (body) => putTexts(body, entries, 0, count));
  pages.data(vector, 0, rows, ENCODING.dictionary, (body) => {
    const width = bitWidth(count);
    body.byte(width);
    putHybrid(body, indices, indices.length, width);
  });
}

/**
 * None for doubles, since readers take NaN for a value between them, and none for JSON, of which nobody asks whether it
 * is less.
 */
function boundsOf(type: ColumnType, vector: Vector, rows: number): Bounds | undefined {
  if (vector.kind === 'long') return longBounds(vector, rows);
  return vector.kind === 'text' && type === 'string' ? textBounds(vector, rows) : undefined;
}

interface Pages {
  dictionary(count: number, put: (body: Sink) => void): void;
  data(rows: Pick<Vector, 'validity'>, start: number, end: number, encoding: number, put: (body: Sink) => void): void;
  end(type: ColumnType, rows: number, bounds: Bounds | undefined): ColumnChunk;
}

function createPages(sink: Sink, body: Sink): Pages {
  const start = sink.length;
  const encodings = new Set<number>([ENCODING.rle]);
  let [dictionaryAt, dataAt, rawBytes, nulls] = [undefined as number | undefined, 0, 0, 0];

  function page(type: number, header: Parameters<typeof struct>[0]): void {
    const packed = compressed(body.written());
    const at = sink.length;
    struct({ 1: i32(type), 2: i32(body.length), 3: i32(packed.length), ...header }).put(sink);
    rawBytes += sink.length - at + body.length;
    sink.copy(packed, 0, packed.length);
    body.length = 0;
  }

  return {
    dictionary(count, put) {
      put(body);
      dictionaryAt = sink.length - start;
      page(PAGE.dictionary, { 7: struct({ 1: i32(count), 2: i32(ENCODING.plain) }) });
      encodings.add(ENCODING.plain);
    },
    data({ validity }, from, to, encoding, put) {
      const values = countValid(validity, from, to);
      putLevels(body, validity, from, to, values);
      // Indices of no values still begin with their width: readers take the byte that follows for it.
      if (values > 0 || encoding === ENCODING.dictionary) put(body);
      if (from === 0) dataAt = sink.length - start;
      const header = { 1: i32(to - from), 2: i32(encoding), 3: i32(ENCODING.rle), 4: i32(ENCODING.rle) };
      page(PAGE.data, { 5: struct(header) });
      encodings.add(encoding);
      nulls += to - from - values;
    },
    end: (type, rows, bounds) => ({
      ...{ type: physicalType(type), encodings: [...encodings], codec: CODEC_ZSTD, rows, nulls, rawBytes },
      ...{ bytes: sink.length - start, dictionaryAt, dataAt, bounds },
    }),
  };
}

const compressed = (body: Uint8Array): Uint8Array =>
  zlib.zstdCompressSync(body, {
    params: { [zlib.constants.ZSTD_c_compressionLevel]: LEVEL },
    pledgedSrcSize: body.length,
  });

const LEVEL = 1;
