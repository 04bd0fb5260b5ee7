import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { identityOf } from '../../shared/config/identity-of.ts';
import {
  accountName,
  blobEndpoint,
  EMULATED,
  isConnectionString,
  isNumber,
  OPEN_CONNECTION,
  travelsOpen,
} from '../../shared/config/places.ts';
import { secret } from '../../shared/config/secret.ts';
import { prefix } from '../../shared/config/value-schema.ts';
import { secureUrl } from '../../shared/config/values.ts';
import type { Access, Place } from '../../shared/model.ts';
import { usage } from '../failure.ts';

type Env = Readonly<Record<string, string | undefined>>;

/**
 * The place that `--out` (or another `flag`) names: a folder, or a container by URL. A SAS in the URL,
 * AZURE_STORAGE_CONNECTION_STRING and AZURE_STORAGE_KEY open it, in this order; else the identity at hand. Throws
 * Failure, never with the query of the URL in it.
 */
export function destinationOf(out: string | undefined, env: Env, flag = '--out'): Place {
  if (out === undefined)
    throw usage(`${flag} is missing: a folder, or https://<account>.blob.core.windows.net/<container>`);
  if (/^file:\/\//i.test(out)) return folderOf(out, flag);
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(out)?.[1]?.toLowerCase();
  if (scheme === undefined) return { kind: 'folder', folder: resolve(out) };
  const bare = out.replace(/[?#].*$/s, '');
  // Cut off, it would be another folder.
  if (out.includes('#')) throw usage(`${flag} ${bare}: a # in the name of a folder is written %23`);
  if (scheme === 'abfss') return container(bare, abfssUrl(bare, flag), '', env, flag);
  if (scheme !== 'https' && scheme !== 'http')
    throw usage(`${flag} ${bare}: ${scheme} is not supported; give a folder or an https URL`);
  const url = secureUrl(out);
  if (url === undefined || url.username !== '')
    throw usage(
      `${flag} is no address that can be used: https://<account>.blob.core.windows.net/<container> (http only on ` +
        '127.0.0.1)',
    );
  const sas = url.search.slice(1);
  if (sas !== '' && !/(^|&)sig=/.test(sas))
    throw usage(`${flag} ${bare}: what follows the ? is no SAS token (it lacks sig=)`);
  return container(bare, new URL(bare), sas, env, flag);
}

function folderOf(out: string, flag: string): Place {
  try {
    return { kind: 'folder', folder: fileURLToPath(out) };
  } catch (error) {
    throw usage(
      `${flag} ${out}: not a folder of this machine (${error instanceof Error ? error.message : String(error)})`,
    );
  }
}

/** `abfss://container@account.dfs.core.windows.net/folder`, as Spark writes it. */
function abfssUrl(text: string, flag: string): URL {
  const [, name, host, path = ''] = /^abfss:\/\/([^@/]+)@([^/]+)(\/.*)?$/i.exec(text) ?? [];
  if (name === undefined || host === undefined)
    throw usage(`${flag} ${text}: must be abfss://<container>@<account>.dfs.core.windows.net/<folder>`);
  return new URL(`https://${host}/${name}${path}`);
}

function container(shown: string, url: URL, sas: string, env: Env, flag: string): Place {
  const words = url.pathname.split('/').filter((word) => word !== '');
  const account = isNumber(url.hostname) ? (words.shift() ?? '') : '';
  const [name, ...folders] = words.map((word) => decoded(word, shown, flag));
  if (name === undefined)
    throw usage(
      `${flag} ${shown}: names no container; write ${shown.replace(/\/+$/, '')}/<container>, optionally with a ` +
        'folder behind it',
    );
  if (!/^(?=.{3,63}$)([a-z0-9]+(-[a-z0-9]+)*|\$(root|web))$/.test(name))
    throw usage(
      `${flag} ${shown}: "${name}" is no name of a container (3 to 63 small letters, digits and single hyphens)`,
    );
  // The clients of storage take a backslash for a slash when they write, and not when they list.
  const folder = prefix().safeParse(folders.join('/'));
  if (!folder.success) throw usage(`${flag} ${shown}: the folder must be ${folder.error.issues[0]?.message}`);
  const endpoint = blobEndpoint(`${url.origin}${account === '' ? '' : `/${account}`}`);
  return {
    kind: 'container',
    url: endpoint,
    container: name,
    prefix: folder.data,
    access: accessOf(endpoint, sas, env, flag),
  };
}

function decoded(word: string, shown: string, flag: string): string {
  try {
    return decodeURIComponent(word);
  } catch {
    throw usage(`${flag} ${shown}: a % in the name of a folder is written %25`);
  }
}

function accessOf(endpoint: string, sas: string, env: Env, flag: string): Access {
  if (sas !== '') return { kind: 'sas', sas: secret(sas) };
  const account = accountName(endpoint);
  if (env.AZURE_STORAGE_CONNECTION_STRING) return connectionAccess(env.AZURE_STORAGE_CONNECTION_STRING, account, flag);
  const key = env.AZURE_STORAGE_KEY;
  return key ? { kind: 'key', account, key: secret(key) } : identityOf(env);
}

/**
 * The secret of a connection string; the address stays the one that the flag names, and must be of the same account.
 */
function connectionAccess(text: string, account: string, flag: string): Access {
  if (!isConnectionString(text))
    throw usage(
      'AZURE_STORAGE_CONNECTION_STRING is no storage connection string (AccountName=…;AccountKey=…); mend or unset it',
    );
  if (travelsOpen(text)) throw usage(`AZURE_STORAGE_CONNECTION_STRING must be ${OPEN_CONNECTION}; mend or unset it`);
  const part = (name: string) => new RegExp(`(?:^|;)\\s*${name}=([^;]*)`, 'i').exec(text)?.[1];
  const development = part('UseDevelopmentStorage') !== undefined;
  const endpoint = part('BlobEndpoint');
  const own = development
    ? EMULATED.account
    : (part('AccountName') ?? (endpoint && URL.canParse(endpoint) ? accountName(endpoint) : 'unknown'));
  if (own !== account)
    throw usage(
      `AZURE_STORAGE_CONNECTION_STRING is of the account ${own}, ${flag} names ${account}; unset it, or name that ` +
        'account',
    );
  const key = development ? EMULATED.key : part('AccountKey');
  return key
    ? { kind: 'key', account, key: secret(key) }
    : { kind: 'sas', sas: secret(part('SharedAccessSignature') ?? '') };
}
