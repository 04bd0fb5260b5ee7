import type { Clock, Feed, FileRecord, LakeTables, LedgerEntry, Millis, StoredObject } from '../../model.ts';
import { askedAgain } from '../entry.ts';
import { putWindows } from '../grid/grid.ts';
import { LAKE_NAME, putLakeWord, readLakeWord } from '../lake/lake-word.ts';
import { type MeetPorts, OWN } from '../lake/meet.ts';
import { afterLoss } from '../race.ts';
import { requeuedFingerprint } from '../verdict.ts';
import { type Change, type FeedWeight, type FoundWindow, weigh } from './weigh.ts';

/** What one file says of itself. */
export interface FileStory {
  readonly window: FoundWindow['window'];
  /** 0 where it names none. */
  readonly revision: number;
  readonly file: FileRecord;
}

export interface AdoptPorts extends MeetPorts {
  readonly clock: Clock;
  readonly tables?: LakeTables;
  /** By path and content; undefined where nothing of ours made it. */
  story(file: StoredObject): Promise<FileStory | undefined>;
  /** Feeds that are planned, with the start of their first window. Left out: nothing is planned here. */
  readonly planned?: readonly { readonly feed: Feed; readonly from: Millis | undefined }[];
  /** How far the listing has come. */
  tell(files: number): void;
}

export interface AdoptReport {
  readonly files: number;
  readonly bytes: number;
  readonly feeds: readonly FeedWeight[];
  /** Names of files that no window explains: at most a hundred, and how many there are. */
  readonly unexplained: readonly string[];
  readonly strangers: number;
  /** Written: the ledger is the lake's now. */
  readonly written: boolean;
}

/**
 * Gives a lake a ledger again, from its files: entries for windows that the ledger lacks, and a word for those that
 * differ, which run again. Without `write` it only says what it would do. Interrupted it goes on when it is run again:
 * what stands already is as the files tell. The last thing that it writes makes the ledger the lake's; until then
 * nothing runs.
 */
export async function adoptLake(write: boolean, ports: AdoptPorts): Promise<AdoptReport> {
  const seen = await readFiles(ports);
  const feeds: FeedWeight[] = [];
  const all = await feedsOf(seen.windows, ports);
  const mark = write ? await begin(ports) : undefined;
  for (const { feed, found } of all) {
    const planned = ports.planned?.find((one) => isSame(one.feed, feed));
    const entries = await Array.fromAsync(ports.ledger.list(feed));
    const weight = weigh(feed, entries, found, ports.clock.now(), planned);
    feeds.push(weight);
    if (write) await act(weight, ports);
  }
  if (mark !== undefined) await finish(mark, ports);
  const { files, bytes, unexplained, strangers } = seen;
  return { files, bytes, feeds, unexplained, strangers, written: write };
}

const isSame = (one: Feed, other: Feed): boolean =>
  one.app === other.app && one.signal === other.signal && one.source === other.source;
const feedKey = ({ app, signal, source }: Feed): string => [app, signal, source].join('\n');

/** Files that are read at once. */
const together = 16;

async function readFiles(ports: AdoptPorts) {
  const windows = new Map<string, { -readonly [K in keyof FoundWindow]: FoundWindow[K] } & { files: FileRecord[] }>();
  const unexplained: string[] = [];
  let [files, bytes, strangers] = [0, 0, 0];
  const take = async (some: readonly StoredObject[]) => {
    const stories = await Promise.all(some.map((file) => ports.story(file)));
    for (const [n, story] of stories.entries()) {
      const object = some[n];
      if (story === undefined) {
        strangers += 1;
        if (unexplained.length < 100 && object) unexplained.push(object.name);
        continue;
      }
      const key = `${feedKey(story.window)}\n${story.window.start} ${story.window.end}`;
      const known = windows.get(key) ?? { window: story.window, revision: 0, files: [] };
      windows.set(key, known);
      known.files.push(await sighted(story.file, ports));
      known.revision = Math.max(known.revision, story.revision);
    }
    ports.tell(files);
  };
  let waiting: StoredObject[] = [];
  for await (const file of ports.lake.list('')) {
    if (file.name.startsWith(OWN) || /(^|\/)_delta_log\//.test(file.name)) continue;
    files += 1;
    bytes += file.bytes;
    waiting.push(file);
    if (waiting.length < together) continue;
    await take(waiting);
    waiting = [];
  }
  await take(waiting);
  return { windows: [...windows.values()], files, bytes, unexplained, strangers };
}

/** Of a table's file only what readers see counts. */
async function sighted(file: FileRecord, { tables }: AdoptPorts): Promise<FileRecord> {
  if (tables === undefined || file.signal === 'quarantine' || (await tables.isLive(file))) return file;
  return { ...file, rows: 0, bytes: 0 };
}

async function feedsOf(windows: readonly FoundWindow[], { ledger }: AdoptPorts) {
  const feeds = new Map<string, { readonly feed: Feed; readonly found: FoundWindow[] }>();
  const at = (feed: Feed) => {
    const { app, signal, source } = feed;
    const known = feeds.get(feedKey(feed)) ?? { feed: { app, signal, source }, found: [] };
    feeds.set(feedKey(feed), known);
    return known;
  };
  for (const window of windows) at(window.window).found.push(window);
  for await (const feed of ledger.feeds()) at(feed);
  return [...feeds.values()];
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
  { lake, ledger, here, product, now }: AdoptPorts,
): Promise<void> {
  for (;;) {
    // One that cannot be read is replaced as well.
    const etag = await lake.head(LAKE_NAME);
    const madeAt = (await readLakeWord(lake).catch(() => undefined))?.value.madeAt ?? now();
    if (await putLakeWord(lake, { id, madeAt, ledger: here, product, count, countedAt: now() }, etag)) break;
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
    if ((await ledger.write(changed(seen.value, change, clock.now()), seen.etag)) !== undefined) return;
    await afterLoss(
      losses,
      () => `adopt ${change.window.app} ${change.window.signal}: its entry changes all the time`,
      clock,
    );
  }
}

function changed(entry: LedgerEntry, { add, gone, revision, again }: Change, now: Millis): LedgerEntry {
  const known = new Set(entry.files.map(({ path }) => path));
  const isGone = new Set(gone);
  const there = entry.files.map((file) => (isGone.has(file.path) ? { ...file, rows: 0, bytes: 0 } : file));
  const next = {
    ...entry,
    files: [...there, ...add.filter(({ path }) => !known.has(path))],
    revision: Math.max(entry.revision, revision),
  };
  return again ? { ...askedAgain(next, now), fingerprint: requeuedFingerprint(next.fingerprint) } : next;
}
