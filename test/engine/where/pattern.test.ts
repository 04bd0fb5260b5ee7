import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compilePattern } from '../../../shared/engine/where/pattern/pattern.ts';

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
  ['(', /^a \( without its \)$/],
  [')', /^a \) without its \($/],
  ['a)', /^a \) without its \($/],
  ['[a', /^it ends too early$/],
  ['[b-a]', /^a range runs backwards$/],
  ['*a', /^\* repeats nothing$/],
  ['a**', /^\* stands behind a repetition/],
  ['a{2}{3}', /^\{ stands behind a repetition/],
  ['a+?+', /^\+ stands behind a repetition/],
  ['\\', /^it ends too early$/],
  ['(a)\\1', /^\\1 refers to a group, which RE2 does not know$/],
  ['(?=a)', /^it looks ahead or behind, which RE2 does not know$/],
  ['(?!a)', /ahead or behind/],
  ['(?<=a)', /ahead or behind/],
  ['(?<!a)', /ahead or behind/],
  ['(?>a)', /^\(\?> is not known$/],
  ['\\C', /^\\C is not known$/],
  ['\\Z', /^\\Z is not known$/],
  ['\\p{Emoji}', /^there is no class \\p\{Emoji\}$/],
  ['[[:letter:]]', /^there is no class \[:letter:\]$/],
  ['\\x{110000}', /is no letter$/],
  ['a{1001}', /^\{1001\} is no count of repetitions up to 1000$/],
  ['a{3,2}', /^\{3,2\} is no count/],
  ['(a{1000}){1000}', /^it is too large; repeat less$/],
  ['(((){1000}){1000}){1000}', /^it is too large; repeat less$/],
  ['('.repeat(300) + ')'.repeat(300), /^parentheses are nested more than 200 deep$/],
];

for (const [pattern, fault] of refused) {
  test(`refused: ${pattern.slice(0, 40)}`, () => assert.throws(() => compilePattern(pattern), { message: fault }));
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

test('many states are forgotten and found again', () => {
  const matches = compilePattern('(a|b)*a(a|b){12}c');
  let text = '';
  for (let n = 1; text.length < 100_000; n = (n * 1103515245 + 12345) % 2147483648) text += n % 3 === 0 ? 'a' : 'b';
  assert.equal(matches(text), false);
  assert.equal(matches(`${text}a${'b'.repeat(12)}c`), true);
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
