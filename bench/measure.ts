/** One measurement in a process of its own: `node bench/measure.ts <kind> <file>`, answered by one line of JSON. */
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { finished } from 'node:stream/promises';
import { createFolderStore } from '../shared/lake/store-folder.ts';
import type { Output, QuerySettings, Source, Window } from '../shared/model.ts';
import { plannedEntry } from '../shared/pipeline/entry.ts';
import { runWindow } from '../shared/pipeline/run.ts';
import { createFileSource } from '../shared/source/blobs/files.ts';
import { readAnswer } from '../shared/source/query/answer.ts';
import { createQuerySource } from '../shared/source/query/source.ts';
import { createMemoryLedger } from '../shared/state/ledger-memory.ts';
import { localPorts } from '../shared/wire.ts';
import { systemClock } from '../shared/wire-clients.ts';
import { HOUR } from './telemetry.ts';
import { residentPeak } from './watch.ts';

export type Kind = 'parse' | 'map' | 'transform' | 'parseAnswer' | 'answer';

const output: Output = {
  format: 'parquet',
  gzip: false,
  partition: 'hour',
  path: '{signal}/app={app}/date={yyyy}-{MM}-{dd}/hour={HH}/{source}_{start}_{end}.{ext}',
};

interface Classic {
  readonly request: readonly Readonly<
    Record<string, unknown> & { readonly durationMetric: { readonly value: number; readonly count: number } }
  >[];
  readonly internal: { readonly data: { readonly id: string } };
  readonly context: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** The least that a program without an engine does for a row; far from all columns. */
function mapped({ request, internal, context }: Classic): object {
  const [{ durationMetric, ...own } = { durationMetric: { value: 0, count: 1 } }] = request;
  const dimensions = Object.assign({}, ...((context.custom?.dimensions as object[] | undefined) ?? []));
  return {
    timestamp: context.data?.eventTime,
    ...own,
    duration: durationMetric.value / durationMetric.count / 10_000,
    customDimensions: dimensions,
    ...context.operation,
    ...context.user,
    ...context.session,
    ...context.device,
    ...context.location,
    itemId: internal.data.id,
  };
}

async function parseLines(file: string, use: (record: Classic) => Promise<void> | void): Promise<void> {
  for await (const line of createInterface({ input: createReadStream(file, { highWaterMark: 1 << 20 }) }))
    await use(JSON.parse(line));
}

async function mapLines(file: string, work: string): Promise<void> {
  const out = createWriteStream(join(work, 'mapped.ndjson'), { highWaterMark: 1 << 20 });
  await parseLines(file, (record) => {
    if (!out.write(`${JSON.stringify(mapped(record))}\n`)) return new Promise((resolve) => out.once('drain', resolve));
  });
  out.end();
  await finished(out);
}

async function run(window: Window, source: Source, work: string): Promise<void> {
  const ledger = createMemoryLedger();
  const lake = createFolderStore(join(work, 'lake'));
  await lake.prepare();
  await ledger.write(plannedEntry(window, 0), undefined);
  const outcome = await runWindow(window, {
    ...localPorts(output),
    ledger,
    lake,
    source,
    clock: systemClock,
    lease: 60_000,
  });
  if (outcome.state !== 'done') throw new Error(`${outcome.state}: ${outcome.error}`);
}

const window: Window = { app: 'bench', signal: 'requests', source: 'continuous', ...HOUR };

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
      const answer = await readAnswer(createReadStream(file), question.table, question.file);
      return { status: 200, lost: '', timedOut: false, retryAfter: '', age: 0, answer, body: undefined };
    },
  });
}

/** Parsed whole, and every cell looked at once. */
async function parseAnswer(file: string): Promise<void> {
  const { tables } = JSON.parse(await readFile(file, 'utf8')) as { tables: { rows: unknown[][] }[] };
  let cells = 0;
  for (const row of tables[0]?.rows ?? []) for (const cell of row) if (cell !== null) cells++;
  if (cells === 0) throw new Error(`${file}: no rows`);
}

const kinds: Readonly<Record<Kind, (file: string, work: string) => Promise<void>>> = {
  parse: (file) => parseLines(file, () => undefined),
  map: mapLines,
  transform: (file, work) =>
    run(window, createFileSource([{ window, layout: 'continuous', files: [{ name: 'a', path: file }] }]), work),
  parseAnswer,
  answer: (file, work) => run({ ...window, source: 'query' }, answerSource(file), work),
};

const [kind, file = ''] = process.argv.slice(2);
const measured = kinds[kind as Kind];
const work = await mkdtemp(join(tmpdir(), 'bench-'));
try {
  const { size } = await stat(file);
  const began = performance.now();
  await measured(file, work);
  console.log(
    JSON.stringify({
      seconds: (performance.now() - began) / 1000,
      bytes: size,
      memory: await residentPeak(process.pid),
    }),
  );
} finally {
  await rm(work, { recursive: true, force: true });
}
