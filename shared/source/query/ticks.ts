/**
 * Instants in ticks of 100 ns since 1970-01-01 UTC: the resolution of Kusto's `datetime`, and so the shortest range
 * there is.
 */
export type Ticks = bigint;

const PER_MILLI = 10_000n;
const PER_SECOND = 10_000_000n;

export function ticksOf(millis: number): Ticks {
  return BigInt(millis) * PER_MILLI;
}

/** `2026-11-21T03:00:00.0000000Z`: always seven digits, so that nothing is rounded on the way. */
export function ticksText(ticks: Ticks): string {
  const fraction = ticks % PER_SECOND;
  const seconds = new Date(Number((ticks - fraction) / PER_MILLI)).toISOString().slice(0, 19);
  return `${seconds}.${fraction.toString().padStart(7, '0')}Z`;
}
