import type { Clock, Millis } from '../../model.ts';
import { tellWait } from '../../net/waits.ts';
import type { Ask } from './reply.ts';

/** So long an endpoint where nobody answers is asked again, by all questions together. */
const PATIENCE: Millis = 90_000;

/**
 * One patience for an endpoint that cannot be reached (nothing listens, no such name, TLS or a proxy refuses), whatever
 * is asked of it: the first question that is in vain says so, and once the time is over each further one ends at once,
 * until one is answered. For a command, which somebody waits for; the ledger of an app has a patience of its own.
 */
export function onePatience({ now }: Pick<Clock, 'now'>): (url: string, ask: Ask) => Ask {
  const since = new Map<string, Millis>();
  return (url, ask) => async (question) => {
    const { origin } = new URL(url);
    const reply = await ask(question);
    if (reply.status !== 0) since.delete(origin);
    if (reply.status !== 0 || reply.timedOut || reply.hopeless !== undefined) return reply;
    const first = since.get(origin);
    if (first === undefined) {
      tellWait(`${origin} cannot be reached: ${reply.lost}; asking again for ${PATIENCE / 1000} s`);
      since.set(origin, now());
    }
    const waited = now() - (first ?? now());
    if (waited < PATIENCE) return reply;
    const advice = 'check the address, the network (DNS, a firewall), and what HTTPS_PROXY and NO_PROXY name';
    return { ...reply, hopeless: `${reply.lost}, for ${Math.round(waited / 1000)} s; ${advice}` };
  };
}
