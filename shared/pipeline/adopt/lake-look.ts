import type { Clock, Feed, Interval, LedgerEntry, Millis, ObjectStore, StoredObject, Window } from '../../model.ts';
import { allOf } from '../../pure/all-of.ts';
import { keepFew } from '../../pure/keep-few.ts';
import { overlap } from '../grid/tile-range.ts';
import { feedKey, windowKey } from '../keys.ts';
import { countEvery } from '../lake/meet.ts';
import { isInOther } from '../lake/own-files.ts';
import { type FileStory, type FoundPorts, sighted } from './found.ts';
import { type LakeLook, LostWindows } from './take-in.ts';
import type { FoundWindow } from './weigh.ts';

export interface LookPorts extends Pick<FoundPorts, 'story' | 'tables'>, Pick<LakeLook, 'rules'> {
  readonly lake: Pick<ObjectStore, 'list' | 'head' | 'place'>;
  readonly clock: Pick<Clock, 'now'>;
  /** Whose file it is by its name; undefined: no template that is known made it, and it is for `adopt` to judge. */
  named(path: string): Window | undefined;
  /** What the paths of the feed's files begin with, at that time; left out: at any. */
  beginnings(feed: Feed, range?: Interval): readonly string[];
  /** The same of those with rows of its own signal, where nearly all are. */
  own(feed: Feed, range?: Interval): readonly string[];
  /** As `beginnings`, of what was set aside. */
  aside(feed: Feed, range?: Interval): readonly string[];
  /** Throws where the lake is not the ledger's own: it has nothing to tell. */
  ready(): Promise<unknown>;
}

const day: Millis = 24 * 3_600_000;
/** Files that are opened at once. */
const together = 16;
/** What one look opens at most; text is read whole, to count its rows. */
const most = { files: 20_000, text: 2 * 1024 ** 3 };
/** Only bounds what is remembered. */
const remembered = 5000;

/**
 * A look remembers for five minutes where there was nothing that the ledger lacks: what makes a ledger lose windows
 * does not happen between two windows of one process, and other settings come with another process.
 */
export function createLakeLook(ports: LookPorts): LakeLook {
  const { clock } = ports;
  const below = new Map<string, { readonly at: Millis; readonly feeds: Promise<ReadonlySet<string>> }>();
  const looked = new Map<string, { readonly at: Millis; readonly left: readonly Interval[] }>();
  const keyOf = (feed: Feed, around: Interval) => `${feedKey(feed)}\n${windowKey(around)}`;
  const feedsBelow = (prefix: string) => {
    const known = below.get(prefix);
    if (known !== undefined && isYoung(known.at, clock)) return known.feeds;
    const feeds = feedsIn(prefix, ports);
    keepFew(below, prefix, { at: clock.now(), feeds }, remembered);
    feeds.catch(() => below.delete(prefix));
    return feeds;
  };
  return {
    hasFeed: async (feed) => {
      await ports.ready();
      const places = new Set([...ports.own(feed), ...ports.aside(feed), ...ports.beginnings(feed)]);
      const there = await allOf([...places].map(feedsBelow));
      return there.some((feeds) => feeds.has(feedKey(feed)));
    },
    windows: async (feed, range, entries) => {
      await ports.ready();
      const mayHave = async (prefix: string) => (await feedsBelow(prefix)).has(feedKey(feed));
      return windowsIn(feed, range, entries, mayHave, ports);
    },
    around: ({ source }, { start, end }) => {
      const size = source === 'query' ? day : 32 * day;
      return { start: Math.floor(start / size) * size, end: Math.ceil(end / size) * size };
    },
    isLooked: (feed, around, range) => {
      const known = looked.get(keyOf(feed, around));
      return known !== undefined && isYoung(known.at, clock) && !known.left.some((part) => overlap(part, range));
    },
    noteLooked: (feed, around, left) => keepFew(looked, keyOf(feed, around), { at: clock.now(), left }, remembered),
    ...(ports.rules && { rules: ports.rules }),
  };
}

const isYoung = (at: Millis, { now }: Pick<Clock, 'now'>): boolean => at <= now() && now() < at + countEvery;

async function feedsIn(prefix: string, { lake, named }: LookPorts): Promise<ReadonlySet<string>> {
  const feeds = new Set<string>();
  for await (const { name } of lake.list(prefix)) {
    const window = named(name);
    if (window !== undefined) feeds.add(feedKey(window));
  }
  return feeds;
}

/**
 * `mayHave`: whether files of the feed lie below a prefix. Of windows whose rows are all of other signals that is asked
 * first: the answer is the same for all feeds of an app, and mostly no.
 */
async function windowsIn(
  feed: Feed,
  range: Interval,
  entries: readonly LedgerEntry[],
  mayHave: (prefix: string) => Promise<boolean>,
  ports: LookPorts,
): Promise<readonly FoundWindow[]> {
  const at = Number.isFinite(range.end) ? range : undefined;
  const known = new Set(entries.flatMap(({ window, files }) => [windowKey(window), ...files.map(({ path }) => path)]));
  const isMissing = (window: Window): boolean =>
    feedKey(window) === feedKey(feed) &&
    window.start < range.end &&
    range.start < window.end &&
    !known.has(windowKey(window));
  const isLost = ({ name }: StoredObject): boolean => {
    const window = known.has(name) ? undefined : ports.named(name);
    return window !== undefined && isMissing(window);
  };
  const below = missingBelow(feed, isLost, ports);
  const near = new Set([...ports.own(feed, at), ...ports.aside(feed, at)]);
  const elsewhere: string[] = [];
  for (const prefix of ports.beginnings(feed, at))
    if (!near.has(prefix) && (await mayHave(prefix))) elsewhere.push(prefix);
  const files = await below([...near, ...elsewhere]);
  // Nobody knows what is in those: rows, to be sure. What was set aside into one alone cannot be replaced.
  const shut = new Set(files.filter(({ archived }) => archived).map(({ name }) => name));
  const windows = new Map<string, FoundWindow>();
  for (const { window, revision, file } of await storiesOf(files, ports)) {
    if (!isMissing(window)) continue;
    const before = windows.get(windowKey(window)) ?? { window, revision: 0, files: [] };
    const seen = await sighted(file, ports);
    const sight = [...before.files, shut.has(file.path) && seen.bytes > 0 ? { ...seen, rows: 1 } : seen];
    windows.set(windowKey(window), { window, revision: Math.max(before.revision, revision), files: sight });
  }
  // What holds nothing brings nothing twice, and a first run that died may have left it so.
  return [...windows.values()].filter(({ files: found }) =>
    found.some(({ signal, rows, path }) => rows > 0 && (signal !== 'quarantine' || !shut.has(path))),
  );
}

/** None of lakes that lie in folders of this one. Throws where they are too many, and lists no further. */
function missingBelow(feed: Feed, isLost: (file: StoredObject) => boolean, { lake }: LookPorts) {
  const lakes = new Map<string, boolean>();
  return async (prefixes: readonly string[]): Promise<StoredObject[]> => {
    const files = new Map<string, StoredObject>();
    let text = 0;
    for (const prefix of prefixes)
      for await (const file of lake.list(prefix)) {
        if (files.has(file.name) || !isLost(file) || (await isInOther(file.name, lake, lakes))) continue;
        files.set(file.name, file);
        text += file.name.endsWith('.parquet') ? 0 : file.bytes;
        if (files.size > most.files || text > most.text)
          throw new LostWindows(feed, `more than can be looked at of their files lie in ${lake.place}`);
      }
    return [...files.values()];
  };
}

async function storiesOf(files: readonly StoredObject[], { story }: LookPorts): Promise<FileStory[]> {
  const told: FileStory[] = [];
  for (let from = 0; from < files.length; from += together)
    for (const each of await allOf(files.slice(from, from + together).map(story)))
      if (typeof each === 'object') told.push(each);
  return told;
}
