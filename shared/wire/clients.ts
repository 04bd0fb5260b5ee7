import { createHash, randomUUID } from 'node:crypto';
import type { TokenCredential } from '@azure/core-auth';
import type { HttpClient } from '@azure/core-rest-pipeline';
import { AzureNamedKeyCredential, TableClient } from '@azure/data-tables';
import { AnonymousCredential, ContainerClient, StorageSharedKeyCredential } from '@azure/storage-blob';
import { QueueClient } from '@azure/storage-queue';
import { backfillQueueOf } from '../config/bindings.ts';
import { identityOf } from '../config/identity-of.ts';
import { tellTime } from '../lake/missed.ts';
import { createContainerStore } from '../lake/store-container.ts';
import { createFolderStore } from '../lake/store-folder.ts';
import { splitStore } from '../lake/store-split.ts';
import type {
  Access,
  BackfillQueue,
  BackfillStore,
  Clock,
  Config,
  HealthStore,
  Hints,
  Identity,
  Ledger,
  LedgerPlace,
  ObjectStore,
  OriginOf,
  Place,
  Seats,
  SweepQueue,
} from '../model.ts';
import { withToken } from '../net/bearer.ts';
import { isLoopback } from '../net/direct.ts';
import { heardClock } from '../net/heard-clock.ts';
import { authorityOf, createIdentity } from '../net/identity.ts';
import { createLimitedHttp } from '../net/limited-http.ts';
import { createStorageHttp } from '../net/storage-http.ts';
import { refuseStrangers } from '../net/stranger.ts';
import { createTableBackfills } from '../state/backfills-table.ts';
import { createTableHealth } from '../state/health-table.ts';
import { createBackfillQueue, createQueueHints, createSweepQueue } from '../state/hints-queue.ts';
import { createTableLedger } from '../state/ledger-table.ts';
import { createTableSeats } from '../state/seats-table.ts';
import { systemClock } from './clock.ts';

/** Clients, credentials and stores: all that is made from settings and asks the world. */

// Errors say since when a table or container is missing.
tellTime(systemClock.now);

/** No call of any client is without an end. */
export const http = createLimitedHttp();

/**
 * Storage's own time: every call tells it. What decides whether a time is over goes by it, as a machine's clock may be
 * wrong, and the query API's is told only after windows are planned.
 */
export const storageClock = heardClock(systemClock.now);
const tableHttp = storageClock.listening(refuseStrangers(http));
const storage = { httpClient: createStorageHttp(tableHttp) };
const storageScope = 'https://storage.azure.com/.default';

const credentials = new Map<string, TokenCredential>();

/**
 * The identity at hand: managed identity in Azure, the developer's own sign-in elsewhere. One per client id, the
 * setting that names it, and cloud: it keeps the tokens. `address`: what is asked, which tells the cloud.
 */
export function identity({ clientId, setting }: Omit<Identity, 'kind'>, address: string): TokenCredential {
  const authorityHost = process.env.AZURE_AUTHORITY_HOST ?? authorityOf(address);
  const key = `${clientId} ${setting} ${authorityHost}`;
  const known =
    credentials.get(key) ??
    createIdentity({
      ...{ identity: { clientId, setting }, authorityHost, http, now: systemClock.now },
      ways: process.env.AZURE_TOKEN_CREDENTIALS,
    });
  credentials.set(key, known);
  return known;
}

/** One for each identity and cloud: the clients share its tokens. */
const bearers = new Map<TokenCredential, HttpClient>();

/** Storage, asked with the token of that identity. */
function storageAs(who: Identity, address: string): HttpClient {
  const credential = identity(who, address);
  const known =
    bearers.get(credential) ?? withToken(tableHttp, { credential, scope: storageScope, now: systemClock.now });
  bearers.set(credential, known);
  return known;
}

export function openStore(place: Place): ObjectStore {
  if (place.kind === 'folder') return createFolderStore(place.folder);
  return createContainerStore({ client: containerClient(place), prefix: place.prefix, newId: randomUUID });
}

/** The lake; with the quarantine in a container of its own, both as one. */
export function openLake({ lake, quarantine }: Config): ObjectStore {
  const store = openStore(lake);
  return quarantine.place === undefined ? store : splitStore(store, openStore(quarantine.place), quarantine.prefix);
}

function containerClient({ url, container, access }: Extract<Place, { kind: 'container' }>): ContainerClient {
  if (access.kind === 'connectionString')
    return new ContainerClient(access.connectionString.reveal(), container, storage);
  const address = `${url.replace(/\/$/, '')}/${container}`;
  if (access.kind === 'sas')
    return new ContainerClient(`${address}?${access.sas.reveal().replace(/^\?/, '')}`, undefined, storage);
  if (access.kind === 'key')
    return new ContainerClient(address, new StorageSharedKeyCredential(access.account, access.key.reveal()), storage);
  const own = access.kind === 'identity' ? { httpClient: createStorageHttp(storageAs(access, address)) } : storage;
  return new ContainerClient(address, new AnonymousCredential(), own);
}

export const openLedger = (state: Config['state'], lake: Place, originOf?: OriginOf): Ledger =>
  createTableLedger({
    ...{ client: tableClient(state), lakeId: lakeId(lake), newId: randomUUID, now: systemClock.now },
    ...(originOf && { originOf }),
  });

/** How the lake is, for all instances. */
export const openHealth = (state: Config['state'], lake: Place): HealthStore =>
  createTableHealth({ client: tableClient(state), lakeId: lakeId(lake), newId: randomUUID });

/** The ledger in a table that a lake names. */
export function openNamedLedger(
  { url, table, part }: Extract<LedgerPlace, { kind: 'table' }>,
  access: Access,
  originOf: OriginOf,
): Ledger {
  const options = { allowInsecureConnection: isLoopback(url), httpClient: tableHttp };
  const client =
    access.kind === 'key'
      ? new TableClient(url, table, new AzureNamedKeyCredential(access.account, access.key.reveal()), options)
      : new TableClient(url, table, { ...options, httpClient: storageAs(whoOf(access), url) });
  return createTableLedger({ client, lakeId: part, newId: randomUUID, now: systemClock.now, originOf });
}

/** Where the tables of the state are, without secrets. */
const tableAddress = (state: Config['state']): string =>
  tableClient(state).url.replace(/\?.*$/s, '').replace(/\/+$/, '');

/** Where the app with these settings keeps the ledger of its lake. */
export const ledgerPlaceOf = (state: Config['state'], lake: Place): LedgerPlace => ({
  kind: 'table',
  url: tableAddress(state),
  table: state.table,
  part: lakeId(lake),
});

function tableClient({ access, table, tableUrl }: Config['state'], httpClient = tableHttp): TableClient {
  const options = { allowInsecureConnection: isLoopback(tableUrl), httpClient };
  return access.kind === 'connectionString'
    ? TableClient.fromConnectionString(access.connectionString.reveal(), table, {
        ...options,
        allowInsecureConnection: true,
      })
    : new TableClient(tableUrl, table, { ...options, httpClient: storageAs(whoOf(access), tableUrl) });
}

/**
 * What requests are counted by that all instances share: the clock of the table where they meet. Clocks of machines may
 * be minutes apart, and what one has counted would be over for another at once.
 */
const seatsHeard = heardClock(systemClock.now, 1_500);
export const seatsClock: Clock = { ...systemClock, now: seatsHeard.now };

/** Where all instances meet that share the table; `basic`: those that ask tables on the Basic plan, beside that. */
export const openSeats = (state: Config['state'], kind?: 'basic'): Seats =>
  createTableSeats(tableClient(state, seatsHeard.listening(tableHttp)), kind && `budget-${kind}`);

export const openHints = (state: Config['state']): Hints =>
  createQueueHints(queueClient(state), queueClient(state, backfillQueueOf(state.queue)));
export const openBackfills = (state: Config['state'], lake: Place): BackfillStore =>
  createTableBackfills({ client: tableClient(state), lakeId: lakeId(lake), newId: randomUUID });
export const openBackfillQueue = (state: Config['state']): BackfillQueue =>
  createBackfillQueue(queueClient(state, backfillQueueOf(state.queue)));
export const openSweepQueue = (state: Config['state']): SweepQueue => createSweepQueue(queueClient(state));

function queueClient({ access, queue: windows, queueUrl }: Config['state'], queue = windows): QueueClient {
  if (access.kind === 'connectionString') return new QueueClient(access.connectionString.reveal(), queue, storage);
  const httpClient = createStorageHttp(storageAs(whoOf(access), queueUrl));
  return new QueueClient(`${queueUrl.replace(/\/$/, '')}/${queue}`, undefined, { httpClient });
}

/** Who asks where nobody is named. */
const whoOf = (access: Access): Identity => (access.kind === 'identity' ? access : identityOf(process.env));

/**
 * Names the lake in the ledger: another destination starts its own state. Secrets are no part of it, nor is how it is
 * reached.
 */
export function lakeId(lake: Place): string {
  const where = lake.kind === 'folder' ? lake.folder : `${placeUrl(lake)}/${lake.container}/${lake.prefix}`;
  return createHash('sha256').update(where).digest('hex').slice(0, 12);
}

const placeUrl = (place: Extract<Place, { kind: 'container' }>): string => new URL(containerClient(place).url).origin;
