import { createHash } from 'node:crypto';

/** The first 32 digits (hex) of the SHA-256 of these bytes: what tells a file of the lake from one that was altered. */
export async function hashOf(pieces: AsyncIterable<Uint8Array>): Promise<string> {
  const digest = createHash('sha256');
  for await (const piece of pieces) digest.update(piece);
  return digest.digest('hex').slice(0, 32);
}
