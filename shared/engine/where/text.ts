/** A to Z as small letters, and nothing else: so far goes KQL's disregard of case. */
export function foldAscii(text: string): string {
  return OTHERS.test(text) ? text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()) : text.toLowerCase();
}

const OTHERS = /[^\0-\x7f]/;

type Test = (text: string, searched: string) => boolean;

/** Operators of two texts. */
const TESTS: Readonly<Record<string, Test>> = {
  '=~': (text, searched) => text === searched,
  contains: (text, searched) => text.includes(searched),
  startswith: (text, searched) => text.startsWith(searched),
  endswith: (text, searched) => text.endsWith(searched),
  has: (text, searched) => hasTerm(text, searched, true, true),
  hasprefix: (text, searched) => hasTerm(text, searched, true, false),
  hassuffix: (text, searched) => hasTerm(text, searched, false, true),
};

/** By the operator, `_cs` or not: of texts that have been folded where case does not count. */
export const textTest = (operator: string): Test | undefined => TESTS[operator.replace(/_cs$/, '')];

/**
 * A term is a run of ASCII letters and digits that is as long as can be. What is searched stands in the text, and
 * begins or ends (or both) where a term does; of what begins or ends with another sign that end is no matter.
 */
function hasTerm(text: string, searched: string, begins: boolean, ends: boolean): boolean {
  const startsTerm = begins && isTermPart(searched.charCodeAt(0));
  const endsTerm = ends && isTermPart(searched.charCodeAt(searched.length - 1));
  for (let at = text.indexOf(searched); at >= 0; at = text.indexOf(searched, at + 1)) {
    const before = startsTerm && isTermPart(text.charCodeAt(at - 1));
    const behind = endsTerm && isTermPart(text.charCodeAt(at + searched.length));
    if (!before && !behind) return true;
  }
  return false;
}

/** NaN, which stands beyond a text's ends, is none. */
const isTermPart = (code: number): boolean =>
  (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
