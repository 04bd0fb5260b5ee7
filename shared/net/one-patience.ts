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
/** Whoever breaks a connection off is there: an idle one, or one that has lasted so long, says nothing of the next. */
const BROKEN = /\((ECONNRESET|ECONNABORTED|EPIPE)\)$/;
const LASTED: Millis = 30_000;

/** Failures of an endpoint since its last answer. */
interface Vain {
  readonly first: Millis;
  readonly last: Millis;
  readonly told: boolean;
}

/**
 * One patience for an endpoint that cannot be reached (nothing listens, no such name, TLS or a proxy refuses), whatever
 * is asked of it: the first question that is in vain says so (the second where a connection broke), and once the time
 * is over each further one ends at once, until one is answered, is given up by who asked, or none was in vain for as
 * long. For a command, which somebody waits for; the ledger of an app has a patience of its own.
 */
export function onePatience({ now, sleep }: Pick<Clock, 'now' | 'sleep'>): Asking {
  const vain = new Map<string, Vain>();
  /** Since when it is in vain, this failure of a question that began at `began` included. */
  const noted = (origin: string, lost: string, began: Millis): Millis => {
    const found = vain.get(origin);
    const before = found !== undefined && began - found.last < PATIENCE ? found : undefined;
    const told = before !== undefined || !BROKEN.test(lost);
    if (told && before?.told !== true)
      tellWait(`${origin} cannot be reached: ${lost}; asking again for ${PATIENCE / 1000} s`);
    // What the system waited for a connection counts: behind a firewall that drops what is sent it is minutes.
    const first = before?.first ?? began;
    vain.set(origin, { first, last: now(), told });
    return first;
  };
  return (url, ask) => async (question) => {
    const { origin } = new URL(url);
    for (let pause = pauses.first; ; pause = Math.min(pauses.longest, pause * 2)) {
      const began = now();
      const reply = await ask(question);
      const isThere = reply.status !== 0 || (BROKEN.test(reply.lost) && now() - began >= LASTED);
      if (isThere) vain.delete(origin);
      if (isThere || reply.timedOut || reply.hopeless !== undefined) return reply;
      const waited = now() - noted(origin, reply.lost, began);
      if (waited >= PATIENCE) {
        const advice = 'check the address, the network (DNS, a firewall), and what HTTPS_PROXY and NO_PROXY name';
        return { ...reply, hopeless: `${reply.lost}, for ${Math.round(waited / 1000)} s; ${advice}` };
      }
      await sleep(Math.min(pause, PATIENCE - waited), question.abort).catch((error: unknown) => {
        vain.delete(origin);
        throw error;
      });
    }
  };
}
