import type { Clock, Millis } from '../model.ts';
import { tellWait } from './waits.ts';

/** Of a reply what tells whether anybody has answered. */
interface Heard {
  /** 0: nobody. */
  readonly status: number;
  /** Why. */
  readonly lost: string;
  readonly timedOut: boolean;
  /** Why it is of no use to ask again. */
  readonly hopeless?: string;
}

type Asking = <Q extends { readonly abort: AbortSignal }, R extends Heard>(
  url: string,
  ask: (question: Q) => Promise<R>,
) => (question: Q) => Promise<R>;

/** So long an endpoint where nobody answers is asked again, by all questions together. */
const PATIENCE: Millis = 90_000;
/** Between two tries: the first pause, which doubles up to the longest. */
const pauses = { first: 1_000, longest: 5_000 };

/**
 * One patience for an endpoint that cannot be reached (nothing listens, no such name, TLS or a proxy refuses), whatever
 * is asked of it: the first question that is in vain says so, and once the time is over each further one ends at once,
 * until one is answered. For a command, which somebody waits for; the ledger of an app has a patience of its own.
 */
export function onePatience({ now, sleep }: Pick<Clock, 'now' | 'sleep'>): Asking {
  const since = new Map<string, Millis>();
  return (url, ask) => async (question) => {
    const { origin } = new URL(url);
    for (let pause = pauses.first; ; pause = Math.min(pauses.longest, pause * 2)) {
      const reply = await ask(question);
      if (reply.status !== 0) since.delete(origin);
      if (reply.status !== 0 || reply.timedOut || reply.hopeless !== undefined) return reply;
      if (!since.has(origin))
        tellWait(`${origin} cannot be reached: ${reply.lost}; asking again for ${PATIENCE / 1000} s`);
      const first = since.get(origin) ?? now();
      since.set(origin, first);
      const waited = now() - first;
      if (waited >= PATIENCE) {
        const advice = 'check the address, the network (DNS, a firewall), and what HTTPS_PROXY and NO_PROXY name';
        return { ...reply, hopeless: `${reply.lost}, for ${Math.round(waited / 1000)} s; ${advice}` };
      }
      await sleep(Math.min(pause, PATIENCE - waited), question.abort);
    }
  };
}
