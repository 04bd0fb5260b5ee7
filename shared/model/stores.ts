export interface StoredObject {
  /** Name below the store's prefix, `/` between folders. */
  readonly name: string;
  readonly bytes: number;
  readonly etag: string;
  /** Blobs of the archive tier are listed but cannot be read. */
  readonly archived: boolean;
}

/** Bytes to put: local files whose contents follow each other, or bytes at hand. */
export type Content = { readonly files: readonly string[]; readonly bytes: number } | Uint8Array;

/**
 * A container (or folder, or prefix of one) of objects with conditional writes. Serves as lake, as source of export
 * blobs and as keeper of small documents. Adapters: Blob Storage / ADLS Gen2, a local folder, memory. All pass
 * test/contracts/store.ts.
 */
export interface ObjectStore {
  /** For messages: where this is, without secrets. */
  readonly place: string;
  /**
   * Creates container and folder where missing; fails with what to do when the place cannot be written or overwritten.
   */
  prepare(): Promise<void>;
  /** The object's tag, or undefined when it does not exist. */
  head(name: string): Promise<string | undefined>;
  /**
   * Puts the object if it still has `etag` (undefined: if it does not exist). Returns the new tag, undefined when the
   * race was lost.
   */
  put(name: string, content: Content, etag: string | undefined): Promise<string | undefined>;
  /**
   * Removes the object if it still has `etag`; false when it has another one. An object that is gone counts as removed.
   */
  remove(name: string, etag: string): Promise<boolean>;
  /** Objects whose name starts with `prefix`, by name. */
  list(prefix: string): AsyncIterable<StoredObject>;
  /** Folder names (ending in `/`) directly below `prefix` (which is '' or ends in `/`). */
  folders(prefix: string): AsyncIterable<string>;
  /** Bytes `[start, end)` as a stream, pinned to `etag` where given; fails when the object is gone or changed. */
  read(
    name: string,
    range?: { readonly start: number; readonly end: number; readonly etag?: string },
  ): AsyncIterable<Uint8Array>;
}
