import type { App, ExportSettings, Interval, QuerySettings, Signal } from '../model.ts';
import { originOf } from '../pure/origin.ts';
import { type Env, type SettingFault, settingOf } from './flat.ts';
import { identityOf } from './identity-of.ts';
import { fault } from './places.ts';
import { BASIC_RETENTION, queryAddress } from './query.ts';
import type { AppSettings, SettingsDocument } from './schema.ts';
import { secret, shown } from './secret.ts';

const hour = 3_600_000;
/** Ids that are no GUID and yet answered by the public API. */
const wellKnown = /^DEMO_(APP|WORKSPACE)$|^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Names the setting that a field of the app with this number comes from. */
export type NameOf = (index: number, field: string) => string;

/** What is wrong with the apps beyond their single fields. */
export function appFaults(settings: SettingsDocument, nameOf: NameOf): SettingFault[] {
  const names = settings.apps.map((app) => app.name);
  return settings.apps.flatMap((app, index) => [
    ...idFaults(app, settings, (field) => nameOf(index, field)),
    ...(names.indexOf(app.name) < index
      ? [fault(nameOf(index, 'name'), 'a name that no other app has', shown(app.name))]
      : []),
    ...rangeFaults(
      app.from ?? settings.query.from,
      app.until ?? settings.query.until,
      nameOf(index, 'from'),
      nameOf(index, 'until'),
    ),
  ]);
}

function idFaults(app: AppSettings, settings: SettingsDocument, name: (field: string) => string): SettingFault[] {
  const { appId, workspaceId } = app;
  if ((appId === undefined) === (workspaceId === undefined)) {
    const was = appId === undefined ? 'neither is set' : 'both are set';
    return [
      {
        setting: name('appId'),
        text: `exactly one of ${name('appId')} and ${name('workspaceId')} must be set; ${was}`,
      },
    ];
  }
  const stray = app.resourceId !== undefined && workspaceId === undefined;
  const planned = (app.plan ?? settings.query.plan) === 'basic' && workspaceId === undefined;
  const custom = (app.endpoint ?? settings.query.endpoint) !== undefined;
  const [field, id] = appId === undefined ? ['workspaceId', workspaceId] : ['appId', appId];
  return [
    ...(stray
      ? [
          {
            setting: name('resourceId'),
            text: `${name('resourceId')} goes with ${name('workspaceId')}; an app id needs none`,
          },
        ]
      : []),
    ...(planned
      ? [
          {
            setting: name('plan'),
            text: `${name('plan')} basic goes with a workspace, which has such tables; an app id was given`,
          },
        ]
      : []),
    ...(custom || wellKnown.test(id ?? '')
      ? []
      : [fault(name(field), 'a GUID such as 01234567-89ab-cdef-0123-456789abcdef', shown(id))]),
  ];
}

export function rangeFaults(
  from: number | undefined,
  until: number | undefined,
  fromName: string,
  untilName: string,
): SettingFault[] {
  if (from === undefined || until === undefined || from < until) return [];
  return [fault(untilName, `later than ${fromName} (${new Date(from).toISOString()})`, new Date(until).toISOString())];
}

/** A key goes into a header, which holds no other letters: nobody would be asked with it. */
export const queryKeyFaults = (name: string, key: string | undefined): SettingFault[] =>
  key === undefined || /^[ -~]*$/.test(key)
    ? []
    : [fault(name, 'a key of plain letters, digits and signs, without line breaks', '[secret]')];

/** The apps with all that `query` and `signals` say for those that say nothing themselves. */
export function appsOf(settings: SettingsDocument, env: Env): App[] {
  const key = settingOf(env, 'QUERY_KEY');
  return settings.apps.map((app) => {
    const asked = { ...settings.query, ...app };
    const target =
      app.appId === undefined
        ? { workspaceId: app.workspaceId ?? '', resourceId: app.resourceId ?? '', plan: asked.plan ?? 'analytics' }
        : { appId: app.appId };
    const address = queryAddress(target, {
      cloud: asked.cloud ?? 'public',
      endpoint: asked.endpoint,
      key: key === undefined ? undefined : secret(key),
      identity: identityOf(env),
    });
    const window = asked.window ?? hour;
    const lag = asked.lag ?? hour / 6;
    const signals = app.signals ?? settings.signals;
    const { from, until, retention = asked.plan === 'basic' ? BASIC_RETENTION : undefined } = asked;
    return { name: app.name, query: { ...address, signals, window, lag, from, until, retention } };
  });
}

/**
 * Two names of one app bring its rows twice: refused where they want the same signal of the same time. `advice`: what
 * to do.
 */
export function twiceFaults(
  apps: readonly App[],
  nameOf: NameOf,
  advice = 'keep one, or let one end where the other begins (until and from)',
): SettingFault[] {
  return apps.flatMap(({ name, query }, index) => {
    const other = apps.slice(0, index).find((each) => query && each.query && readsTwice(each.query, query));
    if (query === undefined || other === undefined) return [];
    const setting = nameOf(index, query.schema.kind === 'app' ? 'appId' : 'workspaceId');
    const text =
      `${setting} must be that of an app that no other name has for the same signals and time: ${other.name} and ` +
      `${name} would bring the same rows twice; ${advice}`;
    return [{ setting, text }];
  });
}

function readsTwice(one: QuerySettings, other: QuerySettings): boolean {
  const isSame = originOf(one) === originOf(other) && one.signals.some((each) => other.signals.includes(each));
  const start = ({ from = Number.NEGATIVE_INFINITY }: QuerySettings): number => from;
  const end = ({ until = Number.POSITIVE_INFINITY }: QuerySettings): number => until;
  return isSame && Math.max(start(one), start(other)) < Math.min(end(one), end(other));
}

/**
 * The event times of an app and signal that both the query and the export blobs are set to bring; undefined when there
 * are none.
 * `app` is the name under which its export folder goes. A query without `from` starts when the app first starts: later
 * than any `until` of the exports that lies in the past.
 */
export function sourceOverlap(
  apps: readonly App[],
  exports: ExportSettings,
  app: string,
  signal: Signal,
): Interval | undefined {
  const query = apps.find((candidate) => candidate.name === app)?.query;
  if (query === undefined || !query.signals.includes(signal) || !exports.signals.includes(signal)) return undefined;
  const from = query.from ?? exports.until ?? Number.NEGATIVE_INFINITY;
  const start = Math.max(from, exports.from ?? Number.NEGATIVE_INFINITY);
  const end = Math.min(query.until ?? Number.POSITIVE_INFINITY, exports.until ?? Number.POSITIVE_INFINITY);
  return start < end ? { start, end } : undefined;
}

/**
 * The overlaps that the settings alone show: of folders that are named. Of the others only their arrival tells the
 * name.
 */
export function overlapFaults(apps: readonly App[], exports: ExportSettings): SettingFault[] {
  return [...new Set(Object.values(exports.apps))].flatMap((app) => {
    const signals = exports.signals.filter((signal) => sourceOverlap(apps, exports, app, signal) !== undefined);
    return signals.length === 0 ? [] : [{ setting: 'EXPORT_UNTIL', text: overlapText(app, signals) }];
  });
}

export const overlapText = (app: string, signals: readonly Signal[]): string =>
  `${signals.join(', ')} of app ${app} would come twice, from the query API and from export blobs; let one source ` +
  'end where the other ' +
  `begins (EXPORT_UNTIL or QUERY_UNTIL, and QUERY_FROM or EXPORT_FROM), or give the export folder another app name`;
