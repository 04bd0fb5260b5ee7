/** The ledger in memory, for tests. The reference for what the other two do. */
import type {
  DayAudit,
  DriftSighting,
  Feed,
  Interval,
  Ledger,
  LedgerEntry,
  LedgerMark,
  Millis,
  OriginOf,
  Progress,
  Versioned,
  Window,
} from '../model.ts';
import { driftKey } from './drift-record.ts';
import { isOpen, isWatched } from './entry-record.ts';
import { derivedTally } from './tally/derived-tally.ts';

interface FeedState {
  readonly feed: Feed;
  readonly entries: Map<string, Versioned<LedgerEntry>>;
  progress: Versioned<Progress> | undefined;
  readonly audits: Map<Millis, DayAudit>;
  opened: string;
  readonly origins: Set<string>;
}

const windowKey = ({ start, end }: Interval) => `${start}_${end}`;

/** Of all ledgers together: one that took another's place has none of its tags. */
let tags = 0;

/**
 * Every call takes effect at once, in one step; values are copied on their way in and out. `mark`: of one whose place
 * it takes, tag and all.
 */
export function createMemoryLedger(mark?: Versioned<LedgerMark>, originOf: OriginOf = () => undefined): Ledger {
  const states = new Map<string, FeedState>();
  let swept: Millis | undefined;
  let marked = mark;
  const names = new Map<string, string>();
  const drifts = new Map<string, DriftSighting>();
  const nextTag = () => `m${++tags}`;

  const stateOf = ({ app, source, signal }: Feed): FeedState => {
    const key = JSON.stringify([app, source, signal]);
    const known = states.get(key) ?? {
      feed: { app, signal, source },
      entries: new Map(),
      progress: undefined,
      audits: new Map(),
      opened: '',
      origins: new Set<string>(),
    };
    states.set(key, known);
    const origin = originOf(known.feed);
    if (origin !== undefined) known.origins.add(origin);
    return known;
  };
  const peek = ({ app, source, signal }: Feed) => states.get(JSON.stringify([app, source, signal]));
  const sorted = (feed: Feed) =>
    [...(peek(feed)?.entries.values() ?? [])]
      .map(({ value }) => value)
      .sort((a, b) => a.window.start - b.window.start || a.window.end - b.window.end);

  const ledger: Ledger = {
    ...derivedTally(() => ledger),
    prepare: async () => {},
    mark: async () => marked && { ...marked },
    putMark: async (value, etag) => {
      if (marked?.etag !== etag) return false;
      marked = { value: { ...value }, etag: nextTag() };
      return true;
    },
    read: async (window: Window) => structuredClone(peek(window)?.entries.get(windowKey(window))),
    claimed: async (window) => peek(window)?.entries.get(windowKey(window))?.value,
    hinted: async (feed, windows, at) => {
      for (const window of windows) {
        const entries = peek(feed)?.entries;
        const found = entries?.get(windowKey(window));
        if (!found || !isOpen(found.value) || found.value.hintedAt !== 0) continue;
        entries?.set(windowKey(window), { value: { ...found.value, hintedAt: at }, etag: nextTag() });
      }
    },
    write: async (entry, etag, lost) => {
      const { entries } = stateOf(entry.window);
      const stands = entries.get(windowKey(entry.window));
      if (stands !== undefined && stands.etag !== etag) lost?.(structuredClone(stands));
      if (stands?.etag !== etag) return undefined;
      const tag = nextTag();
      entries.set(windowKey(entry.window), { value: structuredClone(entry), etag: tag });
      return tag;
    },
    halve: async (entry, etag, halves) => {
      const { entries } = stateOf(entry.window);
      const isNew = halves.every(({ window }) => !entries.has(windowKey(window)));
      if (entries.get(windowKey(entry.window))?.etag !== etag || !isNew) return undefined;
      for (const each of [...halves, entry])
        entries.set(windowKey(each.window), { value: structuredClone(each), etag: nextTag() });
      return entries.get(windowKey(entry.window))?.etag;
    },
    async *list(feed, { start = -Infinity, end = Infinity } = {}) {
      for (const entry of sorted(feed))
        if (entry.window.start >= start && entry.window.start < end) yield structuredClone(entry);
    },
    async *open(feed) {
      for (const entry of sorted(feed)) if (isWatched(entry)) yield structuredClone(entry);
      return structuredClone(peek(feed)?.progress);
    },
    progress: async (feed) => structuredClone(peek(feed)?.progress),
    plan: async (feed, progress, etag, entries, lost) => {
      const state = stateOf(feed);
      if (state.progress?.etag !== etag || entries.some(({ window }) => state.entries.has(windowKey(window)))) {
        if (state.progress !== undefined) lost?.(structuredClone(state.progress));
        return undefined;
      }
      const tags = entries.map(nextTag);
      for (const [n, entry] of entries.entries())
        state.entries.set(windowKey(entry.window), { value: structuredClone(entry), etag: tags[n] ?? '' });
      state.progress = { value: { ...progress }, etag: nextTag() };
      return { progress: state.progress.etag, entries: tags };
    },
    async *feeds() {
      for (const { feed } of [...states.values()]) yield { ...feed };
    },
    opening: async (feed, origin) => {
      const state = stateOf(feed);
      state.opened = nextTag();
      if (origin !== undefined) state.origins.add(origin);
    },
    async *openings() {
      for (const { feed, opened, origins } of [...states.values()])
        yield { feed: { ...feed }, word: opened, origins: [...origins] };
    },
    async *audits(feed, { start, end }) {
      const days = [...(peek(feed)?.audits.values() ?? [])].filter(({ day }) => start <= day && day < end);
      for (const day of days.sort((a, b) => a.day - b.day)) yield structuredClone(day);
    },
    recordAudits: async (feed, days) => {
      for (const day of days) stateOf(feed).audits.set(day.day, structuredClone(day));
    },
    appKnown: async (component) => names.get(component),
    appNamed: async (component, app) => {
      const known = names.get(component) ?? app;
      names.set(component, known);
      return known;
    },
    recordDrift: async (seen) => {
      const fresh = seen.filter((each) => !drifts.has(driftKey(each)));
      for (const each of fresh) drifts.set(driftKey(each), { ...each });
      return fresh;
    },
    async *drift() {
      for (const each of [...drifts.values()]) yield { ...each };
    },
    swept: async () => swept,
    recordSweep: async (at) => {
      swept = Math.max(at, swept ?? at);
    },
  };
  return ledger;
}
