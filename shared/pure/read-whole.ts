import type { ObjectStore } from '../model.ts';

/** All bytes of a small object, pinned to `etag` where given; fails when the object is gone or changed. */
export async function readWhole(store: Pick<ObjectStore, 'read'>, name: string, etag?: string): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  const range = etag === undefined ? undefined : { start: 0, end: Number.POSITIVE_INFINITY, etag };
  for await (const piece of store.read(name, range)) pieces.push(piece);
  return Buffer.concat(pieces);
}
