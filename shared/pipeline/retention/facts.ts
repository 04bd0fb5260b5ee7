import type { Millis } from '../../model.ts';
import { filesFacts } from '../audit/lake-facts.ts';
import type { FeedFiles } from '../audit/lake-slice.ts';
import type { FeedRetired } from './retire.ts';

const time = (at: Millis): string => new Date(at).toISOString();

/** One flat object for each feed that has something older than its rule. */
export const retiredFacts = (
  { feed: { app, signal, source }, keptFrom, start, end, why, unfinished, error, ...counts }: FeedRetired,
  removed: boolean,
): Readonly<Record<string, string | number | boolean>> => ({
  event: 'retired',
  ...{ app, signal, source },
  done: removed,
  keptFrom: time(keptFrom),
  ...(end > 0 && { start: time(start), end: time(end) }),
  ...counts,
  ...(why !== '' && { why }),
  ...(unfinished && { unfinished }),
  ...(error !== '' && { error }),
});

/** What a tick of the timer that tends the lake logs. */
export const tendFacts = ({
  retired,
  removed,
  files,
}: {
  readonly retired: readonly FeedRetired[];
  readonly removed: boolean;
  readonly files: readonly FeedFiles[] | undefined;
}): readonly Readonly<Record<string, string | number | boolean>>[] => [
  ...retired.map((each) => retiredFacts(each, removed)),
  ...(files === undefined ? [] : filesFacts(files)),
];
