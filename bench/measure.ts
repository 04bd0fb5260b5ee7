/**
 * One measurement in a process of its own: `node bench/measure.ts <measurement as JSON>`, answered by one line of JSON.
 */

import { createReadStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFolderStore } from '../shared/lake/store-folder.ts';
import type { Counts, Format, Layout, Output, QuerySettings, Signal, Source, Window } from '../shared/model.ts';
import { plannedEntry } from '../shared/pipeline/entry.ts';
import { runWindow } from '../shared/pipeline/run.ts';
import { createFileSource } from '../shared/source/blobs/loose/files.ts';
import { readAnswer } from '../shared/source/query/answer.ts';
import { createQuerySource } from '../shared/source/query/source.ts';
import { createMemoryLedger } from '../shared/state/ledger-memory.ts';
import { systemClock } from '../shared/wire/clock.ts';
import { localPorts } from '../shared/wire/local.ts';
import { bareDuckdb, javascript, parseAnswer, parseLines } from './baselines.ts';
import { HOUR } from './telemetry.ts';
import { residentPeak } from './watch.ts';

export type Kind = 'parse' | 'duckdb' | 'javascript' | 'transform' | 'parseAnswer' | 'answer' | 'hostile';

export interface Measurement {
  readonly kind: Kind;
  readonly file: string;
  /** Of `transform`. */
  readonly signal?: Signal;
  readonly layout?: Exclude<Layout, 'query'>;
  readonly format?: Format;
}

export interface Sample {
  /** Of the processor, in user and system mode, all threads: what the machine does beside counts little. */
  readonly seconds: number;
  /** Those of them in system mode: page faults, and what is copied from and to files. */
  readonly system: number;
  readonly wall: number;
  readonly bytes: number;
  readonly memory: number;
  /** Of `hostile`, whose records may be none. */
  readonly counts?: Counts;
}

const outputOf = (format: Format): Output => ({
  format,
  gzip: false,
  partition: 'hour',
  path: '{signal}/app={app}/date={yyyy}-{MM}-{dd}/hour={HH}/{source}_{start}_{end}.{ext}',
});

async function run(window: Window, source: Source, work: string, format: Format): Promise<Counts> {
  const ledger = createMemoryLedger();
  const lake = createFolderStore(join(work, 'lake'));
  await lake.prepare();
  await ledger.write(plannedEntry(window, 0), undefined);
  const outcome = await runWindow(window, {
    ...localPorts(outputOf(format)),
    ledger,
    lake,
    source,
    clock: systemClock,
    lease: 600_000,
  });
  if (outcome.state !== 'done') throw new Error(`${outcome.state}: ${outcome.error}`);
  return outcome.counts;
}

async function whole(counts: Promise<Counts>): Promise<void> {
  const { written, quarantined } = await counts;
  if (written === 0 || quarantined > 0) throw new Error(`${written} rows, ${quarantined} set aside`);
}

/** The recorded answer without the network: what the client would read from its socket comes from a file. */
function answerSource(file: string): Source {
  const settings: QuerySettings = {
    url: 'http://127.0.0.1/v1/apps/bench/query',
    ...{
      scope: '',
      auth: { kind: 'none' },
      schema: { kind: 'app' },
      signals: ['requests'],
      window: 0,
      lag: 0,
      retention: 0,
    },
    ...{ from: undefined, until: undefined },
  };
  return createQuerySource({
    settings,
    clock: systemClock,
    ask: async (question) => {
      const answer = await readAnswer(createReadStream(file), question.table, question.rows);
      return { status: 200, lost: '', timedOut: false, retryAfter: '', age: 0, answer, body: undefined };
    },
  });
}

function runFile({ file, signal, layout, format }: Required<Measurement>, work: string): Promise<Counts> {
  const window: Window = { app: 'bench', signal, source: layout, ...HOUR };
  return run(
    window,
    createFileSource([{ window, layout, files: [{ name: 'a', path: file, hour: HOUR.start }] }]),
    work,
    format,
  );
}

const answer = ({ file }: Measurement, work: string): Promise<Counts> =>
  run({ app: 'bench', signal: 'requests', source: 'query', ...HOUR }, answerSource(file), work, 'parquet');

const kinds: Readonly<
  Record<Kind, (measured: Required<Measurement>, work: string) => Promise<Counts> | Promise<void>>
> = {
  parse: ({ file }) => parseLines(file),
  duckdb: ({ file }, work) => bareDuckdb(file, work),
  javascript: ({ file }, work) => javascript(file, work),
  transform: (measured, work) => whole(runFile(measured, work)),
  hostile: runFile,
  parseAnswer: ({ file }) => parseAnswer(file),
  answer: (measured, work) => whole(answer(measured, work)),
};

const asked: Measurement = JSON.parse(process.argv[2] ?? '{}');
const measured = { signal: 'requests', layout: 'continuous', format: 'parquet', ...asked } as const;
const work = await mkdtemp(join(tmpdir(), 'bench-'));
try {
  const { size } = await stat(asked.file);
  const [began, cpu] = [performance.now(), process.cpuUsage()];
  const counts = await kinds[asked.kind](measured, work);
  const { user, system } = process.cpuUsage(cpu);
  const sample: Sample = {
    seconds: (user + system) / 1e6,
    system: system / 1e6,
    wall: (performance.now() - began) / 1000,
    bytes: size,
    memory: await residentPeak(process.pid),
    ...(counts && { counts }),
  };
  console.log(JSON.stringify(sample));
} finally {
  await rm(work, { recursive: true, force: true });
}
