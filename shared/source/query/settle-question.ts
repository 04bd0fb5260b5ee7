import type { Millis } from '../../model.ts';
import { tellWait } from '../../net/waits.ts';
import { type Outcome, outcomeOf } from './outcome.ts';
import { earlyBy, NotYet, refusalOf, Silence } from './refusal.ts';
import type { Reply, RowsTaker } from './reply.ts';
import type { Asking, Context, RefusedQuestion, Settled, Split } from './settle.ts';

/** A pause that whoever looks on should hear of. */
const LONG: Millis = 5_000;

/** What has come of asking so far. */
interface Tries {
  failures: number;
  /** Time-outs and exhausted resources in a row. */
  heavy: number;
  doubts: number;
  refusals: number;
  /** The last failure, and how often in a row it was that one. */
  reason: string;
  same: number;
  /** When failures began, and how long was slept since. */
  began: Millis;
  slept: Millis;
}

/**
 * Asks until it is clear what the answer is, or that it is too much for one; a refusal is returned. Throws after
 * `limits.attempts` failures. `rows` takes those of a long answer while it comes.
 */
export async function settleQuestion(
  asking: Asking,
  context: Context,
  rows: RowsTaker,
): Promise<Settled | RefusedQuestion> {
  const { query, table } = asking;
  const { settings, limits, clock, abort } = context;
  const { cuts = 0 } = asking;
  const timespan = timespanOf(asking, context);
  const refusals = cuts > 0 ? 1 : 0;
  const tries: Tries = {
    failures: 0,
    heavy: 0,
    doubts: 0,
    refusals,
    reason: '',
    same: 0,
    began: clock.now(),
    slept: 0,
  };
  for (;;) {
    abort.throwIfAborted();
    const reply = await context.ask({ query, table, rows, abort, ...timespan });
    const outcome = outcomeOf(reply, { schema: settings.schema.kind, table, rowLimit: limits.rows, now: clock.now() });
    const isLast = outcome.kind === 'complete' || (outcome.kind === 'doubtful' && tries.doubts++ >= limits.doubts);
    const early = outcome.kind === 'retry' || outcome.kind === 'fail' ? 0 : earlyBy(reply.date, asking.due ?? never);
    if (isLast && early === 0) return reply.answer === undefined ? NONE : { kind: 'rows', answer: reply.answer };
    await rows.takeBack();
    if (early > 0) throw new NotYet(asking.name, asking.due ?? never, early, clock.now());
    const settled = outcome.kind === 'complete' ? undefined : settledBy(outcome, reply, tries, asking, context);
    if (settled !== undefined) return settled;
    const again = outcome.kind === 'retry' ? outcome : { reason: reasonOf(outcome), after: undefined };
    const pause = pauseBefore(Math.max(1, tries.failures + tries.doubts) + cuts, again, asking.name, context);
    tries.slept += pause;
    if (pause > LONG) tellWait(`${asking.name}: ${again.reason}; asking again in ${Math.round(pause / 1000)} s`);
    await clock.sleep(pause, abort);
  }
}

/**
 * Tables on the Basic plan want the range beside the query, whose own condition counts as well and is exact: so that of
 * the header may be wider, and does not depend on whether its end counts.
 */
function timespanOf({ range }: Asking, { settings: { schema } }: Pick<Context, 'settings'>): { timespan?: string } {
  if (schema.kind !== 'workspace' || schema.plan !== 'basic') return {};
  const [start, end] = [range.start, range.end].map((at) => new Date(at).toISOString());
  return { timespan: `${start}/${end}` };
}

const NONE: Settled = { kind: 'none' };
const never = Number.NEGATIVE_INFINITY;
const reasonOf = (outcome: Outcome): string => ('reason' in outcome ? outcome.reason : '');

type Unanswered = Exclude<Outcome, { kind: 'complete' }>;

/** What an answer that is not the whole one settles; undefined: ask again. Throws when that would be pointless. */
function settledBy(
  outcome: Unanswered,
  reply: Reply,
  tries: Tries,
  asking: Asking,
  context: Context,
): Split | RefusedQuestion | { readonly kind: 'absent' } | undefined {
  if (outcome.kind === 'absent') return { kind: 'absent' };
  if (outcome.kind === 'split') return { kind: 'split', rows: reply.answer?.rows ?? 0, reason: outcome.reason };
  if (outcome.kind === 'fail') return refused(outcome, reply, tries, asking);
  if (outcome.kind === 'doubtful') {
    tries.heavy = 0;
    return undefined;
  }
  const { limits, clock } = context;
  const { reason, heavy, passing } = outcome;
  // Facts of windows are few: that their answer stands still has nothing to do with how much is asked for.
  const stalled = reply.lost !== '' && reply.timedOut && asking.cuts === undefined;
  tries.heavy = heavy && !stalled ? tries.heavy + 1 : 0;
  tries.doubts = 0;
  if (tries.heavy >= limits.heavy) {
    const error = new Error(`${asking.name}: ${reason}, however little is asked for; the window is tried again later`);
    return { kind: 'split', rows: 0, reason, doubt: { halvings: limits.patience, error } };
  }
  const plain = reason.replaceAll(/[\da-f-]{6,}|\d+ bytes of \d+/gi, ''); // without ids, times and what came
  [tries.same, tries.reason] = [plain === tries.reason ? tries.same + 1 : 1, plain];
  if (tries.failures++ === 0) [tries.began, tries.slept] = [clock.now(), 0];
  const waited = Math.max(tries.slept, clock.now() - tries.began);
  const { cuts } = asking;
  if ((outcome.silent || stalled) && tries.same >= limits.alike) throw new Silence(asking.name, tries.failures, reason);
  // What breaks off behind its first byte may break off for its length: then it is waited for, but only once.
  const broken = passing && reply.status === 200;
  const patience = broken && cuts !== undefined && cuts > 0 ? 0 : limits.passing;
  const isTwice = cuts !== undefined && !(passing && patience > 0) && tries.same >= limits.alike;
  if (!isTwice && (tries.failures < limits.attempts || (passing && waited < patience))) return undefined;
  const vain = `asked ${tries.failures} times in vain: ${reason}; the window is tried again later`;
  const error = new Error(`${asking.name}: ${vain}`);
  if (cuts === undefined || (passing && !broken)) throw error;
  if (reply.status !== 200 || reply.answer?.error !== undefined)
    return { kind: 'split', rows: 0, reason, doubt: { halvings: limits.patience, error } };
  const [halvings, barren] = outcome.spoilt ? [limits.spoilt, limits.spoilt] : [limits.patience, limits.barren];
  return { kind: 'split', rows: 0, reason, doubt: { halvings, barren, error } };
}

/**
 * Refused once, it is asked again; twice, for less, where the size may be the reason whatever the refusal is called.
 */
function refused(
  { reason, halvings }: Extract<Outcome, { kind: 'fail' }>,
  { status }: Reply,
  tries: Tries,
  { name, cuts }: Asking,
): Split | RefusedQuestion | undefined {
  if (cuts === undefined || halvings === 0) return { kind: 'refused', status, reason };
  tries.refusals += 1;
  if (tries.refusals < 2) return undefined;
  return { kind: 'split', rows: 0, reason, doubt: { halvings, error: refusalOf(status, name, reason) } };
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
