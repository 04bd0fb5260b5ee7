import { asCells, columnsOf } from '../../local/telemetry/asCells.ts';
import { identityOf } from '../../local/telemetry/columns.ts';
import type { Cell, Row } from '../../local/telemetry/row.ts';
import { APP_COLUMNS } from '../../local/telemetry/tables.ts';
import type { Interval, Signal } from '../../shared/model.ts';

/**
 * What a row of the lake must hold, worked out from the rows that the simulator answers with and by its own tables, not
 * by ours. Timestamps are text of whole microseconds since 1970, dynamic columns JSON with sorted keys.
 */
export type Value = string | number | boolean | null;
export type LakeRow = Readonly<Record<string, Value>>;

/** `2026-11-21T03:00:00.1234567Z` → microseconds, the seventh digit cut off. */
export function microseconds(time: string): string {
  const [, seconds = '', fraction = ''] = /^(\S{10}[T ]\S{8})(?:\.(\d+))?(?:Z|\+00(?::?00)?)$/.exec(time) ?? [];
  if (seconds === '') throw new Error(`time ${time}: not in UTC`);
  return `${Date.parse(`${seconds.replace(' ', 'T')}Z`) / 1000}${fraction.padEnd(6, '0').slice(0, 6)}`;
}

/** JSON with the keys of every object in order; null for null. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`).join(',')}}`;
}

const digits = (at: number): string => `${new Date(at).toISOString().slice(0, 16).replace(/[-:]/g, '')}Z`;
export const windowText = ({ start, end }: Interval): string => `${digits(start)}_${digits(end)}`;

/** The window of that size on the UTC grid that a time (in microseconds, as text) falls into. */
export function windowAt(time: string, size: number): string {
  const start = Math.floor(Number(time) / 1000 / size) * size;
  return windowText({ start, end: start + size });
}

/** The row as the lake must hold it when it comes from the query API. */
export function fromQuery(signal: Signal, row: Row, size: number): LakeRow {
  const found: Record<string, Value> = {};
  for (const { name, type } of APP_COLUMNS[signal]) found[name] = typed(row[name] ?? null, type);
  return { ...found, extra: null, exportWindow: windowAt(String(found.timestamp), size) };
}

/**
 * The same row when it comes from a workspace: what has no column there is nothing, and what every workspace row
 * carries beside the telemetry is `extra`. A metric has its sum for its value, and counts its values as items.
 */
export function fromWorkspace(signal: Signal, row: Row, size: number): LakeRow {
  const known = new Set<string>(APP_COLUMNS[signal].map(({ workspace }) => workspace));
  const cells = asCells(row, 'workspace');
  const beside = columnsOf(signal, 'workspace').flatMap(({ name }, place) =>
    known.has(name) || cells[place] === '' ? [] : [[name, cells[place]] as const],
  );
  const metric = { value: row.valueSum ?? null, valueStdDev: null, itemCount: row.valueCount ?? null };
  return {
    ...fromQuery(signal, row, size),
    ...(signal === 'customMetrics' ? metric : {}),
    appName: null,
    extra: canonicalJson(Object.fromEntries(beside)),
  };
}

function typed(cell: Cell, type: string): Value {
  if (cell === null) return null;
  if (type === 'datetime') return microseconds(String(cell));
  if (type === 'dynamic') return canonicalJson(JSON.parse(String(cell)));
  return cell;
}

/** Classic records never carried these columns. */
const LOST = ['appId', 'sdkVersion'];
/** Log and browser timing records have no count, counters and metrics no item count. */
const UNCOUNTED: readonly Signal[] = ['traces', 'browserTimings', 'performanceCounters', 'customMetrics'];

/**
 * The same row when it comes from a blob of Continuous Export in the hour folder `hour`; see asExportRecord for what is
 * lost.
 */
export function fromBlob(signal: Signal, row: Row, app: string, window: string): LakeRow {
  const found: Record<string, Value> = { ...fromQuery(signal, row, 1) };
  for (const name of LOST) found[name] = null;
  if (UNCOUNTED.includes(signal)) delete found.itemCount;
  if (signal === 'exceptions') found.details = chain(found.details);
  delete found.extra;
  return { ...found, appName: app, iKey: identityOf(app).ikey, exportWindow: window };
}

/**
 * What is common to the chains of a classic record and of the query table: the former has no `type` and some keys more.
 */
export function chain(details: Value | undefined): Value {
  if (typeof details !== 'string') return details ?? null;
  const elements = JSON.parse(details) as Record<string, unknown>[];
  return canonicalJson(
    elements.map(({ id, outerId, message, parsedStack }) => ({ id, outerId, message, parsedStack })),
  );
}
