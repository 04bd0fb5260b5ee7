import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asExportRecord } from '../../local/telemetry/asExportRecord.ts';
import { SIGNALS } from '../../local/telemetry/tables.ts';
import { telemetryRows } from '../../local/telemetry/telemetryRows.ts';
import type { Chunk, Layout } from '../../shared/model.ts';
import { readBlobs } from '../../shared/source/blobs/records/read-blobs.ts';
import fc from '../seeds.ts';
import { blobsOf, bytesOf, type MutatedBlob } from '../source/mutated.ts';
import { RECORDS } from '../source/records.ts';
import { countOriginals, countValues, documentsBeside, missingValues } from './accounted.ts';
import { chunkOf, type Decoded, decode, hour, windowOf } from './chunks.ts';

/**
 * Issue 4: blobs cut, flipped, concatenated and re-encoded, through the real engine: every byte is in a row or in
 * quarantine. MUTATED_BLOBS says how many in all, a third per layout (300), MUTATED_SEED which ones (13): new ones are
 * for whoever looks for faults, not for whoever lands a change.
 */
const COUNT = Number(process.env.MUTATED_BLOBS ?? 300);
const seed = Number(process.env.MUTATED_SEED ?? 13);
/** Small blobs come into one chunk, in which each must stay apart from the others. */
const TOGETHER = 20;

/**
 * Without ids, so that what is repeated comes twice: a record that repeats an id is one row, by design, and told as
 * such.
 */
const plain = (record: string): string =>
  record.replace(/"internal":\s*\{\s*"data":\s*\{\s*"id":\s*"[^"]*",?\s*/, '"internal":{"data":{');

const generated = SIGNALS.flatMap((signal) => {
  const shop = { seed: 'mutated', app: 'shop', perHour: 3, signal, start: hour, end: hour + 3_600_000 };
  return [...telemetryRows(shop)].slice(0, 3).map((row) => plain(JSON.stringify(asExportRecord(row))));
});
const isFlat = (record: string): boolean => record.includes('"Type"');
const exported = RECORDS.filter(isFlat).map((record) => {
  const { time, Properties, ...rest } = JSON.parse(record);
  return JSON.stringify({
    TimeGenerated: time,
    ...rest,
    ...(Properties && { Properties: JSON.stringify(Properties) }),
  });
});
const layouts: readonly (readonly [Exclude<Layout, 'query'>, records: readonly string[]])[] = [
  ['continuous', [...RECORDS.map(plain), ...generated]],
  ['diagnostics', RECORDS.filter((record) => isFlat(record) || record === RECORDS[0])],
  ['dataExport', exported],
];

const abort = new AbortController().signal;

async function* chunksOf(
  contents: readonly (readonly [Buffer, readonly number[]])[],
  layout: Layout,
  _work: string,
): AsyncIterable<Chunk> {
  const blobs = contents.map(([bytes, cuts], index) => ({
    name: `blob-${index}`,
    grows: false,
    async *read() {
      let from = 0;
      for (const cut of [
        ...cuts.map((each) => each % (bytes.length + 1)).sort((one, other) => one - other),
        bytes.length,
      ]) {
        if (cut > from) yield bytes.subarray(from, cut);
        from = cut;
      }
    },
  }));
  yield* readBlobs({ blobs, layout, abort, onRead: () => {} });
}

const bytesIn = ({ bytes, encoding }: Decoded['quarantine'][number]): Buffer =>
  Buffer.from(String(bytes), encoding === 'base64' ? 'base64' : 'utf8');

/**
 * A whole document of no known signal is set aside as its line was: without line ends, half a surrogate pair replaced.
 */
const plainText = (bytes: Buffer): string => lineOf(bytes.toString('latin1'));

/** The documents that are not in quarantine; fails where bytes are in neither. */
function documentsOf(contents: readonly Buffer[], { quarantine }: Decoded): string[] {
  return contents.flatMap((bytes, index) => {
    const found = quarantine.filter(({ blob }) => blob === `blob-${index}`);
    const stretches = found.map(({ offset, length }) => ({ offset: Number(offset), length: Number(length) }));
    for (const [at, { offset, length }] of stretches.entries()) {
      const [kept, original] = [
        plainText(bytesIn(found[at] ?? {})),
        plainText(bytes.subarray(offset, offset + length)),
      ];
      // Between neighbours that are one entry a line end stands for the comma of the array that they were in.
      const isSame = (char: string, n: number) => char === kept[n] || (char === ',' && kept[n] === ' ');
      if ((found[at]?.records ?? 1) === 1) assert.equal(kept, original);
      else assert.ok(kept.length === original.length && [...original].every(isSame), `${kept}\nis not\n${original}`);
    }
    return documentsBeside(bytes, stretches);
  });
}

/**
 * On one line, as the strict path reads it; escapes of half a surrogate pair, which no strict reader takes, are
 * replaced.
 */
function lineOf(document: string): string {
  const whole = /\\u[dD][89abAB]..\\u[dD][c-fC-F]..|\\u[dD][89a-fA-F]..|\\./g;
  const mended = (text: string) => (/^\\u[dD][89a-fA-F]..$/.test(text) ? '\\ufffd' : text);
  return `${document.replace(/[\r\n]/g, ' ').replace(whole, mended)}\n`;
}

const sortedRows = ({ rows }: Decoded): string[] => rows.map((row) => JSON.stringify(row)).sort();

/** Mutations repeat records, of the other layout with their ids too. */
const everyRow = { dedupe: 'none' } as const;

async function account(blobs: readonly MutatedBlob[], layout: Layout): Promise<void> {
  const contents = blobs.map((blob) => [bytesOf(blob), blob.cuts] as const);
  const window = windowOf('requests', layout);
  const found = await decode(window, (work) => chunksOf(contents, layout, work), everyRow);
  const told = found.quarantine.reduce((sum, { records = 1 }) => sum + Number(records), 0);
  assert.equal(told, found.counts.quarantined);
  assert.deepEqual([found.counts.read, found.counts.deduplicated], [found.rows.length, 0]);
  const documents = documentsOf(
    contents.map(([bytes]) => bytes),
    found,
  );
  const clean = await decode(window, (work) => [chunkOf(work, documents.map(lineOf).join(''), { layout })], everyRow);
  assert.deepEqual(clean.quarantine, []);
  assert.deepEqual(sortedRows(found), sortedRows(clean));
  const records = documents.reduce(
    (counts, text) => countOriginals(JSON.parse(text), counts),
    new Map<string, number>(),
  );
  assert.deepEqual(
    missingValues(
      records,
      found.rows.reduce((counts, row) => countValues(row, counts), new Map<string, number>()),
    ),
    [],
  );
}

/** The one that fails by itself, as the generator made it, for the message. */
async function culprit(blobs: readonly MutatedBlob[], layout: Layout): Promise<string> {
  for (const blob of blobs) {
    const error = await account([blob], layout).catch((failed: unknown) => failed);
    if (error !== undefined) return `${error}\nin ${JSON.stringify(blob)}\n${bytesOf(blob).toString('latin1')}`;
  }
  return 'none of them fails alone';
}

for (const [layout, records] of layouts) {
  test(`${Math.ceil(COUNT / layouts.length)} mutated blobs, ${layout}: every byte is accounted for`, async (t) => {
    t.diagnostic(`MUTATED_SEED=${seed}`);
    const all = fc.sample(blobsOf(records), { numRuns: Math.ceil(COUNT / layouts.length), seed });
    for (let from = 0; from < all.length; from += TOGETHER) {
      const some = all.slice(from, from + TOGETHER);
      await account(some, layout).catch(async (error: unknown) =>
        assert.fail(`${error}\n${await culprit(some, layout)}`),
      );
    }
  });
}
