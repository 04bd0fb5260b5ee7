import { createHash, type Hash } from 'node:crypto';
import { open, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { DraftFile, Millis, Output, Signal } from '../../model.ts';
import type { Rows } from '../vectors.ts';
import { bytesOf, checkRows } from './check-rows.ts';
import type { Encoding } from './encoding.ts';
import { copyOf, joinRows } from './join.ts';
import type { NamedType } from './parquet/footer.ts';
import { parquetEncoding } from './parquet/parquet.ts';
import { LINE } from './text/line-shapes.ts';
import { csvHead, textEncoding } from './text/text.ts';

export interface FileLimits {
  /** Bytes of the records in a file. */
  readonly partBytes: number;
  /** Bytes of all unfinished files on disk. */
  readonly stageBytes: number;
  /** Bytes of columns that make a row group. */
  readonly groupBytes: number;
  /** Bytes of columns that all unfinished files hold in memory together. */
  readonly heldBytes: number;
}

/** Files of one signal: what they hold, and what they say of themselves. */
export interface FileKind {
  readonly columns: readonly NamedType[];
  /** Key-value metadata of Parquet files. */
  readonly facts: Readonly<Record<string, string>>;
}

export interface DraftFiles {
  /**
   * Takes the rows of a partition, which are written or copied before this resolves. `recordBytes`: of the records that
   * they came from. Returns what is full.
   */
  add(signal: Signal, partition: Millis, rows: Rows, recordBytes: number): Promise<readonly DraftFile[]>;
  finish(): Promise<readonly DraftFile[]>;
  /**
   * Returns what takes back the rows that are added after this. Files that become full meanwhile must not be given away
   * before it is clear that they are not taken back.
   */
  mark(): () => Promise<void>;
}

/** Rows of a reader's step through a file: more than this are seldom needed at once. */
const GROUP_ROWS = 122_880;

interface OpenFile {
  readonly path: string;
  readonly encoding: Encoding;
  bytes: number;
  rows: number;
  /** Of its bytes, as they are written: to read a long file once more would cost as much as to write it. */
  hash: Hash;
}

/** The file of one signal and partition that is being filled. */
interface Slot {
  readonly signal: Signal;
  readonly partition: Millis;
  readonly kind: FileKind;
  part: number;
  file: OpenFile | undefined;
  held: Rows[];
  heldBytes: number;
  rows: number;
  recordBytes: number;
}

/** Encodes rows into files of the folder `work`. */
export function createDraftFiles(
  work: string,
  output: Output,
  kindOf: (signal: Signal) => FileKind,
  limits: FileLimits,
): DraftFiles {
  const slots = new Map<string, Slot>();
  let made = 0;

  async function add(
    signal: Signal,
    partition: Millis,
    rows: Rows,
    recordBytes: number,
  ): Promise<readonly DraftFile[]> {
    const full: DraftFile[] = [];
    const slot = slotOf(signal, partition);
    checkRows(rows, output.format === 'parquet' ? slot.kind.columns : [LINE]);
    if (rows.count === 0) return full;
    if (slot.recordBytes > 0 && slot.recordBytes + recordBytes > limits.partBytes) full.push(await close(slot));
    slot.heldBytes += bytesOf(rows);
    slot.rows += rows.count;
    slot.recordBytes += recordBytes;
    const isGroup = slot.heldBytes >= limits.groupBytes || slot.rows - (slot.file?.rows ?? 0) >= GROUP_ROWS;
    slot.held.push(isGroup ? rows : copyOf(rows));
    if (isGroup) await write(slot);
    await lighten(limits.heldBytes, ({ heldBytes }) => heldBytes, write);
    await lighten(
      limits.stageBytes,
      ({ file }) => file?.bytes ?? 0,
      async (largest) => void full.push(await close(largest)),
    );
    return full;
  }

  /** The largest first, until all together are within the bound. */
  async function lighten(
    most: number,
    size: (slot: Slot) => number,
    act: (slot: Slot) => Promise<void>,
  ): Promise<void> {
    let total = 0;
    for (const slot of slots.values()) total += size(slot);
    if (total <= most) return;
    for (const slot of [...slots.values()].toSorted((one, other) => size(other) - size(one))) {
      if (total <= most) return;
      total -= size(slot);
      await act(slot);
    }
  }

  function slotOf(signal: Signal, partition: Millis): Slot {
    const key = `${signal} ${partition}`;
    const known = slots.get(key);
    if (known !== undefined) return known;
    const empty = { file: undefined, held: [], heldBytes: 0, rows: 0, recordBytes: 0 };
    const slot: Slot = { signal, partition, kind: kindOf(signal), part: 1, ...empty };
    slots.set(key, slot);
    return slot;
  }

  function openFile(kind: FileKind): OpenFile {
    const encoding = encodingOf(output, kind);
    return { path: join(work, `part-${made++}`), encoding, bytes: 0, rows: 0, hash: createHash('sha256') };
  }

  /** Appends what is held in memory to the file. */
  async function write(slot: Slot): Promise<void> {
    const file = slot.file ?? openFile(slot.kind);
    const rows = joinRows(slot.held);
    if (slot.file === undefined) {
      // Fails where somebody else has a file of this name.
      await writeFile(file.path, '', { flag: 'wx' });
      await append(file, [file.encoding.begin()], output);
    }
    Object.assign(slot, { file, held: [], heldBytes: 0 });
    await append(file, file.encoding.rows(rows), output);
    file.rows += rows.count;
  }

  async function close(slot: Slot): Promise<DraftFile> {
    if (slot.held.length > 0) await write(slot);
    const { signal, partition, part, rows, file } = slot;
    if (file === undefined) throw new Error(`${signal}: a file without rows`);
    await append(file, [file.encoding.end(rows)], output);
    const { size } = await stat(file.path);
    if (size !== file.bytes) throw new Error(`${file.path} has ${size} bytes instead of ${file.bytes}`);
    Object.assign(slot, { file: undefined, rows: 0, recordBytes: 0, part: part + 1 });
    const statistics = output.table === undefined ? undefined : file.encoding.statistics?.();
    return {
      signal,
      partition,
      part,
      content: { files: [file.path], bytes: size },
      hash: file.hash.digest('hex').slice(0, 32),
      rows,
      ...(statistics && { statistics }),
    };
  }

  function mark(): () => Promise<void> {
    const [before, first] = [[...slots].map(([key, slot]) => ({ key, ...markSlot(slot) })), made];
    return async () => {
      for (; made > first; made--) await rm(join(work, `part-${made - 1}`), { force: true });
      slots.clear();
      for (const { key, slot, back } of before) {
        await back();
        slots.set(key, slot);
      }
    };
  }

  return {
    add,
    mark,
    async finish() {
      const files: DraftFile[] = [];
      for (const slot of slots.values()) if (slot.rows > 0) files.push(await close(slot));
      return files;
    },
  };
}

function markSlot(slot: Slot): { readonly slot: Slot; readonly back: () => Promise<void> } {
  const before = { ...slot, held: [...slot.held] };
  const { file } = slot;
  const [bytes, rows] = [file?.bytes ?? 0, file?.rows ?? 0];
  const [unwrite, hash] = [file?.encoding.mark(), file?.hash.copy()];
  const back = async () => {
    Object.assign(slot, before);
    if (file === undefined) return;
    unwrite?.();
    Object.assign(file, { bytes, rows, hash });
    await truncate(file.path, bytes);
  };
  return { slot, back };
}

function encodingOf({ format }: Output, { columns, facts }: FileKind): Encoding {
  if (format === 'parquet') return parquetEncoding(columns, facts);
  return textEncoding(format === 'csv' ? csvHead(columns) : undefined);
}

const packed = (piece: Uint8Array, { format, gzip }: Output): Uint8Array =>
  gzip && format !== 'parquet' ? gzipSync(piece) : piece;

/** Members of gzip follow each other. */
async function append(file: OpenFile, pieces: Iterable<Uint8Array>, output: Output): Promise<void> {
  const handle = await open(file.path, 'a');
  try {
    for (const piece of pieces) {
      if (piece.length === 0) continue;
      const content = packed(piece, output);
      await handle.appendFile(content);
      file.bytes += content.length;
      file.hash.update(content);
    }
  } finally {
    await handle.close();
  }
}

/** The bytes of a file without rows. */
export function emptyFile(output: Output, kind: FileKind): Uint8Array {
  const encoding = encodingOf(output, kind);
  return packed(Buffer.concat([encoding.begin(), encoding.end(0)]), output);
}
