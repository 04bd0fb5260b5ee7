import { brokenLines, shareLine } from '../../../framing/broken-lines.ts';
import { type ByteQueue, createByteQueue, drop, held, push } from '../../../framing/bytes.ts';
import { isOf, NEWLINE, SPACE, skip, trimmedEnd } from '../../../framing/classes.ts';
import { type Framed, MOST_BETWEEN } from '../../../framing/document.ts';
import { createFramer, type Framer } from '../../../framing/framer.ts';
import { follow } from '../gzip/inflate.ts';
import { binaryOf, HEAD, signatureOf } from '../gzip/signature.ts';
import type { Part } from './chunk-maker.ts';

/** What is held in search of a place to cut. A blob with longer records is read document by document. */
const MOST_HELD = 4 * 1024 * 1024;
/** Lines are cut off when so much is held: enough for a chunk of their own, which is not copied. */
const LEAST_CUT = 3 * 1024 * 1024;
const FEED = 256 * 1024;
/** Parts handed on at once. */
const GROUP = 250;
/** Bytes of neighbours that are told together, at most. */
const JOINED = 1024 * 1024;
/** What tells bytes from text stands in so many of the first. */
const ENOUGH = 512;
type Shape = 'unknown' | 'lines' | 'documents';

const BLANK = SPACE | NEWLINE;
const OPEN = 0x7b;
const CLOSE = 0x7d;

/**
 * A blob's bytes as parts, each group valid until the next one is asked for. Newline-delimited records go through as
 * they are, cut only between records; a blob that is something else, or becomes it, is read document by document from
 * there on. Where the first bytes give away what it is that holds no records as text, that is why none are read.
 */
export async function* partsOf(bytes: AsyncIterable<Uint8Array>): AsyncIterable<readonly Part[]> {
  const pieces = bytes[Symbol.asyncIterator]();
  const first = await headOf(pieces);
  if (first === undefined) return;
  const binary = binaryOf(first.subarray(0, HEAD));
  const all = follow(first, pieces);
  if (binary === '') yield* textParts(all);
  else yield [await oneFault(all, binary)];
}

/** The first piece, and those after it where it is short: what the bytes are must not depend on how they come. */
async function headOf(pieces: AsyncIterator<Uint8Array>): Promise<Uint8Array | undefined> {
  const first = await pieces.next();
  if (first.done) return undefined;
  let head = first.value;
  while (head.length < ENOUGH) {
    const before = Buffer.from(head);
    const next = await pieces.next();
    if (next.done) return before;
    head = Buffer.concat([before, next.value]);
  }
  return head;
}

/** All bytes as one fault: the first of them, and how many there are. */
async function oneFault(pieces: AsyncIterable<Uint8Array>, reason: string): Promise<Part> {
  const kept: Uint8Array[] = [];
  let length = 0;
  for await (const piece of pieces) {
    if (length < JOINED) kept.push(Buffer.from(piece.subarray(0, JOINED - length)));
    length += piece.length;
  }
  return { kind: 'fault', offset: 0, bytes: Buffer.concat(kept), length, reason };
}

async function* textParts(pieces: AsyncIterable<Uint8Array>): AsyncIterable<readonly Part[]> {
  const queue = createByteQueue();
  let framer: Framer | undefined;
  let shape: Shape = 'unknown';
  let what: string | undefined;
  for await (const piece of pieces) {
    what ??= signatureOf(piece.subarray(0, HEAD));
    if (framer) {
      yield* fed(framer, piece, what);
      continue;
    }
    push(queue, piece);
    if (shape === 'unknown') shape = shapeOf(queue);
    if (shape === 'lines' && held(queue).length >= LEAST_CUT) yield* linesUpTo(lastBoundary(held(queue)), queue);
    if (shape !== 'documents' && held(queue).length <= MOST_HELD) continue;
    framer = createFramer(queue.offset);
    yield* fed(framer, held(queue), what);
    drop(queue, held(queue).length);
  }
  yield* framer ? groups(framer.end(), what) : lastParts(queue, shape, what);
}

/** What is left at the end of a blob: its last record, or all of it when no line was whole. */
function* lastParts(queue: ByteQueue, shape: Shape, what?: string): Iterable<readonly Part[]> {
  if (shape === 'lines') yield* linesUpTo(lastBoundary(held(queue)), queue);
  const rest = held(queue);
  if (rest.length === 0) return;
  // Without a last newline nobody says that the last record is whole: it is looked at.
  const ended = rest.at(-1) === 0x0a && rest[trimmedEnd(rest, 0, rest.length, BLANK) - 1] === CLOSE;
  if (shape === 'lines' && ended) return yield [takeLines(queue, rest.length)];
  yield* partsIn(rest, queue.offset, what);
}

/** Bytes that are all there, document by document. `what`: why there are no records; left out, or '': not known. */
export function* partsIn(bytes: Uint8Array, offset: number, what?: string): Iterable<readonly Part[]> {
  const framer = createFramer(offset);
  yield* fed(framer, bytes, what);
  yield* groups(framer.end(), what);
}

function* fed(framer: Framer, bytes: Uint8Array, what?: string): Iterable<readonly Part[]> {
  for (let at = 0; at < bytes.length; at += FEED) yield* groups(framer.feed(bytes.subarray(at, at + FEED)), what);
}

/** Neighbours that cannot be read for the same reason are told together: millions of them would be as many objects. */
function* groups(found: Iterable<Framed>, what = ''): Iterable<readonly Part[]> {
  let parts: Part[] = [];
  for (const framed of found) {
    const part: Part =
      framed.kind === 'fault'
        ? { ...framed, reason: what || framed.reason, records: brokenLines(framed.bytes) }
        : framed;
    const last = parts.at(-1);
    const both = last?.kind === 'fault' && last.reason === part.reason ? together(last, part) : undefined;
    if (both !== undefined) parts[parts.length - 1] = both;
    else {
      if (parts.length === GROUP) {
        yield parts;
        parts = [];
      }
      parts.push(part);
    }
  }
  yield parts;
}

/** Undefined: there is more between them than line ends, or they do not lie in the same memory. */
function together(one: Part, other: Part): Part | undefined {
  const length = other.offset + other.bytes.length - one.offset;
  const gap = other.offset - one.offset - one.bytes.length;
  const { buffer, byteOffset } = one.bytes;
  const near = other.bytes.buffer === buffer && other.bytes.byteOffset === byteOffset + one.bytes.length + gap;
  if (gap < 0 || gap > MOST_BETWEEN || !near || length > JOINED) return undefined;
  const end = one.bytes.length;
  const bytes = new Uint8Array(buffer, byteOffset, length);
  const shared = shareLine(bytes[end - 1], bytes.subarray(end, end + gap)) ? 1 : 0;
  return { ...one, bytes, records: (one.records ?? 1) + (other.records ?? 1) - shared };
}

function* linesUpTo(cut: number, queue: ByteQueue): Iterable<readonly Part[]> {
  if (cut > 0) yield [takeLines(queue, cut)];
}

function takeLines(queue: ByteQueue, length: number): Part {
  const part: Part = { kind: 'lines', offset: queue.offset, bytes: held(queue).subarray(0, length), reason: '' };
  drop(queue, length);
  return part;
}

/** By its first line: whether it is there, and is one document that wraps no others. */
function shapeOf(queue: ByteQueue): Shape {
  // A byte order mark at the start is no reason to leave the fast path.
  if (queue.offset === 0) drop(queue, skip(held(queue), 0, 0));
  const bytes = held(queue);
  const start = skip(bytes, 0, BLANK);
  if (start === bytes.length) return 'unknown';
  if (bytes[start] !== OPEN) return bytes[start] === 0xef ? 'unknown' : 'documents';
  const newline = bytes.indexOf(0x0a, start);
  if (newline < 0) return 'unknown';
  const framer = createFramer();
  const found = [...framer.feed(bytes.subarray(start, newline)), ...framer.end()];
  return found.length === 1 && found[0]?.kind === 'document' && found[0].offset === 0 ? 'lines' : 'documents';
}

/**
 * The index after the last newline that has a `}` before it and a `{` after it, white space aside: inside of JSON that
 * cannot stand, so either side can be read without the other. 0: none.
 */
function lastBoundary(bytes: Uint8Array): number {
  for (let newline = bytes.lastIndexOf(0x0a); newline > 0; newline = bytes.lastIndexOf(0x0a, newline - 1)) {
    let next = newline + 1;
    while (isOf(bytes[next], BLANK)) next++;
    if (bytes[next] === OPEN && bytes[trimmedEnd(bytes, 0, newline, BLANK) - 1] === CLOSE) return newline + 1;
  }
  return 0;
}
