/**
 * `node bench/hostile.ts [case…] [--mb 30] [--layout diagnostics] [--gzip] [--json]`: what input that asks for much
 * costs on its way into Parquet, each a file of its own and a process of its own; beside it the same bytes of ordinary
 * records. `--layout`: as what the file is read; `--gzip`: packed. Linux.
 */
import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseArgs, promisify } from 'node:util';
import { createGzip } from 'node:zlib';
import { asExportRecord } from '../local/telemetry/asExportRecord.ts';
import { telemetryRows } from '../local/telemetry/telemetryRows.ts';
import type { Layout } from '../shared/model.ts';
import type { Measurement, Sample } from './measure.ts';
import { exportText, HOUR, writeText } from './telemetry.ts';

const MB = 1_000_000;
/** Bytes of resident memory that a case may take: those of a small instance. */
const LIMIT = 512 * MB;
/** Times as long as ordinary records of the same bytes. */
const SLOWEST = 25;

export interface HostileResult {
  readonly text: string;
  readonly bytes: number;
  /** Of the processor. */
  readonly seconds: number;
  readonly memory: number;
  readonly rows: number;
  readonly quarantined: number;
}

const { values: flags, positionals } = parseArgs({
  options: {
    mb: { type: 'string', default: '30' },
    layout: { type: 'string', default: 'continuous' },
    gzip: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
  allowPositionals: true,
});
const bytes = Number(flags.mb) * MB;

type Json = Record<string, unknown>;

function ordinary(): Json {
  const [row] = telemetryRows({ seed: 'bench', app: 'bench', perHour: 4_000, signal: 'requests', ...HOUR });
  if (row === undefined) throw new Error('no telemetry was made');
  return asExportRecord(row) as Json;
}

/** The same record over and over, each with an id of its own and what `change` makes of it. */
function* records(change: (record: Json, n: number) => string): Generator<string> {
  const text = JSON.stringify(ordinary());
  for (let [n, written] = [0, 0]; written < bytes; n++) {
    const record = JSON.parse(text) as Json;
    (record.internal as { data: Json }).data.id = `id${n}`;
    const line = `${change(record, n)}\n`;
    written += line.length;
    yield line;
  }
}

function* repeated(text: string): Generator<string> {
  const piece = text.repeat(Math.ceil(MB / text.length));
  for (let written = 0; written < bytes; written += piece.length) yield piece;
}

const withMember = (record: Json, member: string): string => `{${member},${JSON.stringify(record).slice(1)}`;
const times = (count: number, of: (n: number) => string): string =>
  Array.from({ length: count }, (_, n) => of(n)).join();

/** The record with 1,200 elements, and these dimensions. */
function ofMany(record: Json, dimensions: readonly Json[]): Json {
  const request = Array.from({ length: 1200 }, (_, n) => ({ id: `e${n}`, name: 'GET /' }));
  return { ...record, request, context: { ...(record.context as Json), custom: { dimensions } } };
}

const cases: Readonly<Record<string, readonly [text: string, input: () => Iterable<string>]>> = {
  ordinary: ['ordinary records', () => exportText(bytes)],
  deep: [
    'values 250 levels deep',
    () => records((record) => withMember(record, `"deep":${'{"a":['.repeat(125)}1${']}'.repeat(125)}`)),
  ],
  deeper: ['objects in objects without end', () => repeated('{"b":')],
  keys: [
    'records of 10,000 keys',
    () =>
      records((record, n) =>
        withMember(
          record,
          times(10_000, (k) => `"k${k + n}":${k}`),
        ),
      ),
  ],
  strangers: [
    'ten keys in each record that no other has',
    () =>
      records((record, n) =>
        withMember(
          record,
          times(10, (k) => `"key ${n} ${k}":${k}`),
        ),
      ),
  ],
  own: [
    'keys that objects of JavaScript have by themselves',
    () => records((record) => withMember(record, '"__proto__":{"a":1},"constructor":{"prototype":{}},"toString":1')),
  ],
  endless: ['a line without an end', () => repeated('no newline anywhere, ')],
  text: ['a string without an end', () => ['{"request":[{"name":"', ...repeated('text ')]],
  distinct: [
    'another role in each record',
    () =>
      records((record, n) => {
        const device = (record.context as { device?: Json }).device ?? {};
        (record.context as { device?: Json }).device = { ...device, roleName: `role ${n} ${n * 7919}` };
        return JSON.stringify(record);
      }),
  ],
  digits: [
    'numbers of 10,000 digits',
    () =>
      records((record) =>
        withMember(record, `"n":${'9'.repeat(10_000)}`).replace(/"count":\d+/, `"count":${'7'.repeat(10_000)}`),
      ),
  ],
  escapes: [
    'texts of escapes',
    () => records((record) => withMember(record, `"t":"${'\\u0041\\n\\ud83d\\ude00'.repeat(200)}"`)),
  ],
  halves: [
    'halves of surrogate pairs',
    () => records((record) => withMember(record, `"t":"${'\\ud83d'.repeat(200)}"`)),
  ],
  turns: [
    'good and bad lines in turn',
    () => records((record, n) => (n % 2 ? JSON.stringify(record).slice(0, -9) : JSON.stringify(record))),
  ],
  x: ['lines of one letter', () => repeated('x\n')],
  crlf: ['lines of one letter, CRLF', () => repeated('x\r\n')],
  signs: ['lines of one sign', () => repeated('1\n"\n}\n:\n[\n\u00e9\nt\n,\n{\n')],
  nul: ['NUL and nothing else', () => repeated('\0')],
  nuls: ['NUL and line ends', () => repeated('\0\n')],
  kinds: [
    'records of kinds that nobody knows',
    () =>
      records((record, n) =>
        JSON.stringify({ [`kind${n % 1000}`]: [{ n }], internal: record.internal, context: record.context }),
      ),
  ],
  elements: [
    'records of 1,200 elements, and a dimension of 120 kB',
    () => records((record) => JSON.stringify(ofMany(record, [{ big: 'd'.repeat(120_000) }]))),
  ],
  pieces: [
    'records of 1,200 elements, and 9,000 dimensions',
    () =>
      records((record) => {
        const dimensions = Array.from({ length: 9000 }, (_, n) => ({ [`k${n}`]: 'v' }));
        return JSON.stringify(ofMany(record, dimensions));
      }),
  ],
  dimensions: [
    'records of 9,000 short dimensions',
    () =>
      records((record) => {
        const dimensions = Array.from({ length: 9000 }, (_, n) => ({ [`k${n}`]: 'v' }));
        return JSON.stringify({ ...record, context: { ...(record.context as Json), custom: { dimensions } } });
      }),
  ],
  bad: ['short bad lines', () => repeated('{"a":\n')],
  bomb: ['gzip: spaces, a thousandth packed', () => repeated(' ')],
};

async function measured(name: string, folder: string): Promise<HostileResult> {
  const [text, input] = cases[name] ?? [];
  if (text === undefined || input === undefined)
    throw new Error(`there is no case ${name}; give some of ${Object.keys(cases).join(', ')}`);
  const file = join(folder, 'a.blob');
  const packed = name === 'bomb' || flags.gzip;
  if (packed) await pipeline(Readable.from(input()), createGzip(), createWriteStream(file));
  else await writeText(file, input());
  const layout = flags.layout as Exclude<Layout, 'query'>;
  const measurement: Measurement = { kind: 'hostile', file, layout };
  const script = join(import.meta.dirname, 'measure.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [script, JSON.stringify(measurement)]);
  const { seconds, memory, counts }: Sample = JSON.parse(stdout);
  const rest = { rows: counts?.written ?? 0, quarantined: counts?.quarantined ?? 0 };
  return { text, bytes: packed ? bytes : (await stat(file)).size, seconds, memory, ...rest };
}

const folder = await mkdtemp(join(tmpdir(), 'bench-hostile-'));
try {
  const results: HostileResult[] = [];
  for (const name of positionals.length > 0 ? ['ordinary', ...positionals] : Object.keys(cases))
    results.push(await measured(name, folder));
  const perByte = ({ seconds, bytes: read }: HostileResult): number => seconds / read;
  const usual = results[0] === undefined ? 0 : perByte(results[0]);
  if (flags.json) console.log(JSON.stringify(results, null, 2));
  else {
    console.log(
      '| what | seconds of 100 MB | to ordinary | peak memory | rows | set aside ' + '|\n|---|--:|--:|--:|--:|--:|',
    );
    for (const each of results)
      console.log(
        `| ${each.text} | ${(perByte(each) * 100 * MB).toFixed(1)} | ${(perByte(each) / usual).toFixed(1)} | ` +
          `${Math.round(each.memory / MB)} MB | ${each.rows} | ${each.quarantined} |`,
      );
  }
  const over = results.filter((each) => each.memory > LIMIT || perByte(each) > usual * SLOWEST);
  for (const { text } of over) console.error(`${text}: more than ${LIMIT / MB} MB or ${SLOWEST} times as long`);
  if (over.length > 0) process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
