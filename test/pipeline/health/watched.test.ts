import assert from 'node:assert/strict';
import { test } from 'node:test';
import { watchedLake } from '../../../shared/pipeline/health/watched.ts';
import { textLake } from '../world.ts';

const bytes = new TextEncoder().encode('a');
const coded = (code: string, name = 'Error') => Object.assign(new Error(`no: ${code}`), { code, name });

for (const [code, name, error] of [
  ['AuthenticationFailed', 'Error', 'no: AuthenticationFailed'],
  ['ENOTFOUND', 'Error', 'no: ENOTFOUND'],
  ['ServerBusy', 'Error', 'no: ServerBusy'],
  ['BlobArchived', 'Error', undefined],
  ['LeaseIdMissing', 'Error', undefined],
  ['LockLost', 'Error', undefined],
  ['', 'AbortError', undefined],
] as const)
  test(`a put that fails with ${code || name} ${error ? 'tells of the lake' : 'tells of one file'}`, async () => {
    const { lake, take } = watchedLake({ ...textLake(), put: () => Promise.reject(coded(code, name)) });
    await assert.rejects(lake.put('a', bytes, undefined));
    assert.deepEqual(take(), { wrote: false, error });
    assert.deepEqual(take(), { wrote: false, error: undefined });
  });

/** Of the codes that Azure documents for calls that put a file. */
const documented: Readonly<Record<'file' | 'lake', readonly string[]>> = {
  file: [
    ...['BlobArchived', 'BlobBeingRehydrated', 'BlobImmutableDueToLegalHold', 'BlobImmutableDueToPolicy'],
    ...[
      'BlobOperationNotSupported',
      'BlobOverwritten',
      'BlobUsesCustomerSpecifiedEncryption',
      'BlockCountExceedsLimit',
    ],
    ...['BlockListTooLong', 'ContentLengthLargerThanTierLimit', 'DestinationPathIsBeingDeleted', 'DirectoryNotEmpty'],
    ...['InfiniteLeaseDurationRequired', 'InvalidBlobOrBlock', 'InvalidBlobType', 'InvalidBlockList', 'InvalidUri'],
    ...['InvalidDestinationPath', 'InvalidResourceName', 'LeaseAlreadyPresent', 'LeaseIdMismatchWithBlobOperation'],
    ...['LeaseIdMissing', 'LeaseLost', 'LeaseNameMismatch', 'LeaseNotPresentWithBlobOperation', 'PathAlreadyExists'],
    ...['PathConflict', 'PendingCopyOperation', 'RequestBodyTooLarge', 'ResourceTypeMismatch', 'SnapshotsPresent'],
    'SystemInUse',
  ],
  lake: [
    ...['AccountBeingCreated', 'AccountIsDisabled', 'AuthenticationFailed', 'AuthorizationFailure', 'InternalError'],
    ...['AuthorizationPermissionMismatch', 'ContainerBeingDeleted', 'ContainerDisabled', 'ContainerNotFound'],
    ...['FilesystemBeingDeleted', 'FilesystemNotFound', 'InsufficientAccountPermissions', 'InvalidAuthenticationInfo'],
    ...['KeyBasedAuthenticationNotPermitted', 'KeyVaultAccessTokenCannotBeAcquired', 'KeyVaultEncryptionKeyNotFound'],
    ...['NoAuthenticationInformation', 'OperationTimedOut', 'ResourceNotFound', 'ServerBusy', 'TlsVersionNotPermitted'],
    ...['UnauthorizedBlobOverwrite', 'LeaseIdMismatchWithContainerOperation', 'WhatNobodyKnows'],
  ],
};
for (const [of, codes] of Object.entries(documented))
  test(`documented refusals: ${codes.length} are of the ${of}`, async () => {
    const told: string[] = [];
    for (const code of codes) {
      const { lake, take } = watchedLake({ ...textLake(), put: () => Promise.reject(coded(code)) });
      await assert.rejects(lake.put('a', bytes, undefined));
      if ((take().error === undefined) !== (of === 'file')) told.push(code);
    }
    assert.deepEqual(told, []);
  });

test('a write is a write, also one that lost its race; looking is none', async () => {
  const { lake, take } = watchedLake(textLake());
  await lake.head('a');
  assert.equal(take().wrote, false);
  assert.ok(await lake.put('a', bytes, undefined));
  assert.equal(take().wrote, true);
  assert.equal(await lake.put('a', bytes, undefined), undefined);
  assert.equal(take().wrote, true);
});
