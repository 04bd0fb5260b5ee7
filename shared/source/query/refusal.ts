import type { Millis } from '../../model.ts';

/** Whom a refusal concerns: all of an app, or one of its tables. */
export type Refused = 'app' | 'table';

/**
 * The API will not answer, however often it is asked, and others may well get answers. Caught by type where windows of
 * several apps and tables are run: only those that it names are left.
 */
export class Refusal extends Error {
  readonly of: Refused;
  /** What the API said and what to do, without the window that was asked for. */
  readonly reason: string;
  constructor(of: Refused, asked: string, reason: string) {
    super(`${asked}: ${reason}`);
    this.name = 'Refusal';
    this.of = of;
    this.reason = reason;
  }
}

const byStatus: ReadonlyMap<number, Refused> = new Map([
  [400, 'table'],
  [401, 'app'],
  [403, 'app'],
  [404, 'app'],
]);

/**
 * The error for a final answer of that status; any other status is whatever stands at the address, and concerns all.
 */
export function refusalOf(status: number, asked: string, reason: string): Error {
  const of = byStatus.get(status);
  return of === undefined ? new Error(`${asked}: ${reason}`) : new Refusal(of, asked, reason);
}

/**
 * The API does not answer at all. Caught by type where a question before the rows meets it: the rows would not come,
 * either.
 */
export class Silence extends Error {
  constructor(asked: string, times: number, reason: string) {
    super(`${asked}: asked ${times} times in vain: ${reason}; the window is tried again later`);
    this.name = 'Silence';
  }
}

/**
 * The window has not ended by the source's own clock, whatever ours says: rows of it can still come, and what was
 * answered is no whole. Recognised by its code: asked again after `wait`, it costs no attempt.
 */
export class NotYet extends Error {
  readonly code = 'NotYet';
  readonly wait: Millis;
  /** `due`: when it is whole; the source is `wait` from it, and our clock says `now`. */
  constructor(name: string, due: Millis, wait: Millis, now: Millis) {
    const theirs = due - wait;
    const apart = `${Math.round(Math.abs(now - theirs) / 1000)} s ${theirs < now ? 'behind' : 'ahead of'}`;
    super(
      `${name}: asked too early: it is whole from ${new Date(due).toISOString()} on by the source's clock, which ` +
        `says ${new Date(theirs).toISOString()}, ${apart} this machine's; set this machine's clock where it is the ` +
        'wrong one',
    );
    this.name = 'NotYet';
    this.wait = wait;
  }
}

/**
 * How long before `due` an answer was given, by its own `Date`; 0: not before. Without a date (a proxy took it off) our
 * own clock has to do, by which the window was planned.
 */
export function earlyBy(date: string | undefined, due: Millis): Millis {
  const theirs = Date.parse(date ?? '');
  return Number.isNaN(theirs) ? 0 : Math.max(0, due - theirs);
}
