/** A signature for all that the emulator's account holds. */
import {
  AccountSASPermissions,
  AccountSASResourceTypes,
  AccountSASServices,
  generateAccountSASQueryParameters,
  StorageSharedKeyCredential,
} from '@azure/storage-blob';
import type { Azurite } from '../../local/azurite.ts';

export function sasOf({ account, key }: Azurite): string {
  const [permissions, services] = [AccountSASPermissions.parse('rwdlacupx'), AccountSASServices.parse('bqt')];
  return generateAccountSASQueryParameters(
    {
      ...{ permissions, expiresOn: new Date(Date.UTC(2099, 0)) },
      ...{ services: services.toString(), resourceTypes: AccountSASResourceTypes.parse('sco').toString() },
    },
    new StorageSharedKeyCredential(account, key),
  ).toString();
}
