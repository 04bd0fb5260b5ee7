import { appFaults, appsOf, queryKeyFaults, twiceFaults } from '../../shared/config/apps.ts';
import type { SettingFault } from '../../shared/config/flat.ts';
import { fault } from '../../shared/config/places.ts';
import type { SettingsDocument } from '../../shared/config/schema.ts';
import { shown } from '../../shared/config/secret.ts';
import type { ExportRequest } from '../deliver/ports.ts';
import { isSet, type Options, textOf, textsOf } from '../flags/options.ts';
import { destinationOf } from '../request/destination.ts';
import { appSettings, checked, given, lakeOf, lakeRequest, origin } from '../request/document.ts';
import { timeText } from '../terminal/numbers.ts';
import type { Terminal } from '../terminal/terminal.ts';

export function exportRequest(options: Options, terminal: Terminal): ExportRequest {
  const lake = destinationOf(textOf(options, 'out'), terminal.env);
  const named = appsIn(options);
  const ofApp = appSettings(options, terminal);
  const raw = {
    apps: named.apps,
    signals: textOf(options, 'signals')
      ?.split(',')
      .map((word) => word.trim())
      .filter((word) => word !== '') ?? ['all'],
    query: given({
      from: textOf(options, 'from'),
      until: textOf(options, 'to'),
      window: textOf(options, 'window'),
      retention: textOf(options, 'retention') ?? (ofApp.settings?.QUERY_RETENTION || undefined),
      cloud: textOf(options, 'cloud'),
      plan: textOf(options, 'plan'),
      endpoint: textOf(options, 'endpoint'),
    }),
    lake: lakeOf(options),
    ...(textOf(options, 'dedupe') !== undefined && {
      exports: { container: 'archive', dedupe: textOf(options, 'dedupe') },
    }),
  };
  const missing = [
    ...(textOf(options, 'from') === undefined ? [fault('--from', 'a date or a date and time', 'missing')] : []),
    ...(textOf(options, 'to') === undefined ? [fault('--to', 'a date or a date and time', 'missing')] : []),
  ];
  const key = keyOf(options, terminal.env);
  const asked = { options, env: terminal.env };
  const settings = checked(asked, raw, [...named.faults, ...missing, ...key.faults], (parsed) =>
    exportFaults(parsed, terminal.now()),
  );
  const { from = 0, until = 0 } = settings.query;
  return {
    command: 'export',
    apps: appsOf(settings, { QUERY_KEY: key.value, AZURE_CLIENT_ID: terminal.env.AZURE_CLIENT_ID }),
    range: { start: from, end: until },
    again: isSet(options, 'again'),
    ...lakeRequest(settings, lake, terminal.env),
    ...ofApp,
  };
}

function exportFaults(settings: SettingsDocument, now: number): SettingFault[] {
  const { until } = settings.query;
  const future = until !== undefined && until > now;
  // Of those without an id it is said already.
  const told = { ...settings, apps: settings.apps.filter(({ appId, workspaceId }) => appId ?? workspaceId) };
  const nameOf = (index: number, field: string) => flagOfApp(told, index, field);
  const faults = appFaults(told, nameOf);
  return [
    ...faults,
    ...(faults.length === 0 ? twiceFaults(appsOf(told, {}), nameOf, 'keep one') : []),
    ...(future ? [fault('--to', `a time that has passed (now is ${timeText(now)})`, timeText(until))] : []),
  ];
}

function flagOfApp(settings: SettingsDocument, index: number, field: string): string {
  if (field === 'from' || field === 'until' || field === 'plan') return origin(['query', field]);
  return settings.apps[index]?.workspaceId === undefined ? '--app' : '--workspace';
}

/** `name=id` and, of a workspace, `name=id,resourceId`. */
function appsIn(options: Options): { readonly apps: object[]; readonly faults: SettingFault[] } {
  const apps = textsOf(options, 'app').map((text) => ({ flag: '--app', text, ...split(text) }));
  const workspaces = textsOf(options, 'workspace').map((text) => ({ flag: '--workspace', text, ...split(text) }));
  const all = [...apps, ...workspaces];
  if (all.length === 0)
    return {
      apps: [],
      faults: [fault('--app', '<name>=<application id> (or --workspace <name>=<workspace id>)', 'missing')],
    };
  return {
    apps: [
      ...apps.map(({ name, id }) => given({ name, appId: id })),
      ...workspaces.map(({ name, id }) =>
        given({ name, workspaceId: id?.split(',')[0], resourceId: id?.split(',')[1] }),
      ),
    ],
    faults: all
      .filter(({ id }) => !id)
      .map(({ flag, text }) => fault(flag, '<name>=<id>, such as shop=01234567-89ab-…', shown(text))),
  };
}

function split(text: string): { readonly name: string; readonly id: string | undefined } {
  const at = text.indexOf('=');
  return at < 0 ? { name: text, id: undefined } : { name: text.slice(0, at).trim(), id: text.slice(at + 1).trim() };
}

function keyOf(
  options: Options,
  env: Terminal['env'],
): { readonly value: string | undefined; readonly faults: SettingFault[] } {
  const name = textOf(options, 'key-env');
  const value = name === undefined ? undefined : env[name]?.trim() || undefined;
  const missing = name !== undefined && value === undefined;
  return {
    value,
    faults: missing
      ? [fault('--key-env', 'the name of an environment variable that holds a key', `${shown(name)}, which is not set`)]
      : queryKeyFaults(`${name} (--key-env)`, value),
  };
}
