import type { Millis } from '../../shared/model.ts';
import { chanceOf } from '../telemetry/chance.ts';
import { noTable, REFUSALS, type Reason, type Refusal, throttled } from './errors.ts';
import type { AskedRequest } from './request.ts';

/** What can go wrong. */
export type FaultKind =
  /** 429 with `Retry-After`: see `retryAfter`. */
  | 'throttle'
  | 'unavailable'
  | 'gatewayTimeout'
  /** The connection breaks: see `at`. */
  | 'drop'
  /** 200 with half of the rows and an error that is no limit: see `reason`. */
  | 'partial'
  /** 200 with half of the rows and the error of the row limit. */
  | 'truncate'
  /** 200 without a body. */
  | 'empty'
  | 'noContent'
  | 'notJson'
  | 'forbidden'
  | 'unauthorized'
  | 'badRequest'
  /** 400: a workspace to which nothing of that kind was ever sent has no such table. */
  | 'noTable'
  /** Nothing comes any more: see `at` and `pause`. */
  | 'stall'
  /** The answer comes byte by byte, each `pause` after the last. */
  | 'trickle'
  /** The right answer with an `Age`. */
  | 'cached';

export interface Fault {
  readonly kind: FaultKind;
  /** How often it strikes; default for ever. */
  readonly times?: number;
  /** Share of the requests that it strikes, decided by the simulator's seed; default 1. */
  readonly probability?: number;
  /** Which requests; default all. */
  readonly when?: (request: AskedRequest) => boolean;
  /** `drop` and `stall`: before anything is answered (default), or after a part of the body. */
  readonly at?: 'start' | 'middle';
  /** `throttle`: seconds, 'date' for the same as a date one second ahead, undefined for no header. */
  readonly retryAfter?: number | 'date';
  /** `stall`: go on after so many milliseconds; default never. `trickle`: between two bytes; default a second. */
  readonly pause?: Millis;
  /** `noTable`: the table that is missing; default the first word of the query. */
  readonly table?: string;
  /** `partial`: default 'network'. */
  readonly reason?: Reason;
}

export interface FaultHandle {
  /** How often it struck. */
  readonly hits: number;
  remove(): void;
}

export interface FaultSwitch {
  add(fault: Fault): FaultHandle;
  clear(): void;
  /** The fault that strikes this request, the one that was added first if several do. */
  strike(request: AskedRequest): Fault | undefined;
}

export function faultSwitch(seed: string | number): FaultSwitch {
  const chance = chanceOf(`faults/${seed}`);
  const faults = new Set<{ readonly fault: Fault; hits: number }>();
  return {
    add(fault) {
      const entry = { fault, hits: 0 };
      faults.add(entry);
      return {
        get hits() {
          return entry.hits;
        },
        remove: () => void faults.delete(entry),
      };
    },
    clear: () => faults.clear(),
    strike(request) {
      for (const entry of faults) {
        const { times = Number.POSITIVE_INFINITY, probability = 1, when } = entry.fault;
        if (entry.hits >= times || (when && !when(request)) || !chance.hit(probability)) continue;
        entry.hits++;
        return entry.fault;
      }
      return undefined;
    },
  };
}

/** The answer of a fault that needs no rows; undefined for the others. */
export function refusalOf(fault: Fault, asked: AskedRequest, now: Millis): Refusal | undefined {
  const { retryAfter } = fault;
  const after =
    retryAfter === 'date'
      ? new Date(now + 1_000).toUTCString()
      : retryAfter === undefined
        ? undefined
        : String(retryAfter);
  const refusals: Readonly<Partial<Record<FaultKind, Refusal>>> = {
    throttle: throttled(after),
    unavailable: REFUSALS.unavailable,
    gatewayTimeout: REFUSALS.timeout,
    empty: { status: 200, body: '' },
    noContent: { status: 204, body: '' },
    notJson: { status: 200, body: '<html><head><title>Proxy</title></head><body>Please sign in.</body></html>' },
    forbidden: REFUSALS.forbidden,
    unauthorized: REFUSALS.badToken,
    badRequest: REFUSALS.syntax,
    noTable: noTable(fault.table ?? /\w+/.exec(asked.query)?.[0] ?? ''),
  };
  return refusals[fault.kind];
}
