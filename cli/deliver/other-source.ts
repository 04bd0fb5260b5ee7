import type { Clock, Feed, Interval, Ledger, LedgerEntry, ObjectStore, Window } from '../../shared/model.ts';
import { type LakeLook, takeIn } from '../../shared/pipeline/adopt/take-in.ts';
import { activeWindows } from '../../shared/pipeline/grid/grid.ts';
import { countText, timeText } from '../terminal/numbers.ts';
import type { Task } from './ports.ts';
import { type FeedTasks, sifted } from './tasks.ts';

export interface OtherPorts {
  readonly ledger: Ledger;
  readonly lake: Pick<ObjectStore, 'head'>;
  readonly clock: Pick<Clock, 'now'>;
  /** Whoever worked on the lake before has died: what is running is not. */
  readonly orphaned: boolean;
  /** Left out: the ledger is taken to have lost nothing. */
  readonly lost?: LakeLook;
}

export interface Apart {
  readonly tasks: readonly FeedTasks[];
  /** What is left out, for its rows would come twice. */
  readonly incomplete: readonly string[];
}

/**
 * Leaves out windows whose time the lake has from the other source, the query API or export blobs: rows of one app and
 * signal have one source, as the settings of an app demand it, too.
 */
export async function apartFrom(
  tasks: readonly FeedTasks[],
  { ledger, ...ports }: OtherPorts,
  swept: boolean,
): Promise<Apart> {
  for (const each of tasks) await regainOthers(each, { ledger, ...ports });
  const feeds = await Array.fromAsync(ledger.feeds());
  const kept: FeedTasks[] = [];
  const incomplete: string[] = [];
  for (const each of tasks) {
    const others = feeds.filter(
      (feed) => feed.app === each.app && feed.signal === each.signal && isOther(feed, each, swept),
    );
    const taken = joined(await rangesOf(others, each, { ledger, ...ports }));
    if (taken.length === 0) {
      kept.push(each);
      continue;
    }
    const isTwice = ({ window }: Task) => taken.some((other) => overlap(window, other));
    const rest = sifted(each, (task) => !isTwice(task));
    const twice = sifted(each, isTwice);
    if (rest !== undefined) kept.push(rest);
    if (twice !== undefined)
      incomplete.push(twiceText(twice, isQuery(each) ? 'export blobs' : 'the query API or an earlier transform'));
  }
  return { tasks: kept, incomplete };
}

/** Windows side by side are one stretch of time. */
function joined(windows: readonly Interval[]): Interval[] {
  const stretches: Interval[] = [];
  for (const { start, end } of windows.toSorted((one, other) => one.start - other.start)) {
    const last = stretches.at(-1);
    if (last === undefined || last.end < start) stretches.push({ start, end });
    else stretches[stretches.length - 1] = { start: last.start, end: Math.max(last.end, end) };
  }
  return stretches;
}

/** What the ledger has lost of the other source the lake tells. */
async function regainOthers(tasks: FeedTasks, ports: OtherPorts): Promise<void> {
  const { app, signal } = tasks;
  for (const source of isQuery(tasks) ? exportSources : ['query']) {
    const feed = { app, signal, source };
    await takeIn(feed, tasks, await ports.ledger.progress(feed), ports);
  }
}

const exportSources = ['continuous', 'diagnostics', 'dataExport'];

/**
 * The same of a window that a run has just claimed: throws where the lake has its time, or is about to get it, from the
 * other source. Of two that run at once each has claimed its window before it looks at the other's: so one at least
 * sees the other, and does nothing.
 */
export async function refuseOther({ window, doneAt }: LedgerEntry, ports: OtherPorts): Promise<void> {
  // Its rows have been there before: it is for the others to stay away.
  if (doneAt > 0) return;
  const feeds = isQuery(window)
    ? await Array.fromAsync(ports.ledger.feeds())
    : [{ app: window.app, signal: window.signal, source: 'query' }];
  const others = feeds.filter(
    (feed) => feed.app === window.app && feed.signal === window.signal && isOther(feed, window, false),
  );
  const [other] = (await rangesOf(others, window, ports)).filter((each) => overlap(window, each));
  if (other === undefined) return;
  const from = isQuery(other) ? 'the query API' : 'export blobs';
  throw new Error(
    `open ${window.source}: the lake has ${window.app} ${window.signal} from ${timeText(other.start)} to ` +
      `${timeText(other.end)} from ${from}, or another command is bringing it from there at this moment, and rows ` +
      'would be there twice; choose another --out, or give the app another name',
  );
}

/** Earlier versions gave what `transform` brought feeds of its own, of which a sweep knows nothing. */
const isOther = (feed: Feed, window: Pick<Feed, 'source'>, swept: boolean): boolean =>
  isQuery(feed) !== isQuery(window) || (swept && feed.source.startsWith(`${window.source}-`));

const isQuery = ({ source }: Pick<Feed, 'source'>): boolean => source === 'query';
const overlap = (one: Interval, other: Interval): boolean => one.start < other.end && other.start < one.end;
async function rangesOf(feeds: readonly Feed[], range: Interval, ports: OtherPorts): Promise<Window[]> {
  const found: Window[] = [];
  for (const feed of feeds) {
    const entries = await activeWindows(feed, range, ports.ledger);
    for (const entry of entries) if (await isTaken(entry, ports)) found.push(entry.window);
    // Nobody has run it, says a ledger that may have lost what came after it was planned.
    const unrun = entries.filter(({ revision }) => revision === 0);
    if (unrun.length === 0 || ports.lost === undefined) continue;
    const rest = entries.filter((entry) => !unrun.includes(entry));
    found.push(...(await ports.lost.windows(feed, range, rest)).map(({ window }) => window));
  }
  return found;
}

/** What is running will be there. Of what was never done there may be a file that its run had put before it died. */
async function isTaken(entry: LedgerEntry, { lake, clock, orphaned }: OtherPorts): Promise<boolean> {
  const { state, files, doneAt, leaseUntil } = entry;
  if (files.some(({ rows }) => rows > 0)) return true;
  if (state === 'running' && leaseUntil > clock.now() && !orphaned) return true;
  if (doneAt > 0) return false;
  for (const { path } of files) if ((await lake.head(path)) !== undefined) return true;
  return false;
}

const twiceText = ({ app, signal, count, start, end }: FeedTasks, other: string): string =>
  `${countText(count)} windows of ${app} ${signal} between ${timeText(start)} and ${timeText(end)} are ` +
  'left out, for the lake has ' +
  `that time from ${other}, and rows would be there twice; choose another --out, or give the app another name`;
