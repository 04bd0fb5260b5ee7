import type { Clock, Interval, Millis } from '../../model.ts';
import type { RunOutcome } from '../run.ts';
import { oneLine } from '../running/give-up.ts';
import { brakeFor, createBrake } from './brake.ts';
import { createInTime, endOf } from './in-time.ts';
import { isStoreFailure, outlast } from './outlast.ts';
import { createSooner, type SoonerPorts } from './sooner.ts';

export interface Pace {
  /** Has its turn come. */
  readonly inTurn: (call: () => Promise<RunOutcome>) => Promise<RunOutcome>;
  /** Until when a state that is away is waited for. */
  readonly until: Millis;
  /** When the host began the invocation, and when it ends it. Left out: never. */
  readonly allowed?: Interval;
}

/**
 * `rest`: to be awaited before anything is asked that may be refused. `hear`: is told what fails while it waits.
 * `over`: aborted when nobody waits any more.
 */
export type Braked = (
  rest: () => Promise<void>,
  hear: (error: unknown) => void,
  over?: AbortSignal,
) => Promise<RunOutcome>;

/**
 * How runs of one process follow each other where something refuses: ever slower, patient with a state that is away,
 * none beyond its time; and when it is over, what waits comes sooner.
 */
export function createPaced(
  ports: SoonerPorts & { readonly clock: Pick<Clock, 'now' | 'sleep' | 'random'> },
  troubleWithin: (time: Millis) => string,
) {
  const [brake, sooner, inTime] = [createBrake(ports.clock), createSooner(ports), createInTime(ports.clock)];
  const braked = async (
    run: Braked,
    until: Millis,
    hear: (error: unknown) => void,
    over?: AbortSignal,
  ): Promise<RunOutcome> => {
    try {
      const ran = await outlast(() => run(brake.wait, hear, over), isStoreFailure, until, ports.clock, { hear });
      brake.told(brakeFor(ran));
      return ran;
    } catch (error) {
      brake.told('failed');
      throw error;
    }
  };
  const paced = async (run: Braked, { inTurn, until, allowed }: Pace): Promise<RunOutcome> => {
    let last = '';
    const hear = (error: unknown) => {
      last = oneLine(error);
    };
    // Whoever's call it was: timers run beside.
    const trouble = () => (allowed === undefined ? '' : troubleWithin(ports.clock.now() - allowed.start));
    const heard = () => last || (trouble() === '' ? '' : `a call of this process, ${trouble()}`);
    const ran = await inTime((over) => braked(run, until, hear, over), { inTurn, allowed, heard });
    await sooner(ran, allowed && endOf(allowed));
    return ran;
  };
  return { paced, ease: brake.ease };
}
