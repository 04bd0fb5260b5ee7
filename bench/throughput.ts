/**
 * `node bench/throughput.ts [--json]`: how fast records become Parquet, as ratios to JSON.parse on the same machine at the same time.
 * Each measurement runs in a process of its own, three times in turn; the medians count.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { answerText } from '../local/simulator/answer.ts';
import { parseKql } from '../local/simulator/kql.ts';
import type { Kind } from './measure.ts';
import { evenRows, exportText, HOUR, writeText } from './telemetry.ts';

const MB = 1_000_000;
const ROUNDS = 3;

interface Sample {
  readonly seconds: number;
  readonly bytes: number;
  readonly memory: number;
}

const rows: readonly (readonly [kind: Kind, input: 'blob' | 'answer', text: string])[] = [
  ['parse', 'blob', 'export blob: JSON.parse of every line'],
  ['map', 'blob', 'export blob: JSON.parse, map, NDJSON'],
  ['transform', 'blob', 'export blob → Parquet'],
  ['parseAnswer', 'answer', 'query answer: JSON.parse of the whole'],
  ['answer', 'answer', 'query answer → Parquet'],
];

/** An answer as the service would send it, without its limits. */
function answerPieces(bytes: number): Iterable<string> {
  const iso = (at: number) => new Date(at).toISOString();
  const text = `requests | where timestamp >= datetime(${iso(HOUR.start)}) and timestamp < datetime(${iso(HOUR.end)})`;
  const { query } = parseKql(text);
  if (query === undefined) throw new Error(`${text}: not understood`);
  const style = {
    cells: 'native',
    form: 'current',
    rowLimit: Number.POSITIVE_INFINITY,
    byteLimit: Number.POSITIVE_INFINITY,
  } as const;
  return answerText(query, () => evenRows(Math.round(bytes / 1_100), 60).rows('requests', HOUR, ''), style, {
    rows: 0,
    bytes: 0,
    incomplete: undefined,
  });
}

async function sample(kind: Kind, file: string): Promise<Sample> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(import.meta.dirname, 'measure.ts'), kind, file]);
  return JSON.parse(stdout);
}

const median = (samples: readonly Sample[]): Sample => {
  const [first, ...rest] = samples.toSorted((one, other) => one.seconds - other.seconds);
  const middle = [first, ...rest][Math.floor(samples.length / 2)];
  if (middle === undefined) throw new Error('nothing was measured');
  return { ...middle, memory: Math.max(...samples.map(({ memory }) => memory)) };
};

const folder = await mkdtemp(join(tmpdir(), 'bench-data-'));
try {
  const files = { blob: join(folder, 'a.blob'), answer: join(folder, 'answer.json') };
  await writeText(files.blob, exportText(200 * MB));
  await writeText(files.answer, answerPieces(80 * MB));
  const samples = new Map<Kind, Sample[]>();
  for (let round = 0; round < ROUNDS; round++) {
    for (const [kind, input] of rows)
      samples.set(kind, [...(samples.get(kind) ?? []), await sample(kind, files[input])]);
  }
  const results = rows.map(([kind, input, text]) => {
    const { seconds, bytes, memory } = median(samples.get(kind) ?? []);
    const base = median(samples.get(input === 'blob' ? 'parse' : 'parseAnswer') ?? []);
    return {
      kind,
      text,
      mbPerSecond: Math.round(bytes / MB / seconds),
      ratio: Math.round((base.seconds / seconds) * 100) / 100,
      peakMb: Math.round(memory / MB),
    };
  });
  if (process.argv.includes('--json')) console.log(JSON.stringify(results, null, 2));
  else {
    console.log('| what | MB/s | to JSON.parse | peak memory |\n|---|--:|--:|--:|');
    for (const { text, mbPerSecond, ratio, peakMb } of results)
      console.log(`| ${text} | ${mbPerSecond} | ${ratio} | ${peakMb} MB |`);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
