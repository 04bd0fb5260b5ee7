import { probe } from '../lake/probe.ts';
import type { HealthOrder, HealthReport, HealthStore } from '../model.ts';
import { createGate, type Gate } from '../pipeline/health/gate.ts';
import type { WatchedLake } from '../pipeline/health/watched.ts';
import type { RunOutcome } from '../pipeline/run.ts';
import { systemClock } from './clock.ts';

export interface Healths {
  /** How the lake is, and since when. */
  health(): Promise<HealthReport>;
  /** Pauses, resumes or disables it by hand. */
  order(order: HealthOrder, reason: string): Promise<HealthReport>;
}

/** The health of the lake, and what stands between it and whatever would touch it. */
export interface HealthWiring extends Healths {
  readonly look: Gate['look'];
  /** Prepares the lake where that was not done yet; that it failed is told. */
  reach(): Promise<void>;
  /** `run` is the only one that writes to the lake meanwhile; how that ended is told. */
  watched(run: () => Promise<RunOutcome>): Promise<RunOutcome>;
}

/**
 * `ready`: throws as long as the lake was never reached. `stateReady`: of what the health is kept in. `tells`: whether
 * that counts which happens here. `woke`: a probe made here has ended a pause.
 */
export function wireHealth(
  store: HealthStore,
  { lake, take }: WatchedLake,
  ready: () => Promise<void>,
  stateReady: () => Promise<void>,
  tells: boolean,
  woke: () => void,
): HealthWiring {
  const gate = createGate({
    store,
    clock: systemClock,
    woke,
    probe: async () => {
      await ready();
      await probe(lake);
    },
  });
  return {
    look: async () => {
      await stateReady();
      return gate.look();
    },
    reach: async () => {
      try {
        await ready();
      } catch (failure) {
        const { error } = take();
        if (tells && error !== undefined) await gate.tell(error).catch(() => undefined);
        throw failure;
      }
    },
    health: async () => {
      await stateReady();
      return gate.report();
    },
    order: async (order, reason) => {
      await stateReady();
      return gate.order(order, reason);
    },
    watched: async (run) => {
      take();
      const outcome = await run();
      const { wrote, error } = take();
      // What could be written with the second try is written.
      const failed = outcome.state === 'failed' ? error : undefined;
      // The run has ended, and its window stands in the ledger: what comes of this must not look like its failure.
      if (wrote || failed !== undefined) await gate.tell(failed).catch(() => undefined);
      return outcome;
    },
  };
}
