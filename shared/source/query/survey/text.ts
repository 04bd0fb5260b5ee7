import type { Interval, Millis, QuerySettings, Signal } from '../../../model.ts';
import { literal, tableOf } from '../text.ts';
import { ticksOf, ticksText } from '../ticks.ts';

/** A range of one signal, and how it is parted: the answer has one row for each `step` that has rows. */
export interface Stretch extends Interval {
  readonly signal: Signal;
  /** Whole minutes that divide the day. */
  readonly step: Millis;
}

/** What an endpoint tells of a stretch beside how many rows it has; one that refuses is asked for less. */
export interface Told {
  /** When the last row came in. */
  readonly latest: boolean;
  /** The sum of hashes of the rows' ids. */
  readonly ids: boolean;
}

/** Hashes are below this prime: the sums of nine million rows are exact in a double, in which some endpoints answer. */
const HASHES = 1_000_000_007;
const minute: Millis = 60_000;

/**
 * The KQL that asks for fingerprints of several stretches at once; one answer, whose column `signal` says which a row
 * is of.
 */
export function surveyText(stretches: readonly Stretch[], schema: QuerySettings['schema'], told: Told): string {
  const [only, ...more] = stretches.map((stretch) => stretchText(stretch, schema, told));
  if (only === undefined) throw new RangeError('a survey of nothing');
  return more.length === 0 ? only : `union\n${[only, ...more].map((text) => `(${text})`).join(',\n')}`;
}

function stretchText({ signal, start, end, step }: Stretch, schema: QuerySettings['schema'], told: Told): string {
  const workspace = schema.kind === 'workspace';
  const time = workspace ? 'TimeGenerated' : 'timestamp';
  const id = workspace ? '_ItemId' : 'itemId';
  const facts = [
    'rows = count()',
    ...(told.latest ? ['latest = max(ingestion_time())'] : []),
    ...(told.ids ? [`ids = sum(hash(${id}, ${HASHES}))`] : []),
  ];
  const [from, to] = [start, end].map((at) => `datetime(${ticksText(ticksOf(at))})`);
  return [
    tableOf(signal, schema),
    `| where ${time} >= ${from} and ${time} < ${to}`,
    ...(workspace && schema.resourceId !== '' ? [`| where _ResourceId =~ ${literal(schema.resourceId)}`] : []),
    `| summarize ${facts.join(', ')} by start = bin(${time}, ${step / minute}m)`,
    `| extend signal = '${signal}'`,
  ].join('\n');
}
