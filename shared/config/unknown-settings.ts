import { azureNames, othersNames, platformNames, terminalNames } from './azure-names.ts';
import { documentSetting, type Env, flatSettings, type SettingFault, secretSettings, settingOf } from './flat.ts';
import { editsBetween, nearestWord } from './near.ts';

/** Windows plans of App Service set these two themselves. */
const foreign = /^APP_POOL_/;
const connectionParts = [
  'blobServiceUri',
  'queueServiceUri',
  'tableServiceUri',
  'accountName',
  'credential',
  'clientId',
  'tenantId',
];

/** Has a meaning somewhere as it stands: never misspelt. Proxies are written small as well. */
const isMeant = (name: string): boolean =>
  [azureNames, terminalNames, platformNames].some((names) => names.includes(name)) ||
  othersNames.includes(name.toUpperCase()) ||
  (/_proxy$/.test(name) && azureNames.includes(name.toUpperCase()));

const sorted = (word: string): string => [...word.toUpperCase()].sort().join('');

/**
 * One of these that is at most two letters away, or has the same letters in another order. A short word is near many
 * that are not ours (`RELEASE`, `BASE`), unless it stands in the other whole.
 */
function misspelt(name: string, words: readonly string[]): string | undefined {
  const upper = name.toUpperCase();
  const away = (known: string): number => editsBetween(upper, known.toUpperCase());
  const isNear = (known: string): boolean => {
    const within = upper.includes(known.toUpperCase()) && (known.includes('_') || !upper.endsWith(known));
    return away(known) <= (known.length > 6 || within || sorted(name) === sorted(known) ? 2 : 1);
  };
  return words
    .filter((known) => Math.abs(known.length - name.length) <= 2 && isNear(known))
    .sort((a, b) => away(a) - away(b))[0];
}

const isBlank = (env: Env, name: string): boolean => settingOf(env, name) === undefined;

/**
 * Settings that begin like ours, or are spelled nearly as what is read here, and are none: most likely misspelt, and
 * silently ignored otherwise. `connection`: the one of the exports.
 */
export function unknownSettings(env: Env, connection = 'ExportStorage'): SettingFault[] {
  const known = [...flatSettings.map(([name]) => name), ...secretSettings, documentSetting];
  const parts = ['ExportStorage', 'AzureWebJobsStorage', connection].flatMap((name) => [
    name,
    ...connectionParts.map((part) => `${name}__${part}`),
  ]);
  const ours = (name: string): readonly string[] | undefined => {
    if (/^(APP|QUERY|EXPORT|LAKE|SHAPE|QUARANTINE|AUDIT|BUDGET)_/.test(name) && !foreign.test(name)) return known;
    return name.startsWith('ExportStorage__') ? parts : undefined;
  };
  const all = [...known, ...parts, ...azureNames];
  return Object.keys(env).flatMap((name) => {
    if (isBlank(env, name) || all.includes(name) || isMeant(name)) return [];
    const words = ours(name);
    const near = words === undefined ? misspelt(name, all) : nearestWord(name, words);
    if (words === undefined && near === undefined) return [];
    const hint = near ? `; did you mean ${near}?` : '; remove or rename it';
    return [{ setting: name, text: `${name} is no setting of Insights Lake${hint}` }];
  });
}

/** Variables of a terminal that are spelled nearly as one that commands read; one line each. */
export function nearlyRead(env: Env): string[] {
  const all = [...azureNames, ...terminalNames];
  return Object.keys(env).flatMap((name) => {
    if (isBlank(env, name) || isMeant(name)) return [];
    const near = misspelt(name, all);
    return near === undefined ? [] : [`${name} is set and not read here; did you mean ${near}?`];
  });
}
