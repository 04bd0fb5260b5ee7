import { createHash } from 'node:crypto';
import type { BlobRecord } from '../../model.ts';
import type { RawBlob } from './records/read-blobs.ts';

export interface RecordedBlob {
  readonly blob: RawBlob;
  readonly record: () => BlobRecord;
}

/**
 * The blob, and what the ledger remembers of it. `name`: what the ledger calls it. `hashes`: once it was read to its
 * end, the record has its hash, which only loose files are known by; '' before that, and of others.
 */
export function recordedBlob(blob: RawBlob, name: string, bytes: number, hashes: boolean): RecordedBlob {
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
  return { blob: { ...blob, ...(hashes && { read }), onEnd }, record };
}
