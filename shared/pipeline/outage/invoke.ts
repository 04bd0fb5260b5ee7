import type { LakeHealth, Millis, Window } from '../../model.ts';
import type { RunOutcome, RunPorts } from '../run.ts';
import { type Braked, createPaced, type Pace } from './paced.ts';
import type { SoonerPorts } from './sooner.ts';

interface Wiring {
  /** How the lake is; where a probe is due it is made. */
  look(): Promise<LakeHealth>;
  /** Tells how the run that it calls has written. */
  watched(run: () => Promise<RunOutcome>): Promise<RunOutcome>;
  lakeReady(): Promise<void>;
  /** Waits for that, and throws where the ledger is another lake's; a lake that is away is the run's to hear of. */
  refuseStranger(lakeThere: Promise<void>): Promise<void>;
  /** How long the host lets an invocation run; undefined: without end. */
  readonly timeout: Millis | undefined;
  /** How long an invocation waits for a state that is away. */
  readonly outage: Millis;
  /** What calls to storage were last given up for in that time before now; '': for nothing. */
  readonly troubleWithin: (time: Millis) => string;
}

type Given = Pick<RunPorts, 'allowed' | 'hear' | 'over' | 'ready' | 'rest' | 'stateUntil'>;

/**
 * How calls of the host become runs of this process. Waiting for its turn is part of the time that an invocation has.
 * `held`: what is done in place of a run while the lake is paused.
 */
export function createInvoke<P extends SoonerPorts & { readonly clock: RunPorts['clock'] }>(ports: P, wiring: Wiring) {
  const { clock } = ports;
  const { look, watched, lakeReady, refuseStranger, timeout, outage, troubleWithin } = wiring;
  const { paced, ease } = createPaced(ports, troubleWithin);
  const wake = createWake(ports);
  let hasHeld = false;
  return (
    call: (ports: P & Given) => Promise<RunOutcome>,
    held: (why: string) => Promise<RunOutcome>,
    inTurn: Pace['inTurn'],
  ): Promise<RunOutcome> => {
    const start = clock.now();
    const until = start + outage;
    const allowed = timeout === undefined ? {} : { allowed: { start, end: start + timeout } };
    const active: Braked = async (rest, hear, over) => {
      const lakeThere = lakeReady();
      await refuseStranger(lakeThere);
      // A run holds its window before it hears that the lake is away: the ledger tries again once the queue gave up.
      return call({
        ...ports,
        stateUntil: until,
        ...allowed,
        rest,
        hear,
        ready: () => lakeThere,
        ...(over && { over }),
      });
    };
    const invoked: Braked = async (rest, hear, over) => {
      const health = await look();
      if (health.state !== 'active') {
        hasHeld = true;
        const outcome = await held(`the lake is ${health.state}: ${health.reason}`);
        await wake(outcome.window, health);
        return outcome;
      }
      if (hasHeld) ease();
      hasHeld = false;
      return watched(() => active(rest, hear, over));
    };
    return paced(invoked, { inTurn, until, ...allowed });
  };
}

/**
 * A paused lake is probed by whoever looks at it when that is due. What was held asks no more, so but for the planner
 * nobody may look for minutes: one message of a window that was held comes back for each probe.
 */
function createWake({ hints, clock }: SoonerPorts) {
  let sentFor = 0;
  return async (window: Window, { state, by, probeAfter }: LakeHealth): Promise<void> => {
    if (state !== 'paused' || by !== 'itself' || probeAfter <= sentFor) return;
    sentFor = probeAfter;
    await hints.send(window, Math.max(0, probeAfter - clock.now())).catch(() => undefined);
  };
}
