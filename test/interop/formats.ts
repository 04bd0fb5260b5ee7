import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SIGNALS } from '../../local/telemetry/tables.ts';
import { columnsOf } from '../../shared/signals/columns-of.ts';
import { writeArchive } from './archive.ts';
import { type Judge, judges, nameOf, spark, verdict } from './judges.ts';
import { faultsOf, makeLakes, rowsOf } from './lakes.ts';
import { pageFaults, pageReaders } from './page.ts';
import { outcomeOf, pythonWith } from './python.ts';
import { skipped, timed, told } from './tell.ts';
import { sparkTypeFaults, typeFaults } from './types.ts';

/** Small lakes in every format, made below a folder, and what readers find in them. */

/** Runs a script over the lakes. Resolves with what it printed; throws what it complains of. */
async function read(folder: string, python: string, script: string): Promise<string> {
  const signals = Object.fromEntries(
    SIGNALS.map((signal) => [signal, Object.fromEntries(columnsOf(signal).map(({ name, type }) => [name, type]))]),
  );
  const work = judges.map((judge) => ({ name: nameOf(judge), reader: judge.reader, lake: join(folder, judge.lake) }));
  const request = join(folder, 'request.json');
  const places = { parquet: join(folder, 'parquet'), out: join(folder, 'out') };
  await writeFile(request, JSON.stringify({ signals, work, ...places }));
  const outcome = await outcomeOf(python, [join(import.meta.dirname, script), request], {
    ...process.env,
    PYSPARK_PYTHON: python,
  });
  if (!outcome.ok) throw new Error(`${script}: ${outcome.text}`);
  return outcome.text;
}

/** Says of each judge what it saw. Resolves with the number of differences. */
async function compare(folder: string, readers: readonly Judge[]): Promise<number> {
  let count = 0;
  const lake = join(folder, 'parquet');
  const rows = await Promise.all(SIGNALS.map(async (signal) => [signal, await rowsOf(lake, signal)] as const));
  const total = rows.reduce((sum, [, { length }]) => sum + length, 0);
  for (const judge of readers) {
    const faults: string[] = [];
    for (const [signal, expected] of rows)
      for (const fault of await verdict(judge, signal, join(folder, 'out'), expected))
        faults.push(`${signal}: ${fault}`);
    count += told(`${judge.reader} on ${judge.lake}: ${total} rows`, faults);
  }
  return count;
}

async function withSpark(folder: string, venv: string): Promise<number> {
  const java = await outcomeOf('java', ['-version']);
  const python = java.ok ? await pythonWith(['pyspark'], venv) : { ok: false, text: `there is no Java (${java.text})` };
  if (!python.ok) return skipped('Spark', python.text);
  return timed('Spark on parquet', async (seconds) => {
    console.log(`${await read(folder, python.text, 'read_spark.py')} (${seconds()})`);
    const types = JSON.parse(await readFile(join(folder, 'out', 'spark.json'), 'utf8'));
    const faults = SIGNALS.flatMap((signal) => sparkTypeFaults(signal, types[signal] ?? {}));
    return told('types and partitions in Spark', faults) + (await compare(folder, [spark]));
  });
}

/** The lines that docs/reading.md tells readers to copy. Resolves with the number of differences. */
async function comparePage(lake: string, venv: string, isSpark: boolean): Promise<number> {
  let count = 0;
  for (const reader of pageReaders.filter(({ name }) => name !== 'spark' || isSpark))
    count += told(`the lines of docs/reading.md for ${reader.name}`, await pageFaults(reader, lake, venv));
  return count;
}

/** Resolves with the number of differences. */
export async function compareFormats(folder: string, venv: string, isSpark: boolean): Promise<number> {
  const python = await pythonWith(['pyarrow', 'pandas'], venv);
  if (!python.ok) return skipped('lakes', python.text);
  await mkdir(join(folder, 'out'));
  const truth = await writeArchive(join(folder, 'archive'));
  await makeLakes(folder);
  const lake = join(folder, 'parquet');
  const faults = await Promise.all(SIGNALS.map(async (signal) => faultsOf(lake, signal, truth(signal))));
  const count = told('DuckDB and what went in', faults.flat());
  console.log(await read(folder, python.text, 'read.py'));
  const files = JSON.parse(await readFile(join(folder, 'out', 'types.json'), 'utf8'));
  return (
    count +
    told(`types, compression and metadata of ${Object.keys(files).length} Parquet files`, typeFaults(files)) +
    (await compare(folder, judges)) +
    (await comparePage(lake, venv, isSpark)) +
    (isSpark ? await withSpark(folder, venv) : 0)
  );
}
