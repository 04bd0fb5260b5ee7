export type Env = Readonly<Record<string, string | undefined>>;
export type Path = readonly (string | number)[];

/** A wrong setting: `X must be …; it is …`, or a whole sentence where that does not fit. */
export interface SettingFault {
  readonly setting: string;
  readonly text: string;
}

/** App setting → place in the settings document, and how its text is read into the document's type. */
export const flatSettings: readonly (readonly [name: string, path: Path, read?: (text: string) => unknown])[] = [
  ['APP_NAME', ['apps', 0, 'name']],
  ['APP_ID', ['apps', 0, 'appId']],
  ['WORKSPACE_ID', ['apps', 0, 'workspaceId']],
  ['RESOURCE_ID', ['apps', 0, 'resourceId']],
  ['SIGNALS', ['signals'], listOf],
  ['QUERY_CLOUD', ['query', 'cloud']],
  ['QUERY_ENDPOINT', ['query', 'endpoint']],
  ['QUERY_PLAN', ['query', 'plan']],
  ['QUERY_WINDOW', ['query', 'window']],
  ['QUERY_LAG', ['query', 'lag']],
  ['QUERY_FROM', ['query', 'from']],
  ['QUERY_UNTIL', ['query', 'until']],
  ['QUERY_RETENTION', ['query', 'retention']],
  ['EXPORT_CONTAINER', ['exports', 'container'], oneOrList],
  ['EXPORT_PREFIX', ['exports', 'prefix']],
  ['EXPORT_CONNECTION', ['exports', 'connection']],
  ['EXPORT_WINDOW', ['exports', 'window']],
  ['EXPORT_REFRESH', ['exports', 'refresh']],
  ['EXPORT_LOOKBACK', ['exports', 'lookback']],
  ['EXPORT_EMPTIED', ['exports', 'emptied']],
  ['EXPORT_DEDUPE', ['exports', 'dedupe']],
  ['SWEEP_SCHEDULE', ['exports', 'schedule']],
  ['EXPORT_TRIGGER', ['exports', 'trigger']],
  ['EXPORT_FROM', ['exports', 'from']],
  ['EXPORT_UNTIL', ['exports', 'until']],
  ['EXPORT_APPS', ['exports', 'apps'], pairsOf],
  ['LAKE_ACCOUNT_URL', ['lake', 'accountUrl']],
  ['LAKE_CONTAINER', ['lake', 'container']],
  ['LAKE_PREFIX', ['lake', 'prefix']],
  ['LAKE_CLIENT_ID', ['lake', 'clientId']],
  ['LAKE_FOLDER', ['lake', 'folder']],
  ['LAKE_FORMAT', ['lake', 'format']],
  ['LAKE_GZIP', ['lake', 'gzip'], booleanOf],
  ['LAKE_PARTITION', ['lake', 'partition']],
  ['LAKE_PATH', ['lake', 'path']],
  ['LAKE_TABLE', ['lake', 'table']],
  ['LAKE_RETENTION', ['lake', 'retention'], oneOrPairs],
  ['LAKE_RETIRE', ['lake', 'retire']],
  ['LAKE_AUDIT', ['lake', 'audit']],
  ['LAKE_SCHEDULE', ['lake', 'schedule']],
  ['QUARANTINE_PREFIX', ['quarantine', 'prefix']],
  ['QUARANTINE_CONTAINER', ['quarantine', 'container']],
  ['QUARANTINE_BYTES', ['quarantine', 'bytes']],
  ['STATE_TABLE', ['state', 'table']],
  ['WINDOW_QUEUE', ['state', 'queue']],
  ['LEASE', ['state', 'lease']],
  ['PLAN_SCHEDULE', ['plan', 'schedule']],
  ['PLAN_PATIENCE', ['plan', 'patience']],
  ['PLAN_LIMIT', ['plan', 'limit'], numberOf],
  ['AUDIT_SCHEDULE', ['audit', 'schedule']],
  ['AUDIT_RECHECK', ['audit', 'recheck']],
  ['AUDIT_HORIZON', ['audit', 'horizon']],
  ['AUDIT_PURGED', ['audit', 'purged']],
  ['BUDGET_IN_FLIGHT', ['budget', 'inFlight'], numberOf],
  ['BUDGET_RATE', ['budget', 'rate'], numberOf],
  ['STATUS_ACCESS', ['status', 'access']],
];

/** Never part of a document: a file in the package is no place for secrets. */
export const secretSettings = [
  'QUERY_KEY',
  'LAKE_CONNECTION_STRING',
  'LAKE_ACCOUNT_KEY',
  'LAKE_SAS',
  'SHAPE_HASH_KEY',
] as const;

function listOf(text: string): string[] {
  return text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}

function oneOrList(text: string): string | string[] {
  return text.includes(',') ? listOf(text) : text;
}

/** `90d`, or `traces=30d, *=400d`. */
function oneOrPairs(text: string): unknown {
  return text.includes('=') ? pairsOf(text) : text;
}

/** `folder=name, folder=name`; text that is not written so is handed on, for the schema to refuse. */
function pairsOf(text: string): unknown {
  const pairs = listOf(text).map((pair) => pair.split('=').map((side) => side.trim()));
  return pairs.every((pair) => pair.length === 2 && pair[0] !== '') ? Object.fromEntries(pairs) : text;
}

function booleanOf(text: string): unknown {
  return { true: true, false: false, 1: true, 0: false }[text.toLowerCase()] ?? text;
}

function numberOf(text: string): unknown {
  return /^\d+$/.test(text) ? Number(text) : text;
}

/** A setting's text; undefined when it is missing or blank (the portal keeps emptied settings as ''). */
export const settingOf = (env: Env, name: string): string | undefined => env[name]?.trim() || undefined;

/**
 * The document with the flat app settings laid over it; `origin` tells where the value at a path came from, for
 * messages.
 */
export function withFlatSettings(
  document: object,
  env: Env,
): { readonly raw: object; readonly origin: (path: Path) => string } {
  const raw = structuredClone(document);
  const set = flatSettings.filter(([name]) => settingOf(env, name) !== undefined);
  const blobs = 'exports' in raw || settingOf(env, 'EXPORT_CONTAINER') !== undefined;
  for (const [name, path, read] of set) {
    if (path[0] === 'exports' && !blobs) continue; // EXPORT_CONTAINER is the switch of that source
    const text = settingOf(env, name) ?? '';
    assign(raw, path, read ? read(text) : text);
  }
  const origin = (path: Path): string => {
    const flat = (candidates: typeof flatSettings) =>
      candidates.find(([, place]) => place.every((step, index) => step === path[index]))?.[0];
    const inDocument = valueAt(document, path.slice(0, 1)) !== undefined;
    return flat(set) ?? (inDocument ? undefined : flat(flatSettings)) ?? `${documentSetting}: ${pathText(path)}`;
  };
  return { raw, origin };
}

export const documentSetting = 'INSIGHTS_LAKE_CONFIG';

export const pathText = (path: Path): string =>
  path.map((step, index) => (typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`)).join('') ||
  'the document';

export function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (at, step) => (typeof at === 'object' && at !== null ? Reflect.get(at, step) : undefined),
    value,
  );
}

/**
 * Sets the value at a path, with objects and lists made on the way; what stands in the way stays, for the schema to
 * refuse.
 */
export function assign(target: object, path: Path, value: unknown): void {
  let at: object = target;
  for (const [index, step] of path.slice(0, -1).entries()) {
    if (Reflect.get(at, step) === undefined) Reflect.set(at, step, typeof path[index + 1] === 'number' ? [] : {});
    const next: unknown = Reflect.get(at, step);
    if (typeof next !== 'object' || next === null) return;
    at = next;
  }
  Reflect.set(at, path.at(-1) ?? '', value);
}
