import type { Sink } from '../../sink.ts';
import { KIND, type Slots } from '../walk/slots.ts';
import { putUnescaped } from './escapes.ts';

/** Whether a slot holds a text that is not empty: a string, or the JSON of anything else that says something. */
export const saysSomething = (slots: Slots, slot: number): boolean => {
  const kind = slots.kind[slot] as number;
  if (kind === KIND.missing || kind === KIND.null || kind === KIND.empty) return false;
  return (slots.end[slot] as number) > (slots.start[slot] as number);
};

/** The first slot that says something, else the first; -1: there is none. */
export function firstOf(slots: Slots, among: readonly number[]): number {
  if (among.length === 0) return -1;
  for (const slot of among) if (saysSomething(slots, slot)) return slot;
  return among[0] as number;
}

/** A text as a string: for what is read rarely. */
export function stringOf(slots: Slots, slot: number, bytes: Uint8Array, scratch: Sink): string {
  const start = slots.start[slot] as number;
  const end = slots.end[slot] as number;
  if (slots.kind[slot] !== KIND.escaped) return utf8(bytes, start, end);
  const from = scratch.length;
  putUnescaped(bytes, start, end, scratch);
  const text = utf8(scratch.bytes, from, scratch.length);
  scratch.length = from;
  return text;
}

/** Appends a value as it stands in the record, quotes and all. */
export function putValue(slots: Slots, slot: number, bytes: Uint8Array, out: Sink): void {
  const kind = slots.kind[slot];
  const quotes = kind === KIND.text || kind === KIND.escaped ? 1 : 0;
  out.copy(bytes, (slots.start[slot] as number) - quotes, (slots.end[slot] as number) + quotes);
}

const utf8 = (bytes: Uint8Array, start: number, end: number): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8');
