/** Bytes that come in at the end and leave at the front, in one piece of memory so that they can be searched natively. */
export interface ByteQueue {
  memory: Uint8Array;
  start: number;
  end: number;
  /** Where the first byte that is held stands in the stream. */
  offset: number;
}

const SLACK = 64 * 1024;
/** Room is made for more than twice what is wanted, but never for more than so many bytes beyond it. */
const MOST_SPARE = 16 * 1024 * 1024;

export function createByteQueue(offset = 0): ByteQueue {
  return { memory: new Uint8Array(0), start: 0, end: 0, offset };
}

/** What is held; valid until the next `push`. */
export function held(queue: ByteQueue): Uint8Array {
  return queue.memory.subarray(queue.start, queue.end);
}

export function push(queue: ByteQueue, bytes: Uint8Array): void {
  const size = queue.end - queue.start;
  const wanted = size + bytes.length;
  // Half-empty memory is used again only when little has to move, so each byte moves a bounded number of times.
  if (queue.end + bytes.length > queue.memory.length) {
    const room = wanted * 2 <= queue.memory.length ? queue.memory : new Uint8Array(wanted + Math.min(wanted + 2 * SLACK, MOST_SPARE));
    room.set(held(queue));
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
  // One long document must not keep its memory for the rest of the stream.
  if (queue.memory.length > 8 * 1024 * 1024) queue.memory = new Uint8Array(0);
}
