import type { Feed, LedgerEntry, Progress, Versioned, Window } from '../../model.ts';
import { keepFew } from '../../pure/keep-few.ts';
import { feedKey, windowKey } from '../keys.ts';

/**
 * What a process knows from its own writes, so that it need not ask for it: entries as it last wrote them, how far
 * feeds are planned. All of it may be out of date; whoever goes by it writes under the tags that came with it, and asks
 * when that is refused.
 */
export interface Recall {
  entry(window: Window): Versioned<LedgerEntry> | undefined;
  keepEntry(seen: Versioned<LedgerEntry>): void;
  forget(window: Window): void;
  /**
   * What was remembered is out of date: another process has had the window, and what it had last it will have again.
   * `stands`: the entry as it is now, where that is known.
   */
  outdated(window: Window, stands?: Versioned<LedgerEntry>): void;
  /** The entry was read: whether others had the window last. */
  met(window: Window, stands: Versioned<LedgerEntry> | undefined): void;
  /** Whether others had a window of the feed last: then it costs less to ask than to write under an old tag. */
  isShared(feed: Feed): boolean;
  progress(feed: Feed): Versioned<Progress> | undefined;
  /** Undefined: it is not known any more. */
  keepProgress(feed: Feed, progress: Versioned<Progress> | undefined): void;
}

/** Only bounds what is remembered: windows of a few hours of many feeds. */
const MOST = 500;

export function createRecall(): Recall {
  const entries = new Map<string, Versioned<LedgerEntry>>();
  const feeds = new Map<string, Versioned<Progress>>();
  const shared = new Set<string>();
  const keep = <T>(map: Map<string, T>, key: string, value: T): void => keepFew(map, key, value, MOST);
  return {
    entry: (window) => entries.get(keyOf(window)),
    keepEntry: (seen) => keep(entries, keyOf(seen.value.window), seen),
    forget: (window) => void entries.delete(keyOf(window)),
    outdated: (window, stands) => {
      shared.add(feedKey(window));
      entries.delete(keyOf(window));
      if (stands?.value.state === 'done') keep(entries, keyOf(window), stands);
    },
    met: (window, stands) => {
      const known = entries.get(keyOf(window));
      if (known !== undefined && known.etag === stands?.etag) shared.delete(feedKey(window));
    },
    isShared: (feed) => shared.has(feedKey(feed)),
    progress: (feed) => feeds.get(feedKey(feed)),
    keepProgress: (feed, progress) => {
      if (progress === undefined) feeds.delete(feedKey(feed));
      else keep(feeds, feedKey(feed), progress);
    },
  };
}

const keyOf = (window: Window): string => `${feedKey(window)} ${windowKey(window)}`;
