import { appFaults, appsOf, overlapFaults, queryKeyFaults, rangeFaults, twiceFaults } from './config/apps.ts';
import { exportsOf } from './config/exports.ts';
import { faultMessage, issueFaults, withoutFaults } from './config/faults.ts';
import {
  documentSetting,
  type Env,
  type Path,
  type SettingFault,
  settingOf,
  valueAt,
  withFlatSettings,
} from './config/flat.ts';
import { lakeFaults, lakePlace, outputFaults, outputOf, quarantineFaults, quarantineOf } from './config/lake.ts';
import { connectionOf } from './config/places.ts';
import { type SettingsDocument, settingsDocument } from './config/schema.ts';
import { shown } from './config/secret.ts';
import { shapeFaults, shapingOf } from './config/shape.ts';
import { unknownSettings } from './config/unknown-settings.ts';
import { isTooDeep, tooDeep } from './config/values.ts';
import type { AuditSettings, Config, TendingSettings } from './model.ts';

/** Reads a file of the app's folder, by the path that stands behind the `@` of INSIGHTS_LAKE_CONFIG. */
export type ReadFile = (path: string) => string;

/**
 * The settings, parsed once into a type without gaps. Throws one Error that names every wrong setting, what it must be
 * and what it was (secrets never). Flat app settings win over the same value in the document. See docs/settings.md.
 */
export function parseConfig(env: Env, readFile: ReadFile = refuse): Config {
  const document = readDocument(env, readFile);
  const { raw, origin } = withFlatSettings(document.value, env);
  const parsed = settingsDocument.safeParse(raw);
  const issues = parsed.error?.issues ?? [];
  const faults = [
    ...document.faults,
    ...unknownSettings(env, connectionNameIn(raw)),
    ...issues.flatMap((issue) => issueFaults(issue, raw, origin)),
    ...(document.faults.length > 0 ? [] : wholeFaults(document.value, raw, env)),
  ];
  const rest = parsed.data ?? settingsDocument.safeParse(withoutFaults(raw, issues)).data;
  const config = rest === undefined ? [] : assemble(rest, env, origin);
  if (Array.isArray(config) || faults.length > 0)
    throw new Error(faultMessage('settings', [...faults, ...(Array.isArray(config) ? config : [])]));
  return config;
}

function connectionNameIn(raw: object): string | undefined {
  const name = valueAt(raw, ['exports', 'connection']);
  return typeof name === 'string' && name !== '' ? name : undefined;
}

function refuse(): string {
  throw new Error('files are not read here');
}

function readDocument(
  env: Env,
  readFile: ReadFile,
): { readonly value: object; readonly faults: readonly SettingFault[] } {
  const setting = settingOf(env, documentSetting);
  if (setting === undefined) return { value: {}, faults: [] };
  const wrong = (text: string) => ({
    value: {},
    faults: [{ setting: documentSetting, text: `${documentSetting} ${text}` }],
  });
  let text = setting;
  try {
    if (setting.startsWith('@')) text = readFile(setting.slice(1)).replace(/^\uFEFF/, '');
  } catch (error) {
    return wrong(`must name a file of the app that can be read; ${setting} cannot (${reason(error)})`);
  }
  try {
    const value: unknown = JSON.parse(text);
    if (isTooDeep(value)) return wrong(`must be a JSON object such as docs/settings.md has; it ${tooDeep}`);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { value, faults: [] };
    return wrong(`must be a JSON object, or @ and the path of a file that holds one; it is ${shown(value)}`);
  } catch (error) {
    return wrong(
      `must be a JSON object, or @ and the path of a file that holds one; it does not parse (${reason(error)})`,
    );
  }
}

const reason = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replace(/\s+/g, ' ').slice(0, 120);

/** Faults of what is set and what is missing, which show whatever the single values look like. */
function wholeFaults(document: object, raw: object, env: Env): SettingFault[] {
  const lake = valueAt(raw, ['lake']);
  const own = ['APP_NAME', 'APP_ID', 'WORKSPACE_ID', 'RESOURCE_ID'].filter(
    (name) => settingOf(env, name) !== undefined,
  );
  const twice = 'apps' in document && own.length > 0;
  const nothing = valueAt(raw, ['apps', 0]) === undefined && !('exports' in raw);
  const stateless = connectionOf(env, 'AzureWebJobsStorage', ['queue', 'table']);
  return [
    ...(twice
      ? [
          {
            setting: own[0] ?? '',
            text: `${own.join(', ')} and apps of ${documentSetting} exclude each other; keep one`,
          },
        ]
      : []),
    ...(nothing
      ? [{ setting: 'APP_ID', text: 'nothing to export: set APP_NAME and APP_ID or WORKSPACE_ID, or EXPORT_CONTAINER' }]
      : []),
    ...queryKeyFaults('QUERY_KEY', settingOf(env, 'QUERY_KEY')),
    ...lakeFaults(typeof lake === 'object' && lake !== null ? { ...lake } : {}, env),
    ...(Array.isArray(stateless) ? stateless : []),
  ];
}

const auditOf = ({ audit: { recheck, horizon, purged } }: SettingsDocument): AuditSettings => ({
  recheck,
  horizon,
  purged,
});

const tendingOf = ({ lake: { retention, retire, audit } }: SettingsDocument): TendingSettings => ({
  rules: retention ?? {},
  remove: retire === 'remove',
  audit,
});

function assemble(settings: SettingsDocument, env: Env, origin: (path: Path) => string): Config | SettingFault[] {
  const nameOf = (index: number, field: string): string => {
    const isShared = field === 'from' || field === 'until' || field === 'plan';
    const general = isShared && settings.apps[index]?.[field] === undefined;
    return origin(general ? ['query', field] : ['apps', index, field]);
  };
  const blobs = settings.exports && connectionOf(env, settings.exports.connection, ['blob', 'queue']);
  const faults = [
    ...appFaults(settings, nameOf),
    ...outputFaults(settings.lake, origin),
    ...quarantineFaults(settings, origin),
    ...(Array.isArray(blobs) ? blobs : []),
  ];
  const { from, until } = settings.exports ?? {};
  faults.push(...shapeFaults(settings, outputOf(settings.lake).path, env));
  faults.push(...rangeFaults(from, until, origin(['exports', 'from']), origin(['exports', 'until'])));
  const state = connectionOf(env, 'AzureWebJobsStorage', ['queue', 'table']);
  if (Array.isArray(state) || Array.isArray(blobs) || faults.length > 0) return faults;
  const apps = appsOf(settings, env);
  const exports = settings.exports && blobs ? exportsOf(settings.exports, settings, blobs) : undefined;
  const overlaps = [...twiceFaults(apps, nameOf), ...(exports ? overlapFaults(apps, exports) : [])];
  if (overlaps.length > 0) return overlaps;
  const { table, queue, lease } = settings.state;
  const shape = shapingOf(settings.shape, env);
  return {
    apps,
    exports,
    audit: auditOf(settings),
    tending: tendingOf(settings),
    budget: settings.budget,
    lake: lakePlace(settings.lake, env),
    output: outputOf(settings.lake),
    shape,
    quarantine: quarantineOf(settings, shape, env),
    state: { tableUrl: state.tableUrl, queueUrl: state.queueUrl, access: state.access, table, queue },
    lease,
    patience: settings.plan.patience,
    planLimit: settings.plan.limit,
  };
}
