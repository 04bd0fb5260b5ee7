import type { Millis, Signal } from '../../../model.ts';
import type { Row } from './row.ts';
import { type RowGroup, Table, type TableColumn } from './table.ts';

export interface Tables {
  append(row: Row, raw: number, signal: Signal, columns: readonly TableColumn[], time: Millis | undefined): void;
  /** Whether rows are to be taken before more are appended. */
  isFull(): boolean;
  /** Bytes of the records that the rows came from. */
  readonly raw: number;
  /** What is full. */
  take(): Generator<RowGroup>;
  takeAll(): Generator<RowGroup>;
}

/** A table is full with so many rows, or bytes of columns; all together hold no more than so many bytes. */
const MOST = { rows: 32 * 1024, bytes: 8 * 1024 * 1024, all: 32 * 1024 * 1024, tables: 400 };
/** Sizes are looked at when so many rows, or bytes of records or of long texts, have come. */
const LOOK = { rows: 512, bytes: 256 * 1024 };

/** Columns in the making, by signal and partition. */
export function createTables(partitionOf: (time: Millis | undefined) => Millis): Tables {
  const tables = new Map<string, Table>();
  let last: Table | undefined;
  let [rows, bytes, full] = [0, 0, false];

  function tableOf(signal: Signal, partition: Millis, columns: readonly TableColumn[]): Table {
    const key = `${signal} ${partition}`;
    const table = tables.get(key) ?? new Table(signal, partition, columns);
    tables.set(key, table);
    return table;
  }

  function look(): void {
    [rows, bytes] = [0, 0];
    let sum = 0;
    for (const table of tables.values()) {
      sum += table.size;
      full ||= isFull(table);
    }
    full ||= sum > MOST.all || tables.size > MOST.tables;
  }

  function* take(all: boolean): Generator<RowGroup> {
    full = false;
    const sizes = [...tables].map(([key, table]) => ({ key, table, size: table.size }));
    let left = sizes.reduce((sum, { size }) => sum + size, 0);
    // The largest first; at the end in order of time.
    const order = all
      ? sizes.toSorted((one, other) => one.table.partition - other.table.partition)
      : sizes.toSorted((one, other) => other.size - one.size);
    for (const { key, table, size } of order) {
      if (!all && !isFull(table) && left <= MOST.all / 2 && tables.size <= MOST.tables / 2) continue;
      left -= size;
      if (table.count > 0) yield table.take();
      if (all || tables.size > MOST.tables / 2) {
        tables.delete(key);
        last = undefined;
      }
    }
  }

  return {
    append(row, raw, signal, columns, time) {
      const partition = partitionOf(time);
      if (last === undefined || last.partition !== partition || last.signal !== signal)
        last = tableOf(signal, partition, columns);
      last.append(row, raw);
      rows++;
      bytes += raw + last.heavy.bytes;
      last.heavy.bytes = 0;
      if (rows >= LOOK.rows || bytes >= LOOK.bytes) look();
    },
    isFull: () => full,
    get raw() {
      return [...tables.values()].reduce((sum, { raw }) => sum + raw, 0);
    },
    take: () => take(false),
    takeAll: () => take(true),
  };
}

const isFull = (table: Table): boolean => table.count >= MOST.rows || table.size >= MOST.bytes;
