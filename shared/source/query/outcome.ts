import type { Millis } from '../../model.ts';
import { anyOf } from '../../net/any-of.ts';
import { retryAfter } from '../../net/retry-after.ts';
import { ANOTHER_PLAN, adviceFor } from './advice.ts';
import { errorText } from './error-text.ts';
import type { Reply } from './reply.ts';

/** What to do with a reply. Only the rows of a `complete` one are ever used. */
export type Outcome =
  | { readonly kind: 'complete' }
  /** Complete by its looks, but to be confirmed by asking again. */
  | { readonly kind: 'doubtful'; readonly reason: string }
  /** Too much for one answer: ask for less at a time. */
  | { readonly kind: 'split'; readonly reason: string }
  /** Ask again after `after` (undefined: back-off). `heavy`: asking for less may help when it happens again. */
  | {
      readonly kind: 'retry';
      readonly reason: string;
      readonly after: Millis | undefined;
      readonly heavy: boolean;
      /** It has nothing to do with what is asked: patience is a time, not a number of tries. */
      readonly passing: boolean;
      /** Not a byte came in all the time that an answer may take; left out: something did. */
      readonly silent?: true;
      /** It is wrong from its first byte: less of it is hardly better. Left out: that may be its length. */
      readonly spoilt?: true;
    }
  /** The workspace has no such table (yet). */
  | { readonly kind: 'absent' }
  /**
   * Asking again now is pointless; the reason says what to do. `halvings`: how many in a row are worth a try, in case
   * the size is the reason after all; 0: it has nothing to do with what is asked.
   */
  | { readonly kind: 'fail'; readonly reason: string; readonly halvings: number };

export interface Asked {
  readonly schema: 'app' | 'workspace';
  readonly table: string;
  /** Rows at which the API cuts answers, sometimes without a word. */
  readonly rowLimit: number;
  readonly now: Millis;
}

/**
 * Truncation by rows or bytes. 80DA0003 is the engine's code for it, -2133196797 the same as a signed number.
 * Sources: Kusto query limits (Microsoft documentation), Azure SDK recordings, answers in public issues.
 */
const TOO_LARGE = anyOf(
  /E_QUERY_RESULT_SET_TOO_LARGE|80DA0003|-2133196797/,
  /exceed\w* (the|its|an?|allowed|maximum|internal)[^.]{0,60}\b(size|limits?|bytes|records?)\b/,
  /\b500,?000 (records|rows)|result\w* (set )?(is|was|were|has been|are)? ?(truncated|too (large|big))/,
  /truncation|maximum response size|ResponseSizeError|response (size )?(is )?too large/,
);

/** Runs into time or memory: the same query may pass the next time, and a smaller one is likelier to. */
const TOO_HEAVY = anyOf(
  /E_RUNAWAY_QUERY|80DA0001|-2133196799|E_LOW_MEMORY_CONDITION|80DA0007|-2133196793|\bmemory\b|overflow/,
  /resource\w*\b[^.]{0,40}\b(limit|exhaust|exceed|insufficient)|out of resources/,
  /time[d-]?[ -]?out|GatewayTimeout/,
);

/** Codes of the engine, which no text of a query that is refused holds by chance. */
const ENGINE_HEAVY =
  /E_RUNAWAY_QUERY|80DA0001|-2133196799|E_LOW_MEMORY_CONDITION|80DA0007|-2133196793|E_QUERY_(MEMORY|TIMEOUT)/i;
const THROTTLED = /E_QUERY_THROTTLED|ThrottledError|E_REQUEST_THROTTLED|80DA0008/i;

const TRANSIENT = new Set([408, 425, 429]);
/** Refusals that pass by themselves, whatever is asked. */
const PASSING = new Set([429, 502, 503]);
/** What is asked is nothing that the server can do: waiting does not help. */
const NOT_SUPPORTED = 501;
/** What zlib says of the first bytes. Of later ones: a page behind half of an answer looks like a wrong checksum. */
const NO_GZIP = /header|compression method|window size/;
const UNRESOLVED_TABLE = /Failed to resolve (table|entity)[^.]*/i;

export function outcomeOf(reply: Reply, asked: Asked): Outcome {
  if (reply.hopeless !== undefined) return { kind: 'fail', reason: reply.hopeless, halvings: 0 };
  // Who works on a question that is too much says so in time (`Prefer: wait`): silence is no matter of size.
  if (reply.lost !== '' && reply.timedOut && reply.status === 0)
    return { kind: 'retry', reason: reply.lost, after: undefined, heavy: false, passing: false, silent: true };
  // Packed wrongly, or not to its end, is how it was sent: a connection that breaks is called otherwise.
  const packing = /\(Z_[A-Z]+_ERROR: ([^)]*)\)/.exec(reply.lost)?.[1];
  if (packing !== undefined) {
    const reason = `the answer is packed wrongly (${packing})`;
    return { ...retry(reason, undefined, false), ...(NO_GZIP.test(packing) && { spoilt: true }) };
  }
  if (reply.lost !== '') return retry(reply.lost, undefined, reply.timedOut, !reply.timedOut);
  if (reply.status === 200) return answerOutcome(reply, asked);
  if (reply.status === 204) return { kind: 'doubtful', reason: 'status 204: the resource holds no data' };
  const text = errorText(reply.status, reply.body);
  if ((reply.status >= 500 && reply.status !== NOT_SUPPORTED) || TRANSIENT.has(reply.status)) {
    if (reply.status !== 429 && TOO_LARGE.test(text)) return { kind: 'split', reason: text };
    const heavy = reply.status === 504 || (reply.status !== 429 && TOO_HEAVY.test(text));
    return retry(text, waitOf(reply, asked.now), heavy, PASSING.has(reply.status));
  }
  if (reply.status === 400) {
    if (isAbsent(text, asked)) return { kind: 'absent' };
    // The code decides, not the status: what the engine cannot do now is told with 400 as well as with 500.
    if (!/SyntaxError|SemanticError/.test(text)) {
      if (TOO_LARGE.test(text)) return { kind: 'split', reason: text };
      if (THROTTLED.test(text)) return retry(text, waitOf(reply, asked.now), false, true);
      if (ENGINE_HEAVY.test(text)) return retry(text, waitOf(reply, asked.now), true);
    }
  }
  return {
    kind: 'fail',
    reason: `${text}; ${adviceFor(reply.status, text, asked)}`,
    halvings: halvingsFor(reply, text),
  };
}

/** Who asks and where, not what is asked for: a part of it is refused likewise. */
const OF_THE_ASKER = new Set([401, 402, 403, 404, 405, 407, 410, 421, 426, 451]);

/** Whether a refusal with this status is about what was asked: something else may be answered. */
export const isOfQuestion = (status: number): boolean =>
  status === NOT_SUPPORTED || (status >= 400 && status < 500 && !OF_THE_ASKER.has(status));

function halvingsFor({ status }: Reply, text: string): number {
  if (!isOfQuestion(status)) return 0;
  // Another address, or another plan, and no other range: docs of Basic logs, answers in public issues.
  if (/UnsupportedApiQueryValidationError/.test(text) || ANOTHER_PLAN.test(text)) return 0;
  // The text of the query is at fault, so it says; one try is cheap.
  return /SyntaxError|SemanticError/.test(text) || status === NOT_SUPPORTED ? 1 : 6;
}

function answerOutcome(reply: Reply, asked: Asked): Outcome {
  const { answer } = reply;
  if (answer === undefined) return retry('status 200 without an answer', undefined, false);
  if (answer.error !== undefined) {
    const text = errorText(200, { error: answer.error });
    if (TOO_LARGE.test(text)) return { kind: 'split', reason: text };
    return retry(text, waitOf(reply, asked.now), TOO_HEAVY.test(text), THROTTLED.test(text));
  }
  if (answer.fault !== undefined) {
    const { kind, begun, reason } = answer.fault;
    const isSpoilt = kind !== 'cut' && begun !== true;
    return { ...retry(`the answer is ${reason}`, undefined, false), ...(isSpoilt && { spoilt: true }) };
  }
  if (answer.rows >= asked.rowLimit)
    return { kind: 'split', reason: `${answer.rows} rows, as many as an answer may hold` };
  if (reply.age > 0) return { kind: 'doubtful', reason: `the answer comes from a cache and is ${reply.age} s old` };
  return { kind: 'complete' };
}

/**
 * On a workspace a table can be missing because nothing of its kind was ever sent: that is no rows, and no fault.
 * For an app all ten tables always exist, so there it means that something else is wrong.
 */
function isAbsent(text: string, asked: Asked): boolean {
  return asked.schema === 'workspace' && UNRESOLVED_TABLE.exec(text)?.[0].includes(`'${asked.table}'`) === true;
}

function retry(
  reason: string,
  after: Millis | undefined,
  heavy: boolean,
  passing = false,
): Extract<Outcome, { kind: 'retry' }> {
  return { kind: 'retry', reason, after, heavy, passing };
}

/** The reply's `Retry-After`, by the clock of whoever sent it. */
export const waitOf = ({ retryAfter: header, date = '' }: Reply, now: Millis): Millis | undefined => {
  const theirs = Date.parse(date);
  return retryAfter(header, Number.isNaN(theirs) ? now : theirs);
};
