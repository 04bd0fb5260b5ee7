import { setTimeout as sleep } from 'node:timers/promises';
import { nextTick, type Schedule, scheduleOf } from '../../shared/config/schedule.ts';

/** As the real host sends it; the library lower-cases the first letters. */
export interface TimerInfo {
  readonly Schedule: { readonly AdjustForDST: boolean };
  readonly ScheduleStatus: { readonly Last: string; readonly Next: string; readonly LastUpdated: string };
  readonly IsPastDue: boolean;
}

/**
 * Fires by the schedule until aborted, one call after the other: a tick that a running call outlasts is not made up
 * for. The real host fires once after an outage (IsPastDue); here the first tick is the next one, and `runOnStartup`
 * fires at once.
 */
export async function runTimer(
  schedule: string,
  runOnStartup: boolean,
  fire: (timer: TimerInfo) => Promise<void>,
  abort: AbortSignal,
): Promise<void> {
  const parsed = parse(schedule);
  if (runOnStartup) await fire(timerInfo(schedule, Date.now()));
  while (!abort.aborted) {
    const next = nextTick(parsed, Date.now());
    await sleepUntil(next, abort);
    if (!abort.aborted) await fire(timerInfo(schedule, next));
  }
}

/** Throws on a schedule that the host would refuse. */
function parse(text: string): Schedule {
  const found = scheduleOf(text);
  if (typeof found === 'string') throw new ScheduleError(`schedule "${text}" must be ${found}`);
  return found;
}

/** Puts a function in error: the host goes on without it. */
export class ScheduleError extends Error {}

export const timerInfo = (schedule: string, tick: number): TimerInfo => ({
  Schedule: { AdjustForDST: true },
  ScheduleStatus: {
    Last: new Date(tick).toISOString(),
    Next: new Date(nextTick(parse(schedule), tick)).toISOString(),
    LastUpdated: new Date(tick).toISOString(),
  },
  IsPastDue: false,
});

/** A timer of Node holds at most 24 days, and a clock may be set meanwhile: sleeps in steps of a minute at most. */
async function sleepUntil(time: number, abort: AbortSignal): Promise<void> {
  while (!abort.aborted && Date.now() < time) {
    await sleep(Math.min(time - Date.now(), 60_000), undefined, { signal: abort }).catch(() => undefined);
  }
}
