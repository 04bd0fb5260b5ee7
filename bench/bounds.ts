/**
 * What one window may need at most, measured by the operating system: `node bench/bounds.ts [case…] [--scale 0.2]
 * [--json]`. Each case runs in a process of its own through what the triggers call (shared/wire.ts, built: `npm run
 * build` before), against Azurite and the simulator, which are not counted. Needs Linux, and 8 GB of disk, which it
 * frees again. Not part of `npm test`: it takes some minutes. `--scale`: windows of so much of their size (not the answers and lines in them).
 */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { parseArgs } from 'node:util';
import { BlobServiceClient } from '@azure/storage-blob';
import { type Azurite, startAzurite } from '../local/azurite.ts';
import type { Data } from '../local/simulator/data.ts';
import { startSimulator } from '../local/simulator/startSimulator.ts';
import { asCells } from '../local/telemetry/asCells.ts';
import type { RunOutcome } from '../shared/pipeline/run.ts';
import { type Instance, startInstance } from '../test/e2e/instance.ts';
import { environment } from '../test/e2e/process.ts';
import { APPENDED, runGrowing } from './append.ts';
import { evenRows, exportText, HOUR } from './telemetry.ts';
import { watchPeaks } from './watch.ts';

const MB = 1_000_000;

interface Case {
  readonly name: string;
  /** Of resident memory, as issue 20 asks: ordinary records, or lines of 20 MB. */
  readonly limit: number;
  readonly bytes: number;
  readonly blob?: () => Iterable<string>;
  readonly rows?: { readonly data: () => Data; readonly answer: number };
  /** Lengths at which the blob is swept and run while it grows. */
  readonly grows?: readonly number[];
}

/** As an answer spells it, on average. */
function bytesOfRow(sample: Data): number {
  const rows = [...sample.rows('requests', HOUR, '')];
  return rows.reduce((sum, row) => sum + JSON.stringify(asCells(row, 'app')).length + 1, 0) / rows.length;
}

/** Limits of resident memory: of ordinary records, and of lines of 20 MB. */
const [ORDINARY, WIDE] = [300 * MB, 512 * MB];

const sized = (bytes: number): string => (bytes < 1_000 * MB ? `${bytes / MB} MB` : `${bytes / MB / 1_000} GB`);

const query = (bytes: number, width: number, answer: number, also = '', limit = ORDINARY): Case => {
  const count = Math.round(bytes / bytesOfRow(evenRows(100, width)));
  const name = `query window of ${sized(bytes)}${also}`;
  return { name, bytes, limit, rows: { data: () => evenRows(count, width, limit === WIDE), answer } };
};

const blob = (bytes: number, long = 0, also = '', limit = ORDINARY): Case => ({
  ...{ name: `blob of ${sized(bytes)}${also}`, bytes, limit },
  blob: () => exportText(bytes, long),
});

/** What is read in all; the seconds hold the appending too. */
function append(grows: readonly number[]): Case {
  const bytes = grows.reduce((sum, each) => sum + each, 0);
  const last = grows.at(-1) ?? 0;
  return {
    name: `append blob of ${sized(last)}, run at ${grows.map(sized).join(', ')}`,
    bytes,
    limit: ORDINARY,
    grows,
  };
}

const casesOf = (scale: number): Readonly<Record<string, Case>> => ({
  blob: blob(2_000 * MB * scale),
  line: blob(300 * MB, 3, ', three lines of 20 MB', WIDE),
  append: append([1_000, 2_500, 5_000].map((each) => each * MB * scale)),
  query: query(5_000 * MB * scale, 1_000, 64 * MB),
  answer: query(500 * MB, 1_000, 104 * MB, ', answers of 104 MB'),
  row: query(200 * MB, 500, 64 * MB, ', a row of 20 MB', WIDE),
});

export interface Measured {
  readonly case: string;
  readonly bytes: number;
  readonly rows: number;
  readonly files: number;
  readonly seconds: number;
  readonly memory: number;
  readonly limit: number;
  readonly disk: number;
  /** Of all finished files. */
  readonly written: number;
}

async function measure(wanted: Case, folder: string, azurite: Azurite): Promise<Measured> {
  const container = `c${Date.now()}`;
  const exported = wanted.grows ? APPENDED : container;
  const work = join(folder, container);
  await mkdir(work, { recursive: true });
  const blobs = BlobServiceClient.fromConnectionString(azurite.connectionString);
  const name = `bench_${'0'.repeat(32)}/Requests/2024-05-10/06/a_20240510_060000.blob`;
  await blobs.getContainerClient(exported).create();
  if (wanted.blob)
    await blobs
      .getContainerClient(container)
      .getBlockBlobClient(name)
      .uploadStream(Readable.from(wanted.blob()), 8 * MB, 2);
  const simulator = await startSimulator(
    wanted.rows ? { data: wanted.rows.data(), byteLimit: wanted.rows.answer, gzip: true } : {},
  );
  const app = await startInstance(
    environment({
      AzureWebJobsStorage: azurite.connectionString,
      ...(wanted.rows ? querySettings(simulator.url) : exportSettings(exported)),
      STATE_TABLE: container,
      WINDOW_QUEUE: container,
      LAKE_CONNECTION_STRING: azurite.connectionString,
      LAKE_CONTAINER: `${container}lake`,
      TMPDIR: work,
    }),
    true,
  );
  const peaks = watchPeaks(app.child.pid ?? 0, work);
  const began = performance.now();
  const outcome = await (wanted.grows
    ? runGrowing(app, blobs, wanted.grows)
    : wanted.blob
      ? app.arrive(name)
      : runPlanned(app));
  const seconds = (performance.now() - began) / 1000;
  const { memory, disk } = await peaks.stop();
  await app.kill();
  await simulator.close();
  await rm(work, { recursive: true, force: true });
  for (const used of [exported, `${container}lake`]) await blobs.deleteContainer(used);
  if (outcome?.state !== 'done') throw new Error(`${wanted.name}: ${outcome?.state} ${outcome?.error}`);
  return {
    case: wanted.name,
    bytes: wanted.bytes,
    rows: outcome.counts.written,
    files: outcome.files.length,
    seconds,
    memory,
    limit: wanted.limit,
    disk,
    written: outcome.files.reduce((sum, file) => sum + file.bytes, 0),
  };
}

const exportSettings = (container: string): Record<string, string> => ({
  EXPORT_CONTAINER: container,
  EXPORT_CONNECTION: 'AzureWebJobsStorage',
  EXPORT_REFRESH: '0m',
});

const querySettings = (endpoint: string): Record<string, string> => ({
  APP_NAME: 'bench',
  APP_ID: '11111111-2222-3333-4444-555555555555',
  SIGNALS: 'requests',
  QUERY_ENDPOINT: endpoint,
  QUERY_FROM: new Date(HOUR.start).toISOString(),
  QUERY_UNTIL: new Date(HOUR.end).toISOString(),
});

async function runPlanned(app: Instance): Promise<RunOutcome> {
  await app.plan();
  return app.run({ app: 'bench', signal: 'requests', source: 'query', ...HOUR });
}

/** The finished files, each in whole blocks of the file system. */
const diskLimit = ({ written, files }: Measured): number => written + (files + 1) * 4096;

const mb = (bytes: number, limit: number): string =>
  `${Math.round(bytes / MB)} MB${bytes > limit ? ` **over ${Math.round(limit / MB)}**` : ''}`;

function line(measured: Measured): string {
  const { case: name, bytes, rows, files, seconds, memory, limit, disk, written } = measured;
  const speed = `${Math.round(seconds)} | ${Math.round(bytes / MB / seconds)}`;
  return `| ${name} | ${rows} | ${files} | ${mb(written, Infinity)} | ${speed} | ${mb(memory, limit)} | ${mb(disk, diskLimit(measured))} |`;
}

const HEAD = `| case | rows | files | of | seconds | MB/s | peak memory | peak temporary disk |
|---|--:|--:|--:|--:|--:|--:|--:|`;

async function main(words: readonly string[], scale: number, json: boolean): Promise<void> {
  if (!existsSync(join(import.meta.dirname, '../dist/shared')))
    throw new Error('there is no built app; run npm run build first');
  const cases = casesOf(scale);
  const unknown = words.find((word) => cases[word] === undefined);
  if (unknown !== undefined)
    throw new Error(`there is no case ${unknown}; give some of ${Object.keys(cases).join(', ')}`);
  const folder = await mkdtemp(join(tmpdir(), 'bounds-'));
  const azurite = await startAzurite({ folder: join(folder, 'azurite') });
  const results: Measured[] = [];
  try {
    if (!json) console.log(HEAD);
    for (const word of words.length > 0 ? words : Object.keys(cases)) {
      const found = cases[word];
      if (found === undefined) continue;
      const result = await measure(found, folder, azurite);
      results.push(result);
      if (!json) console.log(line(result));
    }
    if (json) console.log(JSON.stringify(results, null, 2));
    if (results.some((each) => each.memory > each.limit || each.disk > diskLimit(each))) process.exitCode = 1;
  } finally {
    await azurite.close();
    await rm(folder, { recursive: true, force: true });
  }
}

const { values: flags, positionals } = parseArgs({
  options: { scale: { type: 'string', default: '1' }, json: { type: 'boolean', default: false } },
  allowPositionals: true,
});
await main(positionals, Number(flags.scale), flags.json);
