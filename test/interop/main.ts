/**
 * `npm run interop`: lake files judged by readers other than our engine, in three parts.
 * `lakes`: a small lake in each format; pyarrow, pandas and Python itself read it, every value is compared with what
 * went in. `odd`: Parquet files of odd values, alone and beside files of schema version 1, by seven engines (odd.ts).
 * `tables`: Delta tables, one of 1,000 entries among them, by five (tables.ts).
 * Needs Python 3.9 with venv and pip, and their package registry (1.2 GB); what cannot be installed is said to be
 * skipped, and does not fail.
 *
 * `--spark`: Spark too (Java 17; 490 MB more, and delta-spark by Maven).
 * `--only <part,…>` and `--reader <name,…>`: not all of it; a name of `odd` or `tables`.
 * `--venv <folder>`: keeps the Python packages there, for the next time.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { compareFormats } from './formats.ts';
import { writeOddLakes } from './odd.ts';
import { type Outcome, outcomeOf, pythonWith, versionsOf } from './python.ts';
import { writeTable } from './tables.ts';
import { skipped, timed, told } from './tell.ts';

const parts = ['lakes', 'odd', 'tables'] as const;
const { values: flags } = parseArgs({
  options: {
    spark: { type: 'boolean', default: false },
    venv: { type: 'string' },
    only: { type: 'string', default: parts.join() },
    reader: { type: 'string', default: '' },
  },
});
const folder = await mkdtemp(join(tmpdir(), 'interop-'));

/** Engines, each with what it installs as. */
type Readers = Readonly<Record<string, readonly string[]>>;
const oddReaders: Readers = {
  pyarrow: ['pyarrow'],
  pandas: ['pandas', 'pyarrow'],
  polars: ['polars'],
  duckdb: ['duckdb'],
  chdb: ['chdb'],
  datafusion: ['datafusion', 'pyarrow'],
  daft: ['daft', 'pyarrow'],
  ...(flags.spark && { spark: ['pyspark'] }),
};
const tableReaders: Readers = {
  deltalake: ['deltalake', 'pandas', 'pyarrow'],
  polars: ['polars', 'deltalake'],
  duckdb: ['duckdb==1.4.4', 'duckdb-ext-delta==1.4.4.20260205'],
  daft: ['daft', 'deltalake'],
  chdb: ['chdb'],
  ...(flags.spark && { spark: ['pyspark==4.0.0'] }),
};
const asked = (readers: Readers) =>
  Object.entries(readers).filter(([name]) => flags.reader === '' || flags.reader.split(',').includes(name));

/** Resolves with the number of differences. */
async function compareOdd(venv: string): Promise<number> {
  const request = join(folder, 'odd.json');
  await writeFile(request, JSON.stringify({ lakes: await writeOddLakes(join(folder, 'odd')) }));
  let count = 0;
  for (const [reader, packages] of asked(oddReaders))
    count += await timed(`${reader} on odd values`, async (seconds) => {
      const python = await pythonWith(packages, venv);
      if (!python.ok) return skipped(reader, python.text);
      const name = await versionsOf(python.text, packages);
      const ran = await outcomeOf(python.text, [join(import.meta.dirname, 'read_odd.py'), reader, request]);
      if (!ran.ok) return told(`${name} on odd values`, [ran.text]);
      const found = Object.entries(JSON.parse(ran.text.split('\n').at(-1) ?? '{}') as Record<string, OddFaults>);
      const faults = found.flatMap(([lake, { first }]) => first.map((fault) => `${lake}: ${fault}`));
      const what = `${found.length} folders, every value, counts under filters`;
      return told(`${name} on odd values: ${what} (${seconds()})`, faults);
    });
  return count;
}

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

/**
 * A table of a few commits, and one of a thousand, with checkpoints and a log that was cleaned. Resolves with the
 * number of differences.
 */
async function compareTables(): Promise<number> {
  const tables = [await writeTable(join(folder, 'few'), 20), await writeTable(join(folder, 'thousand'), 1000)];
  const request = join(folder, 'tables.json');
  await writeFile(request, JSON.stringify({ tables }));
  let count = 0;
  for (const [reader, packages] of asked(tableReaders))
    count += await timed(`${reader} on Delta tables`, async (seconds) => {
      // Each of these wants its own version of what others have, too.
      const python = await pythonWith(packages, flags.venv ? join(flags.venv, reader) : join(folder, `venv-${reader}`));
      if (!python.ok) return skipped(`${reader} on Delta tables`, python.text);
      const found = reader === 'spark' ? await deltaJars() : { ok: true, text: '' };
      if (!found.ok) return skipped(`${reader} on Delta tables`, found.text);
      const name = await versionsOf(python.text, packages);
      const env = { ...process.env, PYSPARK_PYTHON: python.text, DELTA_JARS: found.text };
      const ran = await outcomeOf(python.text, [join(import.meta.dirname, 'read_tables.py'), reader, request], env);
      if (!ran.ok) return told(`${name} on Delta tables`, [ran.text]);
      const { faults, looked } = JSON.parse(ran.text.split('\n').at(-1) ?? '{}') as TableFaults;
      return told(`${name} on Delta tables: ${looked.join(', ')} (${seconds()})`, faults);
    });
  return count;
}

interface OddFaults {
  readonly faults: number;
  readonly first: readonly string[];
}

interface TableFaults {
  readonly faults: readonly string[];
  /** What was compared, in words of read_tables.py. */
  readonly looked: readonly string[];
}

async function main(): Promise<number> {
  const only = flags.only.split(',');
  const unknown = only.find((part) => !parts.some((each) => each === part));
  if (unknown !== undefined) throw new Error(`--only ${unknown}: name ${parts.join(', ')}`);
  const venv = flags.venv ?? join(folder, 'venv');
  return (
    (only.includes('lakes') ? await compareFormats(folder, venv, flags.spark) : 0) +
    (only.includes('odd') ? await compareOdd(venv) : 0) +
    (only.includes('tables') ? await compareTables() : 0)
  );
}

try {
  const count = await main();
  if (count > 0) console.log(`${count} differences`);
  process.exitCode = count > 0 ? 1 : 0;
} finally {
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
}
