/**
 * `node bench/throughput.ts [--quick] [--json] [--plot <file>]`: what records cost on their way into files, in seconds
 * of the processor, as ratios to what they cost other programs on the same machine in the same run. Each measurement is
 * a process of its own; what is compared runs in turn, three times, and the medians count. `--quick`: once, without the
 * thirty pairs of signal and layout. `--mb`: of requests (200; an answer has two fifths of it, a pair a fifth).
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { answerText } from '../local/simulator/answer.ts';
import { parseKql } from '../local/simulator/kql.ts';
import type { Layout, Signal } from '../shared/model.ts';
import { signals } from '../shared/signals/tables.ts';
import type { Measurement, Sample } from './measure.ts';
import { plot } from './plot.ts';
import { evenRows, HOUR, recordsText, writeText } from './telemetry.ts';

const MB = 1_000_000;
const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    mb: { type: 'string', default: '200' },
    json: { type: 'boolean', default: false },
    plot: { type: 'string' },
  },
});
const rounds = flags.quick ? 1 : 3;
const size = Number(flags.mb) * MB;

export interface Result {
  readonly text: string;
  readonly seconds: number;
  readonly mbPerSecond: number;
  /** Of JSON.parse of the same bytes, of bare DuckDB, of JavaScript: above 1 is faster than that. */
  readonly toParse: number;
  readonly toDuckdb: number | undefined;
  readonly toJavascript: number | undefined;
  readonly peakMb: number;
  /** What `toParse` must at least be; undefined: nothing. */
  readonly atLeast: number | undefined;
}

const layouts: readonly Exclude<Layout, 'query'>[] = ['continuous', 'diagnostics', 'dataExport'];
type Asked = Omit<Measurement, 'file'> & { readonly text: string; readonly atLeast?: number };

const blobRows: readonly Asked[] = [
  { kind: 'parse', text: 'JSON.parse of every line' },
  { kind: 'duckdb', text: 'bare DuckDB → Parquet, 39 columns and no more' },
  { kind: 'javascript', text: 'JavaScript, hyparquet-writer' },
  { kind: 'transform', text: 'export blob → Parquet', atLeast: 0.5 },
  { kind: 'transform', format: 'ndjson', text: 'export blob → NDJSON', atLeast: 0.5 },
  { kind: 'transform', format: 'csv', text: 'export blob → CSV', atLeast: 0.5 },
];
const answerRows: readonly Asked[] = [
  { kind: 'parseAnswer', text: 'JSON.parse of the whole answer' },
  { kind: 'answer', text: 'query answer → Parquet', atLeast: 0.5 },
];

/** An answer as the service would send it, without its limits. */
function answerPieces(bytes: number): Iterable<string> {
  const iso = (at: number) => new Date(at).toISOString();
  const text = `requests | where timestamp >= datetime(${iso(HOUR.start)}) and timestamp < datetime(${iso(HOUR.end)})`;
  const { query } = parseKql(text);
  if (query === undefined) throw new Error(`${text}: not understood`);
  const limits = { rowLimit: Number.POSITIVE_INFINITY, byteLimit: Number.POSITIVE_INFINITY };
  const data = evenRows(Math.round(bytes / 1_100), 60);
  const told = { rows: 0, bytes: 0, incomplete: undefined };
  return answerText(
    query,
    () => data.rows('requests', HOUR, ''),
    { cells: 'native', form: 'current', ...limits },
    told,
  );
}

async function sample(measurement: Measurement): Promise<Sample> {
  const words = [join(import.meta.dirname, 'measure.ts'), JSON.stringify(measurement)];
  return JSON.parse((await promisify(execFile)(process.execPath, words)).stdout);
}

const median = (samples: readonly Sample[]): Sample => {
  const sorted = samples.toSorted((one, other) => one.seconds - other.seconds);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (middle === undefined) throw new Error('nothing was measured');
  return { ...middle, memory: Math.max(...samples.map(({ memory }) => memory)) };
};

const rounded = (value: number): number => Math.round(value * 100) / 100;

/** Measures in turn, round by round, so that a busy moment is nobody's alone. */
async function compared(file: string, rows: readonly Asked[], times: number): Promise<Result[]> {
  const samples = rows.map((): Sample[] => []);
  for (let round = 0; round < times; round++)
    for (const [index, { text: _text, atLeast: _least, ...asked }] of rows.entries())
      samples[index]?.push(await sample({ ...asked, file }));
  const medians = samples.map(median);
  const secondsOf = (...kinds: readonly string[]) =>
    medians[rows.findIndex(({ kind }) => kinds.includes(kind))]?.seconds;
  const [parse = 0, duckdb, javascript] = [
    secondsOf('parse', 'parseAnswer'),
    secondsOf('duckdb'),
    secondsOf('javascript'),
  ];
  return rows.map(({ text, atLeast }, index) => {
    const { seconds, bytes, memory } = medians[index] as Sample;
    return {
      text,
      seconds: rounded(seconds),
      mbPerSecond: Math.round(bytes / MB / seconds),
      toParse: rounded(parse / seconds),
      toDuckdb: duckdb && rounded(duckdb / seconds),
      toJavascript: javascript && rounded(javascript / seconds),
      peakMb: Math.round(memory / MB),
      atLeast,
    };
  });
}

/** Each signal in each layout beside JSON.parse of the same lines; none may be below half of what requests reach. */
async function pairs(folder: string, times: number): Promise<Result[]> {
  const results: Result[] = [];
  for (const layout of layouts)
    for (const signal of signals) {
      const file = join(folder, 'pair');
      await writeText(file, recordsText(signal, layout, size / 5));
      const [, result] = await compared(file, rowsOf(signal, layout), times);
      if (result !== undefined) results.push(result);
    }
  const requests = results.find(({ text }) => text.startsWith('requests'))?.toParse ?? 0;
  return results.map((result) => ({ ...result, atLeast: rounded(requests / 2) }));
}

const rowsOf = (signal: Signal, layout: Exclude<Layout, 'query'>): Asked[] => [
  { kind: 'parse', text: 'JSON.parse' },
  { kind: 'transform', signal, layout, text: `${signal}, ${layout}` },
];

const shown = (ratio: number | undefined): string => (ratio === undefined ? '' : ratio.toFixed(2));

function table(results: readonly Result[]): string {
  const lines = results.map(
    ({ text, seconds, mbPerSecond, toParse, toDuckdb, toJavascript, peakMb, atLeast }) =>
      `| ${text} | ${seconds.toFixed(2)} | ${mbPerSecond} | ` +
      `${shown(toParse)}${atLeast !== undefined && toParse < atLeast ? ` **below ${atLeast}**` : ''} | ` +
      `${shown(toDuckdb)} | ${shown(toJavascript)} | ${peakMb} MB |`,
  );
  return [
    '| what | seconds | MB/s | to JSON.parse | to DuckDB | to JavaScript | peak memory |',
    '|---|--:|--:|--:|--:|--:|--:|',
    ...lines,
  ].join('\n');
}

/**
 * A virtual machine pays for memory that it never used before: 1.3 to 2.6 ms for each MB that is written to a file, and
 * 0.25 from then on. Without this the first program that writes much would pay for all that follow it.
 */
async function touchMemory(file: string, bytes: number): Promise<void> {
  await writeText(file, zeros(bytes));
  await rm(file);
}

function* zeros(bytes: number): Generator<string> {
  for (let written = 0; written < bytes; written += MB) yield '0'.repeat(MB);
}

const folder = await mkdtemp(join(tmpdir(), 'bench-data-'));
try {
  const [blob, answer] = [join(folder, 'a.blob'), join(folder, 'answer.json')];
  await writeText(blob, recordsText('requests', 'continuous', size));
  await writeText(answer, answerPieces((size * 2) / 5));
  await touchMemory(join(folder, 'memory'), size * 4);
  const results = {
    blobs: await compared(blob, blobRows, rounds),
    answers: await compared(answer, answerRows, rounds),
    pairs: flags.quick ? [] : await pairs(folder, 1),
  };
  if (flags.plot !== undefined) await writeFile(flags.plot, plot(results));
  if (flags.json) console.log(JSON.stringify(results, null, 2));
  else for (const part of Object.values(results)) if (part.length > 0) console.log(`${table(part)}\n`);
  const below = Object.values(results)
    .flat()
    .filter(({ toParse, atLeast }) => atLeast !== undefined && toParse < atLeast);
  if (below.length > 0) process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
