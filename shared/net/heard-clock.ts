import type { HttpClient } from '@azure/core-rest-pipeline';

/** The clock of a service, as the `Date` of its answers tells it. */
export interface HeardClock {
  /** Its time now; where nothing was heard, ours. */
  now(): number;
  /** The client, whose answers are listened to. */
  listening(http: HttpClient): HttpClient;
}

/**
 * A date has whole seconds, and an answer takes a moment: clocks that are not further apart than `agree` are taken to
 * agree. Milliseconds.
 */
export function heardClock(ours: () => number, agree = 5_000): HeardClock {
  let apart = 0;
  return {
    now: () => ours() + apart,
    listening: (http) => ({
      sendRequest: async (request) => {
        const answer = await http.sendRequest(request);
        const theirs = Date.parse(answer.headers.get('date') ?? '');
        if (!Number.isNaN(theirs)) apart = Math.abs(theirs - ours()) <= agree ? 0 : theirs - ours();
        return answer;
      },
    }),
  };
}
