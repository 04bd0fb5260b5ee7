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

/**
 * Whether the key or SAS of a connection string would travel in the clear beyond this machine. The emulator's own key,
 * which is public, may go to wherever the emulator is.
 */
export function travelsOpen(text: string): boolean {
  if (/(^|;)\s*(UseDevelopmentStorage=true|AccountName=devstoreaccount1\s*(;|$))/i.test(text)) return false;
  const named = [...text.matchAll(/(?:Blob|Table|Queue)\w*Endpoint\s*=\s*([^;\s]+)/gi)].map(
    ([, address = '']) => address,
  );
  if (named.some((address) => /^http:/i.test(address) && secureUrl(address) === undefined)) return true;
  // What is not named goes by the protocol, beyond this machine.
  const isHere = named.length > 0 && named.every((address) => URL.canParse(address) && isLoopback(new URL(address)));
  return /(^|;)\s*DefaultEndpointsProtocol\s*=\s*http\s*(;|$)/i.test(text) && !isHere && named.length < 3;
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
    if (value === undefined ? !needs.includes(kind) : secureUrl(value)) return [];
    const otherwise = value === undefined ? ` (or ${name} a connection string)` : '';
    return [fault(setting, `the ${kind} endpoint of a storage account${otherwise}`, shown(value))];
  });
  if (faults.length > 0) return faults;
  const [blobUrl = '', queueUrl = '', tableUrl = ''] = found.map(({ value }) => (value ?? '').replace(/\/+$/, ''));
  const setting = `${name}__clientId`;
  return { blobUrl, queueUrl, tableUrl, access: identityOf(env, { setting, value: settingOf(env, setting) }) };
}

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

/** The account's name in its endpoint: the first word of the host, or of the path where the host is an emulator's. */
export function accountName(url: string): string {
  const { hostname, pathname } = new URL(url);
  const inPath = /^\d|^\[|^localhost$/.test(hostname);
  return (inPath ? pathname.split('/')[1] : hostname.split('.')[0]) ?? '';
}

export const fault = (setting: string, must: string, was: string): SettingFault => ({
  setting,
  text: `${setting} must be ${must}; it is ${was}`,
});
