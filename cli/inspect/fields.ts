import type { Layout, Signal } from '../../shared/model.ts';
import { knownPaths } from '../../shared/signals/documented.ts';
import { signalTables } from '../../shared/signals/tables.ts';
import { isRecord } from './records.ts';

/** What a record is, by its own words: its signal, or the category or table that is none (`''`: nothing says). */
export interface Kind {
  readonly layout: Exclude<Layout, 'query'>;
  readonly signal: Signal | undefined;
  readonly category: string;
}

type Json = Readonly<Record<string, unknown>>;

const byElement = new Map(Object.values(signalTables).map(({ element, signal }) => [element, signal]));
const byTable = new Map(Object.values(signalTables).map(({ table, signal }) => [table.toLowerCase(), signal]));

export function kindOf(record: Json): Kind {
  const element = Object.keys(record).find((key) => byElement.has(key) && Array.isArray(record[key]));
  if (element !== undefined && ('context' in record || 'internal' in record))
    return { layout: 'continuous', signal: byElement.get(element), category: element };
  if ('context' in record && 'internal' in record) return { layout: 'continuous', signal: undefined, category: '' };
  const category = [record.Type, record.category, record.Category, record.type].find(
    (word) => typeof word === 'string',
  );
  const layout = 'time' in record ? 'diagnostics' : 'dataExport';
  return { layout, signal: byTable.get(String(category ?? '').toLowerCase()), category: String(category ?? '') };
}

/** Time of the record in milliseconds; undefined where it has none that can be read. */
export function timeOf(record: Json, { layout }: Kind): number | undefined {
  const data = isRecord(record.context) && isRecord(record.context.data) ? record.context.data.eventTime : undefined;
  const text = layout === 'continuous' ? data : (record.time ?? record.TimeGenerated);
  // Seven digits of a second, and times without a zone, which are UTC.
  if (typeof text !== 'string' || !/^\d{4}-\d\d-\d\dT/.test(text)) return undefined;
  const plain = text.replace(/(\.\d{3})\d+/, '$1');
  const time = Date.parse(/(?:Z|[+-]\d\d:?\d\d)$/.test(plain) ? plain : `${plain}Z`);
  return Number.isFinite(time) ? time : undefined;
}

/**
 * The fields of a record that neither a column holds nor the documentation of the source names, as the app counts drift. In classic records
 * paths, of an element `request[].…`.
 */
export function unknownFields(record: Json, { layout, signal }: Kind & { readonly signal: Signal }): string[] {
  const known = knownOf(signal, layout);
  if (layout !== 'continuous') return Object.keys(record).filter((key) => !known(key));
  const { element } = signalTables[signal];
  const paths = new Set(leaves(record, '', known));
  return [...paths].map((path) => (path.startsWith(`${element}.`) ? path.replace('.', '[].') : path));
}

const cache = new Map<string, (path: string) => boolean>();

function knownOf(signal: Signal, layout: Layout): (path: string) => boolean {
  const key = `${signal} ${layout}`;
  const known = cache.get(key) ?? knownPaths(signal, layout);
  cache.set(key, known);
  return known;
}

/** Paths of values that are not known. Arrays are passed through; empty values say nothing. */
function* leaves(value: unknown, path: string, known: (path: string) => boolean): Iterable<string> {
  if (value === null || value === '') return;
  if (Array.isArray(value)) for (const each of value) yield* leaves(each, path, known);
  else if (isRecord(value))
    for (const [key, inner] of Object.entries(value)) yield* leaves(inner, path === '' ? key : `${path}.${key}`, known);
  else if (!known(path)) yield path;
}
