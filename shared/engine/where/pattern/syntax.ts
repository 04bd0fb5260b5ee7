import { anyOf, type Has, not, perlClass, posixClass, range, unicodeClass } from './classes.ts';
import { PatternFault } from './fault.ts';

/**
 * A regular expression as a tree. Which of several matches is found makes no difference here, so groups and lazy
 * repetition leave no trace.
 */
export type Pattern =
  | { readonly kind: 'set'; readonly has: Has }
  | { readonly kind: 'sequence'; readonly of: readonly Pattern[] }
  | { readonly kind: 'either'; readonly of: readonly Pattern[] }
  | { readonly kind: 'repeat'; readonly of: Pattern; readonly least: number; readonly most: number }
  | { readonly kind: 'assert'; readonly what: Assertion };

export type Assertion = 'start' | 'end' | 'lineStart' | 'lineEnd' | 'word' | 'noWord';

/** RE2 allows no more. */
const MOST_REPEATS = 1000;
/** Parentheses in parentheses. */
const MOST_DEPTH = 200;

interface Flags {
  readonly i: boolean;
  readonly m: boolean;
  readonly s: boolean;
}

interface Reading {
  readonly letters: readonly string[];
  at: number;
  flags: Flags;
  depth: number;
}

/** Reads a regular expression in RE2's syntax. Throws a PatternFault. */
export function patternOf(text: string): Pattern {
  const reading: Reading = { letters: [...text], at: 0, flags: { i: false, m: false, s: false }, depth: 0 };
  const pattern = either(reading);
  if (reading.at < reading.letters.length) throw new PatternFault('a ) without its (');
  return pattern;
}

const peek = ({ letters, at }: Reading): string => letters[at] ?? '';
const rest = ({ letters, at }: Reading, count: number): string => letters.slice(at, at + count).join('');

function take(reading: Reading, text: string): boolean {
  if (rest(reading, text.length) !== text) return false;
  reading.at += text.length;
  return true;
}

function either(reading: Reading): Pattern {
  const of = [sequence(reading)];
  while (take(reading, '|')) of.push(sequence(reading));
  return of.length === 1 && of[0] ? of[0] : { kind: 'either', of };
}

function sequence(reading: Reading): Pattern {
  const of: Pattern[] = [];
  while (peek(reading) !== '' && peek(reading) !== '|' && peek(reading) !== ')') {
    if (take(reading, '\\Q')) of.push(...quoted(reading));
    else of.push(repeated(atom(reading), reading));
  }
  return { kind: 'sequence', of };
}

/** `\Q…\E`: letters that mean themselves. */
function quoted(reading: Reading): Pattern[] {
  const of: Pattern[] = [];
  while (peek(reading) !== '' && !take(reading, '\\E')) of.push(letter(next(reading), reading));
  const last = of.pop();
  return last === undefined ? [] : [...of, repeated(last, reading)];
}

function next(reading: Reading): string {
  const found = peek(reading);
  if (found === '') throw new PatternFault('it ends too early');
  reading.at++;
  return found;
}

const codeOf = (letters: string): number => letters.codePointAt(0) ?? 0;

const letter = (found: string, { flags }: Reading): Pattern => ({
  kind: 'set',
  has: range(codeOf(found), codeOf(found), flags.i),
});

function repeated(of: Pattern, reading: Reading): Pattern {
  const [least, most] = timesOf(reading);
  if (least === 1 && most === 1) return of;
  take(reading, '?'); // Lazy: the same texts match.
  if (/^([*+?]|\{\d+(,\d*)?\})/.test(rest(reading, 24)))
    throw new PatternFault(`${peek(reading)} stands behind a repetition; put that into parentheses`);
  return { kind: 'repeat', of, least, most };
}

function timesOf(reading: Reading): readonly [number, number] {
  if (take(reading, '*')) return [0, Number.POSITIVE_INFINITY];
  if (take(reading, '+')) return [1, Number.POSITIVE_INFINITY];
  if (take(reading, '?')) return [0, 1];
  const braces = /^\{(\d{1,9})(,(\d{0,9}))?\}/.exec(rest(reading, 24));
  if (braces === null) return [1, 1];
  reading.at += braces[0].length;
  const least = Number(braces[1]);
  const most = braces[2] === undefined ? least : braces[3] === '' ? Number.POSITIVE_INFINITY : Number(braces[3]);
  if (least > most || least > MOST_REPEATS || (most > MOST_REPEATS && most !== Number.POSITIVE_INFINITY))
    throw new PatternFault(`{${braces[0].slice(1, -1)}} is no count of repetitions up to ${MOST_REPEATS}`);
  return [least, most];
}

function atom(reading: Reading): Pattern {
  const found = next(reading);
  if (found === '(') return group(reading);
  if (found === '[') return { kind: 'set', has: bracketed(reading) };
  if (found === '.') return { kind: 'set', has: reading.flags.s ? () => true : (codePoint) => codePoint !== 10 };
  if (found === '^') return { kind: 'assert', what: reading.flags.m ? 'lineStart' : 'start' };
  if (found === '$') return { kind: 'assert', what: reading.flags.m ? 'lineEnd' : 'end' };
  if (found === '\\') return escaped(reading);
  if (found === '*' || found === '+' || found === '?') throw new PatternFault(`${found} repeats nothing`);
  return letter(found, reading);
}

function group(reading: Reading): Pattern {
  const { flags } = reading;
  if (take(reading, '?')) {
    const name = /^P?<[A-Za-z_]\w*>/.exec(rest(reading, 200))?.[0];
    if (name !== undefined) reading.at += name.length;
    else if (!flagsOf(reading)) return { kind: 'sequence', of: [] };
  }
  if (++reading.depth > MOST_DEPTH) throw new PatternFault(`parentheses are nested more than ${MOST_DEPTH} deep`);
  const inside = either(reading);
  if (!take(reading, ')')) throw new PatternFault('a ( without its )');
  reading.depth--;
  reading.flags = flags;
  return inside;
}

/** `(?i:` and `(?:` open a group: true. `(?i)` holds for what follows it in its group: false. */
function flagsOf(reading: Reading): boolean {
  const found = /^([imsU]*)(?:-([imsU]+))?([:)])/.exec(rest(reading, 20));
  if (found === null) {
    if (/^<?[=!]/.test(rest(reading, 2))) throw new PatternFault('it looks ahead or behind, which RE2 does not know');
    throw new PatternFault(`(?${peek(reading)} is not known`);
  }
  const [all, on = '', off = '', end] = found;
  const set = (flag: keyof Flags) => (reading.flags[flag] || on.includes(flag)) && !off.includes(flag);
  reading.flags = { i: set('i'), m: set('m'), s: set('s') };
  reading.at += all.length;
  return end === ':';
}

const CONTROLS: Readonly<Record<string, number>> = { a: 7, f: 12, t: 9, n: 10, r: 13, v: 11 };

const ASSERTIONS: Readonly<Record<string, Assertion>> = { A: 'start', z: 'end', b: 'word', B: 'noWord' };

function escaped(reading: Reading): Pattern {
  const what = ASSERTIONS[peek(reading)];
  if (what !== undefined) {
    reading.at++;
    return { kind: 'assert', what };
  }
  return { kind: 'set', has: classOf(reading) ?? single(escapedCode(reading), reading) };
}

const single = (codePoint: number, { flags }: Reading): Has => range(codePoint, codePoint, flags.i);

/** A class behind a backslash; undefined where a single letter stands there. */
function classOf(reading: Reading): Has | undefined {
  const found = peek(reading);
  const perl = /[dswDSW]/.test(found) ? perlClass(found) : undefined;
  if (perl !== undefined) {
    reading.at++;
    return perl;
  }
  const unicode = /^([pP])(?:\{(\^?\w+)\}|(\w))/.exec(rest(reading, 60));
  if (unicode === null) return undefined;
  reading.at += unicode[0].length;
  const has = unicodeClass(unicode[2] ?? unicode[3] ?? '');
  return unicode[1] === 'p' ? has : not(has);
}

/** The code point that an escape stands for. */
function escapedCode(reading: Reading): number {
  const hex = /^x(?:([0-9a-fA-F]{2})|\{([0-9a-fA-F]{1,6})\})/.exec(rest(reading, 10));
  if (hex !== null) {
    reading.at += hex[0].length;
    const codePoint = Number.parseInt(hex[1] ?? hex[2] ?? '', 16);
    if (codePoint > 0x10ffff) throw new PatternFault(`\\${hex[0]} is no letter`);
    return codePoint;
  }
  const found = next(reading);
  const control = CONTROLS[found];
  if (control !== undefined) return control;
  if (/[1-9]/.test(found)) throw new PatternFault(`\\${found} refers to a group, which RE2 does not know`);
  if (/[0-9A-Za-z]/.test(found)) throw new PatternFault(`\\${found} is not known`);
  return codeOf(found);
}

/** What stands in brackets. A ] that comes first means itself. */
function bracketed(reading: Reading): Has {
  const negated = take(reading, '^');
  const all: Has[] = [];
  for (let first = true; first || peek(reading) !== ']'; first = false) all.push(bracketItem(reading));
  reading.at++;
  return negated ? not(anyOf(all)) : anyOf(all);
}

function bracketItem(reading: Reading): Has {
  const posix = /^\[:(\^?\w+):\]/.exec(rest(reading, 20));
  if (posix !== null) {
    reading.at += posix[0].length;
    return posixClass(posix[1] ?? '');
  }
  const found = next(reading);
  const known = found === '\\' ? classOf(reading) : undefined;
  if (known !== undefined) return known;
  const low = found === '\\' ? escapedCode(reading) : codeOf(found);
  if (peek(reading) !== '-' || rest(reading, 2) === '-]') return range(low, low, reading.flags.i);
  reading.at++;
  const end = next(reading);
  return range(low, end === '\\' ? escapedCode(reading) : codeOf(end), reading.flags.i);
}
