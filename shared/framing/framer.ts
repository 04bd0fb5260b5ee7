import { besideRecords } from './beside.ts';
import { createByteQueue, drop, held, push } from './bytes.ts';
import { CLOSER, COMMA, isOf, NEWLINE, NUL, SPACE, skip, trimmedEnd, undecided } from './classes.ts';
import type { Framed, Framer, FramerLimits } from './document.ts';
import { BLANK, emitDocument, emitFault, type Mode, type State } from './emit.ts';
import { findRestart, headOf, MOST_BLANK } from './restart.ts';
import { look } from './scan.ts';
import { REASONS } from './strict.ts';

export type { Framed, Framer, FramerLimits };

const LIMITS: FramerLimits = { longest: 64 * 1024 * 1024, piece: 1024 * 1024 };
const MOST_AROUND = 64;
const MOST_ARRAYS = 8;
/** Starts that break at the same place before it is passed: so many records may be cut short one behind the other. */
const MOST_AGAIN = 16;

const BRACE = 0x7b;
const BRACKET = 0x5b;

/**
 * Finds the JSON documents in a stream of bytes, however they are separated or wrapped, and says which bytes belong to
 * none. Every byte is in one document or in one fault, aside from white space, commas, byte order marks and the
 * brackets of wrappers. After something unreadable it goes on at the next line that starts something new, so that a bad
 * line costs no neighbour.
 */
export function createFramer(offset = 0, limits: FramerLimits = LIMITS): Framer {
  const state: State = {
    queue: createByteQueue(offset),
    limits,
    mode: 'between',
    sight: { kind: 'more', at: 0 },
    seen: 0,
    around: [],
    filled: true,
    apart: false,
    found: '',
    reason: '',
    head: new Uint8Array(0),
    searched: 0,
    furthest: -1,
    again: 0,
    out: [],
  };
  return {
    feed(bytes) {
      push(state.queue, bytes);
      return run(state, false);
    },
    *end() {
      yield* run(state, true);
      yield* unclosed(state);
    },
    resting: () => state.mode === 'between' && state.around.length === 0 && state.queue.start === state.queue.end,
  };
}

/** One by one: of bytes that are no records there can be as many faults as there are bytes. */
function* run(state: State, last: boolean): Iterable<Framed> {
  for (let more = true; more && state.queue.start < state.queue.end; ) {
    more = MODES[state.mode](state, held(state.queue), last);
    if (state.out.length > 0) yield* state.out.splice(0);
  }
}

/** A list that nobody closes may have lost records, even where those that are there are whole. */
function* unclosed({ around, mode, found, queue }: State): Iterable<Framed> {
  if ((around.length === 0 && mode !== 'rest') || found === REASONS.end) return;
  yield { kind: 'fault', offset: queue.offset, bytes: new Uint8Array(0), reason: REASONS.end };
}

/** Each takes a step and answers whether there is another one to take before more bytes come. */
const MODES: Record<Mode, (state: State, bytes: Uint8Array, last: boolean) => boolean> = {
  between,
  value,
  rest: value,
  after,
  fault: resume,
};

/** Before a document: `bytes` starts with whatever follows the last one. */
function between(state: State, bytes: Uint8Array, last: boolean): boolean {
  const at = skip(bytes, 0, BLANK | COMMA);
  // What stands between a record and what belongs to nothing on its line goes with that: so they are neighbours. What
  // ends a line waits for nothing.
  const isNear = at === 0 || (!state.apart && at < MOST_BLANK && !bytes.subarray(0, at).includes(0x0a));
  if (!last && isNear && undecided(bytes, at)) return false;
  const byte = bytes[at];
  const isStray = byte === 0 || (isOf(byte, CLOSER) && (byte !== 0x5d || state.around.length === 0));
  state.apart = at > 0 && !(isNear && isStray);
  if (state.apart) {
    drop(state.queue, at);
    return true;
  }
  if (byte === 0) return strays(state, bytes, last, NUL, 'NUL bytes between records');
  if (byte === 0x5d && state.around.length > 0) {
    if (!state.filled) emitFault(state, bytes, 0, 1, REASONS.empty, 0);
    drop(state.queue, 1);
    // What follows the array of a wrapper are the other members of its object.
    return enter(state, state.around.pop() === 'records' ? 'rest' : 'between');
  }
  if (isOf(byte, CLOSER))
    return strays(state, bytes, last, state.around.length > 0 ? 0 : CLOSER | BLANK | COMMA, REASONS.notJson);
  return byte === BRACKET ? bracket(state, bytes, last) : enter(state, 'value');
}

function enter(state: State, mode: Mode): true {
  state.mode = mode;
  state.seen = 0;
  return true;
}

/** A run of bytes that belong to nothing, but say nothing about their neighbours either. */
function strays(state: State, bytes: Uint8Array, last: boolean, kinds: number, reason: string): boolean {
  const at = skip(bytes, 0, BLANK | COMMA);
  const end = kinds === 0 ? at + 1 : skip(bytes, at, kinds);
  if (!last && kinds !== 0 && undecided(bytes, end) && end < state.limits.piece) return false;
  emitFault(state, bytes, 0, trimmedEnd(bytes, at, end, BLANK | COMMA), reason, 0);
  drop(state.queue, end);
  return true;
}

/** At a `[`: around documents it is their wrapper, else (empty, too) a value like any other, and then not a record. */
function bracket(state: State, bytes: Uint8Array, last: boolean): boolean {
  const at = skip(bytes, 1, BLANK);
  if (!last && undecided(bytes, at) && at < MOST_BLANK) return false;
  const byte = bytes[at];
  const wraps = byte === BRACE || at >= MOST_BLANK || (byte === BRACKET && state.around.length < MOST_ARRAYS);
  if (!wraps) return enter(state, 'value');
  return surround(state, 1, 'array');
}

function surround(state: State, length: number, what: 'array' | 'records'): true {
  // Wrappers that were cut short are never closed: the oldest are forgotten.
  if (state.around.length === MOST_AROUND) state.around.shift();
  state.around.push(what);
  state.filled = false;
  drop(state.queue, length);
  return enter(state, 'between');
}

/** A value that is not whole is looked at again when there is twice as much of it: the time is linear in the bytes. */
function value(state: State, bytes: Uint8Array, last: boolean): boolean {
  const { mode, limits } = state;
  if (!last && bytes.length < 2 * state.seen && bytes.length <= limits.longest) return false;
  state.seen = bytes.length;
  const sight = look(bytes, mode === 'rest', last);
  const { kind, at, keyAt = 0, reason = '' } = sight;
  state.sight = sight;
  if (kind === 'bad') return failed(state, reason);
  if (at > limits.longest) return failed(state, `longer than ${limits.longest} bytes`);
  if (kind === 'more') return last && failed(state, REASONS.end);
  if (kind === 'wrapper') {
    const from = mode === 'rest' ? 0 : 1;
    emitFault(state, bytes, from, keyAt, besideRecords(bytes.subarray(from, keyAt)));
    return surround(state, at + 1, 'records');
  }
  if (mode === 'value') return enter(state, 'after');
  emitFault(state, bytes, 0, at - 1, besideRecords(bytes.subarray(0, at - 1)));
  drop(state.queue, at);
  return enter(state, 'between');
}

/**
 * Behind a value. On the rest of its line there may be nothing, or another value: anything else says that the line as a
 * whole is not JSON (a record that lost a bracket can look whole), and then none of it is to be trusted.
 */
function after(state: State, bytes: Uint8Array, last: boolean): boolean {
  const end = state.sight.at;
  const at = skip(bytes, end, state.around.length > 0 ? SPACE | NUL : SPACE | NUL | COMMA);
  if (!last && undecided(bytes, at) && at - end < MOST_BLANK) return false;
  const byte = bytes[at];
  const fine =
    byte === undefined ||
    byte === BRACE ||
    byte === BRACKET ||
    isOf(byte, NEWLINE | COMMA | CLOSER) ||
    at - end >= MOST_BLANK;
  if (!fine) return failed(state, 'more text on the line of a record');
  if (bytes[0] === BRACE) emitDocument(state, bytes.subarray(0, end));
  else emitFault(state, bytes, 0, end, 'not a record');
  drop(state.queue, end);
  return enter(state, 'between');
}

/**
 * What was read of a broken value is searched for a new start, since a record that was cut short may hold the next one.
 * But not without end: where many starts break at the same place, or something is nested too deep, only what follows is
 * searched. So the time is linear in the bytes.
 */
function failed(state: State, reason: string): true {
  const { queue, sight } = state;
  const broke = queue.offset + sight.at;
  state.reason = reason;
  state.head = reason === REASONS.deep ? new Uint8Array(0) : headOf(held(queue));
  state.again = broke > state.furthest ? 0 : state.again + 1;
  state.furthest = Math.max(state.furthest, broke);
  if (reason === REASONS.deep) state.searched = sight.at;
  else state.searched = state.again < MOST_AGAIN ? 0 : Math.max(0, sight.at - state.head.length);
  return enter(state, 'fault');
}

/**
 * In something unreadable: looks for where something new starts. What is certain to be unreadable is handed on, so that
 * little is held.
 */
function resume(state: State, bytes: Uint8Array, last: boolean): boolean {
  const { at, searched } = findRestart(bytes, state.searched, state.head, last);
  const end = at ?? searched - (searched % state.limits.piece);
  // Outside of wrappers a comma belongs to what was cut; only the end of the line is none of it.
  const trims = state.around.length > 0 ? BLANK | COMMA : NEWLINE | SPACE;
  emitFault(state, bytes, 0, end, state.reason, at === undefined ? 0 : trims);
  drop(state.queue, end);
  state.searched = searched - end;
  return at !== undefined && enter(state, 'between');
}
