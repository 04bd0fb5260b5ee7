import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { compareFiles } from '../../shared/source/blobs/copies/compare.ts';
import { contentsOf } from '../../shared/source/blobs/loose/contents.ts';
import { CORPUS } from './records.ts';

const folder = mkdtempSync(join(tmpdir(), 'contents-'));
after(() => rmSync(folder, { recursive: true }));

let files = 0;
function put(content: string | Uint8Array): string {
  const path = join(folder, `f${++files}`);
  writeFileSync(path, content);
  return path;
}

const corpus = (name: string) => CORPUS.find((file) => file.name.endsWith(name))?.bytes ?? Buffer.alloc(0);
const classic = (minute: string, more = '') =>
  `{"message":[{"raw":"x"}],${more}"internal":{},` +
  `"context":{"data":{"eventTime":"2019-05-06T07:${minute}:59.9999999Z"}}}`;
const flat = (minute: string, type = 'AppTraces', message = 'm') =>
  JSON.stringify({ time: `2026-03-04T05:${minute}:00Z`, Type: type, Message: message });
const big = 'y'.repeat(70_000);

/** Kinds as `layout signal records first hour:minute – last`. */
const KINDS: readonly (readonly [what: string, content: string | Uint8Array, kinds: readonly string[]])[] = [
  ['lines of one signal', `${classic('02')}\n${classic('01')}\n`, ['continuous traces 2 07:01 07:02']],
  ['a first record of 70 kB', `${flat('07', 'AppTraces', big)}\n${flat('08')}\n`, ['diagnostics traces 2 05:07 05:08']],
  [
    'a batch that begins so',
    `{"records":[${flat('07', 'AppTraces', big)},${flat('08')}]}`,
    ['diagnostics traces 2 05:07 05:08'],
  ],
  [
    '100 kB of another table before',
    `${flat('01', 'AppSystemEvents', 'y'.repeat(1000))}\n`.repeat(100) + flat('09'),
    ['diagnostics AppSystemEvents 100 05:01 05:01', 'diagnostics traces 1 05:09 05:09'],
  ],
  [
    'several signals',
    `${flat('01')}\n${flat('02', 'AppRequests')}\n`,
    ['diagnostics traces 1 05:01 05:01', 'diagnostics requests 1 05:02 05:02'],
  ],
  ['what Logic Apps archive', `{"value":[${flat('01')},${flat('02')}]}`, ['diagnostics traces 2 05:01 05:02']],
  [
    'OData around it',
    `{"@odata.context":"x","value":[${flat('01')}],"nextLink":"y"}`,
    ['diagnostics traces 1 05:01 05:01'],
  ],
  ['an array', `[${flat('01')},\n${flat('02')}]`, ['diagnostics traces 2 05:01 05:02']],
  ['one over several lines', JSON.stringify(JSON.parse(flat('01')), null, 2), ['diagnostics traces 1 05:01 05:01']],
  ['gzip', gzipSync(`${classic('02')}\n`.repeat(3)), ['continuous traces 3 07:02 07:02']],
  ['after a cut line', `{"request":[{"cut\n${classic('02')}\n`, ['continuous traces 1 07:02 07:02']],
  ['a time without a zone', classic('02').replace('9999999Z', '9'), ['continuous traces 1 07:02 07:02']],
  [
    'a time that no program knew',
    `${flat('01').replace('2026-03-04', '0001-01-01')}\n${flat('02')}`,
    ['diagnostics traces 2 05:02 05:02'],
  ],
  ['real events', corpus('events.concatenated.json'), ['continuous customEvents 7 18:22 18:22']],
  ['other logs', '{"time":"2026-03-04T05:01:00Z","category":"AuditEvent"}', ['diagnostics AuditEvent 1 05:01 05:01']],
];
for (const [what, content, expected] of KINDS)
  test(`records decide, each for itself: ${what}`, async () => {
    const hour = (time: number | undefined) => (time === undefined ? '-' : new Date(time).toISOString().slice(11, 16));
    const { kinds, hash, bytes, records } = await contentsOf(put(content));
    assert.deepEqual(
      kinds.map(({ layout, signal, category, records: count, from, until }) =>
        [layout, signal ?? category, count, hour(from), hour(until)].join(' '),
      ),
      expected,
    );
    assert.equal(hash, createHash('sha256').update(content).digest('hex'));
    assert.equal(bytes, Buffer.from(content).length);
    assert.equal(
      records,
      kinds.reduce((sum, kind) => sum + kind.records, 0),
    );
  });

test('what a file is that is no text, also where lines of records lie in it as they are', async () => {
  const lines = `\n${flat('01')}\n${flat('02')}\n`;
  const utf16 = Buffer.from(`${flat('01')}\n`, 'utf16le');
  const utf32 = Buffer.concat([...flat('01')].map((letter) => Buffer.from(`${letter}\0`, 'utf16le')));
  const files: readonly (readonly [content: string | Uint8Array, signature: RegExp])[] = [
    [Buffer.from('4f626a0104146176726f', 'hex'), /^an Avro file/],
    [Buffer.from('504b0304140000000800', 'hex'), /^a zip archive; unpack it$/],
    [gzipSync(Buffer.from('504b0304140000000800', 'hex')), /^a zip archive/],
    [Buffer.concat([Buffer.from('fffe', 'hex'), utf16]), /^UTF-16 text; convert it to UTF-8$/],
    [utf16, /^UTF-16 text/],
    [Buffer.from(utf16).swap16(), /^UTF-16 text/],
    [utf32, /^UTF-32 text; convert it to UTF-8$/],
    [Buffer.concat([Buffer.from('fffe0000', 'hex'), utf32]), /^UTF-32 text/],
    [Buffer.from(utf32).swap32(), /^UTF-32 text/],
    [Buffer.concat([Buffer.from('0000feff', 'hex'), Buffer.from(utf32).swap32()]), /^UTF-32 text/],
    ['PAR1....', /^a Parquet file/],
    [`PAR1${lines}`, /^a Parquet file/],
    [`ORC${lines}`, /^an ORC file/],
    [`SQLite format 3\0${lines}`, /^an SQLite database/],
    [`Obj\x01${lines}`, /^an Avro file/],
    [`PK\x03\x04a.json${lines}`, /^a zip archive/],
    [gzipSync(`PK\x03\x04a.json${lines}`), /^a zip archive/],
    [`${'a.json'.padEnd(257, '\0')}ustar\0${lines}`, /^a tar archive/],
    [Buffer.concat([Buffer.from('name'.padEnd(257, '\0')), Buffer.from('ustar\0')]), /^a tar archive/],
    ['hello', /^$/],
    ['', /^$/],
  ];
  for (const [content, signature] of files) {
    const found = await contentsOf(put(content));
    assert.equal(found.records, 0);
    assert.match(found.signature, signature);
  }
});

test('two files: the same, one the beginning of the other, or neither; packed or not', async () => {
  const text = `${flat('01', 'AppTraces', big)}\n`.repeat(40);
  const cases: readonly (readonly [string | Uint8Array, string | Uint8Array, string])[] = [
    [text, text, 'same'],
    ['', '', 'same'],
    [gzipSync(text), text, 'same'],
    [text, text.slice(0, -9), 'first'],
    [text.slice(0, 2_000_000), gzipSync(text), 'second'],
    ['', 'x', 'second'],
    [text, `${text.slice(0, -9)}!`, 'other'],
  ];
  for (const [one, other, expected] of cases) assert.equal(await compareFiles(put(one), put(other)), expected);
});
