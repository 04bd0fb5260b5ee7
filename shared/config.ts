import { appFaults, appsOf, overlapFaults, rangeFaults } from './config-apps.ts';
import {
  assign,
  documentSetting,
  type Env,
  type Path,
  pathText,
  type SettingFault,
  secretSettings,
  settingOf,
  unknownSettings,
  valueAt,
  withFlatSettings,
} from './config-flat.ts';
import { lakeFaults, lakePlace, outputFaults, outputOf } from './config-lake.ts';
import { nearestWord } from './config-near.ts';
import { type Connection, connectionOf, fault } from './config-places.ts';
import { type SettingsDocument, sectionKeys, settingsDocument } from './config-schema.ts';
import { shown } from './config-secret.ts';
import type { Config, ExportSettings } from './model.ts';

/** Reads a file of the app's folder, by the path that stands behind the `@` of INSIGHTS_LAKE_CONFIG. */
export type ReadFile = (path: string) => string;

type Issue = NonNullable<ReturnType<typeof settingsDocument.safeParse>['error']>['issues'][number];

/**
 * The settings, parsed once into a type without gaps. Throws one Error that names every wrong setting, what it must be and what
 * it was (secrets never). Flat app settings win over the same value in the document. See docs/settings.md.
 */
export function parseConfig(env: Env, readFile: ReadFile = refuse): Config {
  const document = readDocument(env, readFile);
  const { raw, origin } = withFlatSettings(document.value, env);
  const parsed = settingsDocument.safeParse(raw);
  const issues = parsed.error?.issues ?? [];
  const faults = [
    ...document.faults,
    ...unknownSettings(env),
    ...issues.flatMap((issue) => issueFaults(issue, raw, origin)),
    ...(document.faults.length > 0 ? [] : wholeFaults(document.value, raw, env)),
  ];
  const rest = parsed.data ?? settingsDocument.safeParse(withoutFaults(raw, issues)).data;
  const config = rest === undefined ? [] : assemble(rest, env, origin);
  if (Array.isArray(config) || faults.length > 0) throw new Error(message([...faults, ...(Array.isArray(config) ? config : [])]));
  return config;
}

function refuse(): string {
  throw new Error('files are not read here');
}

function readDocument(env: Env, readFile: ReadFile): { readonly value: object; readonly faults: readonly SettingFault[] } {
  const setting = settingOf(env, documentSetting);
  if (setting === undefined) return { value: {}, faults: [] };
  const wrong = (text: string) => ({ value: {}, faults: [{ setting: documentSetting, text: `${documentSetting} ${text}` }] });
  let text = setting;
  try {
    if (setting.startsWith('@')) text = readFile(setting.slice(1)).replace(/^\uFEFF/, '');
  } catch (error) {
    return wrong(`must name a file of the app that can be read; ${setting} cannot (${reason(error)})`);
  }
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { value, faults: [] };
    return wrong(`must be a JSON object, or @ and the path of a file that holds one; it is ${shown(value)}`);
  } catch (error) {
    return wrong(`must be a JSON object, or @ and the path of a file that holds one; it does not parse (${reason(error)})`);
  }
}

const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error)).replace(/\s+/g, ' ').slice(0, 120);

function issueFaults(issue: Issue, raw: object, origin: (path: Path) => string): SettingFault[] {
  const path = issue.path.filter((step) => typeof step !== 'symbol');
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey([...path, key]));
  const value = valueAt(raw, path);
  const words = issue.code === 'invalid_value' ? issue.values.map(String) : [];
  const near = typeof value === 'string' ? nearestWord(value, words) : undefined;
  const name = origin(path);
  return [fault(name, issue.message, `${shown(value)}${near ? `; did you mean ${near}?` : ''}`)];
}

function unknownKey(path: Path): SettingFault {
  const key = String(path.at(-1));
  const near = nearestWord(key, sectionKeys[path.length === 1 ? '' : String(path[0])] ?? []);
  const secret = secretSettings.find((name) => name.replace(/^.*?_/, '').replaceAll('_', '').toLowerCase() === key.toLowerCase());
  const hint = secret ? `; a secret goes into the app setting ${secret}` : near ? `; did you mean ${near}?` : '';
  return { setting: documentSetting, text: `${documentSetting}: ${pathText(path)} is no setting${hint}` };
}

/** Faults of what is set and what is missing, which show whatever the single values look like. */
function wholeFaults(document: object, raw: object, env: Env): SettingFault[] {
  const lake = valueAt(raw, ['lake']);
  const own = ['APP_NAME', 'APP_ID', 'WORKSPACE_ID', 'RESOURCE_ID'].filter((name) => settingOf(env, name) !== undefined);
  const twice = 'apps' in document && own.length > 0;
  const nothing = !('apps' in raw) && !('exports' in raw);
  const stateless = connectionOf(env, 'AzureWebJobsStorage', ['queue', 'table']);
  return [
    ...(twice ? [{ setting: own[0] ?? '', text: `${own.join(', ')} and apps of ${documentSetting} exclude each other; keep one` }] : []),
    ...(nothing ? [{ setting: 'APP_ID', text: 'nothing to export: set APP_NAME and APP_ID or WORKSPACE_ID, or EXPORT_CONTAINER' }] : []),
    ...lakeFaults(typeof lake === 'object' && lake !== null ? { ...lake } : {}, env),
    ...(Array.isArray(stateless) ? stateless : []),
  ];
}

/** The settings without the values that are wrong, so that what can be said about the rest is said at once. */
function withoutFaults(raw: object, issues: readonly Issue[]): object {
  const rest = structuredClone(raw);
  for (const issue of issues) {
    const path = issue.path.filter((step) => typeof step !== 'symbol');
    const keys = issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...path, key]) : [path];
    for (const key of keys) {
      const [section, field] = key;
      if (section === 'exports' && field === 'container') assign(rest, [section], undefined);
      else if (section === 'apps' && key[2] === 'name') assign(rest, key, `app-${key[1]}`);
      // of a list or a record goes the whole: without some of its parts it would mean something else
      else assign(rest, key.slice(0, section === 'apps' ? 3 : 2), undefined);
    }
  }
  return JSON.parse(JSON.stringify(rest)) as object;
}

function assemble(settings: SettingsDocument, env: Env, origin: (path: Path) => string): Config | SettingFault[] {
  const nameOf = (index: number, field: string): string => {
    const general = (field === 'from' || field === 'until') && settings.apps[index]?.[field] === undefined;
    return origin(general ? ['query', field] : ['apps', index, field]);
  };
  const blobs = settings.exports && connectionOf(env, settings.exports.connection, ['blob', 'queue']);
  const faults = [...appFaults(settings, nameOf), ...outputFaults(settings.lake, origin), ...(Array.isArray(blobs) ? blobs : [])];
  const { from, until } = settings.exports ?? {};
  faults.push(...rangeFaults(from, until, origin(['exports', 'from']), origin(['exports', 'until'])));
  const state = connectionOf(env, 'AzureWebJobsStorage', ['queue', 'table']);
  if (Array.isArray(state) || Array.isArray(blobs) || faults.length > 0) return faults;
  const apps = appsOf(settings, env);
  const exports = settings.exports && blobs ? exportsOf(settings.exports, settings, blobs) : undefined;
  const overlaps = exports ? overlapFaults(apps, exports) : [];
  if (overlaps.length > 0) return overlaps;
  const { table, queue, lease } = settings.state;
  return {
    apps,
    exports,
    lake: lakePlace(settings.lake, env),
    output: outputOf(settings.lake),
    state: { tableUrl: state.tableUrl, queueUrl: state.queueUrl, access: state.access, table, queue },
    lease,
    planLimit: settings.plan.limit,
  };
}

function exportsOf(blobs: NonNullable<SettingsDocument['exports']>, settings: SettingsDocument, connection: Connection): ExportSettings {
  const { container, prefix, window, refresh, from, until, apps } = blobs;
  const place = { kind: 'container', url: connection.blobUrl, container, prefix, access: connection.access } as const;
  return { place, window, refresh, from, until, signals: blobs.signals ?? settings.signals, apps };
}

/** One fault is one line; several are one line each. The same setting is named once. */
function message(faults: readonly SettingFault[]): string {
  const lines = [...new Map(faults.map((found) => [found.text, found])).values()].map((found) => found.text);
  if (lines.length === 1) return `settings: ${lines[0]}`;
  return `settings: ${lines.length} are wrong\n${lines.map((line) => `- ${line}`).join('\n')}`;
}
