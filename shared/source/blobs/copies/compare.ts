import { clearBytes, plainText } from './plain-text.ts';

/** `first`: the first begins with all of the second; `second`: the other way round; `other`: neither. */
export type Comparison = 'same' | 'first' | 'second' | 'other';

export const compareFiles = (first: string, second: string): Promise<Comparison> =>
  compareClear(clearBytes(first), clearBytes(second));

/** Compares the plain text of two files or blobs, which are unpacked, byte by byte, up to where they differ. */
export async function compareClear(
  first: AsyncIterable<Uint8Array>,
  second: AsyncIterable<Uint8Array>,
): Promise<Comparison> {
  const [one, other] = [plainBytes(first), plainBytes(second)];
  try {
    for (let [a, b] = [await one.next(), await other.next()]; ; ) {
      if (a.length === 0 || b.length === 0) return a.length > 0 ? 'first' : b.length > 0 ? 'second' : 'same';
      const length = Math.min(a.length, b.length);
      if (Buffer.compare(a.subarray(0, length), b.subarray(0, length)) !== 0) return 'other';
      [a, b] = [a.subarray(length), b.subarray(length)];
      if (a.length === 0) a = await one.next();
      if (b.length === 0) b = await other.next();
    }
  } finally {
    await one.close();
    await other.close();
  }
}

/** The next bytes, none at the end. What is packed and broken ends where it breaks. */
function plainBytes(clear: AsyncIterable<Uint8Array>) {
  const pieces = plainText(clear);
  return {
    next: async (): Promise<Uint8Array> => {
      for (;;) {
        const piece = await pieces.next();
        if (piece.done) return new Uint8Array(0);
        if (piece.value.length > 0) return piece.value;
      }
    },
    close: async () => {
      await pieces.return(undefined);
    },
  };
}
