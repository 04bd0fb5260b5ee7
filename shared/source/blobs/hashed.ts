import { createHash } from 'node:crypto';
import type { BlobRecord } from '../../model.ts';
import type { RawBlob } from './records/read-blobs.ts';

export interface HashedBlob {
  readonly blob: RawBlob;
  /** With '' for a hash until the blob was read to its end. */
  readonly record: () => BlobRecord;
}

/** The blob, and what the ledger remembers of it once it was read. `name`: what the ledger calls it. */
export function hashedBlob(blob: RawBlob, name: string, bytes: number): HashedBlob {
  let [hash, clear] = ['', bytes];
  async function* read() {
    const digest = createHash('sha256');
    for await (const piece of blob.read()) {
      digest.update(piece);
      yield piece;
    }
    hash = digest.digest('hex');
  }
  const onEnd = (length: number): void => {
    clear = length;
  };
  const record = (): BlobRecord => ({ name, bytes, hash, ...(clear !== bytes && { clear }) });
  return { blob: { ...blob, read, onEnd }, record };
}
