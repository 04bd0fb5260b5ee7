import type { App, Config, Millis, Place } from '../model.ts';

/**
 * The settings in force, as they may be shown: built field by field, so that no secret, and nothing that tells how one
 * is reached, gets in by being new.
 */
export function settingsView(config: Config): Record<string, unknown> {
  const { apps, exports, audit, budget, lake, output, shape, quarantine, state, lease, patience, planLimit } = config;
  return {
    apps: apps.map(appView),
    ...(exports && {
      exports: {
        containers: exports.places.map(placeName),
        access: accessOf(exports.place),
        window: spanText(exports.window),
        refresh: spanText(exports.refresh),
        lookback: spanText(exports.lookback),
        emptied: exports.emptied,
        dedupe: exports.dedupe,
        from: timeOrNone(exports.from),
        until: timeOrNone(exports.until),
        signals: exports.signals,
      },
    }),
    lake: {
      place: placeName(lake),
      access: accessOf(lake),
      format: output.format,
      gzip: output.gzip,
      partition: output.partition,
      path: output.table === undefined ? output.path : undefined,
      table: output.table ?? 'none',
    },
    shape: Object.fromEntries(
      Object.entries(shape.signals).map(([signal, each]) => [
        signal,
        {
          drop: each.drop,
          hash: each.hash,
          rename: Object.keys(each.rename),
          where: each.where.map(({ kql }) => kql),
          promote: each.promote.map(({ from, as }) => `${from} as ${as}`),
        },
      ]),
    ),
    quarantine: {
      prefix: quarantine.prefix,
      place: quarantine.place === undefined ? 'the lake' : placeName(quarantine.place),
      bytes: quarantine.keepBytes,
    },
    audit: { recheck: spanText(audit.recheck), horizon: spanText(audit.horizon), purged: audit.purged },
    budget: { inFlight: budget.inFlight, rate: budget.rate },
    state: { table: state.table, queue: state.queue },
    plan: { lease: spanText(lease), patience: spanText(patience), limit: planLimit },
  };
}

function appView({ name, query }: App): Record<string, unknown> {
  if (query === undefined) return { name };
  const { url, auth, schema, signals, window, lag, from, until, retention } = query;
  return {
    name,
    endpoint: withoutQuery(url),
    auth: auth.kind,
    schema: schema.kind,
    signals,
    window: spanText(window),
    lag: spanText(lag),
    from: timeOrNone(from),
    until: timeOrNone(until),
    retention: retention === undefined ? 'not known (90d are assumed)' : spanText(retention),
  };
}

const withoutQuery = (url: string): string => url.replace(/[?#].*$/s, '').replace(/\/\/[^/@]*@/, '//');

/** A container or folder in words; an account behind a connection string is not told. */
export function placeName(place: Place): string {
  if (place.kind === 'folder') return place.folder;
  const { url, container, prefix } = place;
  const account = url === '' ? '' : `${withoutQuery(url).replace(/\/$/, '')}/`;
  return `${account}${container}${prefix === '' ? '' : `/${prefix}`}`;
}

const accessOf = (place: Place): string => (place.kind === 'folder' ? 'folder' : place.access.kind);

const timeOrNone = (at: Millis | undefined): string => (at === undefined ? 'none' : new Date(at).toISOString());

/** 5400000 → `90m`. */
export function spanText(span: Millis): string {
  for (const [unit, length] of [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1000],
  ] as const)
    if (span >= length && span % length === 0) return `${span / length}${unit}`;
  return `${span}ms`;
}
