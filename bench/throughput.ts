/**
 * `node bench/throughput.ts [--quick] [--json] [--plot <file>]`: what records cost on their way into files, in seconds
 * of the processor, as ratios to what they cost other programs on the same machine at the same time. Each measurement is
 * a process of its own. What is compared runs in turn, nine times, forwards and backwards; a ratio is the median of
 * those of single rounds, and where the middle half of them lies is told beside it. `--quick`: three times, without the
 * thirty pairs of signal and layout. `--mb`: of requests (200; an answer has two fifths of it, a pair a fifth).
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
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
const rounds = flags.quick ? 3 : 9;
const size = Number(flags.mb) * MB;

export interface Result {
  readonly text: string;
  readonly seconds: number;
  /** Those of them in system mode. */
  readonly system: number;
  readonly mbPerSecond: number;
  /** Of JSON.parse of the same bytes, of bare DuckDB, of JavaScript: above 1 is faster than that. */
  readonly toParse: number;
  /** The middle half of the rounds' `toParse`. */
  readonly spread: readonly [number, number];
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
  await touchMemory(measurement.file);
  const words = [join(import.meta.dirname, 'measure.ts'), JSON.stringify(measurement)];
  return JSON.parse((await promisify(execFile)(process.execPath, words)).stdout);
}

/** The value with so much of the sorted ones below it: 0.5 is the median. */
function quantile(values: readonly number[], part: number): number {
  const value = values.toSorted((one, other) => one - other)[Math.floor(part * (values.length - 1) + 0.5)];
  if (value === undefined) throw new Error('nothing was measured');
  return value;
}

const rounded = (value: number): number => Math.round(value * 100) / 100;

/** Measures in turn, round by round, every other one backwards, so that a busy moment is nobody's alone. */
async function compared(file: string, rows: readonly Asked[], times: number): Promise<Result[]> {
  const samples = rows.map((): Sample[] => []);
  for (let round = 0; round < times; round++)
    for (const index of round % 2 === 0 ? rows.keys() : [...rows.keys()].reverse()) {
      const { text: _text, atLeast: _least, ...asked } = rows[index] as Asked;
      samples[index]?.push(await sample({ ...asked, file }));
    }
  const samplesOf = (...kinds: readonly string[]) => samples[rows.findIndex(({ kind }) => kinds.includes(kind))] ?? [];
  return rows.map((row, index) => resultOf(row, samples[index] ?? [], samplesOf));
}

function resultOf(
  { text, atLeast }: Asked,
  ours: readonly Sample[],
  samplesOf: (...kinds: readonly string[]) => readonly Sample[],
): Result {
  const middle = (of: (sample: Sample) => number) => quantile(ours.map(of), 0.5);
  const ratios = (others: readonly Sample[]) => others.map((other, round) => other.seconds / seconds(ours[round]));
  const ratio = (found: readonly number[]) => (found.length > 0 ? rounded(quantile(found, 0.5)) : undefined);
  const toParse = ratios(samplesOf('parse', 'parseAnswer'));
  return {
    text,
    seconds: rounded(middle(seconds)),
    system: rounded(middle(({ system }) => system)),
    mbPerSecond: Math.round(middle((sample) => sample.bytes / MB / sample.seconds)),
    toParse: rounded(quantile(toParse, 0.5)),
    spread: [rounded(quantile(toParse, 0.25)), rounded(quantile(toParse, 0.75))],
    toDuckdb: ratio(ratios(samplesOf('duckdb'))),
    toJavascript: ratio(ratios(samplesOf('javascript'))),
    peakMb: Math.round(Math.max(...ours.map(({ memory }) => memory)) / MB),
    atLeast,
  };
}

const seconds = (sample: Sample | undefined): number => sample?.seconds ?? Number.NaN;

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
    ({ text, seconds, system, mbPerSecond, toParse, spread, toDuckdb, toJavascript, peakMb, atLeast }) =>
      `| ${text} | ${seconds.toFixed(2)} | ${system.toFixed(2)} | ${mbPerSecond} | ` +
      `${shown(toParse)} (${spread.map(shown).join(' to ')})` +
      `${atLeast !== undefined && toParse < atLeast ? ` **below ${atLeast}**` : ''} | ` +
      `${shown(toDuckdb)} | ${shown(toJavascript)} | ${peakMb} MB |`,
  );
  return [
    '| what | seconds | in system mode | MB/s | to JSON.parse | to DuckDB | to JavaScript | peak memory |',
    '|---|--:|--:|--:|--:|--:|--:|--:|',
    ...lines,
  ].join('\n');
}

/**
 * A virtual machine may hand pages that are free back to its host; who touches them next pays for that in system mode,
 * 1.3 to 2.6 ms for each MB in place of 0.25. So before each measurement as much memory is used and freed as it needs.
 */
async function touchMemory(file: string): Promise<void> {
  const { size: bytes } = await stat(file);
  await writeText(`${file}.memory`, zeros(bytes * 3));
  await rm(`${file}.memory`);
}

function* zeros(bytes: number): Generator<string> {
  const text = '0'.repeat(MB);
  for (let written = 0; written < bytes; written += MB) yield text;
}

const folder = await mkdtemp(join(tmpdir(), 'bench-data-'));
try {
  const [blob, answer] = [join(folder, 'a.blob'), join(folder, 'answer.json')];
  await writeText(blob, recordsText('requests', 'continuous', size));
  await writeText(answer, answerPieces((size * 2) / 5));
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
