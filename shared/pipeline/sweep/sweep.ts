import type {
  Cut,
  Feed,
  Interval,
  LedgerEntry,
  Millis,
  ObjectStore,
  Oddity,
  Sighting,
  Sightings,
  SweepRequest,
  UnseenPlace,
  Window,
} from '../../model.ts';
import { LostWindows } from '../adopt/take-in.ts';
import { type AskPorts, enqueue } from '../ask/ask.ts';
import { activeWindows } from '../grid/grid.ts';
import { tileRange } from '../grid/tile-range.ts';
import { holeIn, unseenFor, type Verdict, verdictOf } from '../verdict.ts';
import { settleBlobs } from './settle-blobs.ts';

export interface SweepPorts extends AskPorts {
  /** Where it is told how far the feeds are settled; left out: nowhere. */
  readonly settledIn?: ObjectStore;
  readonly settledMemory?: Map<string, Millis>;
  readonly sightings: Sightings;
  /** How long after its time a folder can still change. */
  readonly lookback: Millis;
  /** Length that new windows are cut in. */
  readonly window: Millis;
  /** `follow`: a window whose folder is empty now runs again, and its files become empty. */
  readonly emptied: 'keep' | 'follow';
  /** By whose clock folders have settled; left out: by ours. */
  readonly sourceNow?: () => Millis;
}

/** What a sweep found and did. */
export interface SweepOutcome {
  /** The folder time that it looked at. */
  readonly range: Interval;
  /** Windows, blobs and bytes that were there. */
  readonly windows: number;
  readonly blobs: number;
  readonly bytes: number;
  /** Windows that differ from the ledger and were enqueued; those new to it among them. */
  readonly enqueued: number;
  /** Windows that are open already: on their way, running or failed. */
  readonly open: number;
  /** Windows that hold less than the lake has, because blobs are archived: left as they are. */
  readonly kept: number;
  /** Windows with archived blobs, which are skipped. */
  readonly archived: number;
  /** Containers that do not exist; folders and containers whose kind is no signal. */
  readonly missing: readonly string[];
  readonly unknown: readonly string[];
  /** Why containers or feeds could not be listed; the others were. */
  readonly errors: readonly string[];
}

/** What the sweep has seen so far. */
export type SweepProgress = Pick<SweepOutcome, 'windows' | 'blobs' | 'bytes' | 'enqueued'> & { readonly at: Millis };

const hour: Millis = 3_600_000;
/**
 * A settled window is seen by every sweep of this time: a run that was under way at its last moment is looked at once
 * more.
 */
const margin: Millis = 2 * hour;
/** Folders of clocks that are ahead. */
const ahead: Millis = hour;
/** The ledger is read for so much of a feed at once. */
const stretch: Millis = 10 * 24 * hour;

/**
 * The timer's sweep: every folder that can still change, counted back from the last sweep that came to its end, so that
 * an outage of any length is made up. Needs no events. Windows whose source differs from what the ledger knows are
 * enqueued.
 */
export async function sweepBlobs(ports: SweepPorts, abort: AbortSignal): Promise<SweepOutcome> {
  const now = (ports.sourceNow ?? ports.clock.now)();
  const last = (await ports.ledger.swept()) ?? now;
  const range = { start: Math.min(last, now) - ports.lookback - margin, end: now + ahead };
  const outcome = await look({ ...range, prefix: '', app: '' }, { ...ports, later: false }, abort, () => {});
  if (outcome.errors.length === 0) {
    await ports.ledger.recordSweep(now);
    const isOfExports = ({ source }: Feed) => exportSources.includes(source);
    const { settledIn: lake, ledger, lookback, settledMemory } = ports;
    const told = { ledger, lookback, ...(settledMemory && { settledMemory }) };
    if (lake) await settleBlobs({ began: now, range }, isOfExports, { ...told, lake });
  }
  return outcome;
}

/**
 * All windows in a range of folder time, an archive maybe. Those that differ are put into the ledger; the planner sends
 * their messages as there is room, beside the live ones. Run again it goes on: windows that are as the ledger knows
 * them cost nothing.
 */
export const sweepRange = (
  request: SweepRequest,
  ports: SweepPorts,
  abort: AbortSignal,
  tell: (progress: SweepProgress) => void = () => {},
): Promise<SweepOutcome> => look(request, { ...ports, later: true }, abort, tell);

type LookPorts = SweepPorts & { readonly later: boolean };

async function look(
  request: SweepRequest,
  ports: LookPorts,
  abort: AbortSignal,
  tell: (progress: SweepProgress) => void,
): Promise<SweepOutcome> {
  const odd: Record<Oddity['kind'], Set<string>> = { missing: new Set(), unknown: new Set(), failed: new Set() };
  const seen = { windows: 0, blobs: 0, bytes: 0, enqueued: 0, open: 0, kept: 0, archived: 0 };
  const known = ledgerStretches(ports);
  const there = new Set<string>();
  const cut: Cut = async (feed, part) => tilesIn(part, ports.window, await known(feed, part));
  const missing: UnseenPlace[] = [];
  const note = ({ kind, what, unseen }: Oddity) => {
    odd[kind].add(what);
    if (unseen) missing.push(unseen);
  };
  for await (const sighting of ports.sightings.sightings(request, cut, abort, note)) {
    seen.windows += 1;
    seen.blobs += sighting.blobs;
    seen.bytes += sighting.bytes;
    if (sighting.archived > 0) seen.archived += 1;
    if (ports.emptied === 'follow') there.add(keyOf(sighting.window));
    const unseen = unseenFor(sighting.unseen ?? [], sighting.window);
    const todo = await lookAfter({ ...sighting, unseen }, await entryIn(known, sighting.window), ports).catch(
      (error) => {
        // The other feeds go on; this one is swept again.
        if (!(error instanceof LostWindows)) throw error;
        odd.failed.add(error.message);
      },
    );
    if (todo !== undefined && todo !== 'same') seen[todo] += 1;
    tell({ ...seen, at: sighting.window.start });
  }
  if (ports.emptied === 'follow' && odd.failed.size === 0)
    seen.enqueued += await emptyGone(request, there, missing, ports);
  const { start, end } = request;
  return {
    ...seen,
    range: { start, end },
    missing: [...odd.missing],
    unknown: [...odd.unknown],
    errors: [...odd.failed],
  };
}

const keyOf = ({ app, signal, source, start, end }: Window): string => [app, signal, source, start, end].join('\n');

/**
 * What is open already will be read as it is by then. Only a run that is under way may have listed its folder before
 * this moment: that window is asked for again, which costs a listing when there is nothing new.
 */
async function lookAfter(
  sighting: Sighting,
  entry: LedgerEntry | undefined,
  ports: LookPorts,
): Promise<'enqueued' | 'open' | Exclude<Verdict, 'run'>> {
  if (entry?.state === 'retired') return 'same';
  const verdict = verdictOf(entry?.fingerprint ?? '', sighting);
  if (verdict !== 'run') return verdict;
  if (entry !== undefined && isAwaited(entry)) return 'open';
  const skip = (now: LedgerEntry) => isAwaited(now) || verdictOf(now.fingerprint, sighting) !== 'run';
  return (await enqueue(sighting.window, ports, { skip, later: ports.later })) ? 'enqueued' : 'open';
}

const isAwaited = (entry: LedgerEntry): boolean => entry.again || entry.state === 'due' || entry.state === 'failed';

type Known = (feed: Feed, part: Interval) => Promise<readonly LedgerEntry[]>;

/**
 * What the ledger knows, a stretch of a feed at a time: sightings come feed by feed and in order, a day at most at
 * once.
 */
function ledgerStretches({ ledger }: SweepPorts): Known {
  let [held, entries]: [string, LedgerEntry[]] = ['', []];
  return async ({ app, signal, source }, { start, end }) => {
    const from = Math.floor(start / stretch) * stretch;
    const name = [app, signal, source, from].join('\n');
    if (held !== name)
      entries = await activeWindows({ app, signal, source }, { start: from, end: from + stretch }, ledger);
    held = name;
    return entries.filter(({ window }) => window.start < end && window.end > start);
  };
}

async function entryIn(known: Known, window: Window): Promise<LedgerEntry | undefined> {
  const entries = await known(window, window);
  return entries.find((entry) => entry.window.start === window.start && entry.window.end === window.end);
}

/** The windows that stand for a part of a day. */
const tilesIn = (part: Interval, size: Millis, entries: readonly LedgerEntry[]): Interval[] =>
  tileRange(
    part,
    size,
    entries.map(({ window }) => window),
  );

/**
 * Windows of the range that have files and no folder any more. A part of a container says nothing about the rest of it,
 * nor does what can be seen about a container that is not there.
 */
async function emptyGone(
  request: SweepRequest,
  there: ReadonlySet<string>,
  unseen: readonly UnseenPlace[],
  ports: LookPorts,
): Promise<number> {
  if (request.prefix !== '') return 0;
  let enqueued = 0;
  for await (const feed of ports.ledger.feeds()) {
    if (!exportSources.includes(feed.source) || (request.app !== '' && feed.app !== request.app)) continue;
    for await (const { window, state, again, fingerprint } of ports.ledger.list(feed, request)) {
      const known = state === 'done' && !again && fingerprint !== '' && !there.has(keyOf(window));
      const gone = known && holeIn(fingerprint, { unseen: unseenFor(unseen, feed) }) === '';
      const skip = (entry: LedgerEntry) => isAwaited(entry) || entry.fingerprint === '';
      if (gone && (await enqueue(window, ports, { skip, later: ports.later }))) enqueued += 1;
    }
  }
  return enqueued;
}

const exportSources: readonly string[] = ['continuous', 'diagnostics', 'dataExport'];
