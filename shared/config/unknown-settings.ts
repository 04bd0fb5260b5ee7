import { azureNames, othersNames, platformNames, terminalNames } from './azure-names.ts';
import { documentSetting, type Env, flatSettings, type SettingFault, secretSettings, settingOf } from './flat.ts';
import { editsBetween, nearestWord } from './near.ts';

/**
 * What begins like ours and is set by whatever runs the app: Windows plans of App Service (two), the .NET images below
 * those of Functions (`APP_UID`), Kubernetes for a service that is called `app` or `lake`.
 */
const foreign = /^APP_POOL_|^APP_UID$|_SERVICE_(HOST|PORT)(_|$)|_PORT(_\d+_(TCP|UDP|SCTP))?(_PROTO|_PORT|_ADDR)?$/;
const connectionParts = [
  'blobServiceUri',
  'queueServiceUri',
  'tableServiceUri',
  'accountName',
  'credential',
  'clientId',
  'tenantId',
];

const connections = ['ExportStorage', 'AzureWebJobsStorage'];

/** Has a meaning somewhere as it stands, or is one more of those: never misspelt. Proxies are written small as well. */
const isMeant = (name: string): boolean =>
  [azureNames, terminalNames, platformNames, connections].some((names) => names.includes(name.replace(/_?\d+$/, ''))) ||
  othersNames.includes(name.toUpperCase()) ||
  (/_proxy$/.test(name) && azureNames.includes(name.toUpperCase()));

const sorted = (word: string): string => [...word.toUpperCase()].sort().join('');

/**
 * One of these that is at most two letters away, or has the same letters in another order. A short word is near many
 * that are not ours (`RELEASE`, `BASE`), unless it stands in the other whole; so is a proxy near others' (`APT_PROXY`).
 */
function misspelt(name: string, words: readonly string[]): string | undefined {
  const upper = name.toUpperCase();
  const away = (known: string): number => editsBetween(upper, known.toUpperCase());
  const isNear = (known: string): boolean => {
    const within = upper.includes(known.toUpperCase()) && (known.includes('_') || !upper.endsWith(known));
    const isLong = known.endsWith('_PROXY') ? known.startsWith(upper) : known.length > 6;
    return away(known) <= (isLong || within || sorted(name) === sorted(known) ? 2 : 1);
  };
  return words
    .filter((known) => Math.abs(known.length - name.length) <= 2 && isNear(known))
    .sort((a, b) => away(a) - away(b))[0];
}

/** All settings of ours. */
const allSettings = [...flatSettings.map(([name]) => name), ...secretSettings, documentSetting];

const isBlank = (env: Env, name: string): boolean => settingOf(env, name) === undefined;

/**
 * Settings that begin like ours, or are spelled nearly as one of ours, and are none: most likely misspelt, and silently
 * ignored otherwise. `connection`: the one of the exports.
 */
export function unknownSettings(env: Env, connection = 'ExportStorage'): SettingFault[] {
  const parts = [...connections, connection].flatMap((name) => [
    name,
    ...connectionParts.map((part) => `${name}__${part}`),
  ]);
  const ours = (name: string): readonly string[] | undefined => {
    if (/^(APP|QUERY|EXPORT|LAKE|SHAPE|QUARANTINE|AUDIT|BUDGET)_/.test(name)) return allSettings;
    return name.startsWith('ExportStorage__') ? parts : undefined;
  };
  const all = [...allSettings, ...parts];
  return Object.keys(env).flatMap((name) => {
    if (isBlank(env, name) || all.includes(name) || foreign.test(name) || isMeant(name)) return [];
    const words = ours(name);
    const near = words === undefined ? misspelt(name, all) : nearestWord(name, words);
    if (words === undefined && near === undefined) return [];
    const hint = near ? `; did you mean ${near}?` : '; remove or rename it';
    return [{ setting: name, text: `${name} is no setting of Insights Lake${hint}` }];
  });
}

/** What the platform leaves in a setting where it cannot follow the reference that stands there: the reference. */
export const isReference = (text: string | undefined): boolean =>
  /^@Microsoft\.(KeyVault|AppConfiguration)\(/i.test(text ?? '');

/**
 * Settings of ours that the app sees as references. Taken as they stand, one of them would be a key that anyone can
 * read in the portal.
 */
export function unfollowedReferences(env: Env): SettingFault[] {
  const names = [
    ...allSettings,
    'AZURE_CLIENT_ID',
    ...connections,
    settingOf(env, 'EXPORT_CONNECTION') ?? 'ExportStorage',
  ];
  return [...new Set(names)]
    .filter((name) => isReference(settingOf(env, name)))
    .map((name) => ({
      setting: name,
      text:
        `${name} is a reference that the platform could not follow: give the identity of the app Key Vault Secrets ` +
        'User (App Configuration Data Reader), let its network in, see that the secret is there, and restart the app',
    }));
}

/**
 * Variables that are spelled nearly as one of others' `names` that is read and is not set; one line each. Those names
 * are not ours to give out, so that this is told and refuses nothing.
 */
export function nearlyRead(env: Env, names: readonly string[] = [...azureNames, ...terminalNames]): string[] {
  return Object.keys(env).flatMap((name) => {
    if (isBlank(env, name) || isMeant(name)) return [];
    const near = misspelt(name, names);
    if (near === undefined || !isBlank(env, near)) return [];
    return [`${name} is set and not read here; did you mean ${near}?`];
  });
}

/**
 * Variables that lack the first word of a setting of ours which is not set (`ACCOUNT_URL`), or have the product's name
 * before it; one line each. Such a name can be another's, so that this is told of an app's settings alone.
 */
export function lackingPrefix(env: Env): string[] {
  return Object.keys(env).flatMap((name) => {
    if (isBlank(env, name) || allSettings.includes(name) || isMeant(name)) return [];
    const upper = name.toUpperCase();
    const cut = [/^INSIGHTS_?/, /^INSIGHTS_?LAKE_/].map((product) => upper.replace(product, ''));
    const rests = cut.filter((rest) => rest !== upper);
    const near = allSettings.filter(
      (each) => rests.includes(each) || [upper, ...rests].some((rest) => /_/.test(rest) && afterPrefix(each) === rest),
    );
    const [meant] = near.some((each) => !isBlank(env, each)) ? [] : near;
    return meant === undefined ? [] : [`${name} is set and not read here; did you mean ${meant}?`];
  });
}

const afterPrefix = (name: string): string => name.slice(name.indexOf('_') + 1);
