import type { Feed, Interval, Ledger, LedgerEntry, Millis, Opening, ReadFrom, Signal } from '../../model.ts';
import { areTwo } from '../../pure/origin.ts';
import { boundTo, type Reads, waitsFor } from './bound.ts';
import { type Home, homesOf, keyOf, readersOf, type Seen, seenIn } from './seen.ts';

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
  /** Reads that, unless it was in the last minutes; `afresh`: from then on, once for all that call at once. */
  look(afresh?: boolean): Promise<void>;
  /**
   * What a window is read from. Undefined where that is nothing that the settings name, and where it was planned for
   * another app, and what its name stands for has that time under another name. Looks where its name is an old one.
   */
  readonly readFrom: ReadFrom;
  /** The same as far as names tell it that were looked up before, and whatever else has that time. */
  readonly reads: Reads;
  /** The name in the settings of the app that reads that, or, left undefined, of the feed's app. */
  reader(feed: Feed, origin: string | undefined): string | undefined;
  /** What a new window of the feed is read from; as far as that was looked up where its name is an old one. */
  originOf(feed: Feed): string | undefined;
  /** The name in the settings by which the app of a feed goes; undefined: none. */
  nameOf(feed: Feed): string | undefined;
  renamed(): readonly Renamed[];
  /**
   * Feeds of other names that have rows of the same source, and the entries among theirs that have. Looks first, as
   * `look` does.
   */
  others(feed: Feed, afresh?: boolean): Promise<Others | undefined>;
  /** Names under which the feed's app may have time that its own name has no room for, as of the last look. */
  homes(feed: Feed): readonly Home[];
  /** Whether the last look has seen that the feed reads that. */
  isSaid(feed: Feed, origin: string): boolean;
}

export interface Others {
  readonly feeds: readonly Feed[];
  /** Those of them that the settings do not name any more. */
  readonly old: readonly Feed[];
  /** What the feed's app reads. */
  readonly origin: string;
  /** Whether the settings name the feed, and it has read something else before, or is new. */
  readonly isMixed: boolean;
  /** All feeds of the signal in the ledger, and those of them that the settings name. */
  readonly all: readonly Feed[];
  readonly named: readonly Feed[];
  /** Whether a window waits for what it was planned for, which no app of the settings reads. */
  isAdrift(entry: LedgerEntry): Promise<boolean>;
  /** Feeds of which this process has seen that nothing of their time is left out (left-out.ts). */
  readonly whole: Set<string>;
  /** Whether what is open of a feed is still run. */
  isRun(feed: Feed): boolean;
  has(entry: LedgerEntry): boolean;
}

/** A workspace of which that may be a component; an app is its own. */
const placeOf = (origin: string): string => origin.split(' ', 2).join(' ');

/** What other processes plan is seen so late. */
const glance: Millis = 5 * 60_000;

/**
 * Whether what was `read` under a name that stands for `now` has all rows of `origin`: a component's are not all of its
 * workspace. A workspace and a component of it that the settings name both are meant to be there both.
 */
const countsFor = (origin: string, read: string, now: string | undefined): boolean =>
  read === origin || (read !== now && origin.startsWith(`${read} `));

export function createNames(
  apps: readonly NamedApp[],
  ledger: Pick<Ledger, 'openings' | 'list'>,
  now: () => Millis,
): Names {
  const own = new Map(apps.map((each) => [each.app, each]));
  let [found, lookedAt]: [readonly Opening[], Millis] = [[], Number.NEGATIVE_INFINITY];
  const readers = readersOf(apps);
  const whole = new Set<string>();
  let known: Seen | undefined;
  const seen = (): Seen => {
    known ??= seenIn(found, apps, readers);
    return known;
  };
  const saw = (openings: readonly Opening[]): void => {
    [found, lookedAt, known] = [openings, now(), undefined];
  };
  const nameOf = ({ app, signal }: Feed): string | undefined =>
    own.has(app) ? app : seen().renamed.get(keyOf(signal, app))?.now;
  const originOf = (feed: Feed): string | undefined =>
    feed.source === 'query' ? own.get(nameOf(feed) ?? '')?.origin : undefined;
  const read = async (): Promise<void> => saw(await Array.fromAsync(ledger.openings()));
  const lookAfresh = oneAfterAnother(read);
  const look = async (afresh = false): Promise<void> => {
    if (afresh) await lookAfresh();
    else if (lookedAt + glance <= now() || lookedAt > now()) await read();
  };
  const bound: Reads = (entry) =>
    boundTo(entry, originOf(entry.window), (signal, origin) => readers.has(keyOf(signal, origin)));
  /** What is done by an older version was read from any that it ever was. */
  const readsOf = (entry: LedgerEntry): readonly string[] => {
    const { window, doneAt } = entry;
    const origin = doneAt === 0 ? bound(entry) : entry.origin;
    if (origin !== undefined) return [origin];
    return doneAt === 0 ? [] : (seen().origins.get(keyOf(window.signal, window.app)) ?? []);
  };
  const readFrom: ReadFrom = async (entry) => {
    if (entry.window.source !== 'query') return undefined;
    if (!own.has(entry.window.app)) await look();
    const from = bound(entry);
    const { window, origin, doneAt } = entry;
    if (doneAt > 0 || from === undefined || origin === undefined || !areTwo(origin, from)) return from;
    return (await othersIn(await others(window), window, ledger)).length === 0 ? from : undefined;
  };
  const others: Names['others'] = async (feed, afresh = false) => {
    await look(afresh);
    const origin = originOf(feed);
    if (origin === undefined) return undefined;
    const { at } = seen();
    const near = [origin, placeOf(origin)].flatMap((word) => at.get(keyOf(feed.signal, word)) ?? []);
    const feeds = [...new Set(near)]
      .filter(({ feed: { app } }) => app !== feed.app)
      .filter((each) => each.origins.some((read) => countsFor(origin, read, originOf(each.feed))))
      .map((each) => each.feed);
    const has = (entry: LedgerEntry): boolean => {
      const stands = originOf(entry.window);
      return entry.state !== 'halved' && readsOf(entry).some((read) => countsFor(origin, read, stands));
    };
    const old = feeds.filter(({ app }) => !own.has(app));
    const before = seen().origins.get(keyOf(feed.signal, feed.app)) ?? [];
    const named = seen().named.get(feed.signal) ?? [];
    const isNamed = own.get(feed.app)?.signals.includes(feed.signal) === true;
    const isMixed = isNamed && (before.length !== 1 || before[0] !== origin);
    const isRun = (each: Feed) => originOf(each) !== undefined;
    const all = seen().all.get(feed.signal) ?? [];
    const isAdrift = async (entry: LedgerEntry) => waitsFor(entry, await readFrom(entry)) !== '';
    return feeds.length === 0 ? undefined : { feeds, old, origin, isMixed, all, named, isAdrift, whole, isRun, has };
  };
  return {
    saw,
    look,
    originOf,
    nameOf,
    readFrom,
    reads: bound,
    reader: (feed, origin) => {
      const name = nameOf(feed);
      if (origin === undefined || own.get(name ?? '')?.origin === origin) return name;
      return readers.get(keyOf(feed.signal, origin));
    },
    homes: (feed) => homesOf(feed, originOf(feed), seen()),
    renamed: () => [...seen().renamed.values()],
    isSaid: ({ signal, app }, origin) => seen().origins.get(keyOf(signal, app))?.includes(origin) === true,
    others,
  };
}

/** Whoever calls while it is done waits for the next time, which is one for all of them. */
function oneAfterAnother(act: () => Promise<void>): () => Promise<void> {
  let underWay: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;
  return () => {
    next ??= underWay.then(() => {
      next = undefined;
      const done = act();
      underWay = done.catch(() => undefined);
      return done;
    });
    return next;
  };
}

/** No window is longer. */
const longest: Millis = 24 * 3_600_000;

/** The windows that other names of the feed's app have in the range, in part at least, by start. */
export async function othersIn(
  others: Others | undefined,
  range: Interval,
  ledger: Pick<Ledger, 'list'>,
): Promise<Interval[]> {
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

/** How far windows of other names cover the range from its start on without a gap. */
export async function coveredEnd(others: Others | undefined, range: Interval, ledger: Ledger): Promise<Millis> {
  let reached = range.start;
  for (const window of await othersIn(others, range, ledger)) {
    if (window.start > reached) break;
    reached = Math.max(reached, window.end);
  }
  return Math.min(reached, range.end);
}

/**
 * Where the last of the old names of the feed's app ended, or came to where nobody runs its windows any more;
 * undefined: it has none.
 */
export async function endOfOthers(others: Others | undefined, ledger: Ledger): Promise<Millis | undefined> {
  let end: Millis | undefined;
  for (const feed of others?.old ?? []) {
    const stood = (await ledger.progress(feed))?.value;
    const reached = others?.isRun(feed) ? stood?.horizon : stood?.watermark;
    if (reached !== undefined) end = Math.max(end ?? reached, reached);
  }
  return end;
}
