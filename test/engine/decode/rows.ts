import { createDecoder, type DecodeSettings } from '../../../shared/engine/decode/decoder.ts';
import type { RowGroup } from '../../../shared/engine/decode/rows/table.ts';
import { copyOf } from '../../../shared/engine/encode/join.ts';
import type { Vector } from '../../../shared/engine/vectors.ts';
import type { Chunk, Fault, Segment, Window } from '../../../shared/model.ts';
import { columnsOf } from '../../../shared/signals/columns-of.ts';

export type Cell = string | number | bigint | boolean | null;
export type CellRow = Readonly<Record<string, Cell>>;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function cellAt(vector: Vector, row: number): Cell {
  const { validity } = vector;
  if (validity !== undefined && (((validity[row >> 3] ?? 0) >> (row & 7)) & 1) === 0) return null;
  if (vector.kind === 'long') return vector.values[row] ?? null;
  if (vector.kind === 'real') return vector.values[row] ?? null;
  if (vector.kind === 'boolean') return (((vector.values[row >> 3] ?? 0) >> (row & 7)) & 1) === 1;
  const entry = vector.kind === 'dictionary' ? (vector.indices[row] ?? 0) : row;
  return utf8.decode(vector.bytes.subarray(vector.offsets[entry], vector.offsets[entry + 1]));
}

/** Rows of a group, by the names of the signal's columns. */
export function rowsIn({ signal, rows }: RowGroup, names = columnsOf(signal).map(({ name }) => name)): CellRow[] {
  return Array.from({ length: rows.count }, (_, row) =>
    Object.fromEntries(names.map((name, index) => [name, cellAt(rows.vectors[index] as Vector, row)])),
  );
}

export interface DecodedRows {
  readonly rows: readonly CellRow[];
  readonly groups: readonly RowGroup[];
  readonly faults: readonly Fault[];
  readonly counts: { readonly read: number; readonly deduplicated: number; readonly filtered: number };
  readonly drift: readonly unknown[];
}

/** A chunk of these bytes. */
export function recordsOf(content: string | Uint8Array, more: Partial<Chunk> & { readonly blob?: string } = {}): Chunk {
  const given = Buffer.from(content);
  const ended = given.length === 0 || given.at(-1) === 0x0a;
  const bytes = new Uint8Array(given.length + (ended ? 0 : 1));
  bytes.set(given);
  if (!ended) bytes[given.length] = 0x0a;
  const layout = more.layout ?? 'continuous';
  const whole: Segment = { blob: more.blob ?? 'a.blob', offset: 0, position: 0, length: given.length };
  return { bytes, layout, columns: [], segments: layout === 'query' ? [] : [whole], faults: [], ...more };
}

export function decodeRows(
  window: Window,
  chunks: Iterable<Chunk>,
  settings: Partial<DecodeSettings> = {},
): DecodedRows {
  const decoder = createDecoder({ window, partition: 'hour', dedupe: 'id', ...settings });
  const groups: RowGroup[] = [];
  // Rows are good until the next ones are asked for: they are kept as copies.
  const keep = (group: RowGroup) => groups.push({ ...group, rows: copyOf(group.rows) });
  for (const chunk of chunks) for (const group of decoder.decode(chunk)) keep(group);
  for (const group of decoder.finish()) keep(group);
  const faults = decoder.takeFaults();
  return {
    rows: groups.flatMap((group) => rowsIn(group)),
    groups,
    faults,
    counts: decoder.counts,
    drift: decoder.drift,
  };
}
