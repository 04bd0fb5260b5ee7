import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFramer, type FramerLimits } from '../../shared/framing/framer.ts';
import fc from '../seeds.ts';
import { blobs, bytesOf } from '../source/mutated.ts';
import { CORPUS, RECORDS } from '../source/records.ts';

interface Seen {
  readonly kind: 'document' | 'fault';
  readonly offset: number;
  readonly bytes: Buffer;
  readonly reason: string;
}

/** Feeds the bytes cut at these places. */
function frame(bytes: Uint8Array, cuts: readonly number[] = [], limits?: FramerLimits): Seen[] {
  const framer = createFramer(0, limits);
  const seen: Seen[] = [];
  const keep = (found: ReturnType<typeof framer.end>) => {
    for (const each of found) seen.push({ ...each, bytes: Buffer.from(each.bytes) });
  };
  let from = 0;
  for (const cut of [...cuts, bytes.length]) {
    keep(framer.feed(bytes.slice(from, cut)));
    from = cut;
  }
  keep(framer.end());
  return seen;
}

const show = (seen: readonly Seen[]) =>
  seen.map((each) => `${each.kind === 'document' ? '+' : '!'}${each.offset} ${each.bytes}`);

const CATALOGUE: readonly [what: string, bytes: string | Buffer, expected: readonly string[]][] = [
  ['no bytes', '', []],
  ['white space alone', ' \r\n\t\n', []],
  ['no last newline', '{"a":1}\n{"b":2}', ['+0 {"a":1}', '+8 {"b":2}']],
  ['CRLF and blank lines', '\r\n{"a":1}\r\n\r\n  \r\n{"b":2}\r\n', ['+2 {"a":1}', '+17 {"b":2}']],
  ['byte order marks', '\ufeff{"a":1}\n\ufeff{"b":2}\ufeff\n', ['+3 {"a":1}', '+14 {"b":2}']],
  [
    'half a byte order mark',
    Buffer.from('\ufeff{"a":1}\n\ufeff').subarray(0, -1),
    ['+3 {"a":1}', `!11 ${Buffer.from('efbb', 'hex')}`],
  ],
  ['a single object', '{\n "a": [\n1 ]\r\n}', ['+0 {  "a": [ 1 ]  }']],
  [
    'pretty-printed objects run together',
    '{\n"a":1\n} {\n"b":2\n}{"c":3}',
    ['+0 { "a":1 }', '+10 { "b":2 }', '+19 {"c":3}'],
  ],
  ['an array', '[{"a":1}, {"b":2}]\n', ['+1 {"a":1}', '+10 {"b":2}']],
  ['empty arrays', '[]\n[ ]\n{"a":1}', ['!0 []', '!3 [ ]', '+7 {"a":1}']],
  ['arrays in an array', '[[{"a":1}],[]]', ['+2 {"a":1}', '!11 []']],
  ['a wrapper', '{"records":[{"a":1},\n{"b":2}]}', ['+12 {"a":1}', '+21 {"b":2}']],
  ['an empty wrapper', '{"records" : [ ]}', ['!15 ]']],
  ['an array that nobody closes', '[{"a":1},\n{"b":2}\n', ['+1 {"a":1}', '+10 {"b":2}', '!18 ']],
  ['a wrapper that nobody closes', '{"records":[{"a":1}],', ['+12 {"a":1}', '!20 ,']],
  ['wrappers, one a line', '{"records":[{"a":1}]}\n{"records":[{"b":2}]}\n', ['+12 {"a":1}', '+34 {"b":2}']],
  [
    'a wrapper with other members',
    '{"n":2,"records":[{"a":1}],"next":{"b":[]}}{"c":3}',
    ['!1 "n":2', '+18 {"a":1}', '!27 "next":{"b":[]}', '+43 {"c":3}'],
  ],
  [
    'a list of OData, one page of several',
    '{"@odata.context":"x","count":2,"value":[{"a":1}],"nextLink":"y"}',
    ['+41 {"a":1}', '!50 "nextLink":"y"'],
  ],
  ['the last page', '{"value":[{"a":1}],"nextLink":null, "@odata.count":{"n":1}}', ['+10 {"a":1}']],
  ['the next page named first', '{"odata.nextLink":"y","value":[{"a":1}]}', ['!1 "odata.nextLink":"y"', '+31 {"a":1}']],
  ['a value that is a field', '{"name":"x","value":[{"a":1}]}', ['+0 {"name":"x","value":[{"a":1}]}']],
  [
    'wrappers in arrays in wrappers',
    '{"records":[[{"a":1},{"records":[{"b":2}]}],{"c":3}]}',
    ['+13 {"a":1}', '+33 {"b":2}', '+44 {"c":3}'],
  ],
  ['records that is no array', '{"records":{"a":1}}', ['+0 {"records":{"a":1}}']],
  ['records deeper down', '{"a":{"records":[{"b":1}]}}', ['+0 {"a":{"records":[{"b":1}]}}']],
  ['a line cut in a string', '{"a":"cu\n{"b":2}\n', ['!0 {"a":"cu', '+9 {"b":2}']],
  ['a line cut after a colon', '{"a":\n{"b":2}\n{"c":3}\n', ['!0 {"a":', '+6 {"b":2}', '+14 {"c":3}']],
  ['a line cut in an array', '{"a":[{"x":1},\n{"b":2}\n{"c":3}\n', ['!0 {"a":[{"x":1},', '+15 {"b":2}', '+23 {"c":3}']],
  [
    'a cut line without its newline',
    '{"a":[{"x":"y{"a":[]}\n{"a":2}',
    ['!0 {"a":[{"x":"y', '+13 {"a":[]}', '+22 {"a":2}'],
  ],
  ['a cut end', '{"a":1}\n{"b":tru', ['+0 {"a":1}', '!8 {"b":tru']],
  [
    'a bad element in a wrapper on one line',
    '{"records":[{"t":1},{"t":x},{"t":3}]}',
    ['+12 {"t":1}', '!20 {"t":x}', '+28 {"t":3}'],
  ],
  ['a wrapper cut short', '{"records":[{"a":1},{"b"', ['+12 {"a":1}', '!20 {"b"']],
  [
    'lines that are not JSON',
    'SOME text\n{"a":1}\n<x>\n{"b":2}\n',
    ['!0 SOME text', '+10 {"a":1}', '!18 <x>', '+22 {"b":2}'],
  ],
  [
    'lines that are no record',
    '12\n"x"\nnull\n[1,2]\n{"b":2}',
    ['!0 12', '!3 "x"', '!7 null', '!12 [1,2]', '+18 {"b":2}'],
  ],
  ['a log line in brackets', '[INFO] x\n{"b":1}', ['!0 [INFO] x', '+9 {"b":1}']],
  ['a bracket too many', '{"a":1}}\n{"b":1}', ['+0 {"a":1}', '!7 }', '+9 {"b":1}']],
  [
    'a bracket too many behind a blank',
    '{"a":1} }\r\n{"b":1},]\n }',
    ['+0 {"a":1}', '!7  }', '+11 {"b":1}', '!18 ,]\n }'],
  ],
  ['a record that ends too early', '{"a":1}"x":2}\n{"b":1}', ['!0 {"a":1}"x":2}', '+14 {"b":1}']],
  [
    'NUL bytes between lines',
    '{"a":1}\0\0{"b":1}\n\0\n{"c":1}',
    ['+0 {"a":1}', '!7 \0\0', '+9 {"b":1}', '!17 \0', '+19 {"c":1}'],
  ],
  ['NUL in a string', '{"a":"\\u0000"}\n{"a":"\0"}\n{"b":1}', ['+0 {"a":"\\u0000"}', '!15 {"a":"\0"}', '+25 {"b":1}']],
  [
    'lone surrogates',
    '{"\\ud800":"\\uDC00\\ud83d\\ude00\\ud83dx\\\\ud800"}',
    ['+0 {"\\ufffd":"\\ufffd\\ud83d\\ude00\\ufffdx\\\\ud800"}'],
  ],
  [
    'invalid UTF-8',
    Buffer.from('7b2261223a22ff227d0a7b7d', 'hex'),
    [`!0 ${Buffer.from('7b2261223a22ff227d', 'hex')}`, '+10 {}'],
  ],
  ['numbers keep their digits', '{"a":12345678901234567890.10e+5}', ['+0 {"a":12345678901234567890.10e+5}']],
  [
    'numbers that are none',
    '{"a":01}\n{"a":1.}\n{"a":+1}\n{"a":NaN}',
    ['!0 {"a":01}', '!9 {"a":1.}', '!18 {"a":+1}', '!27 {"a":NaN}'],
  ],
];

test('the catalogue of framings, however the bytes are cut', () => {
  for (const [what, bytes, expected] of CATALOGUE) {
    const all = Buffer.from(bytes);
    assert.deepEqual(show(frame(all)), expected, what);
    const everywhere = Array.from({ length: all.length }, (_, index) => index);
    assert.deepEqual(show(frame(all, everywhere)), expected, `${what}, byte by byte`);
  }
});

test('faults say why', () => {
  const reasons: readonly [string | Buffer, string][] = [
    ['{"a":', 'cut short by the end'],
    ['{"a":"x\n', 'cut short'],
    ['text', 'not JSON'],
    ['{1}', 'not JSON: a key was expected'],
    ['{"a":"\t"}', 'control character in a string'],
    [Buffer.from('7b22c3287d', 'hex'), 'invalid UTF-8'],
    ['{"a":1} x', 'more text on the line of a record'],
    ['"a"', 'not a record'],
    ['[]', 'not a record'],
    ['{"records":[]}', 'an empty list of records'],
    ['[{"records":[ ]}]', 'an empty list of records'],
    ['[', 'cut short by the end'],
    ['{"records":[{"a":1}],"a":[1]}', 'beside the records of a wrapper'],
    ['{"records":[{"a":1}]', 'cut short by the end'],
    ['[{"a":1},', 'cut short by the end'],
    ['[{"a":1},{"b', 'cut short by the end'],
    ['{"value":[{"a":1}],"nextLink":"y"}', 'one page of several: the address in nextLink has more records'],
    [`{"a":${'['.repeat(300)}${']'.repeat(300)}}`, 'nested deeper than 256 levels'],
  ];
  for (const [bytes, reason] of reasons)
    assert.deepEqual(
      frame(Buffer.from(bytes)).flatMap((each) => (each.kind === 'fault' ? [each.reason] : [])),
      [reason],
    );
});

test('UTF-8 is read as strictly as the platform reads it', () => {
  const strict = new TextDecoder('utf-8', { fatal: true });
  const valid = (bytes: Uint8Array) => {
    try {
      strict.decode(bytes);
      return true;
    } catch {
      return false;
    }
  };
  const bytes = fc.array(
    fc.constantFrom(
      0x41,
      0x7f,
      0x80,
      0x8f,
      0x9f,
      0xa0,
      0xbf,
      0xc1,
      0xc2,
      0xe0,
      0xe1,
      0xed,
      0xef,
      0xf0,
      0xf4,
      0xf5,
      0xff,
    ),
    { maxLength: 5 },
  );
  fc.assert(
    fc.property(bytes, (inside) => {
      const text = Buffer.from([...Buffer.from('{"a":"'), ...inside, ...Buffer.from('"}')]);
      assert.equal(frame(text)[0]?.kind === 'document', valid(Uint8Array.from(inside)));
    }),
    { numRuns: 3000 },
  );
});

test('what is long goes out in pieces that cover it', () => {
  const limits = { longest: 100, piece: 16 };
  const long = `{"a":"${'x'.repeat(200)}"}`;
  const seen = frame(Buffer.from(`${long}\n{"b":1}\n${'g'.repeat(50)}`), [10, 90, 150], limits);
  const faults = seen.filter((each) => each.kind === 'fault');
  assert.ok(faults.every((each) => each.bytes.length <= 16));
  assert.equal(Buffer.concat(faults.map((each) => each.bytes)).toString(), long + 'g'.repeat(50));
  assert.equal(faults[0]?.reason, 'longer than 100 bytes');
  assert.deepEqual(show(seen.filter((each) => each.kind === 'document')), ['+209 {"b":1}']);
});

test('every real file is whole documents', () => {
  assert.ok(CORPUS.length >= 10);
  for (const { name, bytes } of CORPUS) {
    const seen = frame(bytes);
    assert.ok(seen.length > 0 && seen.every((each) => each.kind === 'document'), name);
    const text = bytes.toString().replace(/^\ufeff/, '');
    const wrapped = seen.length > 1 && text.includes('"records"');
    if (wrapped) assert.deepEqual(parsed(seen), JSON.parse(text).records, name);
    if (seen.length === 1 && !text.includes('"records"')) assert.deepEqual(parsed(seen), [JSON.parse(text)], name);
  }
  const events = CORPUS.find(({ name }) => name.includes('automatedlab'));
  assert.ok(events && frame(events.bytes).length > 3);
});

const parsed = (seen: readonly Seen[]) =>
  seen.filter((each) => each.kind === 'document').map((each) => JSON.parse(each.bytes.toString()));

/**
 * Bytes between documents and faults that say nothing: white space, commas, byte order marks, brackets and heads of
 * wrappers.
 */
const EMPTY_BETWEEN = /^(?:[\s,[\]}]|\xef\xbb\xbf|\{|"records"|:)*$/;

function assertCovers(bytes: Buffer, seen: readonly Seen[]): void {
  let end = 0;
  for (const each of [...seen, { kind: 'fault', offset: bytes.length, bytes: Buffer.alloc(0), reason: '' } as const]) {
    assert.ok(each.offset >= end, `overlap at ${each.offset}`);
    const between = bytes.subarray(end, each.offset).toString('latin1');
    assert.match(between, EMPTY_BETWEEN, `lost at ${end}: ${between.slice(0, 100)}`);
    end = each.offset + each.bytes.length;
  }
}

test('mutated blobs: every byte is in a document or a fault, whatever the cuts', () => {
  fc.assert(
    fc.property(blobs, (blob) => {
      const { records, encoding, mutations, cuts } = blob;
      const bytes = bytesOf(blob);
      const places = cuts.map((cut) => cut % (bytes.length + 1)).sort((one, other) => one - other);
      const seen = frame(bytes, places);
      assertCovers(bytes, seen);
      assert.deepEqual(show(seen), show(frame(bytes)));
      for (const each of seen) {
        const source = bytes.subarray(each.offset, each.offset + each.bytes.length);
        if (each.kind === 'fault') assert.deepEqual(each.bytes, source);
        else
          assert.deepEqual(
            JSON.parse(each.bytes.toString()),
            JSON.parse(source.toString().replace(/\\ud[89a-f]../gi, '\\ufffd')),
          );
        assert.ok(each.kind === 'fault' || !/[\r\n]/.test(each.bytes.toString()));
      }
      if (mutations.length === 0 && encoding === 'utf8')
        assert.deepEqual(
          parsed(seen),
          records.map((record) => JSON.parse(record)),
        );
    }),
    { numRuns: 1500 },
  );
});

test('a bad line costs no neighbour', () => {
  const lines = fc.array(
    fc.oneof(
      fc.constantFrom(...RECORDS).map((text) => ({ text, good: true })),
      badLines(),
    ),
    { minLength: 1, maxLength: 12 },
  );
  fc.assert(
    fc.property(lines, (all) => {
      const seen = frame(Buffer.from(all.map(({ text }) => `${text}\n`).join(''), 'latin1'));
      const good = all.filter((line) => line.good).map(({ text }) => text);
      const documents = seen.filter((each) => each.kind === 'document').map((each) => each.bytes.toString('latin1'));
      assert.deepEqual(documents, good);
    }),
    { numRuns: 1000 },
  );
});

/** A record cut short anywhere, with a byte that cannot stand in it, or no record at all. */
function badLines() {
  const record = fc.constantFrom(...RECORDS);
  const cut = fc.tuple(record, fc.nat()).map(([text, at]) => text.slice(0, 1 + (at % (text.length - 1))));
  const broken = fc.tuple(record, fc.nat(), fc.constantFrom('\0', '\x01', '\xff', '\xc3(')).map(([text, nat, bad]) => {
    const at = 1 + (nat % (text.length - 1));
    return text.slice(0, at) + bad + text.slice(at);
  });
  const words = fc.constantFrom('text', '<html>', '1', 'null', '"x"', '[1]', 'a{"b":1}', '\xff\xfe');
  return fc.oneof(cut, broken, words).map((text) => ({ text, good: false }));
}

test('at the end of a line it rests, also of one that is broken: what follows needs no framing', () => {
  for (const broken of ['{"a":1} }\n', '{"a":1} } \r\n', '{"a":1}]\n', '}\n', '\0\n', '{"a":1}\n \n']) {
    const framer = createFramer();
    const resting = [broken, '{"a":2}\n', '{"a":3}\n'].map((line) => {
      for (const _ of framer.feed(Buffer.from(line))) void _;
      return framer.resting();
    });
    assert.deepEqual(resting.slice(1), [true, true], broken);
  }
});
