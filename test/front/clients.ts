/** Clients of the front, as wire makes them, with limits that a test can wait for. */
import { TableClient } from '@azure/data-tables';
import { ContainerClient } from '@azure/storage-blob';
import { QueueClient } from '@azure/storage-queue';
import { createLimitedHttp, type HttpLimits } from '../../shared/net/limited-http.ts';
import { createStorageHttp } from '../../shared/net/storage-http.ts';
import type { StorageFront } from './storageFront.ts';

export const shortLimits: HttpLimits = { first: 250, idle: 250, whole: 5_000, pause: 30_000 };

/** The library's own pauses between tries pass quickly. */
const retryOptions = { maxTries: 4, retryDelayInMs: 5, maxRetryDelayInMs: 20 };

export function frontClients({ connectionString }: StorageFront, limits = shortLimits) {
  const http = createLimitedHttp(limits);
  const options = { httpClient: createStorageHttp(http), retryOptions };
  return {
    container: (name: string) => new ContainerClient(connectionString, name, options),
    queue: (name: string) => new QueueClient(connectionString, name, options),
    table: (name: string) =>
      TableClient.fromConnectionString(connectionString, name, {
        allowInsecureConnection: true,
        httpClient: http,
        retryOptions: { maxRetries: 3, retryDelayInMs: 5, maxRetryDelayInMs: 20 },
      }),
  };
}
