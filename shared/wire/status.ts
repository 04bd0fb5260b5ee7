import type { Config, DayTally, HealthOrder, HealthReport, Interval, Ledger, LedgerEntry, Millis } from '../model.ts';
import { healthyLake } from '../pipeline/health/decide.ts';
import type { Names } from '../pipeline/names/names.ts';
import { allOf } from '../pure/all-of.ts';
import { SCHEMA_VERSION } from '../signals/columns-of.ts';
import { STATE_VERSION } from '../state/entry-record.ts';
import type { BackfillOrder, RerunOrder, StatusPorts } from '../status/answer.ts';
import type { StatusRequest, WindowRequest } from '../status/request.ts';
import type { Status, WindowView } from '../status/schema.ts';
import { placeName, settingsView } from '../status/settings-view.ts';
import { type Named, statusOf } from '../status/status.ts';
import { windowView } from '../status/window-view.ts';
import { queryFeeds } from './query.ts';
import { productVersion } from './version.ts';

/** How things stand is told of the last week, whatever range is looked at. */
const lately: Millis = 7 * 86_400_000;
/** No window is longer. */
const longest: Millis = 86_400_000;

/** What the status needs of the app around it. */
export interface StatusWiring {
  readonly ledger: Ledger;
  now(): Millis;
  health?(): Promise<HealthReport>;
  /** Why nothing may be planned or run. Left out: somebody has made sure that lake and ledger belong together. */
  fault?(): Promise<string>;
  order?(order: HealthOrder, reason: string): Promise<HealthReport>;
  rerun(order: RerunOrder): Promise<object>;
  backfills?(): Promise<Status['backfills']>;
  backfill?(order: BackfillOrder): Promise<object>;
  /** What apps were called before; left out: nothing is known of it. */
  readonly names?: Names;
  /** Of the ledger: that it is there. */
  ready(): Promise<unknown>;
}

/** Of the app, or of a lake on a disk: then `config` has no more than its place. */
export type StatusConfig = Pick<Config, 'apps' | 'exports' | 'lake'> & { readonly whole?: Config };

export function wireStatus(config: StatusConfig, wiring: StatusWiring): StatusPorts {
  const { ledger, now } = wiring;
  const health = async () => (await wiring.health?.()) ?? activeHealth;
  return {
    now,
    health,
    order: wiring.order ?? notHere('steer the lake'),
    rerun: wiring.rerun,
    backfill: wiring.backfill ?? notHere('start a backfill'),
    status: async (request) => {
      await wiring.ready();
      return statusOf(request, await factsFor(request, config, wiring, await health()));
    },
    window: async (request) => {
      await wiring.ready();
      return windowAt(request, ledger, now());
    },
  };
}

const activeHealth: HealthReport = { ...healthyLake, commits: 0, succeeded: 0, disabledAt: 0 };

const notHere = (what: string) => async (): Promise<never> => {
  throw new Error(`${what}: only a deployed app can do that; use its settings (--settings)`);
};

async function factsFor(
  request: StatusRequest,
  config: StatusConfig,
  { ledger, now, backfills, fault, names }: StatusWiring,
  health: HealthReport,
) {
  const at = now();
  const [tallies, reached, drift, filling, why, named] = await allOf([
    talliesOf(ledger, [request, { start: at - lately, end: at + longest }]),
    Array.fromAsync(ledger.reached()),
    Array.fromAsync(ledger.drift()),
    backfills?.() ?? [],
    fault?.() ?? '',
    names === undefined ? [] : namedFeeds(config, names),
  ]);
  return {
    now: at,
    version: { app: productVersion(), schema: SCHEMA_VERSION, state: STATE_VERSION },
    lake: placeName(config.lake),
    config,
    isConfigured: config.apps.length > 0 || config.exports !== undefined,
    tallies,
    reached,
    drift,
    health,
    fault: why,
    ...{ backfills: filling, named },
    settings: config.whole === undefined ? {} : settingsView(config.whole),
  };
}

async function namedFeeds({ apps }: StatusConfig, names: Names): Promise<readonly Named[]> {
  await names.look();
  const found: Named[] = names.renamed().map(({ feed, now }) => ({ feed, now, others: [] }));
  for (const { feed } of apps.flatMap(queryFeeds)) {
    const others = await names.others(feed);
    if (others !== undefined) found.push({ feed, now: undefined, others: others.feeds });
  }
  return found;
}

/** Ranges that meet are read at once; a day is told once. */
async function talliesOf(ledger: Ledger, ranges: readonly Interval[]): Promise<readonly DayTally[]> {
  const [one, other] = ranges.toSorted((a, b) => a.start - b.start) as [Interval, Interval];
  const joined = other.start <= one.end ? [{ start: one.start, end: Math.max(one.end, other.end) }] : [one, other];
  const found = new Map<string, DayTally>();
  for (const range of joined)
    for await (const tally of ledger.tallies(range)) found.set(JSON.stringify([tally.feed, tally.day]), tally);
  return [...found.values()];
}

async function windowAt(
  { app, signal, source, at }: WindowRequest,
  ledger: Ledger,
  now: Millis,
): Promise<WindowView | undefined> {
  let halved: LedgerEntry | undefined;
  for await (const feed of ledger.feeds()) {
    if (feed.app !== app || feed.signal !== signal || (source !== '' && feed.source !== source)) continue;
    for await (const entry of ledger.list(feed, { start: at - longest, end: at + 1 })) {
      if (entry.window.end <= at) continue;
      if (entry.state !== 'halved') return windowView(entry, now);
      halved = entry;
    }
  }
  return halved && windowView(halved, now);
}
