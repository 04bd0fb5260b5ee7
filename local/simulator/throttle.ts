import type { Millis } from '../../shared/model.ts';

/** The service's limits per identity. */
export interface ThrottleLimits {
  /** Requests within `per`; the service has 200 in 30 s. */
  readonly requests: number;
  readonly per: Millis;
  /** Queries that run at once; the service has 5. */
  readonly concurrent: number;
  /** Queries that wait for one of those; the service has 200. */
  readonly queue: number;
}

export const REAL_LIMITS: ThrottleLimits = { requests: 200, per: 30_000, concurrent: 5, queue: 200 };

export interface Throttle {
  /** Waits for a place. Returns its release, or the seconds after which to come again. */
  enter(): Promise<(() => void) | number>;
}

export function throttleOf(limits: ThrottleLimits | undefined, now: () => Millis): Throttle {
  const recent: Millis[] = [];
  const waiting: (() => void)[] = [];
  let running = 0;
  const release = () => {
    const next = waiting.shift();
    if (next) next();
    else running--;
  };
  return {
    async enter() {
      if (!limits) return () => undefined;
      const at = now();
      while (recent[0] !== undefined && recent[0] <= at - limits.per) recent.shift();
      if (recent.length >= limits.requests)
        return Math.max(1, Math.ceil(((recent[0] ?? at) + limits.per - at) / 1_000));
      recent.push(at);
      if (running < limits.concurrent) running++;
      else if (waiting.length >= limits.queue) return 1;
      // The place is handed over by the one who leaves, so `running` stays as it is.
      else await new Promise<void>((resolve) => waiting.push(resolve));
      return release;
    },
  };
}
