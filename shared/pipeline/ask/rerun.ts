import type { Clock, Feed, Interval, LedgerEntry, Millis, OriginOf, Signal } from '../../model.ts';
import { takeIn } from '../adopt/take-in.ts';
import { askedAgain, plannedEntry } from '../entry.ts';
import { type GridPorts, lackingTiles, putWindows } from '../grid/grid.ts';
import type { Others } from '../names/names.ts';
import { afterLoss } from '../race.ts';
import { requeuedFingerprint } from '../verdict.ts';

/** Which windows run again; `app` '' and no signals: all. */
export interface RerunRequest extends Interval {
  readonly app: string;
  readonly signals: readonly Signal[];
  /** Only those that failed, or that the source did not keep. */
  readonly faulty: boolean;
  /** The same, and query windows of the range that the ledger lacks are put into it. Left out: they are not. */
  readonly missing?: boolean;
  /** False: only say what it would be. */
  readonly begin: boolean;
}

export interface RerunOutcome {
  /** Windows in the range, and those of them that run again (or would). */
  readonly windows: number;
  readonly chosen: number;
  /** Those that are on their way anyway. */
  readonly open: number;
  /** Those that are retired: older than the lake keeps its rows, they do not come back. */
  readonly retired: number;
  /** Those of `chosen` that the ledger lacked. */
  readonly missing: number;
  /** What their last runs read, and how many requests or blobs that took. */
  readonly rows: number;
  readonly asked: number;
}

export interface RerunPorts extends GridPorts {
  readonly clock: Clock;
  /** Length of new windows of a feed, and from when on they may be planned; left out, or undefined: none are put. */
  readonly newWindows?: (feed: Feed) => { readonly size: Millis; readonly from: Millis } | undefined;
  /** What other names of a feed's app have brought, which is not brought once more; left out: nothing. */
  readonly others?: (feed: Feed) => Promise<Others | undefined>;
  /** What new windows are read from, however late; left out: it is not kept. */
  readonly originOf?: OriginOf;
}

/**
 * Has the windows of a range run again although their source is as it was: after another shape, a mended mapping. Their
 * files are replaced only by a run that comes to its end. No message goes out: the planner sends them a few at a time,
 * so that live windows are not late.
 */
export async function rerunWindows(request: RerunRequest, ports: RerunPorts): Promise<RerunOutcome> {
  const outcome = { windows: 0, chosen: 0, open: 0, retired: 0, missing: 0, rows: 0, asked: 0 };
  for await (const feed of ports.ledger.feeds()) {
    if (!isWanted(feed, request)) continue;
    for await (const entry of ports.ledger.list(feed, request)) {
      if (entry.state === 'halved') continue; // its halves are looked at
      outcome.windows += 1;
      const faulty = request.faulty || request.missing === true;
      const choice = choiceOf(entry, faulty);
      if (choice === 'open') outcome.open += 1;
      if (entry.state === 'retired') outcome.retired += 1;
      if (choice !== 'run' || (request.begin && !(await askAgain(entry, faulty, ports)))) continue;
      outcome.chosen += 1;
      outcome.rows += entry.counts.read;
      outcome.asked += Math.max(1, entry.asked);
    }
    if (request.missing) await addMissing(feed, request, outcome, ports);
  }
  return outcome;
}

/**
 * Windows of a query feed that the ledger lacks, from the start of the range, or its first window, to the horizon: what
 * comes after is the planner's. Each is guessed to cost what the feed's others did.
 */
async function addMissing(
  feed: Feed,
  request: RerunRequest,
  outcome: { -readonly [K in keyof RerunOutcome]: RerunOutcome[K] },
  ports: RerunPorts,
): Promise<void> {
  const { ledger, clock, newWindows, others } = ports;
  const made = feed.source === 'query' ? newWindows?.(feed) : undefined;
  const progress = await ledger.progress(feed);
  const horizon = progress?.value.horizon;
  if (made === undefined || horizon === undefined) return;
  let [first, asked, done]: [Millis | undefined, number, number] = [undefined, 0, 0];
  for await (const entry of ledger.list(feed, request)) {
    first ??= entry.window.start;
    asked += entry.asked;
    done += 1;
  }
  const start = Math.max(Number.isFinite(request.start) ? request.start : (first ?? horizon), made.from);
  const range = { start, end: Math.min(request.end, horizon) };
  if (range.start >= range.end) return;
  // What the lake has is not missing.
  if (request.begin) await takeIn(feed, range, progress, ports);
  const look = async () => lackingTiles(feed, range, made.size, await others?.(feed), ledger);
  let lacking = await look();
  for (let losses = 1; request.begin; losses++) {
    if (
      await putWindows(
        lacking.map((window) => plannedEntry(window, 0, ports.originOf?.(window))),
        ports,
      )
    )
      break;
    await afterLoss(losses, () => `rerun ${feed.app} ${feed.signal}: others put windows into it all the time`, clock);
    lacking = await look();
  }
  outcome.windows += lacking.length;
  outcome.chosen += lacking.length;
  outcome.missing += lacking.length;
  outcome.asked += Math.round(lacking.length * Math.max(1, done === 0 ? 1 : asked / done));
}

const isWanted = (feed: Feed, { app, signals }: RerunRequest): boolean =>
  (app === '' || feed.app === app) && (signals.length === 0 || signals.includes(feed.signal));

function choiceOf({ state, again }: LedgerEntry, faulty: boolean): 'run' | 'open' | 'leave' {
  if (again || state === 'due' || state === 'running') return 'open';
  if (state === 'retired') return 'leave';
  return !faulty || state === 'failed' || state === 'unavailable' ? 'run' : 'leave';
}

/** False when it is on its way by now. */
async function askAgain({ window }: LedgerEntry, faulty: boolean, { ledger, clock }: RerunPorts): Promise<boolean> {
  for (let losses = 1; ; losses++) {
    const seen = await ledger.read(window);
    if (seen === undefined || choiceOf(seen.value, faulty) !== 'run') return false;
    const asked = askedAgain(seen.value, 0);
    const entry = { ...asked, fingerprint: requeuedFingerprint(seen.value.fingerprint) };
    await ledger.opening(window);
    if ((await ledger.write(entry, seen.etag)) !== undefined) return true;
    await afterLoss(losses, () => `rerun ${window.app} ${window.signal}: others change its entry all the time`, clock);
  }
}
