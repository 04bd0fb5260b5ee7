/** Code → what happened and what to do. Pure. docs/operations.md has a line for each code of a service. */

const BLOB_ROLE =
  'give this identity the role Storage Blob Data Contributor (or Owner) on the container; that takes up to an ' +
  'hour to work';
const IMMUTABLE =
  'the container must let blobs be overwritten: remove its immutability policy or legal hold, or choose another ' +
  'container';

/** Codes of the storage services, of the SDK's transport and of Node's file system. */
export const ADVICE: Readonly<Record<string, string>> = {
  AccountIsDisabled: 'the storage account is disabled; enable it in the portal',
  AuthenticationFailed:
    'the key, SAS or token was refused; check it, that it has not expired, and this machine’s clock',
  AuthorizationFailure:
    'not allowed; check the account’s firewall (allow this network or use a private endpoint), the role of this ' +
    'identity or the key',
  AuthorizationPermissionMismatch:
    `not allowed; check the container’s name and ${BLOB_ROLE}; a SAS needs read, add, ` +
    'create, write, ' +
    'delete and ' +
    'list',
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
    'a header was refused; Azurite must be started with --skipApiVersionCheck (npm run azurite), as it may be ' +
    'older than we are',
  InvalidResourceName: 'the container’s name is not allowed: 3 to 63 lower-case letters, digits and single dashes',
  LeaseIdMissing: 'somebody holds a lease on it; break the lease',
  OutOfRangeInput: 'a name is too short or too long: containers, tables and queues have 3 to 63 characters',
  PathAlreadyExists: 'there is a folder of this name; remove it or choose another place',
  ResourceTypeMismatch: 'there is a folder of this name; remove it or choose another place',
  AccountBeingCreated: 'the storage account is being created; wait some minutes',
  AccountBeingDeleted: 'the storage account is being deleted; choose another one',
  ServerBusy:
    'the service is busy; it is tried again later (should it last, look at the account’s limits and what else uses it)',
  TooManyRequests:
    'the service takes no more calls for now; it is tried again later (should it last, look at the account’s ' +
    'limits and what else uses it)',
  OperationTimedOut: 'the service took too long and does not say whether it was done; it is tried again',
  InternalError: 'the service failed; it is tried again later',
  InvalidAuthenticationInfo:
    'the token is not for this account; an account in another tenant wants an identity of that tenant: check the ' +
    'account’s address, and the tenant of the identity or sign-in (az account show)',
  FeatureVersionMismatch: 'the account is too old for this call; choose a general-purpose v2 account',
  FeatureNotYetSupportedForHierarchicalNamespaceAccounts:
    'accounts with a hierarchical namespace do not do this; choose one without, or another place',
  KeyVaultEncryptionKeyNotFound:
    'the key that the account is encrypted with is not there; restore it in the key vault, or give the account another',
  KeyVaultAccessTokenCannotBeAcquired:
    'the account cannot reach the key that it is encrypted with; mend its identity and the key vault’s access rules',
  KeyVaultVaultNotFound:
    'the key vault with the key that the account is encrypted with is not there; restore it, or give the account ' +
    'another key',
  LeaseAlreadyPresent: 'somebody holds a lease on it; break the lease',
  LeaseLost: 'a lease on it was broken meanwhile; it is tried again',
  LegalHold: IMMUTABLE,
  BlobImmutableDueToLegalHold: IMMUTABLE,
  ContainerImmutableDueToPolicy: IMMUTABLE,
  NetworkSecurityPerimeterDenied:
    'the account’s network security perimeter lets nobody in from here; add an inbound rule for this network or ' +
    'subscription (roles have nothing to do with it)',
  PathConflict:
    'a part of the path is a file where a folder must be, or the other way round; remove it or choose another path',
  PathNotFound: 'a folder of the path is not there; check the path',
  FilesystemNotFound: 'there is no such container; check its name, or create it',
  SnapshotsPresent: 'it has snapshots, which keep it from being removed; remove them, or leave it',
  UnsupportedHeader: 'a header was refused; report it, with the kind of account',
  InvalidUri: 'the path is too long or holds a character that is not allowed; shorten LAKE_PATH or the names of apps',
  InvalidInput: 'the service refuses a value; a path may be too long: shorten LAKE_PATH or the names of apps',
  MetadataTooLarge: 'the path is too long; shorten LAKE_PATH or the names of apps',
  BlobAccessTierNotSupportedForAccountType: 'the account does not have this tier; choose another',
  BlockCountExceedsLimit: 'the file has too many blocks; choose a shorter window',
  RequestBodyTooLarge: 'it is too large for one call; choose a shorter window',
  AccountRequiresHttps: 'the account takes https only; write https in its address',
  Md5Mismatch: 'bytes were damaged on the way; it is tried again',
  CREDENTIAL: 'no sign-in worked; sign in (az login), or give the app an identity and name its client id',
  ENOTFOUND: 'there is no such account; check the address, and private DNS where the account has a private endpoint',
  EAI_AGAIN: 'the name could not be looked up; check the address and the network',
  ECONNREFUSED: 'nothing listens there; check the address (is Azurite running?)',
  ECONNRESET: 'the connection broke',
  PARSE_ERROR: 'the answer broke off, or is none of the service; it is tried again',
  EHOSTUNREACH: 'no way leads there; check the network, and private endpoints',
  ENETUNREACH: 'no way leads there; check the network',
  EPIPE: 'the connection broke',
  EPROTO: 'what answers there does not speak TLS; check the address (http or https) and its port',
  ETIMEDOUT: 'no answer; check the network and the account’s firewall',
  EADDRNOTAVAIL: 'this machine has no free port left for another connection; see what else it has open',
  ENETDOWN: 'no way leads there; check the network',
  EHOSTDOWN: 'no way leads there; check the network, and private endpoints',
  NotTheService:
    'something else answered in place of the service: a proxy, a gateway or a page that wants a sign-in; check the ' +
    'address, and what HTTPS_PROXY and NO_PROXY name (a proxy’s own user and password belong into HTTPS_PROXY)',
  UnauthorizedBlobOverwrite:
    'not allowed to replace a file; a SAS needs write beside create, a role must not be one that only adds',
  BlobUsesCustomerSpecifiedEncryption:
    'the blob is encrypted with a key of whoever wrote it, which is not kept in Azure; have it written without one',
  PendingCopyOperation: 'the blob is still being copied; it is tried again',
  QueueDisabled: 'the queue is disabled; enable it in the portal',
  NoAnswer: 'no answer, asked twice; check the network and the account’s firewall',
  CERT:
    'the server’s certificate is not trusted; where a proxy or gateway reads along, name the file with its ' +
    'certificate in NODE_EXTRA_CA_CERTS, else check the address',
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

/** The connection ended while TLS was agreed on: who stands between does that by the name alone. */
export const HANDSHAKE =
  'the connection broke before TLS was agreed on; check what stands between (a firewall or proxy that does not let ' +
  'this name pass), and private endpoints';
/** The same, with a word of TLS. */
export const REFUSED =
  'the server, or what stands between, refused to agree on TLS; check the address, and what a proxy or firewall does ' +
  'with it';

/** What a code means to whoever puts. */
export const ON_PUT: Readonly<Record<string, string>> = {
  BlobArchived:
    'the file that is to be replaced is in the archive tier; rehydrate it, and let no lifecycle rule archive the lake',
  BlobBeingRehydrated: 'the file that is to be replaced is on its way out of the archive tier; wait until it is there',
};

/** Of any other status. */
export const ODD = 'the service does not answer like this; check the address, and whatever stands between (a proxy)';

/** Where neither code nor body tells. */
export const BY_STATUS: Readonly<Record<number, string>> = {
  400: 'the service does not understand the call; report it, with the code',
  401: 'the service does not know who asks; check the tenant of the identity, and the key or SAS',
  403: 'not allowed; check the role of this identity, and the account’s firewall',
  404: 'it is not there; check its name',
  408: 'the service took too long and does not say whether it was done; it is tried again',
  409: 'something there stands in the way; look the code up in docs/operations.md',
  412: 'it changed meanwhile, or somebody holds a lease on it',
  429: 'the service takes no more calls for now; it is tried again later',
  500: 'the service failed; it is tried again later',
};
