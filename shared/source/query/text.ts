import type { QuerySettings, Signal } from '../../model.ts';
import { signalTables } from '../../signals/tables.ts';
import type { Part } from './parts.ts';
import { ticksText } from './ticks.ts';

/** The table that holds a signal, by its name under that schema. */
export function tableOf(signal: Signal, schema: QuerySettings['schema']): string {
  return schema.kind === 'workspace' ? signalTables[signal].table : signal;
}

/**
 * The KQL that asks for a part of a signal. All columns, no order, no limit: the answer is the table's rows as they
 * are. The row's id decides the bucket, the whole row where it has none. On a workspace the id is a hidden column that
 * only comes when it is named.
 */
export function queryText(signal: Signal, schema: QuerySettings['schema'], part: Part): string {
  const workspace = schema.kind === 'workspace';
  const time = workspace ? 'TimeGenerated' : 'timestamp';
  const lines = [
    tableOf(signal, schema),
    `| where ${time} >= datetime(${ticksText(part.start)}) and ${time} < datetime(${ticksText(part.end)})`,
  ];
  if (workspace && schema.resourceId !== '') lines.push(`| where _ResourceId =~ ${literal(schema.resourceId)}`);
  if (workspace) lines.push('| extend itemId = _ItemId');
  if (part.buckets > 1) {
    lines.push(`| where hash(iff(isempty(itemId), tostring(pack_all()), itemId), ${part.buckets}) == ${part.bucket}`);
  }
  return lines.join('\n');
}

/**
 * A KQL string literal. Anything but plain characters is escaped, so that no setting can end the literal and go on as
 * query.
 */
export function literal(text: string): string {
  const escaped = text.replaceAll(/[^\w ./:@()-]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return `'${escaped}'`;
}
