import type { Layout, Signal } from '../shared/model.ts';
import { columnsOf } from '../shared/signals/columns.ts';
import { signalTables } from '../shared/signals/tables.ts';
import { isRecord } from './inspect-records.ts';

/** What a record is, by its own words: its signal, or the category or table that is none (`''`: nothing says). */
export interface Kind {
  readonly layout: Exclude<Layout, 'query'>;
  readonly signal: Signal | undefined;
  readonly category: string;
}

type Json = Readonly<Record<string, unknown>>;

const byElement = new Map(Object.values(signalTables).map(({ element, signal }) => [element, signal]));
const byTable = new Map(Object.values(signalTables).map(({ table, signal }) => [table.toLowerCase(), signal]));

/** Keys that every row of a workspace has and no column holds (contracts of diagnostic settings and data export): kept in `extra`. */
const PLATFORM = [
  ...['Type', 'category', 'Category', 'type', 'resourceId', 'TenantId', 'SourceSystem', 'ReferencedItemId', 'ReferencedType'],
  ...['_ResourceId', '_SubscriptionId', '_BilledSize', '_IsBillable', '_Internal_WorkspaceResourceId', '_TimeReceived', 'MG'],
];

export function kindOf(record: Json): Kind {
  const element = Object.keys(record).find((key) => byElement.has(key) && Array.isArray(record[key]));
  if (element !== undefined && ('context' in record || 'internal' in record))
    return { layout: 'continuous', signal: byElement.get(element), category: element };
  if ('context' in record && 'internal' in record) return { layout: 'continuous', signal: undefined, category: '' };
  const category = [record.Type, record.category, record.Category, record.type].find((word) => typeof word === 'string');
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

/** The fields of a record that no column holds; they are kept in `extra`. In classic records paths, and `request[].…` for an element. */
export function unknownFields(record: Json, { layout, signal }: Kind & { readonly signal: Signal }): string[] {
  const known = knownOf(signal, layout);
  if (layout !== 'continuous') return Object.keys(record).filter((key) => !known.has(key));
  const { element } = signalTables[signal];
  const { [element]: elements, ...root } = record;
  const found = new Set(leaves(root, '', known));
  if (signal === 'performanceCounters') return [...found]; // one of its keys is the counter's name
  for (const each of Array.isArray(elements) ? elements : []) {
    if (isRecord(each)) for (const path of leaves(each, '', known)) found.add(`${element}[].${path}`);
  }
  return [...found];
}

const cache = new Map<string, ReadonlySet<string>>();

/** Paths of classic records that are read in a form of their own, beside those of the columns. */
const SHAPED: Partial<Record<Signal, readonly string[]>> = {
  exceptions: ['id', 'outerId', 'hasFullStack', 'parsedStack'],
  customMetrics: ['name', 'sampledValue'],
};

function knownOf(signal: Signal, layout: Layout): ReadonlySet<string> {
  const key = `${signal} ${layout}`;
  const columns = columnsOf(signal);
  const known =
    cache.get(key) ??
    new Set(
      layout === 'continuous'
        ? [
            ...columns.flatMap((column) => column.continuous),
            'internal.data.documentVersion',
            'context.custom.metrics',
            ...(SHAPED[signal] ?? []),
          ]
        : [...columns.flatMap((column) => column.workspace), ...PLATFORM],
    );
  cache.set(key, known);
  return known;
}

/** Paths of values that no known path leads to; what lies below a known one belongs to it. Empty values say nothing. */
function* leaves(value: Json, before: string, known: ReadonlySet<string>): Iterable<string> {
  for (const [key, inner] of Object.entries(value)) {
    const path = `${before}${key}`;
    if (known.has(path) || inner === null || inner === '') continue;
    if (isRecord(inner)) yield* leaves(inner, `${path}.`, known);
    else if (!Array.isArray(inner) || inner.length > 0) yield path;
  }
}
