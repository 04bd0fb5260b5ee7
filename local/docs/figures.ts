/**
 * `npm run figures [-- sizes|times|throughput|bounds|hostile|jobs|planner|million …]` measures what docs/figures.md says, and writes it
 * there, with when and where. Sizes and times need `npm run package` before, jobs and bounds `npm run build`. On an idle machine
 * throughput takes three minutes, bounds four, hostile and jobs one each.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release, type } from 'node:os';
import { join } from 'node:path';
import type { Measured } from '../../bench/bounds.ts';
import type { HostileResult } from '../../bench/hostile.ts';
import type { Sample } from '../../bench/jobs.ts';
import type { Result } from '../../bench/throughput.ts';
import type { Startup } from '../../infra/startup.ts';
import { between } from './operations-page.ts';

const root = join(import.meta.dirname, '../..');
const page = join(root, 'docs/figures.md');
const made = join(root, '.package');

type Figure = readonly [what: string, value: string];

function bytesBelow(path: string): number {
  const stat = lstatSync(path);
  if (!stat.isDirectory()) return stat.size;
  return readdirSync(path).reduce((sum, name) => sum + bytesBelow(join(path, name)), 0);
}
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
const sizeOf = (...path: readonly string[]): string => megabytes(bytesBelow(join(root, ...path)));

function sizes(): readonly Figure[] {
  if (!existsSync(made)) throw new Error('figures: run npm run package first');
  const [tarball = ''] = globSync('insights-lake-*.tgz', { cwd: made });
  return [
    ['the package that is published, unpacked', sizeOf('.package', 'app')],
    ['the same as a zip', sizeOf('.package', 'insights-lake.zip')],
    ['the command line as a tarball', sizeOf('.package', tarball)],
    ['`npm install` of a checkout, on disk', sizeOf('node_modules')],
  ];
}

function times(): readonly Figure[] {
  const script = join(root, 'infra/startup.ts');
  const runs = [1, 2, 3].map((): Startup => JSON.parse(answerOf([script, join(made, 'app')])));
  const median = (of: (run: Startup) => number): string => `${runs.map(of).sort((a, b) => a - b)[1]} ms`;
  return [
    ['all functions of the package load, as a worker loads them', median(({ load }) => load)],
    ['clients and engine load, at the first call, in', median(({ first }) => first)],
  ];
}

function throughput(): readonly Figure[] {
  const found: unknown = JSON.parse(answerOf([join(root, 'bench/throughput.ts'), '--quick', '--json']));
  return resultsIn(found).map(({ text, mbPerSecond, toParse, spread, toDuckdb, toJavascript, peakMb }) => [
    text,
    `${mbPerSecond.toFixed(0)} MB of JSON a second of one core; ` +
      `${toParse.toFixed(2)} of JSON.parse (${spread.map((each) => each.toFixed(2)).join(' to ')}), ` +
      (toDuckdb === undefined
        ? ''
        : `${toDuckdb.toFixed(2)} of DuckDB, ${toJavascript?.toFixed(2)} times JavaScript; `) +
      `${peakMb.toFixed(0)} MB of memory`,
  ]);
}

const bench = <T>(...words: readonly string[]): readonly T[] =>
  JSON.parse(answerOf([join(root, 'bench', words[0] ?? ''), ...words.slice(1), '--json']));

const bounds = (): readonly Figure[] =>
  bench<Measured>('bounds.ts', '--scale', '0.2').map(({ case: of, memory, disk, written }) => [
    of,
    `${megabytes(memory)} of memory, ${megabytes(disk)} of temporary disk at most, ${megabytes(written)} of files`,
  ]);

function hostile(): readonly Figure[] {
  const results = bench<HostileResult>('hostile.ts');
  const slowness = ({ seconds, bytes }: HostileResult): number => seconds / bytes;
  const usual = results[0] === undefined ? 1 : slowness(results[0]);
  return results.map((each) => [
    each.text,
    `${(slowness(each) / usual).toFixed(1)} times as long as ordinary records, ${megabytes(each.memory)} of memory; ` +
      `${each.rows} rows, ${each.quarantined} set aside`,
  ]);
}

function jobs(): readonly Figure[] {
  if (!existsSync(join(root, 'dist'))) throw new Error('figures: run npm run build first');
  return [
    ['200 MB in 8 windows', ['--rounds', '3']] as const,
    ['1 GB in 10 windows', ['--mb', '1000', '--windows', '10', '--rounds', '1']] as const,
  ].flatMap(([what, words]) =>
    bench<Sample & { readonly speedup: number }>('jobs.ts', '--built', ...words).map(
      ({ jobs: of, wall, speedup, ...each }): Figure => [
        `${what}, ${of} job${of === 1 ? '' : 's'}`,
        `${wall.toFixed(1)} s, ${speedup.toFixed(2)} times as fast as one; ${each.seconds.toFixed(1)} s of the processor, ` +
          `${each.main.toFixed(1)} of them in the main thread; ${megabytes(each.memory)} of memory`,
      ],
    ),
  );
}

/** What a bench prints line by line: what, a colon, figures. */
const lines = (name: string): readonly Figure[] =>
  answerOf([join(root, 'bench', name)])
    .trim()
    .split('\n')
    .map((line) => [line.slice(0, line.indexOf(': ')), line.slice(line.indexOf(': ') + 2)]);

/** Every result that the bench printed, wherever it put it. */
function resultsIn(value: unknown): readonly Result[] {
  if (typeof value !== 'object' || value === null) return [];
  if ('mbPerSecond' in value && 'toParse' in value) return [value as Result];
  return Object.values(value).flatMap(resultsIn);
}

function answerOf(words: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8', maxBuffer: 1e8 });
  if (status !== 0 && stdout.trim() === '') throw new Error(`figures: ${words[0]}: ${stderr}`);
  return stdout;
}

const parts = {
  ...{ sizes, times, throughput, bounds, hostile, jobs },
  planner: () => lines('planner/main.ts'),
  million: () => lines('million.ts'),
};
const how: Readonly<Record<string, string>> = { bounds: ', at a fifth of the usual sizes' };
const day = new Date().toISOString().slice(0, 10);
const machine =
  `${type()} ${release()}, ${availableParallelism()} cores (${cpus()[0]?.model.trim()}), Node ` +
  `${process.versions.node}`;

for (const name of process.argv.length > 2 ? process.argv.slice(2) : ['sizes', 'times']) {
  const figures = parts[name as keyof typeof parts]();
  // Others may have used the machine meanwhile: that is part of where.
  const where = `On ${day}, ${machine}, load ${loadavg()[1]?.toFixed(1)} in the five minutes before${how[name] ?? ''}.`;
  const rows = figures.map(([what, value]) => `| ${what} | ${value} |`);
  writeFileSync(page, between(readFileSync(page, 'utf8'), name, [where, '', '| | |', '|---|---|', ...rows]));
}
