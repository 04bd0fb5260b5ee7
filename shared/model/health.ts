import type { Versioned } from './ledger.ts';
import type { Millis } from './windows.ts';

/**
 * `active`: windows run. `paused`: nothing runs against the lake, but a probe now and then that resumes it, unless it
 * was paused by hand. `disabled`: nothing at all, until somebody resumes it.
 */
export type HealthState = 'active' | 'paused' | 'disabled';

/** How the writing of one run ended. */
export interface CommitOutcome {
  readonly at: Millis;
  readonly ok: boolean;
}

/** The state of a lake. */
export interface LakeHealth {
  readonly state: HealthState;
  /** Since when it has been in this state; 0: ever since. */
  readonly since: Millis;
  /** Whether the app decided that, or a person. */
  readonly by: 'itself' | 'hand';
  /** Why: the last error of a write or a probe, or what the person said; '' where nobody said anything. */
  readonly reason: string;
  /** Probes since it was paused, and the moment before which there is none. */
  readonly probes: number;
  readonly probeAfter: Millis;
  /** The last commits of all instances, oldest first. */
  readonly commits: readonly CommitOutcome[];
}

/** One record a lake, guarded by tags. */
export interface HealthStore {
  /** Undefined: nothing has been said of it yet, and it is active. */
  read(): Promise<Versioned<LakeHealth> | undefined>;
  /** Puts it as it was not changed since `etag` (undefined: is not there); undefined when the race was lost. */
  write(health: LakeHealth, etag: string | undefined): Promise<string | undefined>;
}

/** What a person can do about it. */
export type HealthOrder = 'pause' | 'resume' | 'disable';

/** The health of a lake as operators see it. */
export interface HealthReport extends Omit<LakeHealth, 'commits'> {
  /** Commits of the last hour, 20 at most, and those of them that succeeded. */
  readonly commits: number;
  readonly succeeded: number;
  /** When a paused lake becomes disabled by itself; 0: not paused. */
  readonly disabledAt: Millis;
}
