import type { Access } from '../model.ts';
import { type Env, type SettingFault, settingOf } from './flat.ts';
import { identityOf } from './identity-of.ts';
import { secret, shown } from './secret.ts';
import { isLoopback, secureUrl } from './values.ts';

/** The endpoints of a storage account and how to enter; urls are '' where a connection string names them. */
export interface Connection {
  readonly blobUrl: string;
  readonly queueUrl: string;
  readonly tableUrl: string;
  readonly access: Access;
}

export type Endpoint = 'blob' | 'queue' | 'table';

/**
 * Works with `AccountName=…;AccountKey=…`, `BlobEndpoint=…;SharedAccessSignature=…` and `UseDevelopmentStorage=true`.
 */
export const isConnectionString = (text: string): boolean =>
  /(^|;)\s*UseDevelopmentStorage=true/i.test(text) ||
  (/(^|;)\s*(AccountName|BlobEndpoint|TableEndpoint)=/i.test(text) &&
    /(^|;)\s*(AccountKey|SharedAccessSignature)=/i.test(text));

/** The emulator's account and key, which are the same everywhere and published with it. */
export const EMULATED = {
  account: 'devstoreaccount1',
  key: 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==',
};

/** `name=value;…` with the names in small letters; a name that comes twice stands there twice. */
const partsOf = (text: string): (readonly [name: string, value: string])[] =>
  text.split(';').flatMap((part) => {
    const at = part.indexOf('=');
    return at < 0 ? [] : [[part.slice(0, at).trim().toLowerCase(), part.slice(at + 1).trim()] as const];
  });

/** A host of this machine, or one that only a network of one's own knows by that name or number. */
const isNear = (url: URL): boolean =>
  isLoopback(url) ||
  /^[a-z0-9_-]+$|\.(internal|local|localhost|svc|lan|home\.arpa)$/.test(url.hostname) ||
  /^(10|192\.168|172\.(1[6-9]|2\d|3[01]))(\.\d{1,3})+$|^\[f[cd][0-9a-f]{2}:/.test(url.hostname);

/**
 * Whether what a connection string opens would travel in the clear beyond this machine. With the emulator's own key,
 * which is public, it may go to wherever the emulator is, within one's own network.
 */
export function travelsOpen(text: string): boolean {
  const parts = partsOf(text);
  const valuesOf = (name: RegExp): string[] =>
    parts.flatMap(([each, value]) => (name.test(each) && value !== '' ? [value] : []));
  const isEmulator =
    valuesOf(/^sharedaccesssignature$/).length === 0 &&
    valuesOf(/^accountkey$/).every((key) => key === EMULATED.key) &&
    (valuesOf(/^usedevelopmentstorage$/).some((value) => /^true$/i.test(value)) ||
      valuesOf(/^accountname$/).includes(EMULATED.account));
  const isHere = (address: string): boolean =>
    URL.canParse(address) && (isEmulator ? isNear : isLoopback)(new URL(address));
  const named = valuesOf(/^(blob|table|queue)\w*endpoint$|^developmentstorageproxyuri$/);
  if (named.some((address) => !/^https:\/\//i.test(address) && !isHere(address))) return true;
  // What is not named goes by the protocol, beyond this machine.
  const whole = ['blob', 'table', 'queue'].every((kind) => valuesOf(new RegExp(`^${kind}endpoint$`)).length > 0);
  const isOpen = valuesOf(/^defaultendpointsprotocol$/).some((value) => /^http$/i.test(value));
  return isOpen && !whole && !(named.length > 0 && named.every(isHere));
}

/** What a connection must be that would be open. */
export const OPEN_CONNECTION = 'a storage connection string with https, as its key or SAS would travel in the clear';

/**
 * Reads a connection as the Functions host names them: the setting `name` holds a connection string, or settings
 * `name__…` hold endpoints for an identity. `needs`: the endpoints that will be used.
 */
export function connectionOf(env: Env, name: string, needs: readonly Endpoint[]): Connection | SettingFault[] {
  const text = settingOf(env, name);
  if (text !== undefined) {
    if (!isConnectionString(text))
      return [fault(name, 'a storage connection string (AccountName=…;AccountKey=…)', '[secret]')];
    if (travelsOpen(text)) return [fault(name, OPEN_CONNECTION, '[secret]')];
    return {
      blobUrl: '',
      queueUrl: '',
      tableUrl: '',
      access: { kind: 'connectionString', connectionString: secret(text) },
    };
  }
  const account = settingOf(env, `${name}__accountName`);
  if (account !== undefined && !/^[a-z0-9]{3,24}$/.test(account))
    return [fault(`${name}__accountName`, 'the name of a storage account', shown(account))];
  const found = (['blob', 'queue', 'table'] as const).map((kind) => endpointUrl(env, name, kind, account));
  const faults = (['blob', 'queue', 'table'] as const).flatMap((kind, index) => {
    const { setting, value } = found[index] ?? { setting: '', value: undefined };
    // An identity's token goes nowhere in the clear, not even to an emulator on this machine.
    if (value === undefined ? !needs.includes(kind) : secureUrl(value)?.protocol === 'https:') return [];
    const otherwise = value === undefined || isHttp(value) ? ` (or ${name} a connection string)` : '';
    return [fault(setting, `the ${kind} endpoint of a storage account, with https${otherwise}`, shown(value))];
  });
  if (faults.length > 0) return faults;
  const [blobUrl = '', queueUrl = '', tableUrl = ''] = found.map(({ value }) => (value ?? '').replace(/\/+$/, ''));
  const setting = `${name}__clientId`;
  return { blobUrl, queueUrl, tableUrl, access: identityOf(env, { setting, value: settingOf(env, setting) }) };
}

export const isHttp = (url: string): boolean => /^http:/i.test(url);

function endpointUrl(
  env: Env,
  name: string,
  kind: Endpoint,
  account: string | undefined,
): { setting: string; value: string | undefined } {
  const setting = `${name}__${kind}ServiceUri`;
  const derived = account === undefined ? undefined : `https://${account}.${kind}.core.windows.net`;
  return { setting, value: settingOf(env, setting) ?? derived };
}

/** The blob endpoint of a blob or dfs endpoint: the same account by its other protocol. */
export function blobEndpoint(url: string): string {
  const parsed = new URL(url);
  parsed.hostname = parsed.hostname.replace(/^([^.]+)\.dfs\./, '$1.blob.');
  return parsed.href.replace(/\/+$/, '');
}

/** Whether a host is called by its number, or is this machine: there the account's name leads the path. */
export const isNumber = (hostname: string): boolean => /^\d+(\.\d+){3}$|^\[|^localhost$/.test(hostname);

/** The account's name in its endpoint: the first word of the host, or of the path where the host is an emulator's. */
export function accountName(url: string): string {
  const { hostname, pathname } = new URL(url);
  return (isNumber(hostname) ? pathname.split('/')[1] : hostname.split('.')[0]) ?? '';
}

export const fault = (setting: string, must: string, was: string): SettingFault => ({
  setting,
  text: `${setting} must be ${must}; it is ${was}`,
});
