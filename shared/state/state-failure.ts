import { type StoreFailure, storeFailure } from '../lake/failure.ts';

const roles = (role: string) =>
  `not allowed; give this identity the role ${role} on the storage account (that takes up to an hour to work), ` +
  'and check its firewall';

/** What the codes of Table and Queue Storage ask for. */
const ADVICE = {
  table: {
    AuthorizationFailure: roles('Storage Table Data Contributor'),
    AuthorizationPermissionMismatch: roles('Storage Table Data Contributor'),
    InsufficientAccountPermissions: roles('Storage Table Data Contributor'),
    TableNotFound:
      'there is no such table any more; it held the ledger of the lake: restore it, or, if it is gone for good, ' +
      'restart the app, which begins a new one, and read docs/operations.md first',
    TableBeingDeleted: 'the table is being deleted; wait a minute or choose another name',
    InvalidResourceName: 'the table’s name is not allowed: 3 to 63 letters and digits, first a letter',
    EntityTooLarge: 'the entry is too large for a table; choose a shorter window',
    RequestBodyTooLarge: 'the entry is too large for a table; choose a shorter window',
  },
  queue: {
    AuthorizationFailure: roles('Storage Queue Data Contributor'),
    AuthorizationPermissionMismatch: roles('Storage Queue Data Contributor'),
    InsufficientAccountPermissions: roles('Storage Queue Data Contributor'),
    QueueNotFound:
      'there is no such queue, and this identity may not make it; create it, or give the identity the role ' +
      'Storage Queue Data Contributor',
    QueueBeingDeleted: 'the queue is being deleted; wait a minute or choose another name',
    InvalidResourceName: 'the queue’s name is not allowed: 3 to 63 lower-case letters, digits and single dashes',
  },
} as const;

/**
 * The error to throw for a failed call to a table or queue: one line that says what to do, the service's code in
 * `code`, no secrets.
 */
export function stateFailure(of: keyof typeof ADVICE, doing: string, error: unknown, since = ''): StoreFailure {
  return storeFailure(doing, error, ADVICE[of], since);
}
