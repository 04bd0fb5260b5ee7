import { STOP, stopsIn } from '../../../framing/strict.ts';
import { type Sink, type Stamp, stampOf } from '../../sink.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const HEX = '0123456789ABCDEF';
const SHORT_ESCAPES: Readonly<Record<number, string>> = { 8: 'b', 9: 't', 10: 'n', 12: 'f', 13: 'r' };

/** Of each byte what stands for it in a JSON string; undefined: itself. */
const escapes: readonly (Stamp | undefined)[] = Array.from({ length: 256 }, (_, byte) => {
  if (byte === QUOTE || byte === BACKSLASH) return stampOf(`\\${String.fromCharCode(byte)}`);
  if (byte >= 32) return undefined;
  const short = SHORT_ESCAPES[byte];
  return stampOf(short === undefined ? `\\u00${HEX[byte >> 4]}${HEX[byte & 15]}` : `\\${short}`);
});

/** UTF-8 as a JSON string. `view` is the memory of `source`. */
export function putJsonString(sink: Sink, source: Uint8Array, view: DataView, start: number, end: number): void {
  const out = sink.reserve(end - start + 2);
  const outView = sink.view;
  let at = sink.length;
  out[at++] = QUOTE;
  let index = start;
  for (; index <= end - 4; index += 4, at += 4) {
    const word = view.getInt32(index, true);
    if (stopsIn(word) !== 0) break;
    outView.setInt32(at, word, true);
  }
  for (; index < end; index++) {
    const byte = source[index] as number;
    if (STOP[byte] === 1) {
      sink.length = at;
      putRest(sink, source, view, index, end);
      return;
    }
    out[at++] = byte;
  }
  out[at++] = QUOTE;
  sink.length = at;
}

/** From the first byte that needs an escape to the end of the string. */
function putRest(sink: Sink, source: Uint8Array, view: DataView, start: number, end: number): void {
  let from = start;
  for (let index = start; index < end; index++) {
    const escaped = escapes[source[index] as number];
    if (escaped === undefined) continue;
    sink.put(source, view, from, index);
    sink.stamp(escaped);
    from = index + 1;
  }
  sink.put(source, view, from, end);
  sink.byte(QUOTE);
}

/**
 * 1: a value that holds it is quoted in CSV. 2: one that begins or ends with it, since ClickHouse leaves such blanks
 * out.
 */
const quotes = new Uint8Array(256);
for (const sign of '",\n\r#') quotes[sign.charCodeAt(0)] = 1;
for (const blank of ' \t') quotes[blank.charCodeAt(0)] = 2;

/** UTF-8 as a value of CSV. An empty one is `""`: nothing at all is null. `view` is the memory of `source`. */
export function putCsvText(sink: Sink, source: Uint8Array, view: DataView, start: number, end: number): void {
  const out = sink.reserve(end - start);
  const outView = sink.view;
  let at = sink.length;
  let quoted = end === start || quotes[source[start] as number] === 2 || quotes[source[end - 1] as number] === 2;
  let index = start;
  for (; index <= end - 4 && !quoted; index += 4, at += 4) {
    const word = view.getInt32(index, true);
    if (mayQuote(word)) break;
    outView.setInt32(at, word, true);
  }
  for (; index < end && !quoted; index++) {
    const byte = source[index] as number;
    quoted = quotes[byte] === 1;
    out[at++] = byte;
  }
  if (quoted) putQuoted(sink, source, view, start, end);
  else sink.length = at;
}

/** Whether one of four bytes may be a comma, a quote, a number sign or a control character. */
function mayQuote(word: number): boolean {
  const commas = word ^ 0x2c2c2c2c;
  // A quote and a number sign differ by one bit.
  const signs = (word & 0xfefefefe) ^ 0x22222222;
  const stops = ((word - 0x20202020) & ~word) | ((commas - 0x01010101) & ~commas) | ((signs - 0x01010101) & ~signs);
  return (stops & 0x80808080) !== 0;
}

function putQuoted(sink: Sink, source: Uint8Array, view: DataView, start: number, end: number): void {
  const out = sink.reserve(2 * (end - start) + 2);
  const outView = sink.view;
  let at = sink.length;
  out[at++] = QUOTE;
  let index = start;
  for (const last = end - 4; index <= last; ) {
    const word = view.getInt32(index, true);
    outView.setInt32(at, word, true);
    const quotes = word ^ 0x22222222;
    const found = (quotes - 0x01010101) & ~quotes & 0x80808080;
    // Up to the first quote, which stands twice.
    const count = found === 0 ? 4 : ((31 - Math.clz32(found & -found)) >> 3) + 1;
    index += count;
    at += count;
    if (found !== 0) out[at++] = QUOTE;
  }
  for (; index < end; index++) {
    const byte = source[index] as number;
    out[at++] = byte;
    if (byte === QUOTE) out[at++] = QUOTE;
  }
  out[at++] = QUOTE;
  sink.length = at;
}
