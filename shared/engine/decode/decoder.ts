import type { Chunk, Drift, Fault, Layout, Segment, Window } from '../../model.ts';
import { windowName } from '../../signals/window-name.ts';
import { type BlobFacts, blobFacts } from './blob-facts.ts';
import { createReaders, type Readers } from './chunk-readers.ts';
import { driftOf, markDrift } from './drift.ts';
import { createFaults, type Faults } from './faults.ts';
import { createLines } from './lines.ts';
import { partitions } from './partition.ts';
import { createRowTaker, type RowTaker } from './row-taker.ts';
import { createTables } from './rows/open-tables.ts';
import { asDecoded, type RowShapes } from './rows/row-shape.ts';
import type { RowGroup } from './rows/table.ts';

export interface DecodeSettings {
  readonly window: Window;
  readonly partition: 'hour' | 'day';
  /**
   * `id`: rows that have an item id are one where id and record are the same. `record`: others, too. `none`: all rows
   * are kept.
   */
  readonly dedupe: 'id' | 'record' | 'none';
  readonly shapes?: RowShapes;
  /** Bytes of records in a file: rows are handed over often enough for files not to be much larger. */
  readonly partBytes?: number;
}

export interface DecodeCounts {
  /** Rows, before any was taken out. */
  read: number;
  deduplicated: number;
  /** Those that a shape keeps out. */
  filtered: number;
}

export interface Decoder {
  /** Decodes a chunk; yields rows that are ready to be encoded, each good until the next are asked for. */
  decode(records: Chunk): Generator<RowGroup>;
  /** The rows that are left. */
  finish(): Generator<RowGroup>;
  /** Between two answers, when all rows have been asked for. Returns what takes back whatever comes after. */
  mark(): () => void;
  /** What could not be read since the last call; `goesOn`: but for the last stretch. */
  takeFaults(goesOn?: boolean): readonly Fault[];
  readonly quarantined: Faults['counts'];
  readonly counts: DecodeCounts;
  readonly drift: readonly Drift[];
}

const NOTHING = new Uint8Array(0);
/** A file is made of so many hands-over at least. */
const PIECES = 4;

/** Bytes to records to columns: one draft's worth of it. */
export function createDecoder(settings: DecodeSettings): Decoder {
  const { window, shapes = asDecoded, partBytes = Number.POSITIVE_INFINITY } = settings;
  const counts: DecodeCounts = { read: 0, deduplicated: 0, filtered: 0 };
  const tables = createTables(partitions(window, settings.partition));
  const readers: Readers = createReaders(window.signal, shapes);
  const taker = createRowTaker(settings.dedupe, tables, counts);
  const faults = createFaults();
  const factsOf = rememberedFacts(windowName(window));
  /** The last chunk was not the end of its answer. */
  let isOpen = false;
  return {
    *decode(records) {
      // Two answers of a window have no row in common: they are about different times, or different ids.
      if (records.layout === 'query' && !isOpen) taker.forget();
      isOpen = records.answer === 'open';
      taker.ask(records.asked);
      const tellUpTo = tellsInPlace(records, faults.add);
      if (records.bytes.length === 0) {
        tellUpTo();
        if (!isOpen) refuseOutside(taker, window);
        return;
      }
      const chunk = readers.begin(records);
      const whole: Segment = { blob: '', offset: 0, position: 0, length: records.bytes.length };
      for (const [at, segment] of (records.segments.length > 0 ? records.segments : [whole]).entries()) {
        tellUpTo(segment, at);
        taker.begin(factsOf(segment.blob, records.layout));
        const lines = createLines(chunk, taker, segment, faults.add);
        while (lines.next()) if (tables.isFull()) yield* tables.take();
      }
      tellUpTo();
      if (!isOpen) refuseOutside(taker, window);
      if (tables.raw * PIECES > partBytes) yield* tables.takeAll();
    },
    *finish() {
      yield* tables.takeAll();
    },
    mark() {
      const [before, backs] = [{ ...counts }, [faults.mark(), markDrift(readers.all)]];
      return () => {
        for (const _ of tables.takeAll()); // rows that nobody gets
        for (const back of backs) back();
        Object.assign(counts, before);
        isOpen = false;
      };
    },
    takeFaults: faults.take,
    quarantined: faults.counts,
    counts,
    get drift() {
      return driftOf(readers.all());
    },
  };
}

/** An answer with rows of another time was given to another question: they would come once more with their own. */
function refuseOutside({ outside }: RowTaker, { app, signal, start, end }: Window): void {
  const { of, rows, at } = outside();
  if (rows === 0) return;
  const [from, to, one] = [start, end, at].map((millis) => new Date(millis).toISOString());
  throw new Error(
    `query ${signal} of ${app} ${from}/${to}: ${rows} of ${of} rows of an answer are of a time that was not asked ` +
      `for, one of ${one}: whoever answers does not heed the condition; check the address and whatever stands ` +
      'between (proxy, gateway); the window is tried again later',
  );
}

/**
 * Tells the faults of a chunk in their places between its segments, so that neighbours are known as such: those before
 * a segment, or all that are left.
 */
function tellsInPlace({ faults, segments }: Chunk, tell: Faults['add']): (segment?: Segment, at?: number) => void {
  const lastOf = new Map(faults.length === 0 ? [] : segments.map(({ blob }, at) => [blob, at]));
  let told = 0;
  return (segment, at = segments.length) => {
    for (let fault = faults[told]; fault !== undefined; fault = faults[++told]) {
      const isLater =
        fault.blob === segment?.blob ? fault.offset >= segment.offset : (lastOf.get(fault.blob) ?? -1) > at;
      if (isLater) return;
      tell(fault, NOTHING);
    }
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
