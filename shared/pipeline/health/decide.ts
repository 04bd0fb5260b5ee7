import type { CommitOutcome, HealthOrder, HealthReport, LakeHealth, Millis } from '../../model.ts';

/** What becomes of the health of a lake. Pure: every change that there is. */

const minute: Millis = 60_000;
const hour: Millis = 60 * minute;

/** The sliding range: so many commits, of so long. A lake with little traffic makes five tries in 15 minutes. */
const most = 20;
const range: Millis = hour;
/**
 * Paused where fewer than one in ten succeed, of five at least, and none has for five minutes; or where five have
 * failed and none succeeded for a quarter of an hour, however many did before: with little traffic these would count
 * for the rest of the hour.
 */
const fewest = 5;
const tolerated = 0.1;
const awhile: Millis = 5 * minute;
const long: Millis = 15 * minute;
/** Pauses between probes double from a minute to half an hour. */
const firstProbe: Millis = minute;
const longestProbe: Millis = 30 * minute;
/** So long paused, and it is disabled. */
const patience: Millis = 7 * 24 * hour;

export const healthyLake: LakeHealth = {
  state: 'active',
  since: 0,
  by: 'itself',
  reason: '',
  probes: 0,
  probeAfter: 0,
  commits: [],
};

/** After these commits, of which the last that failed did so with `error`. */
export function afterCommits(
  health: LakeHealth,
  told: readonly CommitOutcome[],
  error: string,
  now: Millis,
): LakeHealth {
  const commits = [...health.commits, ...told]
    .toSorted((one, other) => one.at - other.at)
    .filter(({ at }) => at > now - range)
    .slice(-most);
  const next = { ...health, commits };
  return health.state === 'active' && isFailing(commits, now)
    ? { ...next, state: 'paused', since: now, by: 'itself', reason: error, probes: 0, probeAfter: now + firstProbe }
    : next;
}

function isFailing(commits: readonly CommitOutcome[], now: Millis): boolean {
  const failed = commits.filter(({ ok }) => !ok);
  const last = commits.slice(commits.findLastIndex(({ ok }) => ok) + 1);
  const lasting = last[0] === undefined ? 0 : now - last[0].at;
  const isMost = failed.length >= fewest && commits.length - failed.length < commits.length * tolerated;
  return (isMost && lasting >= awhile) || (last.length >= fewest && lasting >= long);
}

/** Who pauses a lake by hand wants it to stay so. */
export const isProbeDue = ({ state, by, probeAfter }: LakeHealth, now: Millis): boolean =>
  state === 'paused' && by === 'itself' && probeAfter <= now;

/** Written before the probe, so that one instance alone makes it. */
export const probing = (health: LakeHealth, now: Millis): LakeHealth => ({
  ...health,
  probes: health.probes + 1,
  probeAfter: now + Math.min(firstProbe * 2 ** (health.probes + 1), longestProbe),
});

/** `error` undefined: the lake was written. What failed before is forgotten then: it would pause it again at once. */
export const probed = (health: LakeHealth, error: string | undefined, now: Millis): LakeHealth =>
  error === undefined ? { ...healthyLake, since: now } : { ...health, reason: error };

export const isDisabledByNow = ({ state, since }: LakeHealth, now: Millis): boolean =>
  state === 'paused' && since + patience <= now;

/** Who paused it stays said: nobody else has decided anything since. */
export const disabledByTime = (health: LakeHealth, now: Millis): LakeHealth => ({
  ...health,
  state: 'disabled',
  since: now,
  reason:
    `paused ${health.by === 'hand' ? 'by hand' : 'by itself'} for seven days, from ` +
    `${new Date(health.since).toISOString()} on${health.reason === '' ? '' : `: ${health.reason}`}`,
});

/** What a person decides holds, whatever the lake does; undefined: it is so already. */
export function ordered(health: LakeHealth, order: HealthOrder, reason: string, now: Millis): LakeHealth | undefined {
  const state = ({ pause: 'paused', resume: 'active', disable: 'disabled' } as const)[order];
  if (order === 'resume')
    return health.state === 'active' ? undefined : { ...healthyLake, since: now, by: 'hand', reason };
  if (health.state === state && health.by === 'hand') return undefined;
  return { ...health, state, since: now, by: 'hand', reason, probes: 0, probeAfter: 0 };
}

export function reportOf({ commits, ...health }: LakeHealth, now: Millis): HealthReport {
  const recent = commits.filter(({ at }) => at > now - range);
  const disabledAt = health.state === 'paused' ? health.since + patience : 0;
  return { ...health, commits: recent.length, succeeded: recent.filter(({ ok }) => ok).length, disabledAt };
}
