import type {
  Config,
  DayTally,
  DriftSighting,
  Feed,
  HealthReport,
  Interval,
  Millis,
  QuerySettings,
  Reached,
  Sums,
} from '../model.ts';
import { CELL_LETTERS, type FeedTime, isLate, stripText } from './cells.ts';
import { addSums, dayOf, NOTHING } from './day-tally.ts';
import { lateAfter, needsOf } from './needs.ts';
import type { StatusRequest } from './request.ts';
import type { Status } from './schema.ts';
import { verdictOf } from './verdict.ts';

/** All that the status is made of. */
export interface StatusFacts {
  readonly now: Millis;
  readonly version: Status['version'];
  /** Name of the lake, without a secret. */
  readonly lake: string;
  readonly config: Pick<Config, 'apps' | 'exports'>;
  /** The settings are known: what they do not name is stopped. A lake on a disk has none. */
  readonly isConfigured: boolean;
  /** Of the range and of the last days. */
  readonly tallies: readonly DayTally[];
  readonly reached: readonly Reached[];
  readonly drift: readonly DriftSighting[];
  /** Undefined: nothing is known of it, the lake is taken as active. */
  readonly health: HealthReport | undefined;
  /** Why nothing may be planned or run: lake and ledger do not belong together. '' where they do. */
  readonly fault: string;
  readonly backfills: Status['backfills'];
  readonly settings: Status['settings'];
  /** Feeds of apps with several names: those of the others, and the name in the settings now. Left out: none. */
  readonly named?: readonly Named[];
}

/** A feed of an app that has, or had, other names. */
export interface Named {
  readonly feed: Feed;
  /** Its name in the settings; undefined where that is its own. */
  readonly now: string | undefined;
  readonly others: readonly Feed[];
}

/** One feed, with what the settings say of it; undefined: they do not name it, or its rows come from export blobs. */
export interface FeedFacts {
  readonly feed: Feed;
  readonly query: QuerySettings | undefined;
  readonly reached: Reached | undefined;
  readonly tallies: readonly DayTally[];
  readonly time: FeedTime;
  readonly state: Status['feeds'][number]['state'];
  /** The name by which its app goes now; undefined: its own, or none. */
  readonly now: string | undefined;
}

const DRIFT_SHOWN = 50;
const keyOf = ({ app, signal, source }: Feed): string => JSON.stringify([app, source, signal]);

/** Pure: the same facts give the same status. */
export function statusOf(request: StatusRequest, facts: StatusFacts): Status {
  const feeds = feedsOf(request, facts);
  const range = { start: dayOf(request.start), end: request.end };
  const inRange = feeds.flatMap(({ tallies }) => tallies.filter(({ day }) => range.start <= day && day < range.end));
  const { now, version, lake, drift, health, backfills, settings } = facts;
  const wanted = new Set(feeds.map(({ feed }) => `${feed.app} ${feed.signal}`));
  return {
    version,
    at: iso(now),
    lake,
    range: { from: iso(request.start), to: iso(request.end), grain: request.grain },
    verdict: verdictOf(feeds, facts),
    needs: [...needsOf(feeds, facts)],
    feeds: feeds.map((each) => feedView(each, request)),
    letters: CELL_LETTERS,
    total: copyOf(inRange.map(({ sums }) => sums).reduce(addSums, NOTHING)),
    days: daysOf(range).map((day) => ({
      day: iso(day).slice(0, 10),
      ...copyOf(inRange.filter((tally) => tally.day === day).reduce((sum, { sums }) => addSums(sum, sums), NOTHING)),
    })),
    quarantine: quarantineOf(feeds, range),
    drift: drift
      .filter(({ app, signal }) => wanted.has(`${app} ${signal}`))
      .toSorted((a, b) => b.firstSeen - a.firstSeen)
      .slice(0, DRIFT_SHOWN)
      .map(({ app, signal, source, path, count, firstSeen }) => ({
        ...{ app, signal, source, path, count },
        firstSeen: iso(firstSeen),
      })),
    backfills,
    health: healthView(health),
    settings,
  };
}

const copyOf = (sums: Sums): Status['total'] => ({ ...sums, windows: { ...sums.windows } });

/** Those of the settings, and those that the ledger has beside them; by app, source and signal. */
function feedsOf(
  request: StatusRequest,
  { now, config, isConfigured, tallies, reached, backfills, named = [] }: StatusFacts,
): readonly FeedFacts[] {
  const isWanted = ({ app, signal }: Feed): boolean =>
    (request.app === '' || app === request.app) && (request.signals.length === 0 || request.signals.includes(signal));
  const queries = new Map(
    config.apps.flatMap(({ name, query }) =>
      (query?.signals ?? []).map((signal) => [keyOf({ app: name, signal, source: 'query' }), query] as const),
    ),
  );
  const reaches = new Map(reached.map((each) => [keyOf(each.feed), each]));
  const days = Map.groupBy(tallies, ({ feed }) => keyOf(feed));
  const names = new Map(named.map((each) => [keyOf(each.feed), each]));
  const keys = new Set([...queries.keys(), ...reaches.keys(), ...days.keys()]);
  return [...keys]
    .toSorted()
    .map((key) => {
      const [app, source, signal] = JSON.parse(key) as [string, string, Feed['signal']];
      const own = (days.get(key) ?? []).toSorted((a, b) => a.day - b.day);
      const known = { feed: { app, signal, source }, query: queries.get(key), reached: reaches.get(key), tallies: own };
      const past = source === 'query' ? backfills.flatMap((each) => rangeOf(each, known.feed)) : [];
      const others = names.get(key)?.others ?? [];
      const elsewhere = others.flatMap((each) => (days.get(keyOf(each)) ?? []).flatMap(({ stretches }) => stretches));
      const time = { ...timeOf(known, config, now), past, elsewhere };
      const called = names.get(key)?.now;
      return { ...known, now: called, time, state: stateOf(known, time, isConfigured && called === undefined) };
    })
    .filter(({ feed }) => isWanted(feed));
}

/**
 * What a backfill that goes on has still to bring in of that feed, from the day on that it is at. Windows that it has
 * left behind, or that are only tried again, may be late as any others.
 */
function rangeOf(backfill: Status['backfills'][number], { app, signal }: Feed): readonly Interval[] {
  const { state, only, reached, end } = backfill;
  const isOf = backfill.app === app && String(backfill.signals).split(',').includes(signal);
  if (!isOf || state !== 'running' || only === 'failed') return [];
  return [{ start: dayOf(Date.parse(String(reached))), end: Date.parse(String(end)) }];
}

type Known = Pick<FeedFacts, 'feed' | 'query' | 'reached' | 'tallies'>;

/** Windows of the query API should be done when their lag and a while have passed; hours of blobs fill for an hour. */
function timeOf(
  { feed, query, tallies }: Known,
  { exports }: StatusFacts['config'],
  now: Millis,
): Omit<FeedTime, 'past'> {
  if (query === undefined) {
    const fills = feed.source === 'query' ? 0 : 3_600_000 + (exports?.refresh ?? 0);
    return {
      lateBefore: gridLine(now - fills - lateAfter, exports?.window ?? 3_600_000),
      expected: { start: 0, end: 0 },
    };
  }
  const lateBefore = gridLine(now - query.lag - lateAfter, query.window);
  const due = Math.min(query.until ?? lateBefore, lateBefore);
  const first = tallies[0]?.stretches[0]?.start;
  return { lateBefore, expected: first === undefined ? { start: 0, end: 0 } : { start: first, end: due } };
}

const gridLine = (at: Millis, size: Millis): Millis => Math.floor(at / size) * size;

function stateOf({ feed, query, reached, tallies }: Known, time: FeedTime, isConfigured: boolean): FeedFacts['state'] {
  // Nothing of it is tried again, so whatever else it is asks nothing of anybody.
  if (feed.source === 'query' && query === undefined && isConfigured) return 'stopped';
  if (tallies.some(({ sums }) => sums.windows.failed > 0)) return 'failed';
  if (tallies.some(({ stretches }) => stretches.some((stretch) => isLate(stretch, time)))) return 'late';
  if (query === undefined) return tallies.length === 0 ? 'empty' : 'complete';
  if (reached === undefined) return 'empty';
  return reached.watermark < time.expected.end ? 'late' : 'complete';
}

function feedView({ feed, query, reached, tallies, time, state }: FeedFacts, request: StatusRequest) {
  const days = daysOf({ start: dayOf(request.start), end: request.end });
  const byDay = new Map(tallies.map((tally) => [tally.day, tally]));
  const failure = tallies.find((tally) => tally.failure !== undefined)?.failure;
  return {
    ...feed,
    state,
    watermark: query === undefined || !reached || reached.watermark === 0 ? null : iso(reached.watermark),
    settled: reached && reached.settled > 0 ? iso(reached.settled) : null,
    cells: stripText(
      tallies.flatMap(({ stretches }) => stretches),
      request,
      time,
    ),
    rows: days.map((day) => byDay.get(day)?.sums.written ?? '').join(' '),
    ...(failure && {
      failure: {
        from: iso(failure.start),
        to: iso(failure.end),
        attempts: failure.attempts,
        error: failure.error,
      },
    }),
  };
}

function quarantineOf(feeds: readonly FeedFacts[], range: Interval): Status['quarantine'] {
  return feeds
    .map(({ feed, tallies }) => ({
      ...feed,
      rows: tallies
        .filter(({ day }) => range.start <= day && day < range.end)
        .reduce((sum, { sums }) => sum + sums.quarantined, 0),
    }))
    .filter(({ rows }) => rows > 0)
    .toSorted((a, b) => b.rows - a.rows);
}

function healthView(health: HealthReport | undefined): Status['health'] {
  if (health === undefined)
    return { state: 'active', since: null, by: 'itself', reason: '', commits: 0, succeeded: 0, disabledAt: null };
  const { state, since, by, reason, commits, succeeded, disabledAt } = health;
  const orNone = (at: Millis) => (at > 0 ? iso(at) : null);
  return { state, since: orNone(since), by, reason, commits, succeeded, disabledAt: orNone(disabledAt) };
}

function daysOf({ start, end }: Interval): readonly Millis[] {
  return Array.from({ length: Math.max(0, Math.ceil((end - start) / 86_400_000)) }, (_, n) => start + n * 86_400_000);
}

const iso = (at: Millis): string => new Date(at).toISOString();
