import type { HttpClient } from '@azure/core-rest-pipeline';

/** The clock of a service, as the `Date` of its answers tells it. */
export interface HeardClock {
  /** Its time now; where nothing was heard, ours. */
  now(): number;
  /** The client, whose answers are listened to. */
  listening(http: HttpClient): HttpClient;
}

/** Storage refuses what is signed by a clock that is further off. Milliseconds. */
const MOST_AHEAD = 15 * 60_000;

/**
 * A date has whole seconds, and an answer takes a moment: clocks that are not further apart than `agree` are taken to
 * agree. Milliseconds. One that says more than a quarter of an hour more than ours is not believed: what is planned by
 * it cannot be taken back, and where ours is the wrong one all comes later, no more. Nor is who answers in place of the
 * service, without a name for its answers.
 */
export function heardClock(ours: () => number, agree = 5_000): HeardClock {
  let apart = 0;
  const hear = (date: string | undefined): void => {
    const ahead = Date.parse(date ?? '') - ours();
    if (!Number.isNaN(ahead)) apart = Math.abs(ahead) <= agree || ahead > MOST_AHEAD ? 0 : ahead;
  };
  return {
    now: () => ours() + apart,
    listening: (http) => ({
      sendRequest: async (request) => {
        const answer = await http.sendRequest(request);
        const { headers } = answer;
        if (headers.has('x-ms-request-id') || headers.has('x-ms-version')) hear(headers.get('date'));
        return answer;
      },
    }),
  };
}
