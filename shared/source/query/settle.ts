import type { Clock, Interval, Millis, QuerySettings, Window } from '../../model.ts';
import type { Answer } from './answer.ts';
import type { Part } from './parts.ts';
import { refusalOf } from './refusal.ts';
import type { Ask, RowsTaker } from './reply.ts';
import { settleQuestion } from './settle-question.ts';
import { queryText, tableOf } from './text.ts';
import { ticksText } from './ticks.ts';

export interface SourceLimits {
  /** Failures before the attempt ends. */
  readonly attempts: number;
  /** The same failure in a row after which half is asked for. */
  readonly alike: number;
  /**
   * A refusal that has nothing to do with what is asked is waited for that long at least: the API's budget is a window
   * of 30 s.
   */
  readonly passing: Millis;
  /** Time-outs and exhausted resources in a row after which a part is halved. */
  readonly heavy: number;
  /**
   * Halvings for that reason in a row, without an answer between, before the attempt ends: then the service is at
   * fault.
   */
  readonly patience: number;
  /**
   * The same, of one within the other, where the body that comes is wrong and answers without rows come between: they
   * say nothing.
   */
  readonly barren: number;
  /** Halvings where the answer is wrong from its first byte. */
  readonly spoilt: number;
  /**
   * How often a doubtful answer (cached, or 204) is asked again, without anything else between, before it is believed.
   */
  readonly doubts: number;
  /** Rows at which the API cuts an answer. */
  readonly rows: number;
  /** Back-off: the first pause; it doubles up to the longest. */
  readonly pause: Millis;
  readonly longestPause: Millis;
  /** A `Retry-After` beyond this ends the attempt; the ledger has the patience. */
  readonly longestWait: Millis;
}

export const SOURCE_LIMITS: SourceLimits = {
  attempts: 6,
  alike: 2,
  passing: 90_000,
  heavy: 2,
  patience: 6,
  barren: 12,
  spoilt: 2,
  doubts: 3,
  rows: 500_000,
  pause: 1000,
  longestPause: 60_000,
  longestWait: 300_000,
};

/** What a reading of a window needs. */
export interface Context {
  readonly settings: QuerySettings;
  readonly ask: Ask;
  readonly clock: Clock;
  readonly limits: SourceLimits;
  readonly window: Window;
  readonly abort: AbortSignal;
}

/**
 * What became of a part. `absent`: there is no such table. `split`: it is too much for one answer, or was refused so
 * often that less may be answered.
 */
export type Settled =
  | { readonly kind: 'rows'; readonly answer: Answer }
  | { readonly kind: 'none' }
  | { readonly kind: 'absent' }
  | Split;

export interface Split {
  readonly kind: 'split';
  /** How many rows came before the answer was cut. */
  readonly rows: number;
  readonly reason: string;
  /**
   * Left out: the API says that it is too much. Else how many halvings in a row may be tried, how many of one within
   * the other while no row came at all (left out: no matter, it was no body that was wrong), and the error after that.
   */
  readonly doubt?: { readonly halvings: number; readonly barren?: number; readonly error: Error };
}

/** Asking again now is pointless; the reason says what to do. */
export interface RefusedQuestion {
  readonly kind: 'refused';
  readonly status: number;
  readonly reason: string;
}

/** What is asked, of which table, and what it is called in messages. */
export interface Asking {
  readonly query: string;
  readonly table: string;
  readonly name: string;
  /** The range that the query is about, in milliseconds. */
  readonly range: Interval;
  /** When the source must have come to, by its own clock, for an answer to count; left out: any time. */
  readonly due?: Millis;
  /**
   * Less could be asked for, and what is refused twice is, in whatever words: the size may be the reason. The number:
   * how often in a row that was so of the ranges that this is a part of. Left out: nothing smaller can be asked for.
   */
  readonly cuts?: number;
}

/**
 * Asks for a part until it is clear what it holds, or that it is too much for one answer. Throws what the operator
 * should do when it is refused, and after `limits.attempts` failures. `rows` takes those of a long answer.
 */
export async function settle(part: Part, context: Context, rows: RowsTaker, cuts = 0): Promise<Settled> {
  const { settings, window } = context;
  if (isOutOfReach(part, context)) return { kind: 'none' };
  const asking = {
    query: queryText(window.signal, settings.schema, part),
    table: tableOf(window.signal, settings.schema),
    name: nameOf(part, context),
    range: millisOf(part),
    // Lag counts from the source's clock: what it answers before is not all that there will be.
    due: window.end + settings.lag,
    cuts,
  };
  const settled = await settleQuestion(asking, context, rows);
  if (settled.kind === 'refused') throw refusalOf(settled.status, asking.name, settled.reason);
  return settled;
}

/** Tables on the Basic plan are not asked for a time of which they keep nothing: they would refuse. */
function isOutOfReach(part: Part, { settings: { schema, retention }, clock }: Context): boolean {
  if (schema.kind !== 'workspace' || schema.plan !== 'basic' || retention === undefined) return false;
  return millisOf(part).end <= clock.now() - retention;
}

/** The whole milliseconds that a part lies in. */
export const millisOf = ({ start, end }: Part): Interval => ({
  start: Number(start / 10_000n),
  end: Number((end + 9_999n) / 10_000n),
});

/** A part in messages: what was asked, and where. The address without its search part, which could hold a secret. */
export function nameOf(part: Part, { settings, window }: Context): string {
  const { origin, pathname } = new URL(settings.url);
  const bucket = part.buckets > 1 ? ` bucket ${part.bucket} of ${part.buckets}` : '';
  return (
    `query ${window.signal} of ${window.app} ${ticksText(part.start)}/${ticksText(part.end)}${bucket} at ` +
    `${origin}${pathname}`
  );
}
