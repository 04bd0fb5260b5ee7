import type { Drift, Fault, Layout, Segment, Window } from '../../model.ts';
import { windowName } from '../../signals/window-name.ts';
import { type BlobFacts, blobFacts } from './blob-facts.ts';
import { driftOf } from './drift.ts';
import { createLines } from './lines.ts';
import { partitions } from './partition.ts';
import { createReaders, type Readers } from './readers.ts';
import type { Records } from './records.ts';
import { asDecoded, type RowShapes } from './row-shape.ts';
import { createRowTaker } from './row-taker.ts';
import type { RowGroup } from './table.ts';
import { createTables } from './tables.ts';

export interface DecodeSettings {
  readonly window: Window;
  readonly partition: 'hour' | 'day';
  /** `id`: rows that have an item id are one where id and record are the same. `record`: others, too. `none`: all rows are kept. */
  readonly dedupe: 'id' | 'record' | 'none';
  readonly shapes?: RowShapes;
}

export interface DecodeCounts {
  /** Rows, before any was taken out. */
  read: number;
  deduplicated: number;
  /** Those that a shape keeps out. */
  filtered: number;
}

export interface Decoder {
  /** Decodes a chunk; yields rows that are ready to be encoded. Their memory is their own. */
  decode(records: Records): Generator<RowGroup>;
  /** The rows that are left. */
  finish(): Generator<RowGroup>;
  /** What could not be read since the last call. */
  takeFaults(): readonly Fault[];
  readonly counts: DecodeCounts;
  readonly drift: readonly Drift[];
}

/** Bytes to records to columns: one draft's worth of it. */
export function createDecoder(settings: DecodeSettings): Decoder {
  const { window, shapes = asDecoded } = settings;
  const counts: DecodeCounts = { read: 0, deduplicated: 0, filtered: 0 };
  const tables = createTables(partitions(window, settings.partition));
  const readers: Readers = createReaders(window.signal, shapes);
  const taker = createRowTaker(settings.dedupe, tables, counts);
  const faults: Fault[] = [];
  const factsOf = rememberedFacts(windowName(window));
  return {
    *decode(records) {
      faults.push(...records.faults);
      if (records.bytes.length === 0) return;
      const chunk = readers.begin(records);
      const whole: Segment = { blob: '', offset: 0, position: 0, length: records.bytes.length };
      for (const segment of records.segments.length > 0 ? records.segments : [whole]) {
        taker.begin(factsOf(segment.blob, records.layout));
        const lines = createLines(chunk, taker, segment, (fault) => faults.push(fault));
        while (lines.next()) if (tables.isFull()) yield* tables.take();
      }
    },
    *finish() {
      yield* tables.takeAll();
    },
    takeFaults: () => faults.splice(0),
    counts,
    get drift() {
      return driftOf(readers.all());
    },
  };
}

/** A chunk may come from thousands of small blobs, most of one folder. */
function rememberedFacts(exportWindow: string): (blob: string, layout: Layout) => BlobFacts {
  let [folder, facts]: [string | undefined, BlobFacts | undefined] = [undefined, undefined];
  return (blob, layout) => {
    const key = `${layout} ${blob.slice(0, blob.lastIndexOf('/') + 1)}`;
    if (facts === undefined || key !== folder) [folder, facts] = [key, blobFacts(blob, layout, exportWindow)];
    return facts;
  };
}
