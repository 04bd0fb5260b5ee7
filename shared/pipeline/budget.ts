import type { Budget, BudgetLimits, Clock, Millis, Seat, Seats, Versioned } from '../model.ts';
import { inTurn } from '../pure/in-turn.ts';

interface BudgetPorts {
  readonly seats: Seats;
  readonly clock: Clock;
  /** Names this process. */
  readonly holder: string;
  readonly limits: BudgetLimits;
  /** A sleep that keeps no process alive; left out: the clock's. */
  idle?(ms: Millis): Promise<void>;
}

/** The API counts in 30 s; four more for clocks that differ a little, and for the way to it. */
const period: Millis = 34_000;
/** A seat is held so long without a renewal: who dies frees it. */
const lease: Millis = 20_000;
const renewal: Millis = 7_000;
/** Nothing is sent in the last moment of a lease. */
const margin: Millis = 2_000;
/** A seat that nobody uses is given back after so long; until then the next request costs no call. */
const linger: Millis = 10_000;
/** When a request went out that was not answered yet: the server may still be about to count it. */
const underWay: Millis = Number.POSITIVE_INFINITY;
/** Whether everybody rests is looked up so often, by who has something to ask. */
const glance: Millis = 5_000;

/** What a lease gives. */
type Seated = Pick<Held, 'etag' | 'until' | 'reserved'>;

/** A seat of this process. */
interface Held {
  readonly number: number;
  etag: string;
  until: Millis;
  used: Millis[];
  /** Requests that may go out before the table is told of more. */
  reserved: number;
  busy: boolean;
}

/**
 * A budget that all instances share without a server: there are as many seats as requests may be under way, each with
 * its part of the rate. Who asks holds one, and counts what goes out from it, from when it was answered, since nobody
 * knows when the server has counted it; the count goes over with the seat. What may go out next is written down before,
 * some requests at a time, and counts as sent where the holder dies. So a busy process makes a call to the table now
 * and then, not with each request.
 */
export function createBudget({ seats, clock, holder, limits, idle = (ms) => clock.sleep(ms) }: BudgetPorts): Budget {
  const held = new Map<number, Held>();
  const share = Math.max(1, Math.floor(limits.rate / limits.inFlight));
  const some = Math.max(1, Math.min(10, Math.floor(share / 4)));
  const inOrder = inTurn();
  let [restUntil, lookedAt] = [0, Number.NEGATIVE_INFINITY];
  /** Times in a row that no free seat could be taken: once is a race, often is a table that takes nothing. */
  let lost = 0;
  let known: ReadonlyMap<number, Versioned<Seat>> = new Map();

  const recent = (used: readonly Millis[], now: Millis) => used.filter((at) => at > now - period);
  /** As the table has it: what is under way counts as sent when the lease ends. */
  const written = (used: readonly Millis[], until: Millis) => used.map((at) => (at === underWay ? until : at));
  const look = async (): Promise<void> => {
    ({ seats: known, restUntil } = await seats.read());
    lookedAt = clock.now();
  };
  /** Holds the seat for a lease more, and writes down the requests that may go out next; they count at its end. */
  const hold = async (
    number: number,
    used: readonly Millis[],
    etag: string | undefined,
  ): Promise<Seated | undefined> => {
    const until = clock.now() + lease;
    const reserved = Math.min(some, share - used.length);
    const spent = [...written(used, until), ...Array.from({ length: reserved }, () => until)];
    const tag = await seats.write(number, { holder, until, used: spent }, etag);
    return tag === undefined ? undefined : { etag: tag, until, reserved };
  };
  const renew = async (own: Held): Promise<boolean> => {
    own.used = recent(own.used, clock.now());
    const renewed = await hold(own.number, own.used, own.etag);
    if (renewed === undefined)
      held.delete(own.number); // it had expired, and somebody else has it
    else Object.assign(own, renewed);
    return renewed !== undefined;
  };
  const take = async (now: Millis): Promise<Held | undefined> => {
    let isLost = false;
    for (let number = 0; number < limits.inFlight; number++) {
      const found = known.get(number);
      const isFree = found === undefined || found.value.holder === '' || found.value.until <= now;
      const used = recent(found?.value.used ?? [], now);
      if (held.has(number) || !isFree || used.length >= share) continue;
      const seated = await hold(number, used, found?.etag);
      if (seated === undefined) {
        isLost = true;
        continue;
      }
      const own: Held = { number, ...seated, used, busy: false };
      held.set(number, own);
      lost = 0;
      return own;
    }
    lost = isLost ? lost + 1 : 0;
    return undefined;
  };
  /** A seat from which a request may go out now, or how long to wait before trying again. */
  const tryOnce = async (): Promise<Held | Millis> => {
    if (lookedAt + glance <= clock.now()) await look();
    const now = clock.now();
    if (restUntil > now) return Math.min(restUntil - now, glance);
    for (const own of [...held.values()].filter(({ busy }) => !busy)) {
      own.used = recent(own.used, now);
      if (own.used.length >= share) continue;
      if ((own.reserved > 0 && own.until - now > margin) || (await renew(own))) return own;
    }
    const taken = await take(now);
    if (taken !== undefined) return taken;
    lookedAt = Number.NEGATIVE_INFINITY;
    return (500 + 1000 * clock.random()) * 3 ** Math.max(0, Math.min(3, lost - 1));
  };
  const giveBack = async (own: Held, since: number): Promise<void> => {
    // A command that has ended does not wait for this: its seats expire.
    await idle(linger).catch(() => undefined);
    const isIdle = () => held.get(own.number) === own && !own.busy && own.used.length === since;
    const release = async () => {
      if (!isIdle()) return;
      held.delete(own.number);
      await seats.write(own.number, { holder: '', until: 0, used: recent(own.used, clock.now()) }, own.etag);
    };
    // What is not given back expires.
    await inOrder(release).catch(() => undefined);
  };
  const keep = async (own: Held, done: AbortSignal): Promise<void> => {
    while (!done.aborted) {
      await clock.sleep(renewal, done).catch(() => undefined);
      if (done.aborted) return;
      await inOrder(() => renew(own)).catch(() => undefined);
    }
  };

  return {
    enter: async (abort) => {
      for (;;) {
        abort.throwIfAborted();
        const found = await inOrder(async () => {
          const own = await tryOnce();
          if (typeof own === 'number') return own;
          own.busy = true;
          own.reserved -= 1;
          own.used.push(underWay);
          return own;
        });
        if (typeof found !== 'number') return entered(found);
        await clock.sleep(found, abort);
      }
    },
    rest: (until) =>
      inOrder(async () => {
        restUntil = Math.max(restUntil, until);
        await seats.rest(until);
      }),
  };

  function entered(own: Held): () => void {
    const done = new AbortController();
    void keep(own, done.signal);
    return () => {
      done.abort();
      // It came to the server at some time until now: it counts from then on that nothing can be said against.
      const at = own.used.indexOf(underWay);
      if (at >= 0) own.used[at] = clock.now();
      own.busy = false;
      void giveBack(own, own.used.length);
    };
  }
}
