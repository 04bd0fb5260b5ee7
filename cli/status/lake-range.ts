import type { Ledger, Millis } from '../../shared/model.ts';
import type { StatusRequest } from '../../shared/status/request.ts';

const day: Millis = 86_400_000;

/**
 * An archive may have ended years ago: where a lake has nothing in the range, and later, its own last days are shown.
 */
export async function rangeInLake(request: StatusRequest, ledger: Pick<Ledger, 'reached'>): Promise<StatusRequest> {
  let last = 0;
  for await (const { horizon } of ledger.reached()) last = Math.max(last, horizon);
  if (last === 0 || last > request.start) return request;
  const end = Math.ceil(last / day) * day;
  return { ...request, start: end - Math.ceil((request.end - request.start) / day) * day, end };
}
