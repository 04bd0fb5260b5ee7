/**
 * Blobs of every kind that is odd, heavy or no text, one window each, through the functions in their worker (worker.ts;
 * the real one where that is at hand): each run is done, what is a record is a row, and what is none is in quarantine
 * by its reason, within bounds, and said in the run's line.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { BlobServiceClient } from '@azure/storage-blob';
import { HOUR, START } from './inputs.ts';
import { type Scene, startScene } from './scene.ts';

const FOLDER = 'other_2b1f0c9d8e7a4b5c9d0e1f2a3b4c5d6e';
let scene: Scene;
before(async () => {
  scene = await startScene({
    hours: 1,
    from: 9,
    signals: 'requests,traces,customEvents',
    settings: { EXPORT_REFRESH: '0m', LEASE: '1m' },
  });
});
after(() => scene?.close());

interface Arrival {
  readonly what: string;
  /** The folder of its kind; left out: Messages. */
  readonly kind?: string;
  /** `at`: the start of its window, as a record tells it. */
  readonly bytes: (at: string) => Uint8Array | string;
  readonly rows: number;
  /** Lines in quarantine; left out: any. */
  readonly lost?: number;
  readonly reason?: RegExp;
  /** Further of the rows, the run's lines, and the rows as they stand. */
  readonly holds?: (rows: readonly Row[], logs: string, text: string) => void;
}
type Row = Readonly<Record<string, unknown>>;

const record = (at: string, id: string, more = ''): string =>
  `{"message":[{"raw":"${id}"${more}}],"internal":{"data":{"id":"${id}"}},"context":{"data":{"eventTime":"${at}"}}}\n`;
const between = (at: string, odd: string): string => `${record(at, 'first')}${odd}\n${record(at, 'last')}`;
const some = (at: string): string => Array.from({ length: 40 }, (_, n) => record(at, `${n} über`)).join('');
/** Ticks of 100 ns. */
const request = (at: string, id: string, durationMetric: object): string =>
  `${JSON.stringify({
    request: [{ id, name: 'GET /', responseCode: 200, success: true, durationMetric }],
    internal: { data: { id } },
    context: { data: { eventTime: at } },
  })}\n`;
const flagged = (bytes: Uint8Array): Uint8Array => Buffer.concat([bytes.slice(0, 3), Buffer.of(0xff), bytes.slice(4)]);
const joined = (...parts: readonly (string | Uint8Array)[]): Uint8Array =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? gzipSync(part) : part)));
const behind = (mark: string, text: string): Uint8Array => Buffer.concat([Buffer.from(mark), deflateRawSync(text)]);
const zeros = Buffer.alloc(900);

const ARRIVALS: readonly Arrival[] = [
  {
    what: '150,000 lines of an unknown kind',
    bytes: (at) => between(at, '{"unknown":[{}]}\n'.repeat(150_000).trimEnd()),
    ...{ rows: 2, lost: 150_000, reason: /no known signal/ },
  },
  {
    what: 'a million lines of a letter, packed',
    bytes: (at) => gzipSync(between(at, 'x\n'.repeat(1_000_000).trimEnd())),
    ...{ rows: 2, lost: 1_000_000, reason: /not JSON/ },
  },
  {
    what: '20 MB of NUL, packed',
    bytes: (at) => gzipSync(Buffer.concat([Buffer.from(record(at, 'first')), Buffer.alloc(20_000_000)])),
    ...{ rows: 1 },
  },
  {
    what: 'objects 400,000 deep',
    bytes: (at) => between(at, '{"b":'.repeat(400_000)),
    ...{ rows: 2, lost: 1 },
  },
  {
    what: '400 elements, and a dimension of 40 kB',
    kind: 'Event',
    bytes: (at) => {
      const elements = Array.from({ length: 400 }, (_, n) => ({ name: `e${n}`, count: 1 }));
      const context = { data: { eventTime: at }, custom: { dimensions: [{ long: 'd'.repeat(40_000) }] } };
      return `${JSON.stringify({ event: elements, internal: { data: { id: 'many' } }, context })}\n`;
    },
    ...{ rows: 400, lost: 0 },
    holds: (rows) => assert.ok(rows.every((row) => JSON.stringify(row).includes('d'.repeat(40_000)))),
  },
  {
    what: '9,000 short dimensions',
    bytes: (at) => {
      const dimensions = Array.from({ length: 9000 }, (_, n) => ({ [`k${n}`]: `${n}` }));
      return record(at, 'wide').replace(
        '"data":{"eventTime"',
        `"custom":${JSON.stringify({ dimensions })},"data":{"eventTime"`,
      );
    },
    ...{ rows: 1, lost: 0 },
    holds: ([row]) => assert.ok(JSON.stringify(row).includes('k8999')),
  },
  {
    what: 'members of gzip with padding between',
    bytes: (at) => joined(record(at, 'a').slice(0, 50), zeros, record(at, 'a').slice(50), zeros, record(at, 'b')),
    ...{ rows: 2, lost: 0 },
  },
  {
    what: 'a member with a broken header behind padding',
    bytes: (at) => joined(record(at, 'a'), zeros, flagged(gzipSync(record(at, 'b'))), record(at, 'c')),
    ...{ rows: 2, lost: 1 },
  },
  {
    what: 'other bytes behind a member',
    bytes: (at) => joined(record(at, 'a'), Buffer.from('no member of gzip')),
    ...{ rows: 1, lost: 1 },
  },
  { what: 'zstd', bytes: (at) => zstdCompressSync(some(at)), rows: 0, reason: /^a zstd file; unpack it$/ },
  { what: 'brotli', bytes: (at) => brotliCompressSync(some(at)), rows: 0, reason: /^a brotli file; unpack it$/ },
  { what: 'zlib', bytes: (at) => deflateSync(some(at)), rows: 0, reason: /^a zlib stream; unpack it$/ },
  { what: 'gzip in gzip', bytes: (at) => gzipSync(gzipSync(some(at))), rows: 0, reason: /^gzip within gzip/ },
  { what: 'UTF-16', bytes: (at) => Buffer.from(some(at), 'utf16le'), rows: 0, reason: /^UTF-16 text/ },
  { what: 'Latin-1', bytes: (at) => Buffer.from(some(at), 'latin1'), rows: 0, lost: 40, reason: /Latin-1/ },
  { what: 'a page', bytes: () => '<!DOCTYPE html><html>Sign in</html>\n', rows: 0, lost: 1, reason: /^HTML or XML/ },
  { what: 'a zip', bytes: (at) => behind('PK\u0003\u0004', some(at)), rows: 0, reason: /^a zip archive/ },
  { what: 'Avro', bytes: (at) => behind('Obj\u0001', some(at)), rows: 0, reason: /^an Avro file/ },
  { what: 'empty lists', bytes: (at) => between(at, '[]\n[ ]'), rows: 2, lost: 2, reason: /^not a record$/ },
  { what: 'a bracket too many', bytes: (at) => between(at, '{"a":1}}'), rows: 2, lost: 1 },
  {
    what: 'halves of surrogate pairs, and bytes that are no UTF-8',
    bytes: (at) =>
      Buffer.concat([
        Buffer.from(record(at, 'half \\ud83d')),
        Buffer.from(record(at, 'byte \u00ff'), 'latin1'),
        Buffer.from(record(at, 'last')),
      ]),
    ...{ rows: 2, lost: 1, reason: /UTF-8/ },
    holds: (rows) => assert.deepEqual(rows.map(({ message }) => message).sort(), ['half \ufffd', 'last']),
  },
  {
    what: 'numbers that no double is',
    bytes: (at) => record(at, 'odd', ',"y":1.79769313486232E+308,"z":0.1000000000000000055511'),
    ...{ rows: 1, lost: 0 },
    holds: (_rows, _logs, text) => assert.match(text, /:1\.79769313486232E\+308,.*:0\.1000000000000000055511\b/),
  },
  {
    what: 'a value outside of what it was at most and least',
    kind: 'Requests',
    bytes: (at) => {
      const of = { count: 5, min: 1_000_000, max: 1_500_000 };
      return request(at, 'mean', { value: 1_180_000, ...of }) + request(at, 'sum', { value: 6_000_000, ...of });
    },
    ...{ rows: 2, lost: 0 },
    holds: (rows) => assert.deepEqual(rows.map(({ duration }) => duration).sort(), [118, 120]),
  },
  {
    what: 'records of one id that differ, and one that is there twice',
    bytes: (at) =>
      `${record(at, 'one')}${record(at, 'one', ',"n":2')}${record(at, 'one', ',"n":3')}${record(at, 'one')}`,
    ...{ rows: 3, lost: 0 },
    holds: (_rows, logs) => assert.match(logs, /"deduplicated":1\b/),
  },
  {
    what: 'a field whose name would colour a terminal',
    bytes: (at) => record(at, 'red', ',"\\u001b[31mred\\u0007":1'),
    ...{ rows: 1, lost: 0 },
    holds: (_rows, logs) => assert.match(logs, /u001b\[31mred/),
  },
];

async function put(hour: number, { kind = 'Messages', bytes }: Arrival): Promise<string> {
  const at = new Date(START + hour * HOUR).toISOString();
  const [date = '', time = ''] = at.split('T');
  const name = `${FOLDER}/${kind}/${date}/${time.slice(0, 2)}/a_${date.replaceAll('-', '')}_${time.slice(0, 2)}0000.blob`;
  const client = BlobServiceClient.fromConnectionString(scene.azurite.connectionString);
  const made = bytes(at);
  await client
    .getContainerClient('exports')
    .getBlockBlobClient(name)
    .uploadData(Buffer.from(made as string));
  return name;
}

const lake = () => BlobServiceClient.fromConnectionString(scene.azurite.connectionString).getContainerClient('lake');

/** What the window of an hour left below a folder of the lake. */
async function textOf(hour: number, folder: string): Promise<string> {
  const stamp = new Date(START + hour * HOUR).toISOString().replace(/[-:]/g, '').slice(0, 13);
  const texts: string[] = [];
  for await (const { name } of lake().listBlobsFlat({ prefix: folder }))
    if (name.includes(`${stamp}Z_2`)) texts.push((await lake().getBlobClient(name).downloadToBuffer()).toString());
  return texts.join('');
}

const linesOf = (text: string): Row[] =>
  text === ''
    ? []
    : text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
const signalOf: Readonly<Record<string, string>> = { Event: 'customEvents', Requests: 'requests' };

for (const [hour, arrival] of ARRIVALS.entries())
  test(arrival.what, async (t) => {
    const name = await put(hour, arrival);
    const { error, logs } = await scene.call('transformBlob', name);
    const said = logs.join('\n');
    assert.equal(error, '', said.slice(0, 1000));
    assert.match(said, /"state":"done"/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
    assert.doesNotMatch(said, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
    const text = await textOf(hour, `${signalOf[arrival.kind ?? ''] ?? 'traces'}/`);
    const [rows, quarantine] = [linesOf(text), linesOf(await textOf(hour, '_quarantine/'))];
    const lost = quarantine.reduce((sum, { records = 1 }) => sum + Number(records), 0);
    assert.equal(rows.length, arrival.rows);
    assert.ok(quarantine.length <= 1001 && JSON.stringify(quarantine).length < 40_000_000);
    if (arrival.lost !== undefined) assert.equal(lost, arrival.lost);
    const { lost: more = 1, reason = /./ } = arrival;
    assert.equal(quarantine.length > 0, more > 0);
    assert.ok(quarantine.every((entry) => entry.blob === name && reason.test(String(entry.reason))));
    assert.match(said, new RegExp(`"written":${arrival.rows},.*"quarantined":${lost},`));
    arrival.holds?.(rows, said, text);
    t.diagnostic(`${rows.length} rows, ${lost} lines set aside, in the ${scene.worker.kind}`);
  });
