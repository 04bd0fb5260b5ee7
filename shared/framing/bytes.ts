/**
 * Bytes that come in at the end and leave at the front, in one piece of memory so that they can be searched natively.
 */
export interface ByteQueue {
  memory: Uint8Array<ArrayBuffer>;
  start: number;
  end: number;
  /** Where the first byte that is held stands in the stream. */
  offset: number;
}

/** So many bytes may be read behind those that are held. */
export const BEHIND = 16;
const SLACK = 64 * 1024;
/** Room is made for more than twice what is wanted, but never for more than so many bytes beyond it. */
const MOST_SPARE = 4 * 1024 * 1024;
/** One long document must not keep its memory for the rest of the stream. */
const MOST_KEPT = 8 * 1024 * 1024;

export function createByteQueue(offset = 0): ByteQueue {
  return { memory: new Uint8Array(0), start: 0, end: 0, offset };
}

/** What is held; valid until the next `push`. */
export function held(queue: ByteQueue): Uint8Array {
  return queue.memory.subarray(queue.start, queue.end);
}

export function push(queue: ByteQueue, bytes: Uint8Array): void {
  const size = queue.end - queue.start;
  const wanted = size + bytes.length + BEHIND;
  // Half-empty memory is used again only when little has to move, so each byte moves a bounded number of times.
  if (queue.end + bytes.length + BEHIND > queue.memory.length) {
    const { memory } = queue;
    memory.copyWithin(0, queue.start, queue.end);
    const reusable = wanted * 2 <= memory.length && (memory.length <= MOST_KEPT || wanted * 8 > memory.length);
    // What held the bytes is gone at once: as garbage, the steps up to a long document would take several times its
    // length.
    const room = reusable
      ? memory
      : new Uint8Array(memory.buffer.transfer(wanted + Math.min(wanted + 2 * SLACK, MOST_SPARE)));
    queue.memory = room;
    queue.start = 0;
    queue.end = size;
  }
  queue.memory.set(bytes, queue.end);
  queue.end += bytes.length;
}

export function drop(queue: ByteQueue, count: number): void {
  queue.start += count;
  queue.offset += count;
  if (queue.start < queue.end) return;
  queue.start = 0;
  queue.end = 0;
  if (queue.memory.length > MOST_KEPT) queue.memory = new Uint8Array(0);
}
