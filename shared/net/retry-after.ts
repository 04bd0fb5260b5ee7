import type { PipelineResponse } from '@azure/core-rest-pipeline';

/** In milliseconds, a month: nobody means a longer wait. */
const LONGEST = 31 * 24 * 3_600_000;

/**
 * `Retry-After`: seconds or an HTTP date, `now` being the clock of whoever says it, and the answer in milliseconds.
 * Undefined where missing or meaningless, as a wait of ages is.
 */
export function retryAfter(header: string, now: number): number | undefined {
  if (header.trim() === '') return undefined;
  const seconds = Number(header);
  // A date begins with its weekday; the parser takes `5, 5` for one of 2001.
  const date = /^\s*[a-z]/i.test(header) ? Date.parse(header) - now : Number.NaN;
  const millis = Number.isNaN(seconds) ? date : seconds * 1000;
  return Number.isFinite(millis) && millis <= LONGEST ? Math.max(0, millis) : undefined;
}

/** In which the libraries look for it, and what one of its units is in milliseconds. */
const HEADERS = [
  ['retry-after-ms', 1],
  ['x-ms-retry-after-ms', 1],
  ['retry-after', 1000],
] as const;

/**
 * The answer with a wait that the libraries understand: they would wait for a day where somebody says so, in silence;
 * until a date by our own clock, whoever says it; and not at all for `1e9`, which no timer holds. What is longer than
 * `most`, or says nothing, is left out: then their own pauses hold, and the call ends.
 */
export function withPlainWait(response: PipelineResponse, most: number): PipelineResponse {
  const { headers } = response;
  // Where nobody says what time it is, a date says nothing, and is far from the beginning of time.
  const theirs = Date.parse(headers.get('date') ?? '') || 0;
  for (const [name, unit] of HEADERS) {
    const said = headers.get(name);
    if (said === undefined) continue;
    const wait = ((retryAfter(said, theirs) ?? Number.POSITIVE_INFINITY) / 1000) * unit;
    if (wait > most) headers.delete(name);
    else headers.set(name, String(wait / unit));
  }
  return response;
}
