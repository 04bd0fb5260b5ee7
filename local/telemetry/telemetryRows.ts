import type { Interval, Millis, Signal } from '../../shared/model.ts';
import { availabilityRow, type Beat, beatAt, customMetricRow, performanceCounterRow } from './beatRows.ts';
import { browserTimingRows, customEventRows, pageViewRows } from './browserRows.ts';
import type { Row } from './row.ts';
import { dependencyRows, exceptionRows, requestRows, traceRows } from './serverRows.ts';
import { countAt, MINUTE, type Shop, type Visit, visitsOf } from './visits.ts';

const VISIT_ROWS: Readonly<Partial<Record<Signal, (shop: Shop, visit: Visit) => Row[]>>> = {
  requests: requestRows,
  dependencies: dependencyRows,
  exceptions: exceptionRows,
  traces: traceRows,
  customEvents: customEventRows,
  pageViews: pageViewRows,
  browserTimings: browserTimingRows,
};

/** Row of a beat, and how many beats there are for a visit. */
const BEAT_ROWS: Readonly<Partial<Record<Signal, readonly [(shop: Shop, beat: Beat) => Row, number]>>> = {
  customMetrics: [customMetricRow, 0.4],
  performanceCounters: [performanceCounterRow, 0.5],
  availabilityResults: [availabilityRow, 0.1],
};

/** Rows of what begins in that minute. They lie in it or, following a visit, in the next one. */
function rowsFrom(shop: Shop, signal: Signal, minute: Millis): Row[] {
  const beats = BEAT_ROWS[signal];
  if (beats) {
    const [row, perVisit] = beats;
    const count = countAt(shop, minute, shop.perHour * perVisit, signal);
    return Array.from({ length: count }, (_, index) => row(shop, beatAt(shop, minute, index, signal)));
  }
  return visitsOf(shop, minute).flatMap((visit) => VISIT_ROWS[signal]?.(shop, visit) ?? []);
}

export const timeOf = (row: Row): string => String(row.timestamp);
const byTime = (a: Row, b: Row): number => (timeOf(a) < timeOf(b) ? -1 : timeOf(a) > timeOf(b) ? 1 : 0);
const textOf = (at: Millis): string => new Date(at).toISOString().replace('Z', '0000Z');

/**
 * Every record of the signal with `start <= timestamp < end`, by time. Pure: the same shop and signal always yield the
 * same records, whatever the ranges asked for, so ranges that tile time yield each record once.
 */
export function* telemetryRows(asked: Shop & Interval & { readonly signal: Signal }): Generator<Row> {
  const { signal, start, end } = asked;
  const [from, to] = [textOf(start), textOf(end)];
  let ahead: Row[] = [];
  for (let minute = Math.floor(start / MINUTE - 1) * MINUTE; minute < end; minute += MINUTE) {
    const rows = [...ahead, ...rowsFrom(asked, signal, minute)];
    const next = textOf(minute + MINUTE);
    ahead = rows.filter((row) => timeOf(row) >= next);
    yield* rows.filter((row) => timeOf(row) < next && timeOf(row) >= from && timeOf(row) < to).sort(byTime);
  }
}
