import { BACKSLASH, unitAt } from '../../../framing/strict.ts';
import type { Sink } from '../../sink.ts';

const LETTERS = new Uint8Array(256);
for (const [letter, byte] of Object.entries({ b: 8, f: 12, n: 10, r: 13, t: 9 })) LETTERS[letter.charCodeAt(0)] = byte;
for (const letter of '"\\/') LETTERS[letter.charCodeAt(0)] = letter.charCodeAt(0);

/** Writes the text of a JSON string, whose escapes are known to be whole, without them. */
export function putUnescaped(bytes: Uint8Array, start: number, end: number, out: Sink): void {
  out.reserve(end - start);
  const target = out.bytes;
  let to = out.length;
  let at = start;
  while (at < end) {
    const byte = bytes[at++] as number;
    if (byte !== BACKSLASH) {
      target[to++] = byte;
      continue;
    }
    const letter = LETTERS[bytes[at] as number] as number;
    if (letter !== 0) {
      target[to++] = letter;
      at++;
      continue;
    }
    let point = unitAt(bytes, at - 1);
    at += 5;
    if (point >= 0xd800 && point < 0xdc00) {
      point = 0x10000 + ((point - 0xd800) << 10) + (unitAt(bytes, at) - 0xdc00);
      at += 6;
    }
    to = putPoint(target, to, point);
  }
  out.length = to;
}

function putPoint(target: Uint8Array, at: number, point: number): number {
  let to = at;
  if (point < 0x80) target[to++] = point;
  else if (point < 0x800) {
    target[to++] = 0xc0 | (point >> 6);
    target[to++] = 0x80 | (point & 63);
  } else if (point < 0x10000) {
    target[to++] = 0xe0 | (point >> 12);
    target[to++] = 0x80 | ((point >> 6) & 63);
    target[to++] = 0x80 | (point & 63);
  } else {
    target[to++] = 0xf0 | (point >> 18);
    target[to++] = 0x80 | ((point >> 12) & 63);
    target[to++] = 0x80 | ((point >> 6) & 63);
    target[to++] = 0x80 | (point & 63);
  }
  return to;
}
