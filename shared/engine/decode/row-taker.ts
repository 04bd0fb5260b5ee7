import type { Interval, Millis } from '../../model.ts';
import { viewOf } from '../words.ts';
import type { BlobFacts } from './blob-facts.ts';
import { classicRows } from './cells/classic-rows.ts';
import { fillExtra } from './cells/extra.ts';
import type { DecodeCounts, DecodeSettings } from './decoder.ts';
import type { Reader } from './reader.ts';
import type { Tables } from './rows/open-tables.ts';
import { CELL } from './rows/row.ts';
import { hash, hashBytes, Seen } from './rows/seen.ts';

export interface RowTaker {
  /** Before records of one blob. */
  begin(facts: BlobFacts): void;
  /** The bytes in which records stand from now on. */
  use(bytes: Uint8Array): void;
  /**
   * Takes in rows of the record that the reader has walked, from `start` to `end`, until the tables are full. Returns
   * how many there were.
   */
  take(reader: Reader, start: number, end: number): number;
  /** Goes on with those of the same record. False: there were none left. */
  more(): boolean;
  /** Rows of other times are counted from now on; undefined: none are. */
  ask(asked: Interval | undefined): void;
  /** No row that comes can be one that has been before. */
  forget(): void;
  /** Rows since then, how many of them are of a time that was not asked for, and the time of the last of those. */
  outside(): { readonly of: number; readonly rows: number; readonly at: Millis };
}

/** Rows that are decoded go to the tables: each once, and if the shape lets it. */
export function createRowTaker(dedupe: DecodeSettings['dedupe'], tables: Tables, counts: DecodeCounts): RowTaker {
  let seen = new Seen();
  let bytes: Uint8Array = new Uint8Array(0);
  let view = viewOf(bytes);
  let facts: BlobFacts | undefined;
  let [start, end, element, hashed] = [0, 0, 0, false];
  // Of the record: `hash` is whoever asked last, and a record of many rows is left and gone on with.
  let [one, two, three] = [0, 0, 0];
  let rest: Iterator<void> | undefined;
  let [from, to] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  let [before, outside, at] = [0, 0, 0];

  /** Whether it has been seen before. Rows without an item id are all kept, unless whole records are compared. */
  function isRepeated({ row, idCell, layout, signal }: Reader): boolean {
    if (dedupe === 'none') return false;
    const hasId = row.kind[idCell] === CELL.text && (row.end[idCell] as number) > (row.start[idCell] as number);
    if (!hasId && (dedupe === 'id' || layout === 'query')) return false;
    const salt = facts?.salt ?? 0;
    if (!hashed) {
      hashBytes(bytes, view, start, end, (signal.length * 31 + signal.charCodeAt(0)) ^ salt);
      one = hash[0] as number;
      two = hash[1] as number;
      three = hash[2] as number;
      hashed = true;
    }
    return !seen.add(one, Math.imul(two + element, 0x9e3779b1), three ^ Math.imul(element, 0x85ebca6b));
  }

  function takeRow(reader: Reader, fill?: () => void): boolean {
    const { converter, row, walker, shape, timeCell, signal } = reader;
    if (facts === undefined) return false;
    converter.convert(row, facts);
    fill?.();
    counts.read++;
    const millis = row.kind[timeCell] === CELL.long ? row.longOf(timeCell) / 1000 : undefined;
    if (millis !== undefined && (millis < from || millis >= to)) [outside, at] = [outside + 1, millis];
    const isFirst = element === 0;
    const repeated = isRepeated(reader);
    element++;
    if (repeated) {
      counts.deduplicated++;
      return false;
    }
    fillExtra(reader, start, end);
    if (!shape.keep(row)) {
      counts.filtered++;
      return false;
    }
    walker.rootStrangers.tell();
    walker.elementStrangers.tell();
    tables.append(row, isFirst ? end - start : 0, signal, shape.columns, millis);
    return tables.isFull();
  }

  function more(): boolean {
    if (rest === undefined) return false;
    if (rest.next().done) rest = undefined;
    return true;
  }

  return {
    begin(blob) {
      facts = blob;
    },
    use(next) {
      bytes = next;
      view = viewOf(next);
    },
    take(reader, begins, ends) {
      [start, end, element, hashed] = [begins, ends, 0, false];
      reader.row.begin(bytes);
      if (reader.layout === 'continuous') rest = classicRows(reader, takeRow);
      else takeRow(reader);
      more();
      return element;
    },
    more,
    ask(asked) {
      [from, to] =
        asked === undefined ? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY] : [asked.start, asked.end];
    },
    forget() {
      seen = new Seen();
      [before, outside] = [counts.read, 0];
    },
    outside: () => ({ of: counts.read - before, rows: outside, at }),
  };
}
