/**
 * `npm run interop`: lake files judged by readers other than our engine. Makes a small lake in each format, has
 * pyarrow, pandas and Python itself read it, and compares every value with what went in. Then Parquet files of odd
 * values, alone and beside files of schema version 1, are read by seven engines (odd.ts), and Delta tables by five
 * (tables.ts). Needs Python 3.9 with venv and pip, and their package registry (1.2 GB); what cannot be installed is
 * said to be skipped, and does not fail. `--spark`: Spark too (Java 17; 490 MB more).
 * `--venv <folder>`: keeps the Python packages there, for the next time.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { SIGNALS } from '../../local/telemetry/tables.ts';
import { columnsOf } from '../../shared/signals/columns-of.ts';
import { shortened } from '../e2e/compare.ts';
import { writeArchive } from './archive.ts';
import { type Judge, judges, nameOf, spark, verdict } from './judges.ts';
import { faultsOf, makeLakes, rowsOf } from './lakes.ts';
import { writeOddLakes } from './odd.ts';
import { pageFaults, pageReaders } from './page.ts';
import { type Outcome, outcomeOf, pythonWith } from './python.ts';
import { writeTable } from './tables.ts';
import { sparkTypeFaults, typeFaults } from './types.ts';

const { values: flags } = parseArgs({
  options: { spark: { type: 'boolean', default: false }, venv: { type: 'string' } },
});
const folder = await mkdtemp(join(tmpdir(), 'interop-'));
const [out, lake] = [join(folder, 'out'), join(folder, 'parquet')];

const json = async (name: string) => JSON.parse(await readFile(join(out, name), 'utf8'));

/** Runs a script over the lakes. Throws what it complains of. */
async function read(python: string, script: string): Promise<string> {
  const signals = Object.fromEntries(
    SIGNALS.map((signal) => [signal, Object.fromEntries(columnsOf(signal).map(({ name, type }) => [name, type]))]),
  );
  const work = judges.map((judge) => ({ name: nameOf(judge), reader: judge.reader, lake: join(folder, judge.lake) }));
  const request = join(folder, 'request.json');
  await writeFile(request, JSON.stringify({ signals, work, parquet: lake, out }));
  const outcome = await outcomeOf(python, [join(import.meta.dirname, script), request], {
    ...process.env,
    PYSPARK_PYTHON: python,
  });
  if (!outcome.ok) throw new Error(`${script}: ${outcome.text}`);
  return outcome.text;
}

/** Says of each judge what it saw. Resolves with the number of differences. */
async function compare(readers: readonly Judge[]): Promise<number> {
  let count = 0;
  const rows = await Promise.all(SIGNALS.map(async (signal) => [signal, await rowsOf(lake, signal)] as const));
  const total = rows.reduce((sum, [, { length }]) => sum + length, 0);
  for (const judge of readers) {
    const faults: string[] = [];
    for (const [signal, expected] of rows)
      faults.push(...(await verdict(judge, signal, out, expected)).map((fault) => `${signal}: ${fault}`));
    count += told(`${judge.reader} on ${judge.lake}: ${total} rows`, faults);
  }
  return count;
}

/** Engines on the folders of odd values, each with what it installs as. */
const oddReaders: Readonly<Record<string, readonly string[]>> = {
  pyarrow: ['pyarrow'],
  pandas: ['pandas', 'pyarrow'],
  polars: ['polars'],
  duckdb: ['duckdb'],
  chdb: ['chdb'],
  datafusion: ['datafusion', 'pyarrow'],
  daft: ['daft', 'pyarrow'],
  ...(flags.spark && { spark: ['pyspark'] }),
};

/** Resolves with the number of differences. */
async function compareOdd(venv: string): Promise<number> {
  const request = join(folder, 'odd.json');
  await writeFile(request, JSON.stringify({ lakes: await writeOddLakes(join(folder, 'odd')) }));
  let count = 0;
  for (const [reader, packages] of Object.entries(oddReaders)) {
    const python = await pythonWith(packages, venv);
    const ran = python.ok
      ? await outcomeOf(python.text, [join(import.meta.dirname, 'read_odd.py'), reader, request])
      : python;
    if (!python.ok) console.log(`skipped: ${reader}: ${python.text}`);
    else if (!ran.ok) count += told(`${reader} on odd values`, [ran.text]);
    else {
      const found = Object.entries(JSON.parse(ran.text.split('\n').at(-1) ?? '{}') as Record<string, OddFaults>);
      const faults = found.flatMap(([lake, { first }]) => first.map((fault) => `${lake}: ${fault}`));
      count += told(`${reader} on odd values: ${found.length} folders, every value, counts under filters`, faults);
    }
  }
  return count;
}

/** Readers of Delta tables, each with what it installs as. */
const tableReaders: Readonly<Record<string, readonly string[]>> = {
  deltalake: ['deltalake', 'pandas', 'pyarrow'],
  polars: ['polars', 'deltalake'],
  duckdb: ['duckdb==1.4.4', 'duckdb-ext-delta==1.4.4.20260205'],
  daft: ['daft', 'deltalake'],
  chdb: ['chdb'],
  ...(flags.spark && { spark: ['pyspark==4.0.0'] }),
};

/** What Spark needs to read Delta tables, by Maven: `group:name:version`. */
const jars = ['io.delta:delta-spark_2.13:4.0.0', 'io.delta:delta-storage:4.0.0'];

/** Paths of the jars, with commas; not ok: why they cannot be had. */
async function deltaJars(): Promise<Outcome> {
  const places: string[] = [];
  for (const jar of jars) {
    const got = await outcomeOf('mvn', ['-q', 'dependency:get', '-Dtransitive=false', `-Dartifact=${jar}`]);
    if (!got.ok) return { ok: false, text: `Maven cannot get ${jar} (${got.text})` };
    const [group = '', name = '', version = ''] = jar.split(':');
    places.push(join(homedir(), '.m2', 'repository', ...group.split('.'), name, version, `${name}-${version}.jar`));
  }
  return { ok: true, text: places.join(',') };
}

/** Runs the reader of tables; not ok and `skipped`: something is not to be had here. */
async function readTables(reader: string, python: Outcome, request: string): Promise<Outcome & { skipped?: boolean }> {
  if (!python.ok) return { ...python, skipped: true };
  const found = reader === 'spark' ? await deltaJars() : { ok: true, text: '' };
  if (!found.ok) return { ok: false, text: found.text, skipped: true };
  const env = { ...process.env, PYSPARK_PYTHON: python.text, DELTA_JARS: found.text };
  return outcomeOf(python.text, [join(import.meta.dirname, 'read_tables.py'), reader, request], env);
}

/**
 * A table of a few commits, and one of a thousand, with checkpoints and a log that was cleaned. Resolves with the
 * number of differences.
 */
async function compareTables(): Promise<number> {
  const tables = [await writeTable(join(folder, 'few'), 20), await writeTable(join(folder, 'thousand'), 1000)];
  const request = join(folder, 'tables.json');
  await writeFile(request, JSON.stringify({ tables }));
  let count = 0;
  for (const [reader, packages] of Object.entries(tableReaders)) {
    // Each of these wants its own version of what others have, too.
    const python = await pythonWith(packages, flags.venv ? join(flags.venv, reader) : join(folder, `venv-${reader}`));
    const ran = await readTables(reader, python, request);
    if (ran.skipped) console.log(`skipped: ${reader} on Delta tables: ${ran.text}`);
    else if (!ran.ok) count += told(`${reader} on Delta tables`, [ran.text]);
    else
      count += told(
        `${reader} on Delta tables: every row, filters, an older version`,
        JSON.parse(ran.text.split('\n').at(-1) ?? '[]'),
      );
  }
  return count;
}

/** The lines that docs/reading.md tells readers to copy. Resolves with the number of differences. */
async function comparePage(venv: string): Promise<number> {
  let count = 0;
  for (const reader of pageReaders.filter(({ name }) => name !== 'spark' || flags.spark))
    count += told(`the lines of docs/reading.md for ${reader.name}`, await pageFaults(reader, lake, venv));
  return count;
}

interface OddFaults {
  readonly faults: number;
  readonly first: readonly string[];
}

/** One line when all is well, else the faults. */
function told(what: string, faults: readonly string[]): number {
  console.log(`${faults.length === 0 ? 'same' : 'DIFFERENT'}  ${what}`);
  for (const fault of shortened(faults)) console.log(`  ${fault}`);
  return faults.length;
}

async function withSpark(venv: string): Promise<number> {
  const java = await outcomeOf('java', ['-version']);
  const python = java.ok ? await pythonWith(['pyspark'], venv) : { ok: false, text: `there is no Java (${java.text})` };
  if (!python.ok) {
    console.log(`skipped: Spark: ${python.text}`);
    return 0;
  }
  console.log(await read(python.text, 'read_spark.py'));
  const types = await json('spark.json');
  const faults = SIGNALS.flatMap((signal) => sparkTypeFaults(signal, types[signal] ?? {}));
  return told('types and partitions in Spark', faults) + (await compare([spark]));
}

async function main(): Promise<number> {
  const venv = flags.venv ?? join(folder, 'venv');
  const python = await pythonWith(['pyarrow', 'pandas'], venv);
  if (!python.ok) {
    console.log(`skipped: ${python.text}`);
    return 0;
  }
  await mkdir(out);
  const truth = await writeArchive(join(folder, 'archive'));
  await makeLakes(folder);
  const faults = await Promise.all(SIGNALS.map(async (signal) => faultsOf(lake, signal, truth(signal))));
  const count = told('DuckDB and what went in', faults.flat());
  console.log(await read(python.text, 'read.py'));
  const files = await json('types.json');
  const types = told(
    `types, compression and metadata of ${Object.keys(files).length} Parquet files`,
    typeFaults(files),
  );
  return (
    count +
    types +
    (await compare(judges)) +
    (await compareOdd(venv)) +
    (await compareTables()) +
    (await comparePage(venv)) +
    (flags.spark ? await withSpark(venv) : 0)
  );
}

try {
  const count = await main();
  if (count > 0) console.log(`${count} differences`);
  process.exitCode = count > 0 ? 1 : 0;
} finally {
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
}
