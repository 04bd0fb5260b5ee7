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

export interface CutRule {
  /** Arrays and objects stay in the line unless they lie so many levels below the whole. */
  readonly depth: number;
  /** Keys of arrays and objects that stay in any case, and so does what has no key, being part of an array; undefined: all may go. */
  readonly stay: readonly string[] | undefined;
}

/** All tokens begin with this. */
export const TOKEN = 'insights-lake-cut-';

/** Arrays and objects above this length are taken out, strings above the first of these, or above the next where that is not enough. */
const LONG_VALUE = 32 * 1024;
const LONG_STRINGS = [LONG_VALUE, 4 * 1024, 512];
const [QUOTE, BACKSLASH, COLON] = [0x22, 0x5c, 0x3a];
const OPENING = new Set([0x5b, 0x7b]);
const CLOSING = new Set([0x5d, 0x7d]);

interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * Replaces the long strings of a line by tokens, and arrays and objects that are long even so and that the rule lets go; no more of them
 * than it takes, if it can be done, for the line to be no longer than `enough`. So a record of any length needs no more working memory than
 * others. A line that is no JSON stays what it is.
 */
export function shortenLine(line: Buffer, rule: CutRule, enough: number): Shortened {
  let shortened: Shortened = { line, cuts: [] };
  for (const longest of LONG_STRINGS) {
    if (shortened.line.length <= enough) break;
    shortened = withoutSpans(line, longValues(line, rule, longest));
  }
  return shortened;
}

function withoutSpans(line: Buffer, spans: readonly Span[]): Shortened {
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
  return { token: `${TOKEN}${createHash('sha256').update(json).digest('hex').slice(0, 32)}`, json };
}

/** Where the values are that are to be cut, in order, none inside of another. */
function longValues(line: Buffer, { depth, stay }: CutRule, longest: number): Span[] {
  const open: { start: number; saved: number }[] = [];
  const found: Span[] = [];
  const cut = (start: number, end: number, more: number): void => {
    while ((found.at(-1)?.start ?? -1) >= start) found.pop();
    found.push({ start, end });
    for (const outer of open) outer.saved += more;
  };
  for (let at = 0; at < line.length; at++) {
    const byte = line[at] ?? 0;
    if (byte === QUOTE) {
      const end = stringEnd(line, at);
      if (end - at > longest && line[skipBlanks(line, end)] !== COLON) cut(at, end, end - at);
      at = end - 1;
    } else if (OPENING.has(byte)) open.push({ start: at, saved: 0 });
    else if (CLOSING.has(byte)) {
      const closed = open.pop();
      const left = closed === undefined ? 0 : at + 1 - closed.start - closed.saved;
      if (closed && open.length >= depth && left > LONG_VALUE && mayGo(line, closed.start, stay))
        cut(closed.start, at + 1, left);
    }
  }
  return open.length === 0 ? found : [];
}

/** Whether the array or object that starts there may be taken out. */
function mayGo(line: Buffer, start: number, stay: readonly string[] | undefined): boolean {
  if (stay === undefined) return true;
  const before = line.subarray(Math.max(0, start - 100), start).toString('latin1');
  const key = /"([^"]*)"\s*:\s*$/.exec(before);
  return key === null ? /:\s*$/.test(before) : !stay.includes(key[1] ?? '');
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
