import type { Millis } from '../model.ts';
import type { Need } from './schema.ts';
import type { FeedFacts, StatusFacts } from './status.ts';
import { near, spanWords } from './verdict.ts';

export function faultNeeds({ fault }: Pick<StatusFacts, 'fault'>): readonly Need[] {
  if (fault === '') return [];
  return [
    {
      kind: 'health',
      text: 'Lake and ledger do not belong together; what this page shows is of the ledger',
      advice: fault,
      feeds: [],
      count: 0,
    },
  ];
}

/** What tables keep where the settings do not say. */
const usualRetention: Millis = 90 * 86_400_000;

/** Until when the sources keep what was not read yet: of the feed that loses rows first. */
function lossText(feeds: readonly FeedFacts[], now: Millis): string {
  const [first] = feeds
    .flatMap(({ feed, query, reached }) => {
      const from = reached?.watermark || query?.from;
      return query === undefined || from === undefined
        ? []
        : [{ feed, at: from + (query.retention ?? usualRetention) }];
    })
    .toSorted((one, other) => one.at - other.at);
  if (first === undefined) return 'Resume it before the source forgets what was held.';
  const { feed, at } = first;
  return at > now
    ? `The source keeps what was held until ${near(at)} (${feed.app} ${feed.signal}): resume it before.`
    : `The source has lost rows that were held since ${near(at)} (${feed.app} ${feed.signal}), and loses more until ` +
        'it is resumed.';
}

export function healthNeeds(
  feeds: readonly FeedFacts[],
  { health, now }: Pick<StatusFacts, 'now' | 'health'>,
): readonly Need[] {
  if (health === undefined || health.state === 'active') return [];
  const since = health.since > 0 ? ` for ${spanWords(now - health.since)}` : '';
  const who = health.by === 'hand' ? 'by hand' : 'by itself';
  return [
    {
      kind: 'health',
      text: `The lake is ${health.state}${since}, ${who}${health.reason === '' ? '' : `: ${health.reason}`}`,
      advice:
        health.state === 'paused' && health.by !== 'hand'
          ? 'Mend the cause; it resumes by itself when a probe succeeds, or with Resume. What was held is ' +
            `delivered, oldest first. ${lossText(feeds, now)}`
          : `Nothing runs until it is resumed by hand. ${lossText(feeds, now)}`,
      feeds: [],
      count: 0,
      action: { order: 'resume', body: {} },
    },
  ];
}
