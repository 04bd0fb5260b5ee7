import type { Feed, Opening, Signal } from '../../model.ts';
import type { NamedApp, Renamed } from './names.ts';

/** Signal and origin, or name, as a key. */
export const keyOf = (signal: Signal, word: string): string => `${signal} ${word}`;

/** What has been seen, by what it is asked for. */
export interface Seen {
  /** By signal and origin. */
  readonly at: ReadonlyMap<string, readonly Opening[]>;
  readonly origins: ReadonlyMap<string, readonly string[]>;
  /** By signal; `named`: those that the settings name. */
  readonly all: ReadonlyMap<string, readonly Feed[]>;
  readonly named: ReadonlyMap<string, readonly Feed[]>;
  /** By signal and old name. */
  readonly renamed: ReadonlyMap<string, Renamed>;
}

/** Which app of the settings reads what, by signal and origin. */
export const readersOf = (apps: readonly NamedApp[]): ReadonlyMap<string, string> =>
  new Map(
    apps.toReversed().flatMap(({ app, origin, signals }) => signals.map((signal) => [keyOf(signal, origin), app])),
  );

export function seenIn(
  found: readonly Opening[],
  apps: readonly NamedApp[],
  readers: ReadonlyMap<string, string>,
): Seen {
  const told = found.filter(({ feed, origins }) => feed.source === 'query' && origins.length > 0);
  const read = told.flatMap((each) =>
    [...new Set(each.origins)].map((word): [string, Opening] => [keyOf(each.feed.signal, word), each]),
  );
  const own = new Set(apps.map(({ app }) => app));
  const wanted = new Set(apps.flatMap(({ app, signals }) => signals.map((signal) => keyOf(signal, app))));
  const feeds = told.map(({ feed }): readonly [string, Feed] => [feed.signal, feed]);
  const renamed = told.flatMap(({ feed, origins }): [string, Renamed][] => {
    const now = own.has(feed.app)
      ? undefined
      : origins.map((each) => readers.get(keyOf(feed.signal, each))).find(Boolean);
    return now === undefined ? [] : [[keyOf(feed.signal, feed.app), { feed, now }]];
  });
  return {
    at: groups(read),
    origins: new Map(told.map(({ feed, origins }) => [keyOf(feed.signal, feed.app), origins])),
    all: groups(feeds),
    named: groups(feeds.filter(([signal, { app }]) => wanted.has(`${signal} ${app}`))),
    renamed: new Map(renamed),
  };
}

/** A name that may have room. */
export interface Home {
  readonly feed: Feed;
  /** The settings have it: what comes beyond its horizon is planned there. */
  readonly isNamed: boolean;
}

/** All other names of the signal: those of the feed's app first, those of the settings last. */
export function homesOf({ app, signal }: Feed, origin: string | undefined, { at, all, named }: Seen): readonly Home[] {
  const own = new Set(origin === undefined ? [] : at.get(keyOf(signal, origin))?.map(({ feed }) => feed.app));
  const wanted = new Set(named.get(signal)?.map((feed) => feed.app));
  const rank = (feed: Feed): number => (own.has(feed.app) ? 0 : 1 + Number(wanted.has(feed.app)));
  return (all.get(signal) ?? [])
    .filter((feed) => feed.app !== app)
    .toSorted((one, other) => rank(one) - rank(other))
    .map((feed) => ({ feed, isNamed: wanted.has(feed.app) }));
}

function groups<T>(pairs: readonly (readonly [string, T])[]): ReadonlyMap<string, readonly T[]> {
  const grouped = new Map<string, T[]>();
  for (const [key, each] of pairs) {
    const known = grouped.get(key);
    if (known === undefined) grouped.set(key, [each]);
    else known.push(each);
  }
  return grouped;
}
