import type { Clock, Feed, Interval, Millis, ObjectStore, StoredObject, Window } from '../../model.ts';
import { allOf } from '../../pure/all-of.ts';
import { keepFew } from '../../pure/keep-few.ts';
import { feedKey, windowKey } from '../keys.ts';
import { countEvery, OF_WINDOW } from '../lake/meet.ts';
import { type FileStory, type FoundPorts, sighted } from './found.ts';
import { type LakeLook, LostWindows } from './take-in.ts';
import type { FoundWindow } from './weigh.ts';

export interface LookPorts extends Pick<FoundPorts, 'story' | 'tables'>, Pick<LakeLook, 'rules'> {
  readonly lake: Pick<ObjectStore, 'list' | 'place'>;
  readonly clock: Pick<Clock, 'now'>;
  /** Whose file it is by its name; undefined: no template that is known made it. */
  named(path: string): Window | undefined;
  /** What the paths of the feed's files begin with, at that time; left out: at any. */
  beginnings(feed: Feed, range?: Interval): readonly string[];
  /** The same of those with rows of its own signal: without such a file nothing else of a window is looked for. */
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
/** Names of Parquet files that tell no feed: their metadata does. */
const odd = '';

/**
 * A look remembers for five minutes where there was nothing that the ledger lacks: what makes a ledger lose windows
 * does not happen between two windows of one process, and other settings come with another process.
 */
export function createLakeLook(ports: LookPorts): LakeLook {
  const { clock } = ports;
  const below = new Map<string, { readonly at: Millis; readonly feeds: Promise<ReadonlySet<string>> }>();
  const looked = new Map<string, Millis>();
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
      for (const prefix of ports.own(feed)) {
        const feeds = await feedsBelow(prefix);
        if (feeds.has(feedKey(feed)) || feeds.has(odd)) return true;
      }
      return false;
    },
    windows: async (feed, range, known) => {
      await ports.ready();
      return windowsIn(feed, range, known, ports);
    },
    around: ({ source }, { start, end }) => {
      const size = source === 'query' ? day : 32 * day;
      return { start: Math.floor(start / size) * size, end: Math.ceil(end / size) * size };
    },
    isLooked: (feed, around) => isYoung(looked.get(keyOf(feed, around)) ?? Number.NEGATIVE_INFINITY, clock),
    noteLooked: (feed, around) => keepFew(looked, keyOf(feed, around), clock.now(), remembered),
    ...(ports.rules && { rules: ports.rules }),
  };
}

const isYoung = (at: Millis, { now }: Pick<Clock, 'now'>): boolean => at <= now() && now() < at + countEvery;

async function feedsIn(prefix: string, { lake, named }: LookPorts): Promise<ReadonlySet<string>> {
  const feeds = new Set<string>();
  for await (const { name } of lake.list(prefix)) {
    const window = named(name);
    if (window !== undefined) feeds.add(feedKey(window));
    else if (isOdd(name)) feeds.add(odd);
  }
  return feeds;
}

const isOdd = (name: string): boolean => name.endsWith('.parquet') && OF_WINDOW.test(name);

async function windowsIn(
  feed: Feed,
  range: Interval,
  known: ReadonlySet<string>,
  ports: LookPorts,
): Promise<readonly FoundWindow[]> {
  const at = Number.isFinite(range.end) ? range : undefined;
  const isMissing = (window: Window): boolean =>
    feedKey(window) === feedKey(feed) &&
    window.start < range.end &&
    range.start < window.end &&
    !known.has(windowKey(window));
  if ((await filesBelow(ports.own(feed, at), isMissing, ports)).length === 0) return [];
  const files = await filesBelow(ports.beginnings(feed, at), isMissing, ports);
  files.push(...(await filesBelow(ports.aside(feed, at), isMissing, ports)));
  const text = files.reduce((sum, { name, bytes }) => sum + (name.endsWith('.parquet') ? 0 : bytes), 0);
  if (files.length > most.files || text > most.text)
    throw new LostWindows(feed, `${files.length} files of them lie in ${ports.lake.place}`);
  const windows = new Map<string, FoundWindow>();
  for (const { window, revision, file } of await storiesOf(files, ports)) {
    if (!isMissing(window)) continue;
    const before = windows.get(windowKey(window)) ?? { window, revision: 0, files: [] };
    const sight = [...before.files, await sighted(file, ports)];
    windows.set(windowKey(window), { window, revision: Math.max(before.revision, revision), files: sight });
  }
  // What holds no rows brings none twice, and a first run that died may have left it so.
  const shut = new Set(files.filter(({ archived }) => archived).map(({ name }) => name));
  return [...windows.values()].filter(({ files: own }) =>
    own.some(({ path, signal, rows }) => signal !== 'quarantine' && (rows > 0 || shut.has(path))),
  );
}

async function filesBelow(
  prefixes: readonly string[],
  isMissing: (window: Window) => boolean,
  { lake, named }: LookPorts,
): Promise<StoredObject[]> {
  const files: StoredObject[] = [];
  for (const prefix of prefixes)
    for await (const file of lake.list(prefix)) {
      const window = named(file.name);
      if (window === undefined ? isOdd(file.name) : isMissing(window)) files.push(file);
    }
  return files;
}

async function storiesOf(files: readonly StoredObject[], { story }: LookPorts): Promise<FileStory[]> {
  const told: FileStory[] = [];
  for (let from = 0; from < files.length; from += together)
    for (const each of await allOf(files.slice(from, from + together).map(story)))
      if (typeof each === 'object') told.push(each);
  return told;
}
