import { cp, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { type Fence, fencesOf } from '../docs/fences.ts';
import { outcomeOf, pythonWith } from './python.ts';

/** A reader whose lines docs/reading.md has, how its block is known, and what it installs as. */
interface PageReader {
  readonly name: string;
  readonly packages: readonly string[];
  readonly is: (fence: Fence) => boolean;
}

const ofPython =
  (word: string) =>
  ({ language, text }: Fence): boolean =>
    language === 'python' && text.includes(word);

export const pageReaders: readonly PageReader[] = [
  { name: 'pyarrow', packages: ['pyarrow', 'pandas'], is: ofPython('pyarrow.dataset') },
  { name: 'polars', packages: ['polars'], is: ofPython('polars') },
  { name: 'chdb', packages: ['chdb'], is: ({ language, text }) => language === 'sql' && /FROM file\(/.test(text) },
  { name: 'spark', packages: ['pyspark'], is: ofPython('spark.read') },
];

/**
 * The lines of docs/reading.md, as they stand there, on a lake: each must find all rows of the requests, or of the day
 * that it asks for. Only the place of the lake and the day are others. Resolves with what is wrong; undefined: skipped,
 * and said.
 */
export async function pageFaults(reader: PageReader, parquet: string, venv: string): Promise<readonly string[]> {
  const folder = join(parquet, '..', 'page');
  const lake = join(folder, 'lake');
  await mkdir(folder, { recursive: true });
  await cp(parquet, lake, { recursive: true }); // chdb opens nothing beyond its folder
  const blocks = fencesOf('docs/reading.md').filter(reader.is);
  if (blocks.length === 0) return [`docs/reading.md has no lines for ${reader.name}`];
  const python = await pythonWith(reader.packages, venv);
  if (!python.ok) {
    console.log(`skipped: docs/reading.md: ${reader.name}: ${python.text}`);
    return [];
  }
  const faults: string[] = [];
  for (const { text, line } of blocks) {
    const days = (await readdir(join(lake, 'requests'), { recursive: true })).flatMap(
      (path) => /date=([\d-]{10})$/.exec(path)?.[1] ?? [],
    );
    const [day = ''] = days;
    const asksForDay = /20\d\d-\d\d-\d\d/.test(text);
    const code = text.replace(/20\d\d-\d\d-\d\d/g, day).replace(/abfss:\/\/[^"]*\/requests/, 'lake/requests');
    const file = join(folder, `block-${line}.txt`);
    await writeFile(file, code);
    const args = [join(import.meta.dirname, 'run_page.py'), reader.name, file];
    const ran = await outcomeOf('sh', ['-c', `cd "$0" && exec "$@"`, folder, python.text, ...args]);
    const expected = await count(join(lake, 'requests'), asksForDay ? day : '');
    if (ran.text.split('\n').at(-1) !== String(expected))
      faults.push(`docs/reading.md:${line}: ${expected} rows are there, it finds ${ran.text}`);
  }
  return faults;
}

/** Rows of a signal's folder; `day` '': of all days. */
async function count(folder: string, day: string): Promise<number> {
  const duckdb = await DuckDBInstance.create(':memory:');
  try {
    const connection = await duckdb.connect();
    const files = `read_parquet('${folder}/**/*.parquet', hive_partitioning = true)`;
    const where = day === '' ? '' : ` WHERE date = '${day}'`;
    return Number((await connection.runAndReadAll(`SELECT count(*) FROM ${files}${where}`)).getRows()[0]?.[0]);
  } finally {
    duckdb.closeSync();
  }
}
