/** Clients of the front, as wire makes them. */
import { TableClient } from '@azure/data-tables';
import { ContainerClient } from '@azure/storage-blob';
import { QueueClient } from '@azure/storage-queue';
import { createLimitedHttp } from '../../shared/net/limited-http.ts';
import { createStorageHttp } from '../../shared/net/storage-http.ts';
import { virtualTime } from '../worker/virtual-time.ts';
import type { StorageFront } from './storageFront.ts';

export function frontClients({ connectionString }: StorageFront) {
  const http = createLimitedHttp();
  const options = { httpClient: createStorageHttp(http) };
  return {
    container: (name: string) => new ContainerClient(connectionString, name, options),
    queue: (name: string) => new QueueClient(connectionString, name, options),
    table: (name: string) =>
      TableClient.fromConnectionString(connectionString, name, { allowInsecureConnection: true, httpClient: http }),
  };
}

/**
 * From now on time passes only while every call waits that the front does not answer: pauses and limits are what users
 * get, cost nothing, and a machine that is busy never meets one. Until what it returns is called.
 */
export const letTimePass = ({ held }: Pick<StorageFront, 'held'>): (() => Promise<void>) =>
  virtualTime().letPass((request) => held.has(request.socket?.localPort ?? 0));
