import { isUtf8 } from 'node:buffer';
import { brokenLines } from '../../framing/broken-lines.ts';
import { MOST_BETWEEN } from '../../framing/document.ts';
import { createFramer, type Framer } from '../../framing/framer.ts';
import { broken, NEWLINE, OPEN_ARRAY, OPEN_OBJECT, REASONS, skipBlank } from '../../framing/strict.ts';
import type { Fault, Segment } from '../../model.ts';
import type { ChunkReaders } from './chunk-readers.ts';
import type { Reader } from './reader.ts';
import type { RowTaker } from './row-taker.ts';
import { walkCells } from './walk/walk-lists.ts';

export interface Lines {
  /**
   * Reads the next record, or the next stretch that is none, or goes on with a record of many rows. False: there is
   * nothing left.
   */
  next(): boolean;
}

/** So many bytes go to the framer at once: every line of them may be a fault. */
const MOST_FRAMED = 64 * 1024;
/** Memory for a document is used again up to so many bytes. */
const MOST_KEPT = 64 * 1024;
/** A longer record is set aside: its values would be too much for most readers, and for the memory of a small host. */
const LONGEST = 21 * 1024 * 1024;

/** The records of a stretch of a chunk, which begins and ends between two of them. */
export function createLines(
  chunk: ChunkReaders,
  taker: RowTaker,
  segment: Segment,
  tell: (fault: Fault, between: Uint8Array) => void,
): Lines {
  const { bytes } = chunk;
  taker.use(bytes);
  const last = segment.position + segment.length;
  // A stretch that does not end a line has its newline behind it.
  const end = segment.length > 0 && bytes[last - 1] === NEWLINE ? last : Math.min(last + 1, bytes.length);
  const valid = isUtf8(bytes.subarray(segment.position, end));
  let at = segment.position;
  /** Where the last fault ended. */
  let told = at;

  function fault(from: number, to: number, reason: string): void {
    const offset = segment.offset + from - segment.position;
    const gap = Math.min(from - told, MOST_BETWEEN);
    const between = bytes.subarray(from - gap, from);
    const lost = bytes.subarray(from, to);
    tell({ blob: segment.blob, offset, length: to - from, reason, bytes: lost, records: brokenLines(lost) }, between);
    told = to;
  }

  /** What is being read slowly. It stands still wherever tables may be full. */
  let slow: Iterator<void, number> | undefined;

  /** Goes on where it rested: one for each broken line would be memory for each of them. */
  let framer: Framer | undefined;
  /** Bytes that it has had. */
  let fed = 0;

  /** The stretch is one that the strict reading refuses: framed anew up to where that can go on. */
  function* readSlowly(from: number): Generator<void, number> {
    if (chunk.isQuery) return yield* readRowSlowly(from);
    framer ??= createFramer(0);
    const begin = from - fed;
    let to = from;
    for (let size = 1; ; size = Math.min(size * 4, MOST_FRAMED)) {
      const before = to;
      to = lineEnd(bytes, Math.min(to + size, end - 1), end);
      fed += to - before;
      for (const framed of framer.feed(bytes.subarray(before, to))) yield* takeFramed(framed, begin);
      if (to >= end) {
        for (const framed of framer.end()) yield* takeFramed(framed, begin);
        return end;
      }
      if (framer.resting()) return to;
    }
  }

  function* takeFramed(
    framed: { readonly kind: string; readonly offset: number; readonly bytes: Uint8Array; readonly reason: string },
    begin: number,
  ): Generator<void> {
    const start = begin + framed.offset;
    const reason = framed.kind === 'fault' ? framed.reason : yield* takeAlone(framed.bytes);
    if (reason !== '') fault(start, start + framed.bytes.length, reason);
  }

  let alone = new Uint8Array(0);

  /** A document that does not stand in the chunk as it is. */
  function* takeAlone(document: Uint8Array): Generator<void, string> {
    const { length } = document;
    if (length >= alone.length || alone.length > MOST_KEPT) alone = new Uint8Array(Math.max(length + 1, MOST_KEPT));
    alone.set(document);
    alone[length] = NEWLINE;
    chunk.use(alone);
    taker.use(alone);
    const to = readRecord(chunk, 0);
    const reason = to < length ? broken.reason : takeRecord(chunk, taker, 0, to);
    // Its bytes are gone after that.
    do yield;
    while (taker.more());
    chunk.use(bytes);
    taker.use(bytes);
    return reason;
  }

  function* readRowSlowly(from: number): Generator<void, number> {
    const to = lineEnd(bytes, from, end);
    const reason = yield* takeAlone(mended(bytes.subarray(from, to - 1)));
    if (reason !== '') fault(from, to - 1, reason);
    return to;
  }

  return {
    next() {
      if (slow !== undefined) {
        const step = slow.next();
        if (step.done) [at, slow] = [step.value, undefined];
        return true;
      }
      if (taker.more()) return true;
      while (at < end && isBlank(bytes[at] as number)) at++;
      if (bytes[at] === 0xef && bytes[at + 1] === 0xbb && bytes[at + 2] === 0xbf) at += 3;
      if (at >= end) return false;
      if (!valid && !isUtf8(bytes.subarray(at, lineEnd(bytes, at, end)))) {
        slow = readSlowly(at);
        return true;
      }
      const to = readRecord(chunk, at);
      if (to < 0 || bytes[skipBlank(bytes, to)] !== NEWLINE) slow = readSlowly(at);
      else {
        const reason = takeRecord(chunk, taker, at, to);
        if (reason !== '') fault(at, to, reason);
        at = to;
      }
      return true;
    },
  };
}

/** A pair of surrogates, half of one, or any other escape. */
const ESCAPES = /\\u(d[89ab]..)\\u(d[c-f]..)|\\u(d[89a-f]..)|\\[\s\S]/gi;

/** Of a row that is no strict JSON what can be mended: bytes that are no UTF-8, halves of surrogate pairs. */
const mended = (row: Uint8Array): Uint8Array =>
  Buffer.from(
    Buffer.from(row)
      .toString('utf8')
      .replace(ESCAPES, (found, _high, _low, half) => (half === undefined ? found : '\\ufffd')),
  );

const isBlank = (byte: number): boolean => byte === NEWLINE || byte === 0x20 || byte === 0x0d || byte === 0x09;

/** The index behind the next newline. */
function lineEnd(bytes: Uint8Array, from: number, end: number): number {
  const newline = bytes.indexOf(NEWLINE, from);
  return newline < 0 ? end : Math.min(newline + 1, end);
}

/**
 * Walks the record at `at` by the reader that fits it. Returns the index behind it, -1 where the strict reading refuses
 * it.
 */
export function readRecord(chunk: ChunkReaders, at: number): number {
  const { bytes } = chunk;
  if (bytes[at] !== (chunk.isQuery ? OPEN_ARRAY : OPEN_OBJECT)) {
    broken.reason = REASONS.notJson;
    return -1;
  }
  return walk(chunk.likely, at);
}

function walk(reader: Reader, at: number): number {
  const { walker, program, layout } = reader;
  if (layout !== 'query') return walker.record(program.root, at);
  walker.begin();
  return walkCells(walker, program.cells, at);
}

/** Takes in the rows of the record that was read. Returns why it has none; '' where it has. */
export function takeRecord(chunk: ChunkReaders, taker: RowTaker, start: number, end: number): string {
  let walked = chunk.likely;
  let fitting = chunk.fitting(walked);
  if (fitting === undefined && !chunk.isQuery) {
    walked = chunk.other(walked);
    walk(walked, start);
    fitting = chunk.fitting(walked);
  }
  if (fitting === undefined) return 'no known signal';
  if (end - start > LONGEST) return `a record of ${end - start} bytes is too long`;
  if (fitting !== walked) walk(fitting, start);
  chunk.likely = fitting;
  return taker.take(fitting, start, end) > 0 ? '' : `no element of ${fitting.signal}`;
}
