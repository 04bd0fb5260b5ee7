import type { PipelineResponse } from '@azure/core-rest-pipeline';

/**
 * `Retry-After`: seconds or an HTTP date, `now` being the clock of whoever says it, and the answer in milliseconds.
 * Undefined where missing or meaningless.
 */
export function retryAfter(header: string, now: number): number | undefined {
  if (header === '') return undefined;
  const isSeconds = /^\s*[-+]?\d+(\.\d+)?\s*$/.test(header);
  const millis = isSeconds ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isFinite(millis) ? Math.max(0, millis) : undefined;
}

/** In which the libraries look for it, and what one of its units is in milliseconds. */
const HEADERS = [
  ['retry-after-ms', 1],
  ['x-ms-retry-after-ms', 1],
  ['retry-after', 1000],
] as const;

/**
 * The answer without a request to wait for longer than `most`: the libraries would, for a day where somebody says so,
 * and in silence. Without it their own pauses hold, and the call ends.
 */
export function withoutLongWait(response: PipelineResponse, most: number): PipelineResponse {
  // Where nobody says what time it is, a date says nothing, and is far from the beginning of time.
  const theirs = Date.parse(response.headers.get('date') ?? '') || 0;
  for (const [name, unit] of HEADERS) {
    const wait = retryAfter(response.headers.get(name) ?? '', theirs);
    if (wait !== undefined && (wait / 1000) * unit > most) response.headers.delete(name);
  }
  return response;
}
