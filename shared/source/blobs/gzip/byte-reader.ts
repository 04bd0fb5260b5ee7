/** Bytes that come in pieces, to look at before they are taken. */
export interface ByteReader {
  /** The next bytes, as many as asked for; fewer only at the end. Good until bytes are taken. */
  peek(length: number): Promise<Uint8Array>;
  /** Takes so many of them (that were looked at), a copy of nothing. */
  take(length: number): Promise<Uint8Array>;
  /** How many were taken. */
  place(): number;
  close(): Promise<void>;
}

export function byteReader(pieces: AsyncIterable<Uint8Array>): ByteReader {
  const source = pieces[Symbol.asyncIterator]();
  let held: Uint8Array = new Uint8Array(0);
  let [taken, ended] = [0, false];
  const fill = async (length: number): Promise<void> => {
    const more: Uint8Array[] = [];
    for (let have = held.length; have < length && !ended; ) {
      const next = await source.next();
      if (next.done) ended = true;
      // The memory of a piece is used again for the next one.
      else more.push(Buffer.from(next.value));
      have += next.done ? 0 : next.value.length;
    }
    if (more.length > 0)
      held = held.length === 0 && more[0] && more.length === 1 ? more[0] : Buffer.concat([held, ...more]);
  };
  return {
    peek: async (length) => {
      await fill(length);
      return held.subarray(0, length);
    },
    take: async (length) => {
      const bytes = held.subarray(0, length);
      held = held.subarray(length);
      taken += bytes.length;
      return bytes;
    },
    place: () => taken,
    close: async () => {
      await source.return?.();
    },
  };
}
