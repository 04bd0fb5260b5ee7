/** Where the bytes of a value go as they are read: `from[start…end)`, valid only during the call. */
export type Take = (from: Uint8Array, start: number, end: number) => void;

/** A JSON value that is being read, piece by piece. */
export interface Value {
  readonly take: Take | undefined;
  /** Lists and objects that are open. */
  depth: number;
  inString: boolean;
  escaped: boolean;
  /** The last byte belonged to a number or word. */
  word: boolean;
  /** White space has been left out after it. */
  gap: boolean;
  /** Commas in the outermost list or object. */
  commas: number;
  whole: boolean;
}

export function startValue(take: Take | undefined): Value {
  return { take, depth: 0, inString: false, escaped: false, word: false, gap: false, commas: 0, whole: false };
}

const PLAIN = 0;
const SPACE = 1;
const QUOTE = 2;
const OPEN = 3;
const CLOSE = 4;
const COMMA = 5;
const COLON = 6;
const WRONG = 7;

/** What a byte means outside of strings. Everything that is no mark is part of a number or word. */
const KINDS = kinds({ ' \n\r\t': SPACE, '"': QUOTE, '[{': OPEN, ']}': CLOSE, ',': COMMA, ':': COLON });
const BACKSLASH = 0x5c;
const END_OF_STRING = 0x22;
/** Nonzero for the bytes of a string that are not simply part of it: quote, backslash, control characters. */
const STOPS = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte < 0x20 || byte === END_OF_STRING || byte === BACKSLASH ? 1 : 0,
);

/** Each control character as JSON spells it, one behind the other. */
const ESCAPE = 6;
const ESCAPES = Buffer.from(
  Array.from({ length: 0x20 }, (_, byte) => `\\u${byte.toString(16).padStart(4, '0')}`).join(''),
);

function kinds(marks: Record<string, number>): Uint8Array {
  const table = Uint8Array.from({ length: 256 }, (_, byte) => (byte < 0x20 ? WRONG : PLAIN));
  for (const [bytes, kind] of Object.entries(marks)) {
    for (const byte of Buffer.from(bytes)) table[byte] = kind;
  }
  return table;
}

/**
 * Reads the value from `bytes` at `at`, as far as it goes, and hands its bytes on without the white space between
 * tokens. Returns the position behind what was read; `value.whole` says whether the value ended there (a number or word
 * ends *before* the byte that ends it). Control characters in a string are handed on as JSON spells them. Throws a
 * RangeError on others, and on words that only white space keeps apart.
 *
 * This is the hot loop of the query source: it sees every byte of every answer. So it is one long function on locals
 * and byte tables (taken apart into functions it runs at half the speed: measured), and hands on runs as long as
 * possible.
 */
export function eat(value: Value, bytes: Uint8Array, at: number): number {
  const length = bytes.length;
  let { depth, inString, commas } = value;
  let i = at;
  let run = at;
  if (value.escaped && i < length) {
    value.escaped = false;
    if ((bytes[i] as number) >= 0x20) i++;
  }
  while (i < length) {
    if (inString) {
      while (i < length && STOPS[bytes[i] as number] === 0) i++;
      if (i === length) break;
      const byte = bytes[i++];
      if (byte === END_OF_STRING) {
        inString = false;
        if (depth > 0) continue;
        value.whole = true;
        break;
      }
      if (byte !== BACKSLASH) {
        // No JSON, but what is meant is clear: one such row must not keep back all others.
        const place = (byte as number) * ESCAPE;
        if (i - 1 > run) value.take?.(bytes, run, i - 1);
        value.take?.(ESCAPES, place, place + ESCAPE);
        run = i;
        continue;
      }
      if (i === length) value.escaped = true;
      else if ((bytes[i] as number) >= 0x20) i++;
      continue;
    }
    const kind = KINDS[bytes[i] as number];
    if (kind === PLAIN) {
      if (value.gap) throw new RangeError('two values without a comma');
      do i++;
      while (i < length && KINDS[bytes[i] as number] === PLAIN);
      value.word = true;
      continue;
    }
    if (depth === 0 && value.word) {
      value.whole = true;
      break;
    }
    if (kind === SPACE) {
      if (i > run) value.take?.(bytes, run, i);
      do i++;
      while (i < length && KINDS[bytes[i] as number] === SPACE);
      run = i;
      value.gap = value.word;
      continue;
    }
    if (kind === WRONG) throw new RangeError('a control character');
    value.word = false;
    value.gap = false;
    i++;
    if (kind === QUOTE) inString = true;
    else if (kind === OPEN) depth++;
    else if (depth === 0) throw new RangeError('no value');
    else if (kind === COMMA) {
      if (depth === 1) commas++;
    } else if (kind === CLOSE && --depth === 0) {
      value.whole = true;
      break;
    }
  }
  if (i > run) value.take?.(bytes, run, i);
  value.depth = depth;
  value.inString = inString;
  value.commas = commas;
  return i;
}
