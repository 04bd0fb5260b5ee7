import type { Fault } from '../../../local/simulator/faults.ts';
import type { Chance } from '../../../local/telemetry/chance.ts';

/** Faults of the query API in the n-th hour of a month. */
export function weather(chance: Chance, n: number): Fault[] {
  return [
    ...(Math.floor(n / 6) % 9 === 4 ? [{ kind: 'unavailable' as const }] : []),
    ...storm(n),
    { kind: 'drop', at: 'middle', probability: 0.02 },
    { kind: 'partial', probability: 0.02 },
    { kind: 'truncate', probability: 0.01 },
    { kind: 'cached', probability: chance.hit(0.2) ? 0.1 : 0 },
    { kind: 'gatewayTimeout', probability: 0.01 },
  ];
}

/** Now a third of the questions, now all are too many; `retryAfter` in seconds. */
export function storm(n: number) {
  const kind = 'throttle' as const;
  if (Math.floor(n / 3) % 11 === 5) return [{ kind, probability: 1, retryAfter: 60 }];
  return Math.floor(n / 7) % 5 === 2 ? [{ kind, probability: 0.33, retryAfter: 17 }] : [];
}

/** A third of the time into the month the lake is gone, for ten days of thirty; now and then for some hours. */
export function isLakeAway(n: number, days: number): boolean {
  const from = Math.floor(days * 8);
  const long = days >= 30 ? 240 : days * 4;
  return (n >= from && n < from + long) || Math.floor(n / 5) % 23 === 11;
}
