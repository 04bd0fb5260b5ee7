/** Turns what a store throws into one clear line without secrets. Pure. */

/** What went wrong, in the store's own word (`BlobArchived`, `ContainerNotFound`, `ENOSPC`), for callers that tell failures apart. */
export interface StoreFailure extends Error {
  readonly code: string;
}

const BLOB_ROLE =
  'give this identity the role Storage Blob Data Contributor (or Owner) on the container; that takes up to an hour to work';
const IMMUTABLE =
  'the container must let blobs be overwritten: remove its immutability policy or legal hold, or choose another container';

/** Code → what happened and what to do. Codes of Blob Storage, of the SDK's transport and of Node's file system. */
const ADVICE: Readonly<Record<string, string>> = {
  AccountIsDisabled: 'the storage account is disabled; enable it in the portal',
  AuthenticationFailed:
    'the key, SAS or token was refused; check it, that it has not expired, and this machine’s clock',
  AuthorizationFailure:
    'not allowed; check the account’s firewall (allow this network or use a private endpoint), the role of this identity or the key',
  AuthorizationPermissionMismatch: `not allowed; check the container’s name and ${BLOB_ROLE}; a SAS needs read, add, create, write, delete and list`,
  AuthorizationProtocolMismatch: 'the SAS does not allow this protocol; use https',
  AuthorizationResourceTypeMismatch: 'the SAS is not for containers and objects; make one that is',
  AuthorizationServiceMismatch: 'the SAS is not for Blob Storage; make one that is',
  AuthorizationSourceIPMismatch: 'the SAS does not allow this IP address; make one that does',
  InsufficientAccountPermissions: `not allowed; ${BLOB_ROLE}`,
  KeyBasedAuthenticationNotPermitted: 'the account does not take keys; use an identity',
  NoAuthenticationInformation: `there are no credentials and the container is not public; ${BLOB_ROLE}`,
  PublicAccessNotPermitted: `there are no credentials and the account is not public; ${BLOB_ROLE}`,
  BlobArchived: 'the blob is in the archive tier; rehydrate it to read it',
  BlobBeingRehydrated: 'the blob is on its way out of the archive tier; wait until it is there',
  BlobImmutableDueToPolicy: IMMUTABLE,
  BlobNotFound: 'it is gone',
  BlobOverwritten: IMMUTABLE,
  ConditionNotMet: 'it changed meanwhile',
  ContainerBeingDeleted: 'the container is being deleted; wait some minutes or choose another one',
  ContainerDisabled: 'the container is disabled; enable it in the portal',
  ContainerNotFound: 'there is no such container; check its name, or create it',
  InvalidBlobType: 'there is an append or page blob of this name; remove it or choose another place',
  InvalidHeaderValue:
    'a header was refused; Azurite must be started with --skipApiVersionCheck (npm run azurite), as it may be older than we are',
  InvalidResourceName: 'the container’s name is not allowed: 3 to 63 lower-case letters, digits and single dashes',
  LeaseIdMissing: 'somebody holds a lease on it; break the lease',
  OutOfRangeInput: 'a name is too short or too long: containers, tables and queues have 3 to 63 characters',
  PathAlreadyExists: 'there is a folder of this name; remove it or choose another place',
  ResourceTypeMismatch: 'there is a folder of this name; remove it or choose another place',
  CREDENTIAL: 'no sign-in worked; sign in (az login), or give the app an identity and name its client id',
  ENOTFOUND: 'there is no such account; check the address, and private DNS where the account has a private endpoint',
  EAI_AGAIN: 'the name could not be looked up; check the address and the network',
  ECONNREFUSED: 'nothing listens there; check the address (is Azurite running?)',
  ECONNRESET: 'the connection broke',
  ETIMEDOUT: 'no answer; check the network and the account’s firewall',
  NoAnswer: 'no answer, asked twice; check the network and the account’s firewall',
  CERT: 'the server’s certificate is not trusted; check the address and proxies in between',
  EACCES: 'not allowed; give this user the right to write there, or choose another folder',
  EPERM: 'not allowed; give this user the right to write there, or choose another folder',
  EROFS: 'the file system is read-only; choose another folder',
  ENOSPC: 'the disk is full; make room or choose another folder',
  EDQUOT: 'the quota of the disk is used up; make room or choose another folder',
  ENOTDIR: 'a part of the path is a file, not a folder; remove it or choose another folder',
  EISDIR: 'there is a folder of this name; remove it or choose another folder',
  EEXIST: 'there is a file where a folder must be; remove it or choose another folder',
  ENAMETOOLONG: 'the name is too long for this file system; choose a shorter folder or path template',
  ENOENT: 'it is gone',
  NO_FOLDER: 'no folder can be made there; choose another',
  EMFILE: 'too many open files; raise the limit (ulimit -n)',
  EXDEV: 'the folder spans several file systems; choose one without mounts inside',
};

/**
 * The error to throw: `<doing>: <what happened>; <what to do> (<code>)`, e.g. `put requests/a.parquet in https://… : the disk is full; …`.
 * `advice` goes before the table above: for the codes that mean something else to a table or queue.
 * Errors of the Azure SDKs are no `cause` of it: they carry the request, whose address and headers hold secrets.
 */
export function storeFailure(
  doing: string,
  error: unknown,
  advice: Readonly<Record<string, string>> = {},
): StoreFailure {
  const code = failureCode(error);
  const text = `${doing}: ${advice[code] ?? ADVICE[code] ?? plainMessage(error)}${code === '' ? '' : ` (${code})`}`;
  const cause =
    error instanceof Error && !('request' in error) && !('response' in error) ? { cause: error } : undefined;
  return Object.assign(new Error(text, cause), { code });
}

/** The store's word for the failure: its service's code, else Node's, else the HTTP status; '' where there is none. */
export function failureCode(error: unknown): string {
  if (/^(CredentialUnavailable|Authentication|AggregateAuthentication)\w*Error$/.test(text(error, 'name')))
    return 'CREDENTIAL';
  const code =
    text(field(error, 'details'), 'errorCode') ||
    text(field(field(error, 'details'), 'odataError'), 'code') ||
    text(error, 'code') ||
    statusOf(error);
  return /CERT|SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)/.test(code) ? 'CERT' : code;
}

const field = (of: unknown, name: string): unknown =>
  typeof of === 'object' && of !== null ? Reflect.get(of, name) : undefined;

function text(of: unknown, name: string): string {
  const value = field(of, name);
  return typeof value === 'string' ? value : '';
}

/** HTTP status of the answer; 0 where there was none. */
export function failureStatus(error: unknown): number {
  const status = field(error, 'statusCode');
  return typeof status === 'number' ? status : 0;
}

function statusOf(error: unknown): string {
  const status = failureStatus(error);
  return status === 0 ? '' : `HTTP ${status}`;
}

/** The first line, without what follows a `?` in addresses (SAS) and without quoted signatures. */
function plainMessage(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const line = message.split('\n').find((part) => part.trim() !== '') ?? 'no reason given';
  return line
    .replace(/(https?:\/\/[^\s?'"]*)\?[^\s'"]*/g, '$1')
    .replace(/\b(sig|AccountKey|SharedKey|Bearer)([=: ]+)[^\s&;'"]+/gi, '$1$2…')
    .slice(0, 500);
}
