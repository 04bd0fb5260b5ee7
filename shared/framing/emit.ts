import type { ByteQueue } from './bytes.ts';
import { COMMA, NEWLINE, SPACE, skip, trimmedEnd } from './classes.ts';
import type { Framed, FramerLimits } from './document.ts';
import type { Sight } from './scan.ts';

export const BLANK = SPACE | NEWLINE;

export type Mode = 'between' | 'value' | 'rest' | 'after' | 'fault';

/** How far a framer has come. */
export interface State {
  readonly queue: ByteQueue;
  readonly limits: FramerLimits;
  mode: Mode;
  /** The value that was looked at last, and how many bytes of one that is not whole there were then. */
  sight: Sight;
  seen: number;
  /** Open arrays around the documents: bare ones, and those of `{"records":[…]}`. */
  readonly around: ('array' | 'records')[];
  /** Something was found since the last of them opened; why the last thing that was found is no record. */
  filled: boolean;
  /** Blanks were passed, and nothing has come since. */
  apart: boolean;
  found: string;
  /** In mode `fault`: why, what it started with, and up to where the search for something new has come. */
  reason: string;
  head: Uint8Array;
  searched: number;
  /** How far into the stream a value was read before it broke, and how many broke there. */
  furthest: number;
  again: number;
  readonly out: Framed[];
}

/** `trims`: the kinds of bytes at both ends that are none of it; 0: none. `reason`: '' for what is no fault. */
export function emitFault(
  state: State,
  bytes: Uint8Array,
  from: number,
  to: number,
  reason: string,
  trims = BLANK | COMMA,
): void {
  if (reason === '') return;
  const start = trims === 0 ? from : Math.min(skip(bytes, from, trims), to);
  const end = trimmedEnd(bytes, start, to, trims);
  for (let at = start; at < end; at += state.limits.piece) {
    const piece = bytes.subarray(at, Math.min(at + state.limits.piece, end));
    found(state, { kind: 'fault', offset: state.queue.offset + at, bytes: piece, reason });
  }
}

const REPLACEMENT = [...'\\ufffd'].map((character) => character.charCodeAt(0));

/** Changes in place what a strict line reader refuses: newlines between tokens, escapes of half a surrogate pair. */
export function emitDocument(state: State, bytes: Uint8Array): void {
  for (const at of state.sight.halves ?? []) bytes.set(REPLACEMENT, at);
  for (const end of [0x0a, 0x0d])
    for (let at = bytes.indexOf(end); at >= 0; at = bytes.indexOf(end, at + 1)) bytes[at] = 0x20;
  found(state, { kind: 'document', offset: state.queue.offset, bytes, reason: '' });
}

function found(state: State, framed: Framed): void {
  state.out.push(framed);
  [state.filled, state.found] = [true, framed.reason];
}
