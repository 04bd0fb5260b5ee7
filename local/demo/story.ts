import type { Interval, Millis } from '../../shared/model.ts';
import type { Shop } from '../telemetry/visits.ts';

/** What the demonstration is about: two apps of one shop, one asked through the query API, one exported as blobs. */
export interface Story {
  /** Asked through the query API. */
  readonly shop: Shop;
  /** Exports blobs. */
  readonly store: Shop;
  /** Event time of what the query API is asked for at the least. */
  readonly asked: Interval;
  /** Event time of what was exported; blobs that were delivered after its end are not there yet. */
  readonly exported: Interval;
}

const hour: Millis = 3_600_000;
export const appId = 'a5b1c2d3-0000-4000-8000-5ec0d0e0f0a0';
export const exportContainer = 'insights-exports';

/** The last four and two whole hours before `now`. */
export function storyAt(now: Millis): Story {
  const end = Math.floor(now / hour) * hour;
  return {
    shop: { seed: 1, app: 'shop', perHour: 1_000 },
    store: { seed: 2, app: 'store', perHour: 1_000 },
    asked: { start: end - 4 * hour, end },
    exported: { start: end - 2 * hour, end },
  };
}

export interface Surroundings {
  /** Of Azurite. */
  readonly connectionString: string;
  /** Of the simulator. */
  readonly endpoint: string;
  readonly lake: string;
}

/** The settings of the app, as they would stand in a function app or in local.settings.json. */
export function settingsOf(
  story: Story,
  { connectionString, endpoint, lake }: Surroundings,
  live: boolean,
): Record<string, string> {
  const iso = (at: Millis): string => new Date(at).toISOString();
  return {
    AzureWebJobsStorage: connectionString,
    APP_NAME: story.shop.app,
    APP_ID: appId,
    QUERY_ENDPOINT: endpoint,
    QUERY_FROM: iso(story.asked.start),
    ...(live
      ? { QUERY_WINDOW: '5m', QUERY_LAG: '1m' }
      : { QUERY_WINDOW: '1h', QUERY_LAG: '0m', QUERY_UNTIL: iso(story.asked.end) }),
    EXPORT_CONTAINER: exportContainer,
    ExportStorage: connectionString,
    EXPORT_TRIGGER: 'LogsAndContainerScan',
    EXPORT_REFRESH: '5s',
    LAKE_FOLDER: lake,
    LEASE: '10s',
    PLAN_SCHEDULE: live ? '*/10 * * * * *' : '*/2 * * * * *',
  };
}

/** Of the environment only what a program needs to run: settings of a real app must not leak into the demonstration. */
export function environment(settings: Record<string, string>, work: string): Record<string, string> {
  const kept = ['PATH', 'Path', 'HOME', 'USERPROFILE', 'SystemRoot', 'LANG', 'TZ'];
  const own = kept.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
  return { ...Object.fromEntries(own), TMPDIR: work, TEMP: work, TMP: work, ...settings };
}
