import { createHash } from 'node:crypto';

/** A value that was taken out of a line. */
export interface Cut {
  /** What stands in its place, as a JSON string with this text. A hash of the value, so equal lines stay equal. */
  readonly token: string;
  /** The value as it stood: JSON. */
  readonly json: Buffer;
}

export interface Shortened {
  readonly line: Buffer;
  readonly cuts: readonly Cut[];
}

const LONG_VALUE = 32 * 1024;
const [QUOTE, BACKSLASH, COLON] = [0x22, 0x5c, 0x3a];
const OPENING = new Set([0x5b, 0x7b]);
const CLOSING = new Set([0x5d, 0x7d]);

interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * Replaces the long strings of a line by tokens, and arrays and objects that are long even so, where they lie at least `depth` levels
 * below the whole. So a record of any length needs no more working memory than others. A line that is no JSON stays what it is.
 */
export function shortenLine(line: Buffer, depth: number): Shortened {
  const spans = longValues(line, depth);
  const cuts = spans.map(({ start, end }) => cutOf(line.subarray(start, end)));
  const parts: Buffer[] = [];
  let from = 0;
  for (const [index, { start, end }] of spans.entries()) {
    parts.push(line.subarray(from, start), Buffer.from(JSON.stringify(cuts[index]?.token)));
    from = end;
  }
  return { line: Buffer.concat([...parts, line.subarray(from)]), cuts };
}

function cutOf(json: Buffer): Cut {
  return { token: `insights-lake-cut-${createHash('sha256').update(json).digest('hex').slice(0, 32)}`, json };
}

/** Where the values are that are to be cut, in order, none inside of another. */
function longValues(line: Buffer, depth: number): Span[] {
  const open: { start: number; saved: number }[] = [];
  let found: Span[] = [];
  const cut = (start: number, end: number): void => {
    found = [...found.filter((span) => span.start < start), { start, end }];
    for (const outer of open) outer.saved = found.reduce((sum, span) => sum + (span.start > outer.start ? span.end - span.start : 0), 0);
  };
  for (let at = 0; at < line.length; at++) {
    const byte = line[at] ?? 0;
    if (byte === QUOTE) {
      const end = stringEnd(line, at);
      if (end - at > LONG_VALUE && line[skipBlanks(line, end)] !== COLON) cut(at, end);
      at = end - 1;
    } else if (OPENING.has(byte)) open.push({ start: at, saved: 0 });
    else if (CLOSING.has(byte)) {
      const closed = open.pop();
      if (closed && open.length >= depth && at + 1 - closed.start - closed.saved > LONG_VALUE) cut(closed.start, at + 1);
    }
  }
  return open.length === 0 ? found : [];
}

/** The index after the closing quote of the string that starts at `at`; the line's length when there is none. */
function stringEnd(line: Buffer, at: number): number {
  for (let from = at + 1; ; ) {
    const quote = line.indexOf(QUOTE, from);
    if (quote < 0) return line.length;
    let slashes = 0;
    while (line[quote - 1 - slashes] === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return quote + 1;
    from = quote + 1;
  }
}

function skipBlanks(line: Buffer, at: number): number {
  let index = at;
  while (line[index] === 0x20 || line[index] === 0x09) index++;
  return index;
}
