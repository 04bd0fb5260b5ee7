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
