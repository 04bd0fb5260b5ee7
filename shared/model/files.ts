import type { Signal } from './windows.ts';

/** A file that a revision of the window wrote or intended to write. */
export interface FileRecord {
  /** Path in the lake, below its prefix. */
  readonly path: string;
  /** Whose schema the file has; `quarantine` for the file of unreadable lines. */
  readonly signal: Signal | 'quarantine';
  readonly rows: number;
  readonly bytes: number;
  /** The tag that its put was answered with, or an audit found it to have. Left out with `hash`. */
  readonly etag?: string;
  /**
   * First 32 digits (hex) of the SHA-256 of its bytes; left out: an older version wrote it, it is empty or was adopted.
   */
  readonly hash?: string;
}

/** A blob or file that a window was made of. */
export interface BlobRecord {
  /** From the export's own folder on: the same in a container and in a download of it. */
  readonly name: string;
  readonly bytes: number;
  /** SHA-256 of its bytes, in hex; '' of what is no loose file: exports are known by their names. */
  readonly hash: string;
  /** Its length unpacked; left out: it is not packed, or an older version wrote it. */
  readonly clear?: number;
}
