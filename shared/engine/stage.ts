import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { DraftFile, Layout, Millis, Output, Shaping, Signal } from '../model.ts';
import type { Database } from './database.ts';
import { decodedTable } from './decoded-table.ts';
import type { FileRun } from './encode/file-facts.ts';
import { copyTo } from './encode.ts';
import { shapedRows } from './shaped-rows.ts';
import { quoteAll } from './sql.ts';

export interface StageLimits {
  /** Raw bytes of records in a file. */
  readonly partBytes: number;
  /** Bytes of all staged pieces on disk. */
  readonly stageBytes: number;
}

interface Piece {
  readonly path: string;
  readonly bytes: number;
}

/** What is staged of one partition of one signal: the pieces of the part that is being filled. */
interface Slot {
  readonly signal: Signal;
  readonly partition: Millis;
  pieces: Piece[];
  rows: number;
  raw: number;
  part: number;
}

export interface Stage {
  /** Takes the rows of the signal's decoded table, records of that layout. Returns what is full. */
  add(signal: Signal, layout: Layout): Promise<readonly DraftFile[]>;
  finish(): Promise<readonly DraftFile[]>;
}

/** Encodes decoded rows piece by piece and puts the pieces of a partition together to files. */
export function createStage(
  db: Database,
  work: string,
  run: FileRun,
  output: Output,
  shaping: Shaping,
  limits: StageLimits,
): Stage {
  const slots = new Map<string, Slot>();
  let written = 0;
  const nextPath = () => join(work, `piece-${written++}`);

  async function add(signal: Signal, layout: Layout): Promise<readonly DraftFile[]> {
    const full: DraftFile[] = [];
    const table = decodedTable(signal);
    const { columns, mark, relation } = shapedRows(signal, shaping);
    const partitions = await db.rows(`SELECT _partition, count(*), sum(_bytes) FROM ${table} GROUP BY 1 ORDER BY 1`);
    for (const [partition, rows, raw] of partitions.map((row) => row.map(Number))) {
      const slot = slotOf(signal, partition ?? 0);
      if (slot.raw > 0 && slot.raw + (raw ?? 0) > limits.partBytes) full.push(await close(slot));
      const path = nextPath();
      const from = `(SELECT * FROM ${table} WHERE _partition = ${partition})`;
      const rowBytes = (raw ?? 0) / Math.max(rows ?? 0, 1);
      await db.run(
        copyTo(path, relation(from, layout), {
          output,
          signal,
          columns,
          mark,
          run,
          rowBytes,
          header: slot.pieces.length === 0,
        }),
      );
      slot.pieces.push({ path, bytes: (await stat(path)).size });
      slot.rows += rows ?? 0;
      slot.raw += raw ?? 0;
    }
    return [...full, ...(await relieve())];
  }

  /** The largest leave early when the disk would get too full. */
  async function relieve(): Promise<readonly DraftFile[]> {
    const bytesOf = (slot: Slot) => slot.pieces.reduce((sum, { bytes }) => sum + bytes, 0);
    const left: DraftFile[] = [];
    const bySize = [...slots.values()].toSorted((a, b) => bytesOf(b) - bytesOf(a));
    let total = bySize.reduce((sum, slot) => sum + bytesOf(slot), 0);
    for (const slot of bySize) {
      if (total <= limits.stageBytes) break;
      total -= bytesOf(slot);
      left.push(await close(slot));
    }
    return left;
  }

  function slotOf(signal: Signal, partition: Millis): Slot {
    const key = `${signal} ${partition}`;
    const slot = slots.get(key) ?? { signal, partition, pieces: [], rows: 0, raw: 0, part: 1 };
    slots.set(key, slot);
    return slot;
  }

  async function close(slot: Slot): Promise<DraftFile> {
    const { signal, partition, part, rows } = slot;
    const pieces = output.format === 'parquet' && slot.pieces.length > 1 ? [await merge(slot)] : slot.pieces;
    const content = { files: pieces.map(({ path }) => path), bytes: pieces.reduce((sum, { bytes }) => sum + bytes, 0) };
    Object.assign(slot, { pieces: [], rows: 0, raw: 0, part: part + 1 });
    return { signal, partition, part, content, rows };
  }

  /** Parquet files do not follow each other in one file: their rows are encoded again. */
  async function merge({ signal, pieces, rows, raw }: Slot): Promise<Piece> {
    const path = nextPath();
    const from = `read_parquet(${quoteAll(pieces.map((piece) => piece.path))})`;
    const { columns, mark } = shapedRows(signal, shaping);
    const encoding = { output, signal, columns, mark, run, rowBytes: raw / Math.max(rows, 1), header: true };
    // By one thread: with long records, row groups that two threads read and write at once are too much.
    await db.oneByOne(() => db.run(copyTo(path, from, encoding)));
    for (const piece of pieces) await rm(piece.path, { force: true });
    return { path, bytes: (await stat(path)).size };
  }

  return {
    add,
    async finish() {
      const files: DraftFile[] = [];
      for (const slot of slots.values()) if (slot.pieces.length > 0) files.push(await close(slot));
      return files;
    },
  };
}
