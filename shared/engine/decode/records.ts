import type { AnswerColumn, Fault, Layout, Segment } from '../../model.ts';

/**
 * A chunk in memory: one JSON document a line, objects from export blobs or arrays of cells from a query; the last byte is a newline. The
 * engine may write into it; it is used again when the next chunk is asked for.
 */
export interface Records {
  readonly bytes: Uint8Array;
  readonly layout: Layout;
  /** Layout `query` only: what the cells are. */
  readonly columns: readonly AnswerColumn[];
  /** Export layouts only: in order of position, covering the bytes. */
  readonly segments: readonly Segment[];
  /** Bytes that the reader already knows it cannot hand over as a record. */
  readonly faults: readonly Fault[];
}
