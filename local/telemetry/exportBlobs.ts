import type { Interval, Millis, Signal } from '../../shared/model.ts';
import { asExportRecord } from './asExportRecord.ts';
import { uuidOf } from './chance.ts';
import { identityOf } from './columns.ts';
import { deliveredAt } from './deliveredAt.ts';
import { SIGNALS } from './tables.ts';
import { telemetryRows, timeOf } from './telemetryRows.ts';
import type { Shop } from './visits.ts';

export interface ExportBlob {
  /** `{appName}_{ikey}/{Type}/{yyyy-MM-dd}/{HH}/{id}_{yyyyMMdd_HHmmss}.blob`, the time being that of delivery. */
  readonly name: string;
  /** One JSON document a line. */
  readonly text: string;
  /** When it was written: no record in it was delivered later. */
  readonly at: Millis;
}

export const EXPORT_FOLDERS: Readonly<Record<Signal, string>> = {
  requests: 'Requests',
  dependencies: 'RemoteDependency',
  exceptions: 'Exceptions',
  traces: 'Messages',
  customEvents: 'Event',
  customMetrics: 'Metrics',
  pageViews: 'PageViews',
  browserTimings: 'PageViewPerformance',
  availabilityResults: 'Availability',
  performanceCounters: 'PerformanceCounters',
};

/** Time between two blobs of a type: three an hour. */
const SLOT = 20 * 60_000;

export interface ExportOptions extends Shop, Interval {
  /** Instrumentation key; default that of the app's rows. */
  readonly ikey?: string;
  readonly signals?: readonly Signal[];
}

function blobOf(options: ExportOptions, signal: Signal, slot: number, lines: readonly string[]): ExportBlob {
  // A second before the slot ends, so that folder and file name carry the same hour.
  const at = (slot + 1) * SLOT - 1_000;
  const [date = '', time = ''] = new Date(at).toISOString().split(/[T.]/);
  const ikey = (options.ikey ?? identityOf(options.app).ikey).replaceAll('-', '');
  const id = uuidOf(`${options.seed}/${options.app}/${signal}/${slot}`);
  const folder = `${options.app}_${ikey}/${EXPORT_FOLDERS[signal]}/${date}/${time.slice(0, 2)}`;
  return {
    name: `${folder}/${id}_${date.replaceAll('-', '')}_${time.replaceAll(':', '')}.blob`,
    text: `${lines.join('\n')}\n`,
    at,
  };
}

function* blobsOf(options: ExportOptions, signal: Signal): Generator<ExportBlob> {
  const open = new Map<number, string[]>();
  const written = function* (before: number) {
    for (const slot of [...open.keys()].filter((one) => one < before).sort((a, b) => a - b)) {
      yield blobOf(options, signal, slot, open.get(slot) ?? []);
      open.delete(slot);
    }
  };
  for (const row of telemetryRows({ ...options, signal })) {
    // Nothing is delivered before it happens, so a slot that lies behind the row is complete.
    yield* written(Math.floor(Date.parse(timeOf(row)) / SLOT));
    const slot = Math.floor(deliveredAt(row) / SLOT);
    const lines = open.get(slot) ?? [];
    lines.push(JSON.stringify(asExportRecord(row)));
    open.set(slot, lines);
  }
  yield* written(Number.POSITIVE_INFINITY);
}

/** Every record whose event time lies in the range, in blobs by delivery time, per signal in order of time. Pure. */
export function* exportBlobs(options: ExportOptions): Generator<ExportBlob> {
  for (const signal of options.signals ?? SIGNALS) yield* blobsOf(options, signal);
}
