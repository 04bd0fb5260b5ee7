import type { Millis, Signal } from '../../model.ts';
import { signalTables } from '../../signals/tables.ts';
import { type ExportLayout, TABLES } from './layouts.ts';

/** What a record is, by its own words: its signal, or the category or table that is none (`''`: nothing says). */
export interface Kind {
  readonly layout: ExportLayout;
  readonly signal: Signal | undefined;
  readonly category: string;
}

export type JsonRecord = Readonly<Record<string, unknown>>;

/** The arrays of Continuous Export records. */
const ELEMENTS: ReadonlyMap<string, Signal> = new Map(
  Object.values(signalTables).map(({ element, signal }) => [element, signal]),
);

/** Where flat records name their table; the first that says something counts, as in the engine. */
const TYPE_KEYS = ['Type', 'type', 'category', 'Category'] as const;

/** One judgement for `inspect`, for the window of a loose file, and the same as the engine's for each record. */
export function kindOf(record: JsonRecord): Kind {
  const element = Object.keys(record).find((key) => ELEMENTS.has(key) && Array.isArray(record[key]));
  const classic = 'context' in record || 'internal' in record;
  if (element !== undefined && classic)
    return { layout: 'continuous', signal: ELEMENTS.get(element), category: element };
  if ('context' in record && 'internal' in record) return { layout: 'continuous', signal: undefined, category: '' };
  const category = TYPE_KEYS.map((key) => record[key]).find((word) => typeof word === 'string' && word !== '');
  const layout = 'time' in record ? 'diagnostics' : 'dataExport';
  const word = String(category ?? '');
  return { layout, signal: TABLES.get(word.toLowerCase()), category: word };
}

/** Time of the record in milliseconds; undefined where it has none that can be read. */
export function timeOf(record: JsonRecord, { layout }: Kind): Millis | undefined {
  const data = isRecord(record.context) && isRecord(record.context.data) ? record.context.data.eventTime : undefined;
  const text = layout === 'continuous' ? data : (record.time ?? record.TimeGenerated);
  // Seven digits of a second, and times without a zone, which are UTC.
  if (typeof text !== 'string' || !/^\d{4}-\d\d-\d\dT/.test(text)) return undefined;
  const plain = text.replace(/(\.\d{3})\d+/, '$1');
  const time = Date.parse(/(?:Z|[+-]\d\d:?\d\d)$/.test(plain) ? plain : `${plain}Z`);
  return Number.isFinite(time) ? time : undefined;
}

export const isRecord = (value: unknown): value is JsonRecord =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
