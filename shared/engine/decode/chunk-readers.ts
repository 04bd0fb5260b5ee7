import type { Chunk, Layout, Signal } from '../../model.ts';
import { signals, signalTables } from '../../signals/tables.ts';
import { viewOf } from '../words.ts';
import { isWord } from './cells/conversions.ts';
import { saysSomething, stringOf } from './cells/texts.ts';
import { type Reader, readerOf } from './reader.ts';
import type { RowShapes } from './rows/row-shape.ts';
import type { KeyNode } from './walk/key-node.ts';
import { KIND } from './walk/slots.ts';

/** A chunk that is being read. */
export interface ChunkReaders {
  bytes: Uint8Array;
  view: DataView;
  readonly isQuery: boolean;
  /** The reader that most likely fits the next record: that of the one before. */
  likely: Reader;
  /** Which signal and layout a record is of, that has been walked by this reader; undefined: none that is known. */
  fitting(walked: Reader): Reader | undefined;
  /** The reader of the other kind of export: flat records for classic ones, or the other way round. */
  other(than: Reader): Reader;
  /** The bytes in which records stand from now on. */
  use(bytes: Uint8Array): void;
}

export interface Readers {
  begin(records: Chunk): ChunkReaders;
  all(): Iterable<Reader>;
}

const BY_TABLE = new Map(signals.map((signal) => [signalTables[signal].table.toLowerCase(), signal]));
const BY_ELEMENT = new Map(signals.map((signal) => [signalTables[signal].element, signal]));

export function createReaders(own: Signal, shapes: RowShapes): Readers {
  const readers = new Map<string, Reader>();
  const reader = (signal: Signal, layout: Layout, { columns }: Chunk): Reader => {
    const key = layout === 'query' ? JSON.stringify([signal, layout, columns]) : `${signal} ${layout}`;
    const found = readers.get(key) ?? readerOf(signal, layout, columns, shapes(signal, layout));
    readers.set(key, found);
    return found;
  };
  return {
    all: () => readers.values(),
    begin(records) {
      const { layout } = records;
      const get = (signal: Signal, of: Layout): Reader => {
        const found = reader(signal, of, records);
        found.walker.use(chunk.bytes, chunk.view);
        return found;
      };
      const chunk: ChunkReaders = {
        bytes: records.bytes,
        view: viewOf(records.bytes),
        isQuery: layout === 'query',
        likely: reader(own, layout, records),
        use(bytes) {
          chunk.bytes = bytes;
          chunk.view = viewOf(bytes);
          for (const known of readers.values()) known.walker.use(bytes, chunk.view);
        },
        other: (than) => get(own, than.layout === 'continuous' ? 'dataExport' : 'continuous'),
        fitting(walked) {
          if (layout === 'query') return walked;
          if (walked.layout === 'continuous') {
            const signal = classicSignal(walked, own);
            if (signal === walked.signal) return walked;
            return signal === undefined ? undefined : get(signal, 'continuous');
          }
          const signal = flatSignal(walked);
          if (signal === walked.signal && walked.layout === layout) return walked;
          return signal === undefined ? undefined : get(signal, flatLayout(walked, layout));
        },
      };
      chunk.use(records.bytes);
      return chunk;
    },
  };
}

/** Flat records in an export of classic ones: diagnostic settings say `time`. */
function flatLayout({ layout, walker, program }: Reader, own: Layout): Layout {
  if (own !== 'continuous') return layout;
  return saysSomething(walker.slots, program.slotOf('time')) ? 'diagnostics' : 'dataExport';
}

/** That of the window where it has such elements, else the first that it has elements of. */
function classicSignal({ walker: { names, named, metrics } }: Reader, own: Signal): Signal | undefined {
  for (let index = 0; index < named; index++) if (names[index]?.name === signalTables[own].element) return own;
  const first = named === 0 ? undefined : BY_ELEMENT.get((names[0] as KeyNode).name);
  // Metrics stand beside the elements, and sometimes alone.
  return first === undefined && metrics.count > 0 && own === 'customMetrics' ? own : first;
}

/** By the name of its table. */
function flatSignal({ walker, program, converter, signal }: Reader): Signal | undefined {
  const { slots, bytes } = walker;
  for (const slot of program.types) {
    if (slots.kind[slot] === KIND.missing || !saysSomething(slots, slot)) continue;
    // Nearly always the table of the record before, and no text is made of it then.
    if (isWord(converter.table, bytes, slots.start[slot] as number, slots.end[slot] as number)) return signal;
    return BY_TABLE.get(stringOf(slots, slot, bytes, converter.scratch).toLowerCase());
  }
  return undefined;
}
