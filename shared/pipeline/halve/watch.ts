import type { Clock, Interval, Millis, Window } from '../../model.ts';
import type { Claim } from '../claim.ts';
import { halvesOf } from './in-two.ts';

/** A run has had its time. */
export class OutOfTime extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'OutOfTime';
  }
}

/**
 * How much of its time an invocation reads for: what is left is for emptying files, or for writing the last of them.
 */
const share = { halved: 2 / 3, told: 9 / 10 } as const;

/** How long a run reads at most that could be halved, of an invocation of that length. */
export const readingTime = (timeout: Millis): Millis => timeout * share.halved;

export interface Watch {
  /** Aborted when the claim is lost or the time is up. */
  readonly abort: AbortSignal;
  /** Throws when the time is up: OutOfTime, unless it waited for most of it. */
  check(): void;
  /** From now on there is as much time as it takes. */
  close(): void;
}

/**
 * Watches the time of a run that began with `claim`. `allowed`: when the host began the invocation, and when it ends
 * it, ready or not.
 */
export function watchTime(
  claim: Claim,
  { clock, allowed }: { readonly clock: Clock; readonly allowed?: Interval },
): Watch {
  if (allowed === undefined) return { abort: claim.abort, check: () => {}, close: () => {} };
  const { window, startedAt } = claim.entry;
  const halves = halvesOf(window) !== undefined;
  const length = (allowed.end - allowed.start) * (halves ? share.halved : share.told);
  const [over, closed] = [new AbortController(), new AbortController()];
  const pause = clock.sleep(Math.max(0, allowed.start + length - clock.now()), closed.signal);
  pause.then(() => over.abort()).catch(() => undefined);
  return {
    abort: AbortSignal.any([claim.abort, over.signal]),
    check: () => {
      if (!over.signal.aborted || closed.signal.aborted) return;
      const what =
        `not read to its end in ${minutes(clock.now() - startedAt)}, and the host ends a run after ` +
        `${minutes(allowed.end - allowed.start)}`;
      // Another run of this process went first: the window is not to blame.
      const waited = startedAt - allowed.start;
      if (waited > length / 2)
        throw new Error(`${what}, of which it waited ${minutes(waited)} for another; it is tried again`);
      throw new OutOfTime(halves ? what : `${what}; ${adviceFor(window)}`);
    },
    close: () => closed.abort(),
  };
}

/** What to do about a window that is too heavy for one run and cannot be halved. */
export const adviceFor = ({ source }: Window): string =>
  source === 'query'
    ? 'a window of a minute is not halved any more: give the app more memory, or more time (functionTimeout in ' +
      'host.json)'
    : 'an hour folder of blobs is not halved: give the app more memory, or more time (functionTimeout in host.json), ' +
      'or see why its blobs come so slowly';

const minutes = (time: Millis): string => `${Math.round(time / 6_000) / 10} min`;
