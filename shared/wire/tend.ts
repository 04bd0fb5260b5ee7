import type { Clock, Config, Feed, LakeHealth, Millis, RetentionRules, Window } from '../model.ts';
import { auditFiles, type FeedFiles, type LakeSlicePorts } from '../pipeline/audit/lake-slice.ts';
import { keptFrom, retiredBefore } from '../pipeline/retention/due.ts';
import { type FeedRetired, type RetireRequest, retireWindows } from '../pipeline/retention/retire.ts';

/** What a tick of the timer that tends the lake did. */
export interface Tended {
  readonly retired: readonly FeedRetired[];
  /** Whether what is older was removed, or only found. */
  readonly removed: boolean;
  /** What was found of its files; undefined: nobody asked for that. */
  readonly files: readonly FeedFiles[] | undefined;
  /** What ended the look at a feed, or at all of them. */
  readonly errors: readonly string[];
}

export interface Tends {
  /** What is older than the lake's rules, or than others, and with `remove` takes it out of the lake. */
  retire(request: RetireRequest, rules?: RetentionRules): Promise<readonly FeedRetired[]>;
  /** Once a day; undefined while the lake is not active, or where nothing is to be done. */
  tend(): Promise<Tended | undefined>;
}

interface Ports extends LakeSlicePorts {
  readonly clock: Clock;
}

/** From when on the lake keeps rows of a signal, where what is older is removed. */
export const keptInLake =
  ({ tending: { rules, remove } }: Pick<Config, 'tending'>, now: () => Millis) =>
  (signal: Feed['signal']): Millis | undefined =>
    remove ? keptFrom(signal, rules, now()) : undefined;

/** Whether a window is older than the lake keeps its rows. */
export const beyondLake =
  (config: Pick<Config, 'tending'>, now: () => Millis) =>
  (window: Window): boolean => {
    const from = keptInLake(config, now)(window.signal);
    return from !== undefined && window.end <= retiredBefore(window, from);
  };

/** `time`: how long one call of the timer may take. */
export function wireTends(
  { tending }: Pick<Config, 'tending'>,
  ports: Ports,
  time: Millis,
  ready: () => Promise<void>,
  health: () => Promise<LakeHealth>,
): Tends {
  const { rules, remove, audit } = tending;
  return {
    retire: async (request, others = rules) => {
      await ready();
      return retireWindows(request, { ...ports, rules: others });
    },
    tend: async () => {
      const nothing = Object.keys(rules).length === 0 && audit === 'off';
      if (nothing || (await health()).state !== 'active') return undefined;
      await ready();
      const until = ports.clock.now() + time;
      const request = { app: '', signals: [], remove, all: false, until };
      const errors: string[] = [];
      const none = (error: unknown) => {
        errors.push(error instanceof Error ? error.message : String(error));
        return [];
      };
      const retired = await retireWindows(request, { ...ports, rules }).catch(none);
      const files = audit === 'off' ? undefined : await auditFiles(audit === 'repair', ports).catch(none);
      for (const { error } of [...retired, ...(files ?? [])]) if (error !== '') errors.push(error);
      return { retired, removed: remove, files, errors };
    },
  };
}
