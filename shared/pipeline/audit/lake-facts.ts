import type { FeedFiles } from './lake-slice.ts';

/** One flat object for each feed of which files differ, and one for the whole look. Names are cut at twenty. */
export function filesFacts(
  feeds: readonly FeedFiles[],
): readonly Readonly<Record<string, string | number | boolean>>[] {
  const total = (of: (feed: FeedFiles) => number): number => feeds.reduce((sum, feed) => sum + of(feed), 0);
  return [
    ...feeds
      .filter(({ wrong }) => wrong.length > 0)
      .map(({ feed: { app, signal, source }, wrong, repaired, lost, held }) => ({
        event: 'wrongFiles',
        ...{ app, signal, source },
        wrong: wrong.length,
        ...{ repaired, lost, held },
        names: wrong
          .slice(0, 20)
          .map(({ path, problem }) => `${problem} ${path}`)
          .join(', '),
      })),
    {
      event: 'files',
      feeds: feeds.length,
      windows: total(({ windows }) => windows),
      files: total(({ files }) => files),
      wrong: total(({ wrong }) => wrong.length),
      repaired: total(({ repaired }) => repaired),
      touched: total(({ touched }) => touched),
      read: total(({ read }) => read),
      errors: feeds.filter(({ error }) => error !== '').length,
    },
  ];
}
