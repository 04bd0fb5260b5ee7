import type { DayTally, Failing, Feed, LedgerEntry, Millis, ShownState, Stretch, Sums } from '../model.ts';

/** The day (UTC) that a window counts to: that of its start. */
export const dayOf = (start: Millis): Millis => Math.floor(start / day) * day;

const day: Millis = 24 * 3_600_000;

export const NOTHING: Sums = {
  windows: { due: 0, running: 0, done: 0, again: 0, failed: 0, unavailable: 0, retired: 0 },
  read: 0,
  written: 0,
  deduplicated: 0,
  filtered: 0,
  quarantined: 0,
  files: 0,
  bytes: 0,
  late: 0,
  purged: 0,
  runs: 0,
  asked: 0,
  wasted: 0,
  duration: 0,
  delay: 0,
  delayed: 0,
};

/** An error is shown as one line; the whole text is in the window's entry. */
const ERROR_LIMIT = 600;

/** What the entries of one feed and day add up to; by start. Pure: the same entries give the same tally. */
export function tallyOf(feed: Feed, of: Millis, entries: readonly LedgerEntry[]): DayTally {
  const { app, signal, source } = feed;
  const shown = entries.filter(({ state }) => state !== 'halved');
  const failed = shown.find((entry) => shownState(entry) === 'failed');
  return {
    feed: { app, signal, source },
    day: of,
    stretches: stretchesOf(shown),
    sums: entries.map(sumsOf).reduce(addSums, NOTHING),
    ...(failed && { failure: failingOf(failed) }),
    doneAt: Math.max(0, ...shown.map(({ state, doneAt }) => (state === 'retired' ? 0 : doneAt))),
  };
}

/** Halved windows have none: their halves do. */
export function shownState({ state, again }: LedgerEntry): ShownState {
  if ((state === 'done' || state === 'unavailable') && again) return 'again';
  return state === 'halved' ? 'done' : state;
}

const failingOf = ({ window, attempts, error }: LedgerEntry): Failing => ({
  start: window.start,
  end: window.end,
  attempts,
  error: error.slice(0, ERROR_LIMIT),
});

/** Neighbours of one state are one stretch. */
function stretchesOf(entries: readonly LedgerEntry[]): readonly Stretch[] {
  const found: Stretch[] = [];
  for (const entry of entries) {
    const { start, end } = entry.window;
    const state = shownState(entry);
    const last = found.at(-1);
    if (last?.state === state && last.end === start) found[found.length - 1] = { start: last.start, end, state };
    else found.push({ start, end, state });
  }
  return found;
}

/** One window. Of a halved one only what it cost is left; of a retired one also that there was one. */
export function sumsOf(entry: LedgerEntry): Sums {
  const { state, counts, files, revision, window, doneAt, startedAt, totals } = entry;
  const cost = { runs: revision, asked: totals?.asked ?? entry.asked, wasted: totals?.wasted ?? 0 };
  if (state === 'halved') return { ...NOTHING, ...cost };
  if (state === 'retired') return { ...NOTHING, ...cost, windows: { ...NOTHING.windows, retired: 1 } };
  const kept = files.filter(({ rows }) => rows > 0);
  return {
    ...cost,
    windows: { ...NOTHING.windows, [shownState(entry)]: 1 },
    read: counts.read,
    written: counts.written,
    deduplicated: counts.deduplicated,
    filtered: counts.filtered ?? 0,
    quarantined: counts.quarantined,
    files: kept.length,
    bytes: kept.reduce((sum, { bytes }) => sum + bytes, 0),
    late: totals?.late ?? 0,
    purged: totals?.purged ?? 0,
    duration: doneAt > 0 ? Math.max(0, doneAt - startedAt) : 0,
    delay: totals?.delay ?? (doneAt > 0 ? Math.max(0, doneAt - window.end) : 0),
    delayed: doneAt > 0 ? 1 : 0,
  };
}

export function addSums(one: Sums, other: Sums): Sums {
  const windows = Object.fromEntries(
    Object.entries(one.windows).map(([state, count]) => [state, count + other.windows[state as ShownState]]),
  ) as Sums['windows'];
  const sums = Object.fromEntries(
    Object.entries(one).map(([name, value]) => [name, Number(value) + Number(other[name as keyof Sums])]),
  ) as unknown as Sums;
  return { ...sums, windows };
}
