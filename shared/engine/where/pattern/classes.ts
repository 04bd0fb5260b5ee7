import { PatternFault } from './fault.ts';

/**
 * Whether a code point belongs to a set. Asked once for each code point and state of a search, so it need not be fast.
 */
export type Has = (codePoint: number) => boolean;

const inRanges =
  (...ranges: readonly (readonly [number, number])[]): Has =>
  (codePoint) =>
    ranges.some(([low, high]) => codePoint >= low && codePoint <= high);

const letters = (text: string): readonly (readonly [number, number])[] =>
  [...text.matchAll(/(.)-(.)/gs)].map(([, low = '', high = '']) => [low.codePointAt(0) ?? 0, high.codePointAt(0) ?? 0]);

export const not =
  (has: Has): Has =>
  (codePoint) =>
    !has(codePoint);

export const anyOf =
  (all: readonly Has[]): Has =>
  (codePoint) =>
    all.some((has) => has(codePoint));

const digit = inRanges(...letters('0-9'));
const space = (codePoint: number) => [9, 10, 12, 13, 32].includes(codePoint);
export const isWord: Has = inRanges(...letters('0-9A-Za-z_-_'));

const PERL: Readonly<Record<string, Has>> = { d: digit, s: space, w: isWord };

/** `\d` and the like; undefined where the letter means none of them. */
export function perlClass(letter: string): Has | undefined {
  const has = PERL[letter.toLowerCase()];
  return has && (letter === letter.toLowerCase() ? has : not(has));
}

const POSIX: Readonly<Record<string, Has>> = {
  alnum: inRanges(...letters('0-9A-Za-z')),
  alpha: inRanges(...letters('A-Za-z')),
  ascii: inRanges([0, 0x7f]),
  blank: (codePoint) => codePoint === 9 || codePoint === 32,
  cntrl: inRanges([0, 0x1f], [0x7f, 0x7f]),
  digit,
  graph: inRanges([0x21, 0x7e]),
  lower: inRanges(...letters('a-z')),
  print: inRanges([0x20, 0x7e]),
  punct: inRanges([0x21, 0x2f], [0x3a, 0x40], [0x5b, 0x60], [0x7b, 0x7e]),
  space: (codePoint) => space(codePoint) || codePoint === 11,
  upper: inRanges(...letters('A-Z')),
  word: isWord,
  xdigit: inRanges(...letters('0-9A-Fa-f')),
};

/** `[:name:]` and `[:^name:]`. */
export function posixClass(name: string): Has {
  const has = POSIX[name.replace('^', '')];
  if (has === undefined) throw new PatternFault(`there is no class [:${name}:]`);
  return name.startsWith('^') ? not(has) : has;
}

/** `\pL`, `\p{Greek}`, `\P{Lu}`, `\p{^Lu}`: a general category or a script. */
export function unicodeClass(name: string): Has {
  const plain = name.replace('^', '');
  const property = [plain, `Script=${plain}`].find((each) => /^[\w=]+$/.test(each) && isProperty(each));
  if (property === undefined) throw new PatternFault(`there is no class \\p{${name}}`);
  const known = new RegExp(`\\p{${property}}`, 'u');
  const has: Has = (codePoint) => known.test(String.fromCodePoint(codePoint));
  return name.startsWith('^') ? not(has) : has;
}

function isProperty(name: string): boolean {
  // Names of JavaScript that RE2 does not have (Alphabetic, Emoji) have more than two letters and no script.
  if (!name.includes('=') && name.length > 2) return false;
  try {
    return new RegExp(`\\p{${name}}`, 'u') instanceof RegExp;
  } catch {
    return false;
  }
}

/** The code points from `low` to `high`, with all that are the same but for case where case counts for nothing. */
export function range(low: number, high: number, ignoreCase: boolean): Has {
  if (low > high) throw new PatternFault('a range runs backwards');
  if (!ignoreCase) return inRanges([low, high]);
  const hex = (codePoint: number) => `\\u{${codePoint.toString(16)}}`;
  const known = new RegExp(`^[${hex(low)}-${hex(high)}]$`, 'iu');
  return (codePoint) => known.test(String.fromCodePoint(codePoint));
}
