import type { Versioned } from './ledger.ts';
import type { Millis } from './windows.ts';

/** One of the requests that may be under way at a time, and who has it. */
export interface Seat {
  /** '' when it was given back. */
  readonly holder: string;
  /** Held until then, if it is not given back or renewed: who dies frees it. */
  readonly until: Millis;
  /** When requests went out from here, of late. */
  readonly used: readonly Millis[];
}

/** The seats of all instances, guarded by tags. */
export interface Seats {
  read(): Promise<{ readonly seats: ReadonlyMap<number, Versioned<Seat>>; readonly restUntil: Millis }>;
  /** Puts a seat as it was not changed since `etag` (undefined: is not there); undefined when the race was lost. */
  write(number: number, seat: Seat, etag: string | undefined): Promise<string | undefined>;
  /** From now until then nobody asks; an earlier end than is known changes nothing. */
  rest(until: Millis): Promise<void>;
}

/** What all instances together may ask of the query API. */
export interface Budget {
  /** Resolves when a request may go out; to be called back when its answer is there. */
  enter(abort: AbortSignal): Promise<() => void>;
  /** The API wants quiet until then, from everybody. */
  rest(until: Millis): Promise<void>;
}

export interface BudgetLimits {
  /** Requests under way at a time. */
  readonly inFlight: number;
  /** Requests in any 30 s. */
  readonly rate: number;
}
