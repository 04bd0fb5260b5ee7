import type { Millis } from '../model.ts';
import type { Status } from './schema.ts';
import type { FeedFacts, StatusFacts } from './status.ts';

/** The lake in one line. What is complete is so until the watermark that is furthest behind. */
export function verdictOf(
  feeds: readonly FeedFacts[],
  { now, health, fault }: Pick<StatusFacts, 'now' | 'health' | 'fault'>,
): Status['verdict'] {
  const late = feeds.filter(({ state }) => state === 'late').length;
  const failed = feeds.filter(({ state }) => state === 'failed').length;
  const planned = feeds.filter(({ query }) => query !== undefined);
  const reached = planned.map((each) => each.reached?.watermark ?? 0);
  const until = reached.length === 0 ? undefined : Math.min(...reached);
  const completeUntil = until === undefined || until === 0 ? null : new Date(until).toISOString();
  // A feed that ends (QUERY_UNTIL) is not behind when it is there.
  const ends = planned.every(
    ({ query, reached: to }) => query?.until !== undefined && (to?.watermark ?? 0) >= query.until,
  );
  const behind = until === undefined || until === 0 ? null : ends ? 0 : Math.max(0, now - until);
  const counts = { completeUntil, behind, late, failed, feeds: feeds.length };
  const isPaused = health !== undefined && health.state !== 'active';
  const state = isPaused
    ? 'paused'
    : failed > 0 || fault !== ''
      ? 'failed'
      : late > 0
        ? 'late'
        : feeds.some(isKnown)
          ? 'complete'
          : 'empty';
  const reach = reachText(feeds, completeUntil, behind);
  const troubles = [
    ...(fault === '' ? [] : ['lake and ledger do not belong together: nothing runs']),
    ...(isPaused ? [`the lake is ${health.state}: nothing is written`] : []),
    ...(failed > 0 ? [`${plural(failed, 'feed')} failing`] : []),
    ...(late > 0 ? [`${plural(late, 'feed')} late`] : []),
  ];
  return { state, text: [reach, ...troubles].join('; '), ...counts };
}

const isKnown = ({ state }: FeedFacts): boolean => state !== 'empty';

function reachText(feeds: readonly FeedFacts[], completeUntil: string | null, behind: Millis | null): string {
  if (completeUntil !== null) {
    const at = `${completeUntil.slice(0, 16).replace('T', ' ')} UTC`;
    return behind === 0
      ? `Complete until ${at}, the end that was set`
      : `Complete until ${at}, ${spanWords(behind ?? 0)} behind`;
  }
  const planned = feeds.some(({ query }) => query !== undefined);
  if (planned)
    return feeds.some(isKnown)
      ? 'Not complete yet'
      : 'Nothing has been planned yet: the first windows come with the next tick';
  return feeds.length === 0 ? 'Nothing has arrived yet' : 'All that arrived is in the lake or on its way';
}

export const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;

/** 754000 → `12 minutes`. */
export function spanWords(span: Millis): string {
  const minutes = Math.round(span / 60_000);
  if (minutes < 120) return plural(minutes, 'minute');
  return minutes < 48 * 60 ? plural(Math.round(minutes / 60), 'hour') : plural(Math.round(minutes / 1440), 'day');
}

export const near = (at: Millis): string => `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
