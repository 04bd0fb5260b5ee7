/** Rows of one table of an answer in memory, one a line, every line ended. */
export interface RowsBuffer {
  /** More of the row that is being read. */
  take(from: Uint8Array, start: number, end: number): void;
  endRow(): void;
  /** Bytes of whole rows. */
  readonly length: number;
  /** The whole rows, good until the next byte is taken. */
  rows(): Uint8Array;
  /** Forgets the whole rows; of the one that is being read nothing is lost. */
  clear(): void;
}

const NEWLINE = 0x0a;
/** Doubled again and again it has room for a chunk and the piece that ends it. */
const LEAST = 17 * 1024;
/** Memory beyond that was for a long row, which is not what the next ones need room for. */
const MOST_KEPT = 6 * 1024 * 1024;

/** Its memory grows as it is needed, and is used again after `clear`. */
export function createRowsBuffer(): RowsBuffer {
  let bytes = new Uint8Array(0);
  let [used, whole] = [0, 0];

  function makeRoom(more: number): void {
    let room = Math.max(LEAST, bytes.length);
    while (room < used + more) room *= 2;
    const grown = new Uint8Array(room);
    grown.set(bytes.subarray(0, used));
    bytes = grown;
  }

  return {
    take(from, start, end) {
      if (used + end - start > bytes.length) makeRoom(end - start);
      bytes.set(from.subarray(start, end), used);
      used += end - start;
    },
    endRow() {
      if (used === bytes.length) makeRoom(1);
      bytes[used++] = NEWLINE;
      whole = used;
    },
    get length() {
      return whole;
    },
    rows: () => bytes.subarray(0, whole),
    clear() {
      const rest = bytes.subarray(whole, used);
      if (bytes.length > MOST_KEPT) bytes = new Uint8Array(0);
      [used, whole] = [0, 0];
      if (rest.length > bytes.length) makeRoom(rest.length);
      bytes.set(rest);
      used = rest.length;
    },
  };
}
