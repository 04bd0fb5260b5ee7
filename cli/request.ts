import { appFaults, appsOf } from '../shared/config/apps.ts';
import { faultMessage, issueFaults, withoutFaults } from '../shared/config/faults.ts';
import { type Env, type Path, pathText, type SettingFault } from '../shared/config/flat.ts';
import { keepsBytes, outputFaults, outputOf } from '../shared/config/lake.ts';
import { fault } from '../shared/config/places.ts';
import { type SettingsDocument, settingsDocument } from '../shared/config/schema.ts';
import { shown } from '../shared/config/secret.ts';
import { shapeFaults, shapingOf } from '../shared/config/shape.ts';
import type { Place } from '../shared/model.ts';
import { destinationOf } from './destination.ts';
import { usage } from './failure.ts';
import { timeText } from './numbers.ts';
import { isSet, type Options, textOf, textsOf } from './options.ts';
import type { ExportRequest, LakeRequest, Terminal, TransformRequest } from './ports.ts';
import { shapeFile, shapeFlag } from './shape-file.ts';

/**
 * Flags become the document that the functions' settings are (shared/config/schema.ts), so that both are checked alike and every
 * wrong flag is named at once.
 */

const flagOf: readonly (readonly [path: string, flag: string])[] = [
  ['apps', '--app'],
  ['signals', '--signals'],
  ['query.from', '--from'],
  ['query.until', '--to'],
  ['query.window', '--window'],
  ['query.cloud', '--cloud'],
  ['query.endpoint', '--endpoint'],
  ['exports.window', '--window'],
  ['lake.format', '--format'],
  ['lake.gzip', '--gzip'],
  ['lake.partition', '--partition'],
  ['lake.path', '--path'],
];

/** What no flag says comes from the file of --shape. */
const origin = (path: Path): string => {
  const place = path.join('.');
  return flagOf.find(([of]) => place === of || place.startsWith(`${of}.`))?.[1] ?? `${shapeFlag}: ${pathText(path)}`;
};

/** A command with its flags, and where secrets come from. */
export interface Asked {
  readonly command: string;
  readonly options: Options;
  readonly env: Env;
}

/**
 * The document that the flags (`raw`) and the file of --shape make. `more`: faults of flags that are no part of it; `faultsOf`: of the
 * whole. Throws Failure that names every fault.
 */
export function checked(
  { command, options, env }: Asked,
  raw: object,
  more: readonly SettingFault[] = [],
  faultsOf: (settings: SettingsDocument) => readonly SettingFault[] = () => [],
): SettingsDocument {
  const file = shapeFile(options);
  const whole = { ...file.parts, ...raw };
  const parsed = settingsDocument.safeParse(whole);
  const issues = parsed.error?.issues ?? [];
  const rest = parsed.data ?? settingsDocument.safeParse(withoutFaults(whole, issues)).data;
  const faults = [
    ...more,
    ...file.faults,
    ...issues.flatMap((issue) => issueFaults(issue, whole, origin)),
    ...(rest ? shapeFaults(rest, outputOf(rest.lake).path, env, shapeFlag) : []),
    ...(parsed.data ? [...outputFaults(parsed.data.lake, origin), ...faultsOf(parsed.data)] : []),
  ];
  if (faults.length > 0) throw usage(faultMessage(command, faults));
  if (!parsed.data) throw usage(`${command}: the flags cannot be read; see insights-lake help ${command}`);
  return parsed.data;
}

export function lakeRequest(settings: SettingsDocument, lake: Place, env: Env): LakeRequest {
  const shape = shapingOf(settings.shape, env);
  return { lake, output: outputOf(settings.lake), shape, keepBytes: keepsBytes(settings.quarantine, shape) };
}

/** Undefined values are left out: the schema tells what is missing from what is wrong. */
export const given = (values: Record<string, unknown>): object =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));

export const lakeOf = (options: Options): object =>
  given({
    format: textOf(options, 'format'),
    gzip: isSet(options, 'gzip'),
    partition: textOf(options, 'partition'),
    path: textOf(options, 'path'),
  });

export function transformRequest(options: Options, { env }: Terminal): TransformRequest {
  if (options.positionals.length === 0)
    throw usage('transform: no files or folders are given; see insights-lake help transform');
  const lake = destinationOf(textOf(options, 'out'), env);
  const window = textOf(options, 'window');
  const app = textOf(options, 'app');
  const misnamed =
    app === undefined || /^[a-z0-9][a-z0-9-]{0,62}$/.test(app)
      ? []
      : [fault('--app', 'a name of small letters, digits and hyphens', shown(app))];
  const raw = { exports: given({ container: 'archive', window }), lake: lakeOf(options) };
  const settings = checked({ command: 'transform', options, env }, raw, misnamed);
  return {
    command: 'transform',
    inputs: options.positionals,
    app,
    window: settings.exports?.window ?? 0,
    ...lakeRequest(settings, lake, env),
  };
}

export function exportRequest(options: Options, terminal: Terminal): ExportRequest {
  const stray = options.positionals[0];
  if (stray !== undefined) throw usage(`export: ${shown(stray)} belongs to no flag; see insights-lake help export`);
  const lake = destinationOf(textOf(options, 'out'), terminal.env);
  const named = appsIn(options);
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
      cloud: textOf(options, 'cloud'),
      endpoint: textOf(options, 'endpoint'),
    }),
    lake: lakeOf(options),
  };
  const missing = [
    ...(textOf(options, 'from') === undefined ? [fault('--from', 'a date or a date and time', 'missing')] : []),
    ...(textOf(options, 'to') === undefined ? [fault('--to', 'a date or a date and time', 'missing')] : []),
  ];
  const key = keyOf(options, terminal.env);
  const asked = { command: 'export', options, env: terminal.env };
  const settings = checked(asked, raw, [...named.faults, ...missing, ...key.faults], (parsed) =>
    exportFaults(parsed, terminal.now()),
  );
  const { from = 0, until = 0 } = settings.query;
  return {
    command: 'export',
    apps: appsOf(settings, { QUERY_KEY: key.value }),
    range: { start: from, end: until },
    again: isSet(options, 'again'),
    ...lakeRequest(settings, lake, terminal.env),
  };
}

function exportFaults(settings: SettingsDocument, now: number): SettingFault[] {
  const { until } = settings.query;
  const future = until !== undefined && until > now;
  return [
    ...appFaults(settings, (index, field) => flagOfApp(settings, index, field)),
    ...(future ? [fault('--to', `a time that has passed (now is ${timeText(now)})`, timeText(until))] : []),
  ];
}

function flagOfApp(settings: SettingsDocument, index: number, field: string): string {
  if (field === 'from' || field === 'until') return origin(['query', field]);
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
      : [],
  };
}
