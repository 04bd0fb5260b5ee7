import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Chunk, Counts, Draft, DraftFile, Engine, Output, Shaping, Signal } from '../model.ts';
import { noShape, noShaping } from '../signals/shape.ts';
import { windowName } from '../signals/window-name.ts';
import { type Database, openDatabase } from './database.ts';
import { decodeChunk } from './decode-chunk.ts';
import { createDecoded, decodedTable } from './decoded-table.ts';
import { createSeen, type Seen } from './deduplicate.ts';
import { createDriftCount } from './drift.ts';
import type { FileRun } from './encode/file-facts.ts';
import { copyTo } from './encode.ts';
import { withoutValues } from './failure.ts';
import { keyedMacro } from './keyed.ts';
import { prepareRows } from './prepare-rows.ts';
import { createQuarantine } from './quarantine.ts';
import { shapedRows } from './shaped-rows.ts';
import { createStage, type StageLimits } from './stage.ts';
import { type Conditions, readConditions } from './where/conditions.ts';
import { removeFiltered } from './where.ts';

export interface EngineSettings extends StageLimits {
  readonly output: Output;
  /** What the settings make of the columns. */
  readonly shaping: Shaping;
  /** Bytes that DuckDB may hold in memory; 220 MiB are enough for chunks of 16 MiB or one record of 20 MB. */
  readonly memoryLimit: number;
  readonly threads: number;
  /** Bytes that DuckDB may spill to the work folder. */
  readonly spillBytes: number;
  /** Of so many rows the hashes that tell repeated ones are held in memory, those of others on disk. */
  readonly heldRows: number;
  /** Of export blobs: whether records without an id that are the same to the letter are one. */
  readonly dedupe: 'id' | 'record';
  /** Whether quarantine holds the bytes of unreadable lines, or only where they are. */
  readonly keepBytesInQuarantine: boolean;
  /** Brings a chunk that a strict reader refuses into one document a line, in a file of its own in `work`. */
  readonly reframe?: (chunk: Chunk, work: string) => Promise<Chunk>;
}

export const engineDefaults = {
  shaping: noShaping,
  dedupe: 'id' as const,
  memoryLimit: 220 * 1024 * 1024,
  threads: 2,
  spillBytes: 96 * 1024 * 1024,
  heldRows: 1_000_000,
  partBytes: 256 * 1024 * 1024,
  stageBytes: 128 * 1024 * 1024,
  keepBytesInQuarantine: true,
};

export interface CheckedEngine extends Engine {
  /** What is wrong with the conditions of the settings, a sentence each. Loads the parser only where there is a condition. */
  conditionFaults(): Promise<readonly string[]>;
}

/** Decoding, deduplication and encoding by DuckDB: one database in memory per draft. */
export function createEngine(settings: EngineSettings): CheckedEngine {
  const empty = new Map<Signal, Promise<Uint8Array>>();
  let read: Promise<Conditions> | undefined;
  const conditions = () => {
    read ??= readConditions(settings.shaping);
    return read;
  };
  return {
    begin: async (window, work, revision) => beginDraft({ window, revision }, work, settings, await conditions()),
    conditionFaults: async () => (await conditions()).faults,
    async emptyFile(signal) {
      if (signal === 'quarantine') return new Uint8Array(0);
      const known = empty.get(signal) ?? encodeNothing(signal, settings);
      empty.set(signal, known);
      return known.catch((error: unknown) => {
        empty.delete(signal);
        throw error;
      });
    },
  };
}

async function beginDraft(
  run: FileRun,
  work: string,
  settings: EngineSettings,
  conditions: Conditions,
): Promise<Draft> {
  const { window } = run;
  const { output, threads, reframe, shaping } = settings;
  const db = await openDatabase(work, settings);
  let seen: Seen;
  try {
    seen = await createSeen(db, work, settings.heldRows);
    await prepareShaping(db, shaping);
  } catch (error) {
    db.close();
    throw error;
  }
  const stage = createStage(db, work, run, output, shaping, settings);
  const quarantine = createQuarantine(join(work, 'quarantine.ndjson'), window, settings.keepBytesInQuarantine);
  const drift = createDriftCount(db, shaping);
  const context = {
    db,
    window,
    work,
    partition: output.partition,
    threads,
    reframe,
    byRecord: settings.dedupe === 'record',
  };
  const counts = { read: 0, written: 0, deduplicated: 0, filtered: 0 };
  let open = true;

  async function add(chunk: Chunk): Promise<readonly DraftFile[]> {
    const { signals: found, faults } = await decodeChunk(chunk, context);
    await quarantine.add(faults);
    const full: DraftFile[] = [];
    for (const signal of found) {
      const [decoded] = await db.rows(`SELECT count(*) FROM ${decodedTable(signal)}`);
      const repeated = await seen.removeRepeated(signal);
      const shape = shaping.signals[signal] ?? noShape;
      const filtered = await removeFiltered(db, signal, shape, conditions.of(signal));
      counts.read += Number(decoded?.[0]);
      counts.deduplicated += repeated;
      counts.filtered += filtered;
      counts.written += Number(decoded?.[0]) - repeated - filtered;
      await drift.add(signal, chunk.layout);
      await prepareRows(db, work, signal, chunk.layout, shaping);
      full.push(...(await stage.add(signal, chunk.layout)));
      await db.run(`DROP TABLE ${decodedTable(signal)}`);
    }
    return full;
  }

  const doing = `${window.app} ${window.signal} ${windowName(window)}`;
  const careful = <T>(act: () => Promise<T>) =>
    act().catch((error: unknown) => Promise.reject(withoutValues(error, doing)));
  return {
    add: (chunk) => careful(() => add(chunk)),
    finish: () => careful(async () => [...(await stage.finish()), ...(await quarantine.finish(window.start))]),
    get counts(): Counts {
      const { filtered, ...others } = counts;
      return { ...others, quarantined: quarantine.count, ...(filtered > 0 && { filtered }) };
    },
    get drift() {
      return drift.found;
    },
    async close() {
      if (!open) return;
      open = false;
      await quarantine.close();
      db.close();
    },
  };
}

/** The key stands in a macro, so that no other statement holds it. */
async function prepareShaping(db: Database, { key }: Shaping): Promise<void> {
  if (key === undefined) return;
  try {
    await db.run(`CREATE MACRO ${keyedMacro(key.reveal())}`);
  } catch (error) {
    throw withoutValues(error, 'SHAPE_HASH_KEY');
  }
}

const encodeNothing = (signal: Signal, settings: EngineSettings): Promise<Uint8Array> =>
  withDatabase(settings, async (db, work) => {
    const { output, shaping } = settings;
    await prepareShaping(db, shaping);
    await db.run(createDecoded(signal));
    await prepareRows(db, work, signal, 'query', shaping);
    const path = join(work, 'empty');
    const { columns, mark, relation } = shapedRows(signal, shaping);
    const encoding = { output, signal, columns, mark, run: undefined, rowBytes: 1, header: true };
    await db.run(copyTo(path, relation(decodedTable(signal), 'query'), encoding));
    return readFile(path);
  });

/** A database for a moment, in a folder of its own. */
async function withDatabase<T>(
  { threads }: EngineSettings,
  use: (db: Database, work: string) => Promise<T>,
): Promise<T> {
  const work = await mkdtemp(join(tmpdir(), 'insights-lake-'));
  try {
    const db = await openDatabase(work, { memoryLimit: 64 * 1024 * 1024, threads, spillBytes: 0 });
    try {
      return await use(db, work);
    } finally {
      db.close();
    }
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
