import type { ObjectStore } from '../../model.ts';

/**
 * Refusals that tell of one file, not of the lake that it lies in, out of all that Blob Storage and Data Lake Storage
 * document: what the file is, who holds it, what it may become. Those of keys, roles, networks, quotas, containers and
 * accounts are of the lake, and so is what nobody knows.
 */
const ofOneFile: ReadonlySet<string> = new Set([
  // It is kept as it is.
  ...['BlobArchived', 'BlobBeingRehydrated', 'BlobImmutableDueToLegalHold', 'BlobImmutableDueToPolicy'],
  // Somebody else has it, or is at it.
  ...['InfiniteLeaseDurationRequired', 'LeaseAlreadyPresent', 'LeaseIdMismatchWithBlobOperation', 'LeaseIdMissing'],
  ...['LeaseLost', 'LeaseNameMismatch', 'LeaseNotPresentWithBlobOperation', 'LockLost', 'BlobOverwritten'],
  ...['PendingCopyOperation', 'SnapshotsPresent', 'SystemInUse', 'DestinationPathIsBeingDeleted'],
  // It is of another kind than what is to be put there.
  ...['BlobOperationNotSupported', 'BlobUsesCustomerSpecifiedEncryption', 'InvalidBlobType', 'DirectoryNotEmpty'],
  ...['PathAlreadyExists', 'PathConflict', 'ResourceTypeMismatch'],
  // It cannot have that name, size or these pieces.
  ...['InvalidDestinationPath', 'InvalidResourceName', 'InvalidUri', 'BlockCountExceedsLimit', 'BlockListTooLong'],
  ...['ContentLengthLargerThanTierLimit', 'InvalidBlobOrBlock', 'InvalidBlockList', 'RequestBodyTooLarge'],
]);

/** A lake that remembers how writing to it goes. */
export interface WatchedLake {
  readonly lake: ObjectStore;
  /**
   * Of the writes since the last call: whether there were any, and the last error, unless it concerned one file alone.
   */
  take(): { readonly wrote: boolean; readonly error: string | undefined };
}

export function watchedLake(lake: ObjectStore): WatchedLake {
  let [wrote, error]: [boolean, string | undefined] = [false, undefined];
  const failing = (failure: unknown): never => {
    const code = failure instanceof Error && 'code' in failure ? String(failure.code) : '';
    const isAbort = failure instanceof Error && failure.name === 'AbortError';
    if (!isAbort && !ofOneFile.has(code)) error = failure instanceof Error ? failure.message : String(failure);
    throw failure;
  };
  return {
    lake: {
      ...lake,
      prepare: () => lake.prepare().catch(failing),
      head: (name) => lake.head(name).catch(failing),
      put: async (name, content, etag) => {
        const tag = await lake.put(name, content, etag).catch(failing);
        wrote = true;
        return tag;
      },
    },
    take: () => {
      const seen = { wrote, error };
      [wrote, error] = [false, undefined];
      return seen;
    },
  };
}
