/** Blobs of an export tree that hold no records as text are named for what they are, as loose files are. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { run } from '../real.ts';

const base = mkdtempSync(join(tmpdir(), 'insights-encodings-'));
after(() => rmSync(base, { recursive: true }));

const BLOB = 'shop_1234567890abcdef1234567890abcdef/Messages/2026-03-04/05/a_20260304_051000.blob';
const lines = Array.from({ length: 40 }, (_, n) => {
  const time = `2026-03-04T05:${String(n).padStart(2, '0')}:00Z`;
  return `{"message":[{"raw":"m${n} \u00fcber"}],"internal":{"data":{"id":"i${n}"}},"context":{"data":{"eventTime":"${time}"}}}`;
});
const text = `${lines.join('\n')}\n`;
const wide = (bytes: number, order: 'little' | 'big', mark: string): Uint8Array => {
  const all = [...`${mark}${text}`].flatMap((letter) => {
    const code = letter.codePointAt(0) ?? 0;
    const unit = [code & 0xff, code >> 8, 0, 0].slice(0, bytes);
    return order === 'little' ? unit : unit.reverse();
  });
  return Uint8Array.from(all);
};

/** Lines as they are between other bytes: a file of an archive that packs nothing, strings of a table. */
const between = (before: string, at = 0, word = ''): Uint8Array => {
  const head = Buffer.alloc(Math.max(512, at + 255));
  head.write(before, 'latin1');
  head.write(word, at, 'latin1');
  return Buffer.concat([head.subarray(0, word === '' ? Math.max(before.length, 30) : 512), Buffer.from(text), head]);
};

/** What a blob is, as it is told in quarantine and summary, and how many lines that is; undefined: it does not matter. */
const NAMED: readonly (readonly [what: string, bytes: Uint8Array | string, reason: RegExp, lines?: number])[] = [
  ['zstd', zstdCompressSync(text), /^a zstd file; unpack it$/],
  ['brotli', brotliCompressSync(text), /^a brotli file; unpack it$/],
  ['zlib', deflateSync(text), /^a zlib stream; unpack it$/],
  ['deflate', deflateRawSync(text), /^a deflate stream; unpack it$/],
  ['gzip in gzip', gzipSync(gzipSync(text)), /^gzip within gzip; unpack it once$/],
  ['zstd in gzip', gzipSync(zstdCompressSync(text)), /^a zstd file; unpack it$/],
  ['a zip of lines that are not packed', between('PK\x03\x04\x0a'), /^a zip archive; unpack it$/, 1],
  ['it, in gzip', gzipSync(between('PK\x03\x04\x0a')), /^a zip archive; unpack it$/, 1],
  ['a tar of lines', between('a.json', 257, 'ustar'), /^a tar archive; unpack it$/, 1],
  ['an old zip in parts', between('PK\x07\x08PK\x03\x04'), /^a part of a zip archive/, 1],
  ['Avro', between('Obj\x01\x04\x14avro.codec\x08null\x00'), /^an Avro file/, 1],
  ['Parquet', between('PAR1\x15\x04\x15'), /^a Parquet file$/, 1],
  ['Arrow', between('ARROW1\0\0'), /^an Arrow file/, 1],
  ['Feather', between('FEA1\0'), /^a Feather file/, 1],
  ['7z', between('7z\xbc\xaf\x27\x1c'), /^a 7z archive; unpack it$/, 1],
  ['UTF-16 with a mark', wide(2, 'little', '\ufeff'), /^UTF-16 text; convert it to UTF-8$/],
  ['UTF-16, big end first, without one', wide(2, 'big', ''), /^UTF-16 text; convert it to UTF-8$/],
  ['UTF-32', wide(4, 'little', ''), /^UTF-32 text; convert it to UTF-8$/],
  ['UTF-32 with a mark, big end first', wide(4, 'big', '\ufeff'), /^UTF-32 text; convert it to UTF-8$/],
  ['Latin-1', Buffer.from(text, 'latin1'), /^invalid UTF-8 in what is JSON else: Latin-1 or Windows-1252\?/, 40],
  ['a page', '<!DOCTYPE html><html><body>Sign in</body></html>\n', /^HTML or XML; convert/, 1],
  ['empty lists', '[]\n[ ]\n', /^not a record$/, 2],
  ['empty wrappers', '{"records":[]}\n{"records":[]}\n', /^an empty list of records$/, 2],
  ['nothing but the start of a list', '[\n', /^cut short by the end$/, 1],
  ['empty objects', '{}\n{}\n', /^no known signal$/, 2],
  ['values', 'null\n1\n"a"\ntrue\n', /^not a record$/, 4],
];
for (const [what, bytes, reason, count] of NAMED)
  test(`named in quarantine and summary: ${what}`, async () => {
    const [root, lake] = [join(base, what), join(base, `${what}-lake`)];
    mkdirSync(dirname(join(root, BLOB)), { recursive: true });
    writeFileSync(join(root, BLOB), bytes);
    const words = ['transform', root, '--out', lake, '--format', 'ndjson'];
    for (const again of ['first', 'unchanged']) {
      const ran = await run([...words, '--json']);
      assert.equal(ran.code, 3, `${again}: ${ran.err}`);
      const { reasons, totals } = JSON.parse(ran.out);
      assert.equal(reasons.length, 1, JSON.stringify(reasons));
      assert.match(reasons[0], reason);
      if (count === undefined) assert.ok(totals.quarantined > 0);
      else assert.equal(totals.quarantined, count);
    }
    const entries = quarantined(lake);
    assert.ok(entries.length > 0 && entries.every((entry) => reason.test(entry.reason)), JSON.stringify(entries));
    if (count !== undefined)
      assert.equal(
        entries.reduce((sum, { records = 1 }) => sum + records, 0),
        count,
      );
    const told = await run(words);
    assert.ok(told.err.includes(`(${entries[0]?.reason})`) || told.out.includes(`(${entries[0]?.reason})`), told.err);
  });

const quarantined = (lake: string): { readonly reason: string; readonly records?: number }[] =>
  readdirSync(join(lake, '_quarantine'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ndjson'))
    .flatMap((name) =>
      readFileSync(join(lake, '_quarantine', name), 'utf8')
        .trimEnd()
        .split('\n'),
    )
    .map((line) => JSON.parse(line));

/** Lines that are records and more: rows, lines in quarantine. */
const COUNTED: readonly (readonly [what: string, text: string, rows: number, quarantined: number])[] = [
  ['a bracket behind a record', `${lines[0]}}\n${lines[1]}\n`, 2, 1],
  ['a bracket behind what is no record', `{"a":1}}\n${lines[1]}\n`, 1, 1],
  ['two of them', `${lines[1]}\n{"a":1}}\n{"b":1}}}\n${lines[2]}\n`, 2, 2],
  ...[' }', '\t}', ',}', ', ]', ' } }\r', `${' '.repeat(40)}}`, ' \0 }'].flatMap((behind) =>
    ['', `${lines[1]}\n`].map(
      (before) =>
        [
          `${JSON.stringify(behind)} behind what is no record, ${before === '' ? 'first' : 'later'}`,
          `${before}{"a":1}${behind}\n${lines[2]}\n`,
          before === '' ? 1 : 2,
          1,
        ] as const,
    ),
  ),
  ['lines of brackets', `${lines[1]}\n}\n}\n]\n${lines[2]}\n`, 2, 3],
  ['a line that begins with the name of a format', `ORC\n${lines[1]}\n`, 1, 1],
  ['empty lists between records', `${lines[1]}\n[]\n${lines[2]}\n[]\n`, 2, 2],
  ['a list that nobody closes', `[${lines[1]},\n${lines[2]},\n`, 2, 1],
  ['a list that is cut within a record', `{"records":[${lines[1]},\n${lines[2]?.slice(0, 50)}`, 1, 1],
];
for (const [what, content, rows, lost] of COUNTED)
  test(`a line is a row or one line of the quarantine: ${what}`, async () => {
    const [root, lake] = [join(base, what), join(base, `${what}-lake`)];
    mkdirSync(dirname(join(root, BLOB)), { recursive: true });
    writeFileSync(join(root, BLOB), content);
    const { code, out } = await run(['transform', root, '--out', lake, '--format', 'ndjson', '--json']);
    const { totals } = JSON.parse(out);
    assert.deepEqual([code, totals.rows, totals.quarantined], [0, rows, lost], out);
    assert.equal(
      quarantined(lake).reduce((sum, { records = 1 }) => sum + records, 0),
      lost,
    );
  });
