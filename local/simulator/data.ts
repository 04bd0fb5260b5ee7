import { hash as digest } from 'node:crypto';
import type { Interval, Millis, Signal } from '../../shared/model.ts';
import { resourceIdOf, signalOf } from '../telemetry/asCells.ts';
import { deliveredAt } from '../telemetry/deliveredAt.ts';
import type { Row } from '../telemetry/row.ts';
import { telemetryRows } from '../telemetry/telemetryRows.ts';
import type { Shop } from '../telemetry/visits.ts';
import type { KqlQuery } from './kql.ts';
import { timeOfLiteral } from './time-literal.ts';

/** Where the simulator takes its rows from. */
export interface Data {
  /**
   * Rows of the table whose timestamp lies in the interval, in any order; more do no harm. `id` is the app or workspace
   * asked. Called anew for every pass over the rows, and must then yield the same.
   */
  rows(signal: Signal, interval: Interval, id: string): Iterable<Row>;
  /** When the row came in, as the service's `ingestion_time()` says; left out: when it was delivered (deliveredAt). */
  ingested?(row: Row): Millis;
}

export interface MemoryData extends Data {
  /**
   * Adds rows, late ones too; timestamps are brought to seven digits. `at`: when they come in; left out: one add after
   * the other.
   */
  add(rows: Iterable<Row>, at?: Millis): void;
  /** Removes the rows for which `which` holds; returns how many. */
  purge(signal: Signal, which?: (row: Row) => boolean): number;
  /** All rows of the table, as they stand. */
  all(signal: Signal): readonly Row[];
}

const FIRST = Date.UTC(2026, 0, 1);

export function memoryData(rows: Iterable<Row> = []): MemoryData {
  const tables = new Map<Signal, Row[]>();
  const table = (signal: Signal): Row[] => tables.get(signal) ?? [];
  const times = new WeakMap<Row, Millis>();
  let adds = 0;
  const data: MemoryData = {
    rows: (signal) => table(signal),
    all: (signal) => table(signal),
    ingested: (row) => times.get(row) ?? 0,
    add(added, at = FIRST + 1000 * adds) {
      adds++;
      for (const row of added) {
        const timestamp = timeOfLiteral(String(row.timestamp));
        if (timestamp === undefined)
          throw new Error(`add row: timestamp ${JSON.stringify(row.timestamp)}; spell it yyyy-MM-ddTHH:mm:ss.fffffffZ`);
        const signal = signalOf(row);
        const list = table(signal);
        const kept = timestamp === row.timestamp ? row : { ...row, timestamp };
        list.push(kept);
        times.set(kept, at);
        tables.set(signal, list);
      }
    },
    purge(signal, which = () => true) {
      const before = table(signal);
      const after = before.filter((row) => !which(row));
      tables.set(signal, after);
      return before.length - after.length;
    },
  };
  data.add(rows);
  return data;
}

/**
 * The shop's telemetry, made as it is asked for. `now`: nothing is answered from after it. `late`: nor what had not
 * been delivered by then (deliveredAt), so that answers grow for a day.
 */
export function telemetryData(shop: Shop, now: () => Millis = () => Number.POSITIVE_INFINITY, late = false): Data {
  return {
    *rows(signal, { start, end }) {
      const until = now();
      for (const row of telemetryRows({ ...shop, signal, start, end: Math.min(end, until) })) {
        if (!late || deliveredAt(row) <= until) yield row;
      }
    },
  };
}

/** A number below 2^52 that stands in for Kusto's xxhash64: the same for every number of parts. */
const hashOf = (row: Row, itemId: string): number =>
  Number.parseInt(digest('md5', itemId || JSON.stringify(row), 'hex').slice(0, 13), 16);

/** When the row came in, as Kusto prints it. */
export const ingestedText = (row: Row, data: Data): string =>
  new Date(data.ingested?.(row) ?? deliveredAt(row)).toISOString().replace(/\.?0*Z$/, 'Z');

/** A hash of the id alone, below `parts`. */
export const idHash = (row: Row, parts: number): number => hashOf({}, String(row.itemId ?? '')) % parts;

/** The rows that the query asks for. Times compare as text, tick by tick, since both sides have seven digits. */
export function* selectRows(query: KqlQuery, data: Data, id: string): Generator<Row> {
  const interval = { start: Date.parse(query.start), end: Date.parse(query.end) + 1 };
  for (const row of data.rows(query.signal, interval, id)) {
    const time = String(row.timestamp);
    if (time < query.start || time >= query.end) continue;
    if (query.resourceId !== undefined && resourceIdOf(row) !== query.resourceId.toLowerCase()) continue;
    if (query.hash && hashOf(row, String(row.itemId ?? '')) % query.hash.parts !== query.hash.part) continue;
    yield row;
  }
}
