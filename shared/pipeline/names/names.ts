import type { Feed, Interval, Ledger, LedgerEntry, Millis, Opening, OriginOf, Signal } from '../../model.ts';
import { shareRows } from '../../pure/origin.ts';

/**
 * An app is what it reads, not what it is called: the ledger keeps what each feed has read, so an app that goes by
 * another name begins where its old name ended, and what the old name brought is looked after as before.
 */

/** An app of the settings. */
export interface NamedApp {
  readonly app: string;
  /** As shared/pure/origin.ts spells it. */
  readonly origin: string;
  readonly signals: readonly Signal[];
}

/** A feed that goes on under another name: nothing new is planned for it. */
export interface Renamed {
  readonly feed: Feed;
  /** Its name in the settings now. */
  readonly now: string;
}

export interface Names {
  /** What the ledger says of all its feeds, as somebody has just read it. */
  saw(found: readonly Opening[]): void;
  /** Reads that, unless it was read in the last minutes. */
  look(): Promise<void>;
  /** What a window of the feed is read from; as far as that was looked up where its name is an old one. */
  originOf(feed: Feed): string | undefined;
  /** The name in the settings by which the app of a feed goes; undefined: none. */
  nameOf(feed: Feed): string | undefined;
  renamed(): readonly Renamed[];
  /** Feeds of other names that have rows of the same source, and the entries among theirs that have. Looks first. */
  others(feed: Feed): Promise<Others | undefined>;
}

export interface Others {
  readonly feeds: readonly Feed[];
  /** Those of them that the settings do not name any more. */
  readonly old: readonly Feed[];
  has(entry: LedgerEntry): boolean;
}

/** Only what begins alike can share rows. */
const placeOf = (origin: string): string => origin.split(' ', 2).join(' ');

/** What other processes plan is seen so late. */
const glance: Millis = 5 * 60_000;

export function createNames(apps: readonly NamedApp[], ledger: Pick<Ledger, 'openings'>, now: () => Millis): Names {
  const own = new Map(apps.map((each) => [each.app, each]));
  let known: ReadonlyMap<string, readonly Opening[]> = new Map();
  let lookedAt = Number.NEGATIVE_INFINITY;
  let renamed: readonly Renamed[] = [];
  const saw = (found: readonly Opening[]): void => {
    const told = found.filter(({ feed, origins }) => feed.source === 'query' && origins.length > 0);
    known = Map.groupBy(
      told.flatMap((each) => [...new Set(each.origins.map(placeOf))].map((place) => ({ ...each, place }))),
      ({ feed, place }) => `${feed.signal} ${place}`,
    );
    renamed = told.flatMap(({ feed, origins }) => {
      if (own.has(feed.app)) return [];
      const app = apps.find(({ origin, signals }) => origins.includes(origin) && signals.includes(feed.signal));
      return app === undefined ? [] : [{ feed, now: app.app }];
    });
    lookedAt = now();
  };
  const nameOf = ({ app, signal }: Feed): string | undefined =>
    own.has(app) ? app : renamed.find(({ feed }) => feed.app === app && feed.signal === signal)?.now;
  const originOf = (feed: Feed): string | undefined =>
    feed.source === 'query' ? own.get(nameOf(feed) ?? '')?.origin : undefined;
  const look = async (): Promise<void> => {
    if (lookedAt + glance <= now() || lookedAt > now()) saw(await Array.fromAsync(ledger.openings()));
  };
  return {
    saw,
    look,
    originOf,
    nameOf,
    renamed: () => renamed,
    others: async (feed) => {
      await look();
      const origin = originOf(feed);
      if (origin === undefined) return undefined;
      const found = (known.get(`${feed.signal} ${placeOf(origin)}`) ?? []).filter(
        (each) => each.feed.app !== feed.app && each.origins.some((other) => shareRows(origin, other)),
      );
      const has = (entry: LedgerEntry): boolean =>
        entry.state !== 'halved' && (entry.origin === undefined || shareRows(origin, entry.origin));
      const feeds = found.map((each) => each.feed);
      return feeds.length === 0 ? undefined : { feeds, old: feeds.filter(({ app }) => !own.has(app)), has };
    },
  };
}

/** No window is longer. */
const longest: Millis = 24 * 3_600_000;

/** The windows that other names of the feed's app have in the range, in part at least, by start. */
export async function othersIn(others: Others | undefined, range: Interval, ledger: Ledger): Promise<Interval[]> {
  const found: Interval[] = [];
  for (const feed of others?.feeds ?? [])
    for await (const entry of ledger.list(feed, { start: range.start - longest, end: range.end }))
      if (entry.window.end > range.start && others?.has(entry)) found.push(entry.window);
  return found.toSorted((one, other) => one.start - other.start);
}

/** The first stretch of the range that windows of other names cover without a gap, and whose; undefined: none. */
export async function firstOfOthers(
  others: Others | undefined,
  range: Interval,
  ledger: Ledger,
): Promise<(Interval & { readonly app: string }) | undefined> {
  let first: { readonly start: Millis; end: Millis; readonly app: string } | undefined;
  for (const feed of others?.feeds ?? []) {
    let own: typeof first;
    for await (const { window, ...entry } of ledger.list(feed, { start: range.start - longest, end: range.end })) {
      if (window.end <= range.start || !others?.has({ window, ...entry })) continue;
      if (own !== undefined && window.start > own.end) break;
      own = { start: own?.start ?? window.start, end: Math.max(own?.end ?? 0, window.end), app: feed.app };
      if (own.start >= (first?.start ?? Number.POSITIVE_INFINITY)) break;
    }
    if (own !== undefined && own.start < (first?.start ?? Number.POSITIVE_INFINITY)) first = own;
  }
  return first;
}

/** Where the last of the old names of the feed's app ended; undefined: it has none. */
export async function endOfOthers(others: Others | undefined, ledger: Ledger): Promise<Millis | undefined> {
  let end: Millis | undefined;
  for (const feed of others?.old ?? []) {
    const horizon = (await ledger.progress(feed))?.value.horizon;
    if (horizon !== undefined) end = Math.max(end ?? horizon, horizon);
  }
  return end;
}

/**
 * Whether the rows of a window were read from another app than its name stands for now: they stay, and what that app
 * has does not take their place unless somebody asks for it.
 */
export function isOfOther({ window, origin, doneAt }: LedgerEntry, originOf: OriginOf | undefined): boolean {
  const now = originOf?.(window);
  return origin !== undefined && now !== undefined && doneAt > 0 && origin !== now;
}
