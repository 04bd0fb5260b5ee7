import type {
  BackfillPlan,
  BackfillRequest,
  Clock,
  Feed,
  Interval,
  Ledger,
  Millis,
  Signal,
  Survey,
  Window,
} from '../../model.ts';
import { allOf } from '../../pure/all-of.ts';
import { isAtRest } from '../entry.ts';
import type { Others } from '../names/names.ts';
import { rowsOf } from '../same-rows.ts';
import { firstLive } from './choice.ts';
import { type Counted, cells, countWindows } from './count.ts';
import type { BackfillScope } from './steer.ts';
import type { UnderOthers } from './under-others.ts';

export interface EstimatePorts extends UnderOthers {
  readonly ledger: Ledger;
  readonly clock: Pick<Clock, 'now'>;
  readonly survey: Survey;
  /** From when on the lake keeps rows of a signal; undefined, or left out: for ever. */
  readonly keptFrom?: (signal: Signal) => Millis | undefined;
  /** What other names of a feed's app have brought, which is not brought once more; left out: nothing. */
  readonly others?: (feed: Feed) => Promise<Others | undefined>;
  /** Requests that all instances together may make in 30 s; left out: as many as it takes. */
  readonly rate?: number;
}

/** Windows of a feed that are counted at the source, evenly over the range. */
const samples = 12;
/** A range that is no more than so many times as long as what is counted of it is counted in one question. */
const near = 4;
/** What is taken where the ledger has no done window of the feed to tell. */
const guess = { bytesARow: 60, requests: 3, time: 5_000 };
/** A question answers so many rows at most; more are asked for in parts. */
const rowsAtOnce = 400_000;
/** Done windows that tell what windows of the feed weigh and take. */
const told = 200;
const day: Millis = 24 * 3_600_000;
/** The budget counts so long. */
const period: Millis = 34_000;

interface FeedPlan extends Counted {
  readonly unavailable: number;
  readonly doubtful: number;
}

/** What a backfill would be. Changes nothing; memory does not depend on the range. */
export async function planBackfill(
  request: BackfillRequest,
  scope: BackfillScope,
  ports: EstimatePorts,
  abort: AbortSignal,
): Promise<BackfillPlan> {
  const plan = {
    windows: 0,
    skipped: 0,
    roomless: 0,
    retired: 0,
    unavailable: 0,
    doubtful: 0,
    rows: 0,
    bytes: 0,
    requests: 0,
    time: 0,
    sampled: 0,
  };
  let end = request.start;
  const counted: { readonly feed: Feed; readonly found: FeedPlan; readonly sampled: readonly Window[] }[] = [];
  for (const signal of request.signals) {
    const feed: Feed = { app: request.app, signal, source: 'query' };
    // What comes after is the planner's.
    const live = (await ports.ledger.progress(feed))?.value.horizon ?? firstLive(scope, ports.clock);
    const last = Math.max(request.start, Math.min(request.end, live));
    end = Math.max(end, last);
    const since = Math.max(request.start, scope.keptSince ?? request.start);
    const inLake = Math.max(since, ports.keptFrom?.(signal) ?? since);
    const range = { start: Math.min(inLake, last), end: last };
    const lost = { start: request.start, end: Math.min(since, last) };
    const beyond = { start: lost.end, end: range.start };
    const others = await ports.others?.(feed);
    const count = (part: Interval) => countWindows(feed, part, request.choice, scope.window, others, ports);
    const found = await count(range);
    const unavailable = lost.end > lost.start ? cells(lost, scope.window) : 0;
    const doubtfulEnd = Math.min(range.end, scope.doubtfulBefore ?? range.start);
    const isDoubtful = doubtfulEnd > range.start;
    const doubtful = { start: range.start, end: doubtfulEnd };
    const old = isDoubtful ? await count(doubtful) : { windows: 0 };
    const sampled = found.windows === 0 ? [] : samplesOf(feed, range, scope.window);
    const retired = found.retired + (beyond.end > beyond.start ? cells(beyond, scope.window) : 0);
    counted.push({ feed, found: { ...found, retired, unavailable, doubtful: old.windows }, sampled });
  }
  const all = counted.map(({ sampled }) => sampled);
  const rowsIn = await countedRows(all, end - request.start, ports.survey, abort);
  for (const { feed, found, sampled } of counted) {
    const rows = sampled.reduce((sum, window) => sum + (rowsIn.get(window) ?? 0), 0);
    const length = sampled.reduce((sum, { start: from, end }) => sum + end - from, 0);
    const expected = length === 0 ? 0 : Math.round((rows / length) * found.time);
    const weight = await weightOf(feed, ports);
    plan.windows += found.windows;
    plan.skipped += found.skipped;
    plan.roomless += found.roomless;
    plan.retired += found.retired;
    plan.unavailable += found.unavailable;
    plan.doubtful += found.doubtful;
    plan.rows += expected;
    plan.bytes += Math.round(expected * weight.bytesARow);
    plan.requests += Math.round(Math.max(found.windows * weight.requests, expected / rowsAtOnce));
    plan.time += Math.round((found.windows * weight.time) / request.concurrency);
    plan.sampled += sampled.length;
  }
  const { rate = Number.POSITIVE_INFINITY } = ports;
  const time = Math.max(plan.time, Math.round((plan.requests / rate) * period));
  const { roomless, ...counts } = plan;
  return { ...request, ...counts, ...(roomless > 0 && { roomless }), end, time };
}

/**
 * A question is about all time from its first window to its last: those that lie far apart are asked for by themselves,
 * or the source would read the whole range for a guess at it.
 */
async function countedRows(
  feeds: readonly (readonly Window[])[],
  range: Millis,
  { survey }: Survey,
  abort: AbortSignal,
): Promise<ReadonlyMap<Window, number>> {
  const all = feeds.flat();
  const size = all.reduce((most, { start, end }) => Math.max(most, end - start), 0);
  const apart = Array.from({ length: samples }, (_, n) => feeds.flatMap((windows) => windows[n] ?? []));
  const [first, ...rest] = (range <= near * samples * size ? [all] : apart).filter((some) => some.length > 0);
  const rowsOfThese = async (some: readonly Window[]) => {
    const { looks } = await survey(some, abort);
    return some.map((window, n) => [window, rowsOf(looks[n]?.fingerprint ?? '') ?? 0] as const);
  };
  // The first learns what the endpoint understands.
  const found = first === undefined ? [] : [await rowsOfThese(first), ...(await allOf(rest.map(rowsOfThese)))];
  return new Map(found.flat());
}

function samplesOf(feed: Feed, range: Interval, size: Millis): readonly Window[] {
  const starts = Array.from({ length: samples }, (_, n) => {
    const at = range.start + ((n + 0.5) / samples) * (range.end - range.start);
    return Math.max(range.start, Math.floor(at / size) * size);
  });
  return [...new Set(starts)].map((start) => ({
    ...feed,
    start,
    end: Math.min((Math.floor(start / size) + 1) * size, range.end),
  }));
}

async function weightOf(feed: Feed, { ledger, clock }: EstimatePorts): Promise<typeof guess> {
  let [windows, rows, bytes, asked, time] = [0, 0, 0, 0, 0];
  for await (const entry of ledger.list(feed, { start: clock.now() - 3 * day })) {
    if (!isAtRest(entry) || entry.state === 'retired') continue;
    windows += 1;
    rows += entry.counts.written;
    bytes += entry.files.reduce((sum, file) => sum + file.bytes, 0);
    asked += entry.asked;
    time += Math.max(0, entry.doneAt - entry.startedAt);
    if (windows >= told) break;
  }
  return windows === 0
    ? guess
    : {
        bytesARow: rows === 0 ? guess.bytesARow : bytes / rows,
        requests: Math.max(1, asked / windows),
        time: time / windows,
      };
}
