import { defaultPathTemplate, pathTemplateFaults } from '../lake/path-template.ts';
import type { Access, Format, Output, Place, QuarantineSettings, Shaping } from '../model.ts';
import { isPrivate } from '../signals/shape.ts';
import { documentSetting, type Env, type Path, type SettingFault, settingOf } from './flat.ts';
import { identityOf } from './identity-of.ts';
import {
  accountName,
  blobEndpoint,
  fault,
  isConnectionString,
  isHttp,
  OPEN_CONNECTION,
  travelsOpen,
} from './places.ts';
import { quarantinePrefixFault } from './quarantine-prefix.ts';
import { folderKeyFaults } from './reader-names.ts';
import type { SettingsDocument } from './schema.ts';
import { secret, shown } from './secret.ts';
import { secureUrl } from './values.ts';

type Lake = SettingsDocument['lake'];

/** What a destination is named by; exactly one of them. */
const destinations = ['LAKE_ACCOUNT_URL', 'LAKE_CONNECTION_STRING', 'LAKE_FOLDER'] as const;
const keys = ['LAKE_CONNECTION_STRING', 'LAKE_ACCOUNT_KEY', 'LAKE_SAS'] as const;

/**
 * What is wrong with the destination as a whole, whatever its parts look like: `raw` is the unparsed `lake` of the
 * document.
 */
export function lakeFaults(raw: Record<string, unknown>, env: Env): SettingFault[] {
  const given = destinations.filter(
    (name) =>
      settingOf(env, name) ??
      raw[{ LAKE_ACCOUNT_URL: 'accountUrl', LAKE_CONNECTION_STRING: '', LAKE_FOLDER: 'folder' }[name]],
  );
  if (given.length !== 1) {
    const was = given.length === 0 ? 'none of them is set' : `${given.join(' and ')} are set`;
    return [
      {
        setting: given[0] ?? destinations[0],
        text: `exactly one of ${destinations.join(', ')} must name the lake; ${was}`,
      },
    ];
  }
  if (given[0] === 'LAKE_FOLDER') return [];
  const { accountUrl } = raw;
  const isOpen = typeof accountUrl === 'string' && isHttp(accountUrl);
  const opened = keys.some((name) => settingOf(env, name) !== undefined);
  return [
    ...(raw.container === undefined ? [fault('LAKE_CONTAINER', 'the name of a container', 'not set')] : []),
    ...(isOpen && secureUrl(accountUrl) && !opened
      ? [
          fault(
            'LAKE_ACCOUNT_URL',
            'an address with https, or go with LAKE_ACCOUNT_KEY or LAKE_SAS: the token of an identity would travel ' +
              'in the clear',
            shown(accountUrl),
          ),
        ]
      : []),
    ...keyFaults(env),
  ];
}

function keyFaults(env: Env): SettingFault[] {
  const given = keys.filter((name) => settingOf(env, name) !== undefined);
  if (given.length > 1)
    return [
      { setting: given[1] ?? '', text: `only one of ${given.join(' and ')} can open the lake; remove the others` },
    ];
  const text = settingOf(env, 'LAKE_CONNECTION_STRING');
  if (text !== undefined && !isConnectionString(text))
    return [fault('LAKE_CONNECTION_STRING', 'a storage connection string (AccountName=…;AccountKey=…)', '[secret]')];
  if (text !== undefined && travelsOpen(text)) return [fault('LAKE_CONNECTION_STRING', OPEN_CONNECTION, '[secret]')];
  const sas = settingOf(env, 'LAKE_SAS');
  if (sas !== undefined && !/(^|[?&])sig=/.test(sas))
    return [fault('LAKE_SAS', 'a SAS token (sv=…&sig=…)', '[secret]')];
  return [];
}

/** Where the lake is. Only for settings that `lakeFaults` has nothing to say about. */
export function lakePlace(lake: Lake, env: Env): Place {
  if (lake.folder !== undefined) return { kind: 'folder', folder: lake.folder };
  const url = lake.accountUrl === undefined ? '' : blobEndpoint(lake.accountUrl);
  return {
    kind: 'container',
    url,
    container: lake.container ?? '',
    prefix: lake.prefix,
    access: lakeAccess(lake, url, env),
  };
}

function lakeAccess(lake: Lake, url: string, env: Env): Access {
  const [connectionString, key, sas] = keys.map((name) => settingOf(env, name));
  if (connectionString !== undefined) return { kind: 'connectionString', connectionString: secret(connectionString) };
  if (key !== undefined) return { kind: 'key', account: accountName(url), key: secret(key) };
  if (sas !== undefined) return { kind: 'sas', sas: secret(sas.replace(/^\?/, '')) };
  const isFlat = lake.clientId === undefined || settingOf(env, 'LAKE_CLIENT_ID') !== undefined;
  const setting = isFlat ? 'LAKE_CLIENT_ID' : `${documentSetting}: lake.clientId`;
  return identityOf(env, { setting, value: lake.clientId });
}

/**
 * Whether unreadable lines keep their bytes. Unless the settings say it, not where they hold something back that such a
 * line may say.
 */
export const keepsBytes = ({ bytes }: SettingsDocument['quarantine'], shape: Shaping): boolean =>
  bytes === undefined ? !Object.values(shape.signals).some(isPrivate) : bytes === 'keep';

/** Where unreadable lines go. */
export function quarantineOf(
  { lake, quarantine }: Pick<SettingsDocument, 'lake' | 'quarantine'>,
  shape: Shaping,
  env: Env,
): QuarantineSettings {
  const { prefix, container } = quarantine;
  const own = lakePlace(lake, env);
  const place = container === undefined || own.kind === 'folder' ? undefined : { ...own, container };
  return { prefix, place, keepBytes: keepsBytes(quarantine, shape) };
}

export function quarantineFaults(
  { lake, quarantine }: Pick<SettingsDocument, 'lake' | 'quarantine'>,
  origin: (path: Path) => string,
): SettingFault[] {
  // In a container of its own, too: whatever lies below the prefix goes there.
  const wrong = quarantinePrefixFault(quarantine.prefix, outputOf(lake).path);
  const prefix = origin(['quarantine', 'prefix']);
  const collisions = wrong === undefined ? [] : [fault(prefix, wrong, shown(quarantine.prefix))];
  if (quarantine.container === undefined || lake.folder === undefined) return collisions;
  const name = origin(['quarantine', 'container']);
  return [
    ...collisions,
    {
      setting: name,
      text: `${name} goes with a lake in a storage account, not with LAKE_FOLDER; remove it (the prefix is enough)`,
    },
  ];
}

export interface OutputChoice {
  readonly format: Format;
  readonly gzip: boolean;
  readonly partition: 'hour' | 'day';
  readonly path?: string | undefined;
  readonly table?: 'none' | 'delta';
}

/** How files look; the path template depends on the rest unless it is given. */
export function outputOf({ format, gzip, partition, path, table = 'none' }: OutputChoice): Output {
  if (table === 'delta') return { format, gzip, partition: 'day', path: defaultPathTemplate('day'), table };
  return { format, gzip, partition, path: path ?? defaultPathTemplate(partition) };
}

/** `origin` names the setting at a path of the document. */
export function outputFaults(choice: OutputChoice, origin: (path: Path) => string): SettingFault[] {
  const template = origin(['lake', 'path']);
  const name = origin(['lake', 'table']);
  const tables = choice.table === 'delta';
  return [
    ...(tables && choice.format !== 'parquet'
      ? [{ setting: name, text: `${name}=delta goes with the format parquet alone; it is ${choice.format}` }]
      : []),
    ...(tables && choice.path !== undefined
      ? [
          {
            setting: template,
            text: `${template} has no effect with ${name}=delta, whose folders are app and date; remove it`,
          },
        ]
      : []),
    ...(choice.gzip && choice.format === 'parquet'
      ? [fault(origin(['lake', 'gzip']), 'false with the format parquet, which compresses by itself', 'true')]
      : []),
    ...(choice.path === undefined
      ? []
      : [...pathTemplateFaults(choice.path, choice), ...folderKeyFaults(choice.path)]
    ).map((text) => ({
      setting: template,
      text: `${template} ${text}; it is ${shown(choice.path)}`,
    })),
  ];
}
