import { rm } from 'node:fs/promises';
import type { Clock, Millis, QuerySettings, Window } from '../../model.ts';
import { tellWait } from '../../net/waits.ts';
import type { Answer } from './answer.ts';
import { outcomeOf } from './outcome.ts';
import type { Part } from './parts.ts';
import { refusalOf } from './refusal.ts';
import type { Ask, Reply } from './reply.ts';
import { queryText, tableOf } from './text.ts';
import { ticksText } from './ticks.ts';

export interface SourceLimits {
  /** Questions for one part before the attempt at the window ends. */
  readonly attempts: number;
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
  passing: 90_000,
  heavy: 2,
  patience: 6,
  doubts: 3,
  rows: 500_000,
  pause: 1000,
  longestPause: 60_000,
  longestWait: 300_000,
};

/** A pause that whoever looks on should hear of. */
const LONG: Millis = 5_000;

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
 * What became of a part. `rows` of `split`: how many rows came before the answer was cut. `absent`: there is no such
 * table.
 */
export type Settled =
  | { readonly kind: 'rows'; readonly answer: Answer }
  | { readonly kind: 'none' }
  | { readonly kind: 'absent' }
  | { readonly kind: 'split'; readonly rows: number; readonly reason: string; readonly heavy: boolean };

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
}

/**
 * Asks for a part until it is clear what it holds, or that it is too much for one answer. Throws what the operator
 * should do when it is refused, and after `limits.attempts` failures. `file(n)` names the n-th file of rows.
 */
export async function settle(part: Part, context: Context, file: (n: number) => string): Promise<Settled> {
  const { settings, window } = context;
  const asking = {
    query: queryText(window.signal, settings.schema, part),
    table: tableOf(window.signal, settings.schema),
    name: nameOf(part, context),
  };
  const settled = await settleQuestion(asking, context, file);
  if (settled.kind === 'refused') throw refusalOf(settled.status, asking.name, settled.reason);
  return settled;
}

/** The same for any question; a refusal is returned. */
export async function settleQuestion(
  { query, table, name }: Asking,
  context: Context,
  file: (n: number) => string,
): Promise<Settled | RefusedQuestion> {
  const { settings, limits, clock, abort } = context;
  let failures = 0;
  let heavy = 0;
  let doubts = 0;
  let [began, slept] = [clock.now(), 0];
  for (;;) {
    abort.throwIfAborted();
    const reply = await context.ask({ query, table, file, abort });
    const outcome = outcomeOf(reply, { schema: settings.schema.kind, table, rowLimit: limits.rows, now: clock.now() });
    const believed = outcome.kind === 'complete' || (outcome.kind === 'doubtful' && doubts++ >= limits.doubts);
    if (believed) return reply.answer === undefined ? { kind: 'none' } : { kind: 'rows', answer: reply.answer };
    await discard(reply);
    if (outcome.kind === 'absent') return { kind: 'absent' };
    const rows = reply.answer?.rows ?? 0;
    if (outcome.kind === 'split') return { kind: 'split', rows, reason: outcome.reason, heavy: false };
    if (outcome.kind === 'fail') return { kind: 'refused', status: reply.status, reason: outcome.reason };
    const again = outcome.kind === 'retry' ? outcome : { reason: outcome.reason, after: undefined, heavy: false };
    heavy = again.heavy ? heavy + 1 : 0;
    if (outcome.kind === 'retry') doubts = 0;
    if (heavy >= limits.heavy) return { kind: 'split', rows: 0, reason: again.reason, heavy: true };
    if (outcome.kind === 'retry' && failures++ === 0) [began, slept] = [clock.now(), 0];
    const waited = Math.max(slept, clock.now() - began);
    const isPatient = outcome.kind === 'retry' && outcome.passing && waited < limits.passing;
    if (failures >= limits.attempts && !isPatient) {
      throw new Error(`${name}: asked ${failures} times in vain: ${again.reason}; the window is tried again later`);
    }
    const pause = pauseBefore(failures + doubts, again, name, context);
    slept += pause;
    if (pause > LONG) tellWait(`${name}: ${again.reason}; asking again in ${Math.round(pause / 1000)} s`);
    await clock.sleep(pause, abort);
  }
}

/**
 * How long to wait before asking once more: what the server says, else twice as long each time; always a little by
 * chance.
 */
function pauseBefore(
  times: number,
  again: { readonly reason: string; readonly after: Millis | undefined },
  name: string,
  context: Context,
): Millis {
  const { limits, clock } = context;
  const grown = Math.min(limits.longestPause, limits.pause * 2 ** (times - 1)) * (0.5 + 0.5 * clock.random());
  if (again.after === undefined) return grown;
  if (again.after > limits.longestWait) {
    const seconds = Math.round(again.after / 1000);
    throw new Error(
      `${name}: ${again.reason}; the server wants ${seconds} s of quiet, the window is tried again later`,
    );
  }
  // A server that says `at once` again and again is not asked at once again and again.
  return Math.max(grown, again.after + limits.pause * clock.random());
}

/** A part in messages: what was asked, and where. The address without its search part, which could hold a secret. */
export function nameOf(part: Part, { settings, window }: Context): string {
  const { origin, pathname } = new URL(settings.url);
  const bucket = part.buckets > 1 ? ` bucket ${part.bucket} of ${part.buckets}` : '';
  return `query ${window.signal} of ${window.app} ${ticksText(part.start)}/${ticksText(part.end)}${bucket} at ${origin}${pathname}`;
}

async function discard(reply: Reply): Promise<void> {
  for (const { path } of reply.answer?.files ?? []) await rm(path, { force: true });
}
