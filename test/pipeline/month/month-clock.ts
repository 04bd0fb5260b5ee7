import { subscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';
import { setImmediate as turn, setTimeout as wall } from 'node:timers/promises';
import type { Clock, Millis } from '../../../shared/model.ts';

interface Sleeper {
  readonly at: Millis;
  readonly wake: () => void;
}

/** Time that passes only while nothing happens: then it goes on to the moment when the next sleeper wakes. */
export interface MonthClock extends Clock {
  /** Later from now on; an earlier moment changes nothing. */
  set(to: Millis): void;
  /** Lets time pass until `act` has ended. */
  passing<T>(act: () => Promise<T>): Promise<T>;
}

const underWay = new Set<ClientRequest>();
subscribe('http.client.request.start', (message) => {
  const { request } = message as { request: ClientRequest };
  underWay.add(request);
  request.once('close', () => underWay.delete(request));
});
const isBusy = (): boolean =>
  underWay.size > 0 || process.getActiveResourcesInfo().some((name) => name.startsWith('FSReq'));

/** So many looks, a turn of the event loop apart, must find nothing under way. */
const looks = 5;
/**
 * What threads pack and unpack is not seen. So time goes on by no more than this (a pause between tries, a quiet that
 * the API wants) before the wall's clock has gone on for a while as well.
 */
const near: Millis = 90_000;
const silence = 20; // times five milliseconds

export function monthClock(begin: Millis, random: () => number): MonthClock {
  const sleepers = new Set<Sleeper>();
  let [now, calls] = [begin, 0];
  const next = (): Millis => Math.min(...[...sleepers].map(({ at }) => at));
  const isQuiet = async (): Promise<boolean> => {
    const before = calls;
    for (let pieces = 0; pieces < silence; pieces++) {
      await wall(5);
      if (calls !== before || isBusy()) return false;
    }
    return true;
  };
  const wakeNext = (): void => {
    now = Math.max(now, next());
    for (const sleeper of [...sleepers].filter(({ at }) => at <= now).sort((one, other) => one.at - other.at)) {
      // Who wakes may call the next one off.
      if (sleepers.delete(sleeper)) sleeper.wake();
    }
  };
  return {
    now: () => {
      calls++;
      return now;
    },
    random,
    set: (to) => {
      now = Math.max(now, to);
    },
    sleep: (ms, abort) =>
      new Promise((resolve, reject) => {
        const end = (): void => {
          sleepers.delete(sleeper);
          reject(abort?.reason);
        };
        calls++;
        const sleeper = {
          at: now + ms,
          wake: () => {
            abort?.removeEventListener('abort', end);
            resolve();
          },
        };
        if (abort?.aborted) return end();
        abort?.addEventListener('abort', end, { once: true });
        sleepers.add(sleeper);
      }),
    passing: async (act) => {
      let ended = false;
      const acting = act().finally(() => {
        ended = true;
      });
      acting.catch(() => undefined); // it is waited for below
      for (let idle = 0; !ended; ) {
        await turn();
        idle = isBusy() ? 0 : idle + 1;
        if (idle < looks || sleepers.size === 0) continue;
        idle = 0;
        if (next() <= now + near || (await isQuiet())) wakeNext();
      }
      return acting;
    },
  };
}
