import type { Clock, Feed, Interval, LedgerEntry, Millis, Window } from '../../model.ts';
import { askedAgain } from '../entry.ts';
import { putWindows } from '../grid/grid.ts';
import { LAKE_NAME, putLakeWord, readLakeWord } from '../lake/lake-word.ts';
import type { MeetPorts } from '../lake/meet.ts';
import { afterLoss } from '../race.ts';
import { retiredEntry } from '../retention/retired-entry.ts';
import { readRetired } from '../retention/retired-word.ts';
import { requeuedFingerprint } from '../verdict.ts';
import { type Found, type FoundGroups, type FoundPorts, feedIn, feedKey, readFiles, windowsOf } from './found.ts';
import { type Change, type FeedWeight, weigh } from './weigh.ts';

export interface AdoptPorts extends MeetPorts, FoundPorts {
  readonly clock: Clock;
  /** Keeps what was found by feed, beside the memory. */
  withGroups<T>(use: (groups: FoundGroups) => Promise<T>): Promise<T>;
  /** Feeds that are planned, with the start of their first window. Left out: nothing is planned here. */
  readonly planned?: readonly { readonly feed: Feed; readonly from: Millis | undefined }[];
  /** Files that are named as those of windows, and that none explains, are nobody's. Left out: nothing is written. */
  readonly leave?: boolean;
}

/** What was found of a feed, and what is done about it. Windows are counted. */
export interface AdoptedFeed extends Pick<FeedWeight, 'feed' | 'same' | 'lost'> {
  /** New to the ledger as done, and as still to be read; those that run again. */
  readonly new: number;
  readonly due: number;
  readonly again: number;
  /** Those that the lake has let go by its rules; they are among those that are new, or were in the ledger. */
  readonly retired: number;
  /** Rows of those that are new. */
  readonly rows: number;
  /** Entries that are put or changed. */
  readonly changed: number;
  /** At most a hundred, and how many there are. */
  readonly twice: readonly Window[];
  readonly twiceCount: number;
  readonly gaps: readonly Interval[];
  readonly gapCount: number;
}

export interface AdoptReport {
  readonly files: number;
  readonly bytes: number;
  /** Files that are as the ledger's table says: they were not opened. */
  readonly told: number;
  readonly feeds: readonly AdoptedFeed[];
  /** Names of files that no window explains: at most a hundred, and how many there are. */
  readonly unexplained: readonly string[];
  readonly strangers: number;
  /** Those of them that are named as files of windows are. */
  readonly alike: number;
  /** Written: the ledger is the lake's now. */
  readonly written: boolean;
}

/**
 * Gives a lake a ledger again, from its files: entries for windows that the ledger lacks, and a word for those that
 * differ, which run again. Without `write` it only says what it would do. Interrupted it goes on when it is run again:
 * what stands already is as the files tell. The last thing that it writes makes the ledger the lake's; until then
 * nothing runs. In memory are the windows of a few feeds at a time. A ledger that left out files of the lake's own
 * windows would have their rows come twice: where there may be such, nothing is written.
 */
export const adoptLake = (wanted: boolean, ports: AdoptPorts): Promise<AdoptReport> =>
  ports.withGroups(async (groups) => {
    const seen = await readFiles(groups, ports);
    const write = wanted && (seen.alike === 0 || ports.leave === true);
    const feeds: AdoptedFeed[] = [];
    const mark = write ? await begin(ports) : undefined;
    const looked = new Set<string>();
    const lookAt = async (feed: Feed, found: readonly Found[]) => {
      looked.add(feedKey(feed));
      const weight = await weighFeed(feed, found, ports);
      feeds.push(summed(weight));
      if (write) await act(weight, ports);
    };
    for await (const [key, found] of groups.each()) await lookAt(feedIn(key), found);
    // Those of which no file is left.
    for (const feed of await Array.fromAsync(ports.ledger.feeds()))
      if (!looked.has(feedKey(feed))) await lookAt(feed, []);
    if (mark !== undefined) await finish(mark, ports);
    return { ...seen, feeds: feeds.toSorted(byName), written: write };
  });

const byName = ({ feed: one }: AdoptedFeed, { feed: other }: AdoptedFeed): number =>
  feedKey(one) < feedKey(other) ? -1 : 1;

async function weighFeed(feed: Feed, found: readonly Found[], ports: AdoptPorts): Promise<FeedWeight> {
  const planned = ports.planned?.find((one) => feedKey(one.feed) === feedKey(feed));
  // What the lake has let go by its rules is not read again, whatever the rules are now.
  const retired = (await readRetired(ports.lake, feed))?.value.through ?? 0;
  const entries = await Array.fromAsync(ports.ledger.list(feed));
  return weigh(feed, entries, await windowsOf(found, ports), { now: ports.clock.now(), retired }, planned);
}

function summed({ feed, put, change, same, lost, twice, gaps }: FeedWeight): AdoptedFeed {
  const due = put.filter(({ state }) => state === 'due').length;
  const again = change.filter((each) => each.again).length + put.filter((each) => each.again).length;
  const retired = change.filter((each) => each.retired).length + put.filter(({ state }) => state === 'retired').length;
  return {
    ...{ feed, same, lost, due, again, retired, new: put.length - due, changed: put.length + change.length },
    rows: put.reduce((sum, { counts }) => sum + counts.written, 0),
    ...{ twice: twice.slice(0, 100), twiceCount: twice.length },
    ...{ gaps: gaps.slice(0, 100), gapCount: gaps.length },
  };
}

/** From now on the ledger is nobody's, until it is whole. The id is a new one: copies of what was are told from it. */
async function begin({ ledger, newId, lake }: AdoptPorts): Promise<{ readonly id: string; readonly count: number }> {
  for (;;) {
    const mark = await ledger.mark();
    if (mark?.value.adopting) return mark.value;
    const word = await readLakeWord(lake).catch(() => undefined);
    const count = Math.max(mark?.value.count ?? 0, word?.value.count ?? 0) + 1;
    const next = { id: newId(), count, adopting: true };
    if (await ledger.putMark(next, mark?.etag)) return next;
  }
}

async function finish(
  { id, count }: { readonly id: string; readonly count: number },
  { lake, ledger, here, product, now, templates = new Set() }: AdoptPorts,
): Promise<void> {
  for (;;) {
    // One that cannot be read is replaced as well.
    const etag = await lake.head(LAKE_NAME);
    const before = (await readLakeWord(lake).catch(() => undefined))?.value;
    const told = { ledger: here, product, markTag: '', paths: [...new Set([...templates, ...(before?.paths ?? [])])] };
    const word = { id, madeAt: before?.madeAt ?? now(), count, countedAt: now(), ...told };
    if ((await putLakeWord(lake, word, etag)) !== undefined) break;
  }
  const mark = await ledger.mark();
  if (mark?.value.adopting) await ledger.putMark({ id, count, adopting: false }, mark.etag);
}

async function act({ put, change }: FeedWeight, ports: AdoptPorts): Promise<void> {
  for (let at = 0; at < put.length; at += atOnce) {
    const some = put.slice(at, at + atOnce);
    if (!(await putWindows(some, ports)))
      throw new Error(
        `adopt ${some[0]?.window.app} ${some[0]?.window.signal}: somebody puts windows into this ledger; stop its ` +
          'app, and run it again',
      );
  }
  for (const each of change) await changeEntry(each, ports);
}

/** A transaction of the ledger. */
const atOnce = 40;

async function changeEntry(change: Change, { ledger, clock }: AdoptPorts): Promise<void> {
  for (let losses = 1; ; losses++) {
    const seen = await ledger.read(change.window);
    if (seen === undefined) return;
    await ledger.opening(change.window);
    if ((await ledger.write(changed(seen.value, change, clock.now()), seen.etag)) !== undefined) return;
    await afterLoss(
      losses,
      () => `adopt ${change.window.app} ${change.window.signal}: its entry changes all the time`,
      clock,
    );
  }
}

function changed(entry: LedgerEntry, { add, gone, revision, again, retired }: Change, now: Millis): LedgerEntry {
  const known = new Set(entry.files.map(({ path }) => path));
  const isGone = new Set(gone);
  const there = entry.files.map((file) => (isGone.has(file.path) ? { ...file, rows: 0, bytes: 0 } : file));
  const next = {
    ...entry,
    files: [...there, ...add.filter(({ path }) => !known.has(path))],
    revision: Math.max(entry.revision, revision),
  };
  if (retired) return entry.state === 'retired' ? next : retiredEntry(next, now, next.revision + 1);
  return again ? { ...askedAgain(next, 0), fingerprint: requeuedFingerprint(next.fingerprint) } : next;
}
