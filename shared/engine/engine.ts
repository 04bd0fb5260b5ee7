import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Chunk, Counts, Draft, DraftFile, Engine, Output, Signal, Window } from '../model.ts';
import { openDatabase } from './database.ts';
import { decodeChunk } from './decode-chunk.ts';
import { createDecoded, decodedTable } from './decoded-table.ts';
import { createSeen, removeRepeated } from './deduplicate.ts';
import { copyTo } from './encode.ts';
import { createQuarantine } from './quarantine.ts';
import { createStage, type StageLimits } from './stage.ts';

export interface EngineSettings extends StageLimits {
  readonly output: Output;
  /** Bytes that DuckDB may hold in memory; 200 MiB are enough for chunks of 32 MiB. */
  readonly memoryLimit: number;
  readonly threads: number;
  /** Bytes that DuckDB may spill to the work folder. */
  readonly spillBytes: number;
  /** Whether quarantine holds the bytes of unreadable lines, or only where they are. */
  readonly keepBytesInQuarantine: boolean;
  /** Brings a chunk that a strict reader refuses into one document a line, in a file of its own in `work`. */
  readonly reframe?: (chunk: Chunk, work: string) => Promise<Chunk>;
}

export const engineDefaults = {
  memoryLimit: 220 * 1024 * 1024,
  threads: 2,
  spillBytes: 96 * 1024 * 1024,
  partBytes: 256 * 1024 * 1024,
  stageBytes: 128 * 1024 * 1024,
  keepBytesInQuarantine: true,
};

/** Decoding, deduplication and encoding by DuckDB: one database in memory per draft. */
export function createEngine(settings: EngineSettings): Engine {
  const empty = new Map<Signal, Promise<Uint8Array>>();
  return {
    begin: (window, work) => beginDraft(window, work, settings),
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

async function beginDraft(window: Window, work: string, settings: EngineSettings): Promise<Draft> {
  const { output, threads, reframe } = settings;
  const db = await openDatabase(work, settings);
  await db.run(createSeen);
  const stage = createStage(db, work, window, output, settings);
  const quarantine = createQuarantine(join(work, 'quarantine.ndjson'), window, settings.keepBytesInQuarantine);
  const context = { db, window, work, partition: output.partition, threads, reframe };
  const counts = { read: 0, written: 0, deduplicated: 0 };
  let open = true;

  async function add(chunk: Chunk): Promise<readonly DraftFile[]> {
    const { signals, faults } = await decodeChunk(chunk, context);
    await quarantine.add(faults);
    const full: DraftFile[] = [];
    for (const signal of signals) {
      const [decoded] = await db.rows(`SELECT count(*) FROM ${decodedTable(signal)}`);
      const repeated = await removeRepeated(db, signal);
      counts.read += Number(decoded?.[0]);
      counts.deduplicated += repeated;
      counts.written += Number(decoded?.[0]) - repeated;
      full.push(...(await stage.add(signal)));
      await db.run(`DROP TABLE ${decodedTable(signal)}`);
    }
    return full;
  }

  return {
    add,
    finish: async () => [...(await stage.finish()), ...(await quarantine.finish(window.start))],
    get counts(): Counts {
      return { ...counts, quarantined: quarantine.count };
    },
    async close() {
      if (!open) return;
      open = false;
      await quarantine.close();
      db.close();
    },
  };
}

async function encodeNothing(signal: Signal, { output, threads }: EngineSettings): Promise<Uint8Array> {
  const work = await mkdtemp(join(tmpdir(), 'insights-lake-'));
  try {
    const db = await openDatabase(work, { memoryLimit: 64 * 1024 * 1024, threads, spillBytes: 0 });
    try {
      await db.run(createDecoded(signal));
      const path = join(work, 'empty');
      await db.run(copyTo(path, decodedTable(signal), { output, signal, window: undefined, rowBytes: 1, header: true }));
      return await readFile(path);
    } finally {
      db.close();
    }
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
