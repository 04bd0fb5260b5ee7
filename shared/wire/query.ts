import { randomUUID } from 'node:crypto';
import { usualRetention } from '../config/query.ts';
import type {
  App,
  Budget,
  Config,
  Feed,
  LakeHealth,
  LakeTables,
  LedgerEntry,
  Millis,
  ObjectStore,
  QuerySettings,
  Source,
  Survey,
  Window,
} from '../model.ts';
import { onePatience } from '../net/one-patience.ts';
import type { AskPorts } from '../pipeline/ask/ask.ts';
import { type RerunOutcome, type RerunRequest, rerunWindows } from '../pipeline/ask/rerun.ts';
import { type AuditedApp, type AuditOutcome, auditWindows, createAuditMemory } from '../pipeline/audit/audit.ts';
import { auditLake, type LakeAudit, type LakeAuditRequest } from '../pipeline/audit/audit-lake.ts';
import { createBudget } from '../pipeline/budget.ts';
import { readingTime } from '../pipeline/halve/watch.ts';
import type { NamedApp, Names } from '../pipeline/names/names.ts';
import { hashOf } from '../pure/hash-of.ts';
import { originOf } from '../pure/origin.ts';
import { atMost, budgeted, within } from '../source/query/budgeted.ts';
import { clientLimits, createAsk } from '../source/query/client.ts';
import type { Ask } from '../source/query/reply.ts';
import { createQuerySource } from '../source/query/source.ts';
import { createSurvey } from '../source/query/survey/survey.ts';
import { identity, openSeats, seatsClock } from './clients.ts';
import { idle, systemClock } from './clock.ts';

/** The query API of one app: what reads its windows, and what looks at them without reading. */
export interface QueryApi {
  readonly source: Source;
  readonly survey: Survey;
}

/** What instances share. */
interface Budgets {
  readonly all: Budget;
  /** Of those questions that are to tables on the Basic plan, beside the other. */
  readonly basic: Budget;
}

/** Whoever asks tables on the Basic plan may have so many questions under way. */
const BASIC_AT_ONCE = 2;

/**
 * `audited`: what is read is looked at again later, so each reading takes a fingerprint that can be compared, for one
 * request more. `budgets` left out: this process is alone. `reading`: how long a run reads at most; left out: as long
 * as it takes. `counted`: nothing is looked at again, so what is read is compared with what the source counts
 * (but for tables on the Basic plan, where each look costs). `watched`: looks on at what is asked and answered.
 */
export function queryApi(
  settings: QuerySettings,
  audited: boolean,
  budgets?: Budgets,
  reading?: Millis,
  counted = false,
  watched: (url: string, ask: Ask) => Ask = (_, ask) => ask,
): QueryApi {
  const credential = settings.auth.kind === 'identity' ? identity(settings.auth, settings.url) : undefined;
  const each = watched(settings.url, createAsk(settings, credential, systemClock, clientLimits(reading)));
  const isBasic = settings.schema.kind === 'workspace' && settings.schema.plan === 'basic';
  const shared = budgets === undefined ? each : budgeted(each, budgets.all, seatsClock);
  const few = budgets === undefined ? atMost(BASIC_AT_ONCE, shared) : within(budgets.basic, shared);
  const ask = isBasic ? few : shared;
  const setup = { settings, clock: systemClock, ask };
  const survey = createSurvey(setup);
  return { source: createQuerySource({ ...setup, survey, audited, counted: counted && !isBasic }), survey };
}

/** The query APIs of the apps, by app, within the budget that they share. `timeout`: of the host. */
export function queryApis(
  { apps, state, budget: limits }: Config,
  timeout: Millis | undefined,
): ReadonlyMap<string, QueryApi> {
  const reading = timeout && readingTime(timeout);
  const ports = { clock: seatsClock, holder: randomUUID(), idle };
  const budgets: Budgets = {
    all: createBudget({ ...ports, seats: openSeats(state), limits }),
    basic: createBudget({ ...ports, seats: openSeats(state, 'basic'), limits: { ...limits, inFlight: BASIC_AT_ONCE } }),
  };
  const apiOf = ({ name, query }: App) => (query ? [[name, queryApi(query, true, budgets, reading)] as const] : []);
  return new Map(apps.flatMap(apiOf));
}

export const queryFeeds = ({ name, query }: App): readonly { readonly query: QuerySettings; readonly feed: Feed }[] =>
  query === undefined ? [] : query.signals.map((signal) => ({ query, feed: { app: name, signal, source: 'query' } }));

export const namedApps = ({ apps }: Pick<Config, 'apps'>): readonly NamedApp[] =>
  apps.flatMap(({ name, query }) =>
    query === undefined ? [] : [{ app: name, origin: originOf(query), signals: query.signals }],
  );

/** From when on the source of a window has its rows; undefined where nothing is known of it. */
export function keptSince(apps: readonly App[], now: () => Millis): (window: Window) => Millis | undefined {
  const retentions = new Map(apps.map(({ name, query }) => [name, query?.retention]));
  return ({ app, source }) => {
    const retention = source === 'query' ? retentions.get(app) : undefined;
    return retention === undefined ? undefined : now() - retention;
  };
}

/**
 * The same for the app: where the settings say nothing, the usual retention is assumed, but for what the source was
 * seen to have all the same: `saw` is told of every window that had rows.
 */
export function keptOrAssumed(apps: readonly App[], now: () => Millis) {
  const told = keptSince(apps, now);
  const oldest = new Map<string, Millis>();
  const keyOf = ({ app, signal }: Window): string => `${app}\n${signal}`;
  return {
    keptSince: (window: Window): Millis | undefined => {
      if (window.source !== 'query') return undefined;
      return told(window) ?? Math.min(now() - usualRetention, oldest.get(keyOf(window)) ?? Number.POSITIVE_INFINITY);
    },
    saw: (window: Window): void => {
      if (window.source !== 'query') return;
      oldest.set(keyOf(window), Math.min(window.start, oldest.get(keyOf(window)) ?? window.start));
    },
  };
}

/** Length and first start of windows that a command may put into the ledger. */
function newWindowsOf(apps: readonly App[], { keptFrom }: Pick<AuditWiring, 'keptFrom'>) {
  const nameOf = ({ app, signal }: Feed): string => `${app}\n${signal}`;
  const sizes = new Map(apps.flatMap(queryFeeds).map(({ feed, query }) => [nameOf(feed), query.window]));
  return (feed: Feed) => {
    const size = sizes.get(nameOf(feed));
    return size === undefined ? undefined : { size, from: keptFrom(feed.signal) ?? 0 };
  };
}

export interface Audits {
  /** Has windows of a range run again, or says how many that would be. */
  rerun(request: RerunRequest): Promise<RerunOutcome>;
  /** The ledger beside the files that are really there; changes nothing unless asked to repair. */
  auditLake(request: LakeAuditRequest): Promise<LakeAudit>;
  /** Looks at the query windows that can still change. */
  audit(): Promise<AuditOutcome>;
}

interface AuditWiring extends AskPorts {
  /** From when on the lake keeps rows of a signal. */
  keptFrom(signal: Feed['signal']): Millis | undefined;
  readonly lake: ObjectStore;
  readonly tables?: LakeTables;
  readonly limit: number;
  readonly names: Names;
  /** Whose file it is by its name. */
  named(path: string): Window | undefined;
}

export function wireAudits(
  { apps, audit }: Pick<Config, 'apps' | 'audit'>,
  apis: ReadonlyMap<string, QueryApi>,
  ports: AuditWiring,
  ready: () => Promise<void>,
  health: () => Promise<LakeHealth>,
  time: Millis,
): Audits {
  const audited = apps.flatMap((app): AuditedApp[] => {
    const api = apis.get(app.name);
    const feeds = queryFeeds(app).map(({ feed }) => feed);
    if (api === undefined || app.query === undefined) return [];
    return [{ app: app.name, feeds, survey: api.survey, retention: app.query.retention ?? Number.POSITIVE_INFINITY }];
  });
  const { names } = ports;
  /** Feeds of old names, looked after by the API of the app that goes by another now. */
  const renamed = async (): Promise<AuditedApp[]> => {
    await names.look();
    return names.renamed().flatMap(({ feed, now }) => {
      const of = audited.find(({ app }) => app === now);
      return of === undefined ? [] : [{ ...of, app: feed.app, feeds: [feed] }];
    });
  };
  const byName = new Map(audited.map((each) => [each.app, each]));
  /** An entry is asked of the app that reads what it is from, whatever its name stands for. */
  const appOf = (entry: LedgerEntry) => byName.get(names.reader(entry.window, names.reads(entry)) ?? '');
  const newWindows = newWindowsOf(apps, ports);
  const memory = createAuditMemory();
  return {
    rerun: async (request) => {
      await ready();
      return rerunWindows(request, { ...ports, newWindows });
    },
    auditLake: async (request) => {
      await ready();
      return auditLake(request, {
        ...ports,
        hash: hashOf,
        feeds: [...audited, ...(await renamed())].flatMap(({ feeds }) => feeds),
      });
    },
    audit: async () => {
      if ((await health()).state !== 'active') return { feeds: [], asked: 0, errors: [] };
      await ready();
      return auditWindows(
        [...audited, ...(await renamed())],
        { ...ports, ...audit, memory, time, appOf },
        new AbortController().signal,
      );
    },
  };
}

/** Of the apps of a command, which has no audit, and whose user says up to when. */
export function querySources(apps: readonly App[]): ReadonlyMap<string, Source> {
  const watched = onePatience(systemClock);
  const sourceOf = ({ name, query }: App) =>
    query && ([[name, queryApi({ ...query, lag: 0 }, false, undefined, undefined, true, watched).source]] as const);
  return new Map(apps.flatMap((app) => sourceOf(app) ?? []));
}
