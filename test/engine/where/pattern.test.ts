import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compilePattern, PatternFault } from '../../../shared/engine/where/pattern.ts';
import fc from '../../seeds.ts';

const table: readonly (readonly [pattern: string, found: readonly string[], not: readonly string[]])[] = [
  ['', ['', 'a'], []],
  ['abc', ['abc', 'xabcx'], ['', 'ab', 'aXbc']],
  ['^abc$', ['abc'], ['xabc', 'abcx', 'abc\n', '\nabc']],
  ['(?m)^abc$', ['abc', 'x\nabc\ny'], ['xabc', 'abcx']],
  ['\\Aabc\\z', ['abc'], ['abc\n']],
  ['a.c', ['abc', 'a😀c', 'a\rc'], ['ac', 'a\nc']],
  ['(?s)a.c', ['a\nc'], ['ac']],
  ['a*', ['', 'b'], []],
  ['^a+$', ['a', 'aaa'], ['', 'ab']],
  ['^a??b$', ['b', 'ab'], ['aab']],
  ['^a{2}$', ['aa'], ['a', 'aaa']],
  ['^a{2,}$', ['aa', 'aaaa'], ['a']],
  ['^a{2,3}?$', ['aa', 'aaa'], ['a', 'aaaa']],
  ['^a{0}$', [''], ['a']],
  ['a{,2}', ['a{,2}'], ['aa']],
  ['a{', ['a{'], ['a']],
  ['a|b|', ['', 'x'], []],
  ['^(a|bc)+d$', ['ad', 'bcad'], ['d', 'bd']],
  ['^(?:a|b)$', ['a'], ['ab']],
  ['^(?P<name>a)(?<other>b)$', ['ab'], ['a']],
  ['[abc]', ['b'], ['d', '']],
  ['^[^abc]$', ['d', '\n', '😀'], ['a', '']],
  ['^[a-c-]$', ['b', '-'], ['d']],
  ['^[]a]$', [']', 'a'], ['b']],
  ['^[^]a]$', ['b'], [']', 'a']],
  ['^[\\]\\-\\d]$', [']', '-', '7'], ['\\', 'd']],
  ['^[[:alpha:]_]+$', ['a_Z'], ['1', 'é']],
  ['^[[:^alpha:]]+$', ['1é'], ['a']],
  ['^\\d\\D\\s\\S\\w\\W$', ['1a b_-'], ['11 b_-']],
  ['^\\d$', ['7'], ['٧']],
  ['^\\w$', ['_'], ['é']],
  ['^\\s$', [' ', '\t', '\n', '\f', '\r'], ['\v', '\u00a0']],
  ['\\bfoo\\b', ['foo', 'a foo.', 'éfooé'], ['food', '_foo']],
  ['\\Boo\\B', ['food', 'foods'], ['foo', 'oo']],
  ['^\\pL\\p{Greek}\\PN\\p{^Lu}$', ['éαba'], ['1αba', 'éαbA']],
  ['^\\x41\\x{1F600}\\n\\t\\.\\\\$', ['A😀\n\t.\\'], ['A']],
  ['\\Qa.b*\\E+', ['a.b*+'], ['aab', 'a.b']],
  ['(?i)STRASSE', ['strasse', 'Strasse'], ['straße']],
  ['(?i)É', ['é'], ['e']],
  ['(?i)^[a-c]$', ['B'], ['D']],
  ['(?i)k', ['K', '\u212a'], ['j']],
  ['a(?i)b(?-i)c', ['aBc'], ['ABc', 'aBC']],
  ['a(?i:b)c', ['aBc'], ['aBC']],
  ['(a(?i)b)c', ['aBc'], ['aBC']],
  ['^(|a)+$', ['', 'aa'], ['b']],
  ['^(a*)*$', ['', 'aaa'], ['b']],
  ['(^|,)x($|,)', ['x', 'a,x', 'x,b'], ['ax']],
  ['a$b', [], ['a\nb', 'ab']],
  ['\\d{3}-\\d{4}', ['call 555-1234 now'], ['55-1234']],
];

for (const [pattern, found, not] of table) {
  test(`regular expression ${pattern}`, () => {
    const matches = compilePattern(pattern);
    for (const text of found) assert.equal(matches(text), true, JSON.stringify(text));
    for (const text of not) assert.equal(matches(text), false, JSON.stringify(text));
  });
}

const refused: readonly (readonly [pattern: string, fault: RegExp])[] = [
  ['(', /^missing closing \): `\(`$/],
  ['a)', /^unexpected \): `a\)`$/],
  ['[a', /^missing closing \]: `\[a`$/],
  ['[b-a]', /^invalid character class range: `b-a`$/],
  ['*a', /^missing argument to repetition operator: `\*`$/],
  ['a**', /^invalid nested repetition operator: `\*\*`$/],
  ['\\', /^trailing backslash/],
  ['(a)\\1', /^invalid escape sequence: `\\1`$/],
  ['(?=a)', /^invalid or unsupported Perl syntax: `\(\?=`$/],
  ['(?<!a)', /^invalid named capture/],
  ['\\p{Nothing}', /^invalid character class range: `\\p\{Nothing\}`$/],
  ['a{1001}', /^invalid repeat count: `\{1001\}`$/],
  ['(((){1000}){1000}){1000}', /^expression too large$/],
  ['('.repeat(3000) + ')'.repeat(3000), /^expression nests too deeply/],
];

for (const [pattern, fault] of refused) {
  test(`refused: ${pattern.slice(0, 40)}`, () =>
    assert.throws(
      () => compilePattern(pattern),
      (error) => error instanceof PatternFault && fault.test(error.message),
    ));
}

test('what takes other engines for ever takes as long as the text is', () => {
  const long = 'a'.repeat(200_000);
  for (const pattern of [
    '^(a+)+$',
    '^(a|a)*$',
    '^(a|aa)+$',
    '(a*)*b',
    '(.*)(.*)(.*)(.*)x',
    '^(([a-z])+.)+[A-Z]([a-z])+$',
  ])
    assert.equal(compilePattern(pattern)(`${long}!`), false, pattern);
});

test('finds what the regular expressions of JavaScript find', () => {
  const letter = fc.constantFrom('a', 'b', '1', '_', ' ', '\n', 'é');
  const atom = fc.constantFrom(
    'a',
    'b',
    '1',
    '.',
    '\\d',
    '\\w',
    '\\s',
    '[ab]',
    '[^a]',
    '[a-c1]',
    '\\b',
    '\\B',
    '^',
    '$',
    'é',
  );
  const { pattern } = fc.letrec<{ pattern: string }>((tie) => ({
    pattern: fc.oneof(
      { maxDepth: 4 },
      atom,
      fc.tuple(tie('pattern'), tie('pattern')).map(([a, b]) => `${a}${b}`),
      fc.tuple(tie('pattern'), tie('pattern')).map(([a, b]) => `(?:${a}|${b})`),
      fc
        .tuple(tie('pattern'), fc.constantFrom('*', '+', '?', '{2}', '{1,3}', '*?', '{0,2}?'))
        .map(([a, times]) => `(?:${a})${times}`),
    ),
  }));
  const texts = fc.array(letter, { maxLength: 12 }).map((letters) => letters.join(''));
  fc.assert(
    fc.property(pattern, fc.boolean(), fc.array(texts, { minLength: 3, maxLength: 6 }), (source, lines, all) => {
      const theirs = new RegExp(source, lines ? 'um' : 'u');
      const ours = compilePattern(lines ? `(?m)${source}` : source);
      for (const text of all) assert.equal(ours(text), theirs.test(text), `${source} on ${JSON.stringify(text)}`);
    }),
    { numRuns: 2000 },
  );
});
