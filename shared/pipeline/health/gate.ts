import type { Clock, CommitOutcome, HealthOrder, HealthReport, HealthStore, LakeHealth, Millis } from '../../model.ts';
import { inTurn } from '../../pure/in-turn.ts';
import { afterLoss } from '../race.ts';
import {
  afterCommits,
  disabledByTime,
  healthyLake,
  isDisabledByNow,
  isProbeDue,
  ordered,
  probed,
  probing,
  reportOf,
} from './decide.ts';

export interface GatePorts {
  readonly store: HealthStore;
  readonly clock: Clock;
  /** Writes something small into the lake; throws as a run's write would. */
  probe(): Promise<unknown>;
  /** A probe of this process has made the lake active again. */
  woke?(): void;
}

/** Stands before whatever would touch the lake. */
export interface Gate {
  /** The health as it was half a minute ago at most. Where a probe is due this process makes it first. */
  look(): Promise<LakeHealth>;
  /** How the writing of a run ended; `error` undefined: well. */
  tell(error: string | undefined): Promise<void>;
  /** By hand. Changes nothing where it is so already. */
  order(order: HealthOrder, reason: string): Promise<HealthReport>;
  report(): Promise<HealthReport>;
}

/** What others have done about it is seen so late. */
const glance: Millis = 30_000;
/** Successes are told together: so many, or after so long. A failure is told at once. */
const together = 10;
const tellAfter: Millis = 60_000;

/** Costs a call to the state in half a minute of work, and one or two for ten commits. */
export function createGate({ store, clock, probe, woke }: GatePorts): Gate {
  const inOrder = inTurn();
  let known: { readonly value: LakeHealth; readonly etag: string | undefined } | undefined;
  let lookedAt = Number.NEGATIVE_INFINITY;
  let toldAt: Millis | undefined;
  let pending: CommitOutcome[] = [];

  const read = async () => {
    known = (await store.read()) ?? { value: healthyLake, etag: undefined };
    lookedAt = clock.now();
    return known;
  };
  /** Undefined where `make` has nothing to change; else what stands there now. */
  const change = async (make: (health: LakeHealth) => LakeHealth | undefined): Promise<LakeHealth | undefined> => {
    for (let losses = 1; ; losses++) {
      const { value, etag } = known ?? (await read());
      const next = make(value);
      if (next === undefined) return undefined;
      const tag = await store.write(next, etag);
      if (tag !== undefined) {
        [known, lookedAt] = [{ value: next, etag: tag }, clock.now()];
        return next;
      }
      known = undefined;
      await afterLoss(losses, () => 'write the health of the lake: others change it all the time', clock);
    }
  };
  const look = async (): Promise<LakeHealth> => {
    const seen = known !== undefined && lookedAt + glance > clock.now() ? known : await read();
    const now = clock.now();
    if (isDisabledByNow(seen.value, now))
      return (
        (await change((health) => (isDisabledByNow(health, now) ? disabledByTime(health, now) : undefined))) ??
        current()
      );
    const turn = isProbeDue(seen.value, now)
      ? await change((health) => (isProbeDue(health, now) ? probing(health, now) : undefined))
      : undefined;
    if (turn === undefined) return current();
    const error = await probe().then(
      () => undefined,
      (failure: unknown) => (failure instanceof Error ? failure.message : String(failure)),
    );
    // Not where a person has said something meanwhile.
    const isOurs = ({ state, since, by }: LakeHealth) => state === 'paused' && by === 'itself' && since === turn.since;
    const after = await change((health) => (isOurs(health) ? probed(health, error, clock.now()) : undefined));
    if (after?.state === 'active') woke?.();
    return after ?? current();
  };
  const current = (): LakeHealth => known?.value ?? healthyLake;
  const tell = async (error: string | undefined): Promise<void> => {
    const now = clock.now();
    toldAt ??= now;
    pending.push({ at: now, ok: error === undefined });
    if (error === undefined && pending.length < together && toldAt + tellAfter > now) return;
    const told = pending;
    pending = [];
    toldAt = now;
    await change((health) => afterCommits(health, told, error ?? '', now));
  };
  return {
    look: () => inOrder(look),
    tell: (error) => inOrder(() => tell(error)),
    order: (order, reason) =>
      inOrder(async () => {
        await read();
        const now = clock.now();
        await change((health) => ordered(health, order, reason, now));
        return reportOf(current(), now);
      }),
    report: () => inOrder(async () => reportOf((await read()).value, clock.now())),
  };
}
