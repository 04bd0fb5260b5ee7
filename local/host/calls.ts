import { randomUUID } from 'node:crypto';
import type { BlobServiceClient } from '@azure/storage-blob';
import type { DequeuedMessageItem } from '@azure/storage-queue';
import { type BlobMessage, parseBlobPath } from './blobs.ts';
import type { HttpData, RegisteredFunction, TypedData } from './core.ts';
import type { HostOptions } from './host.ts';
import { setting } from './setting.ts';
import { type TimerInfo, timerInfo } from './timers.ts';

/** What a trigger hands to its function: data and metadata as the real host sends them to the worker. */

export const callTimer = async (options: HostOptions, name: string, timer: TimerInfo): Promise<void> => {
  await call(options, name, json(timer), {}, '');
};

export const callHttp = (options: HostOptions, name: string, data: HttpData): Promise<unknown> =>
  call(options, name, { http: data }, {}, data.url);

export async function callQueue(
  options: HostOptions,
  name: string,
  text: string,
  message: DequeuedMessageItem,
): Promise<void> {
  await call(options, name, { string: text }, queueMetadata(text, message), text);
}

/**
 * A message about a blob that is gone, or that has been replaced since, leads to nothing: the newer version has its own
 * message.
 */
export async function callBlob(
  found: RegisteredFunction,
  options: HostOptions,
  watched: BlobServiceClient,
  message: BlobMessage,
): Promise<void> {
  const blob = watched.getContainerClient(message.ContainerName).getBlobClient(message.BlobName);
  const properties = await blob.getProperties().catch((error: { statusCode?: number }) => {
    if (error.statusCode === 404) return undefined;
    throw error;
  });
  if (properties === undefined || bareTag(properties.etag) !== bareTag(message.ETag)) return;
  const { pattern } = parseBlobPath(setting(found.trigger.path, options.env));
  const captured = Object.entries(pattern.exec(message.BlobName)?.groups ?? {}).map(([key, value]) => [
    key,
    { string: value },
  ]);
  const metadata = {
    ...Object.fromEntries(captured),
    BlobTrigger: { string: `${message.ContainerName}/${message.BlobName}` },
    Uri: { string: blob.url },
    Properties: json({ ETag: message.ETag, Length: properties.contentLength, LastModified: properties.lastModified }),
    Metadata: json(properties.metadata ?? {}),
  };
  const data = found.trigger.sdkBinding === true ? reference(found, message) : { bytes: await blob.downloadToBuffer() };
  await call(options, found.name, data, metadata, message.BlobName);
}

const reference = (found: RegisteredFunction, message: BlobMessage): TypedData => ({
  modelBindingData: {
    version: '1.0',
    source: 'AzureStorageBlobs',
    contentType: 'application/json',
    content: Buffer.from(
      JSON.stringify({
        Connection: found.trigger.connection,
        ContainerName: message.ContainerName,
        BlobName: message.BlobName,
      }),
    ),
  },
});

/**
 * What the admin endpoint does: a timer fires, a queue function gets the text, a blob function the blob
 * `container/name`.
 */
export async function callByHand(options: HostOptions, name: string, input: string): Promise<void> {
  const found = options.core.functions.get(name);
  if (found?.trigger.type === 'timerTrigger') {
    return callTimer(options, name, timerInfo(setting(found.trigger.schedule, options.env), Date.now()));
  }
  if (found?.trigger.type === 'blobTrigger') {
    const { container, pattern } = parseBlobPath(`${input.split('/')[0]}/{name}`);
    const blobName = input.slice(container.length + 1);
    if (!pattern.test(blobName)) throw new Error(`input "${input}": must be container/name of a blob`);
    const message = { FunctionId: name, BlobType: 'BlockBlob', ContainerName: container, BlobName: blobName, ETag: '' };
    await call(options, name, reference(found, message), { BlobTrigger: { string: input } }, blobName);
    return;
  }
  await call(options, name, { string: input }, {}, input);
}

/** Calls a function as the worker does and reports it. Rejects when the function failed. */
async function call(
  options: HostOptions,
  name: string,
  data: TypedData,
  metadata: Record<string, TypedData>,
  input: string,
): Promise<unknown> {
  const { core, report } = options;
  const id = randomUUID();
  const began = performance.now();
  const trigger = core.functions.get(name)?.trigger.name ?? '';
  const sys = json({ MethodName: name, UtcNow: new Date().toISOString(), RandGuid: randomUUID() });
  report({ kind: 'started', name, id, input });
  const request = { invocationId: id, inputData: [{ name: trigger, data }], triggerMetadata: { ...metadata, sys } };
  let error = '';
  try {
    return await core.invoke(name, request, (level, message) => report({ kind: 'log', name, id, level, message }));
  } catch (thrown) {
    error = thrown instanceof Error ? thrown.message : String(thrown);
    throw thrown;
  } finally {
    report({ kind: 'ended', name, id, ms: Math.round(performance.now() - began), error });
  }
}

const queueMetadata = (text: string, message: DequeuedMessageItem): Record<string, TypedData> => ({
  QueueTrigger: { string: text },
  DequeueCount: json(message.dequeueCount),
  ExpirationTime: json(message.expiresOn),
  Id: { string: message.messageId },
  InsertionTime: json(message.insertedOn),
  NextVisibleTime: json(message.nextVisibleOn),
  PopReceipt: { string: message.popReceipt },
});

/** Listings spell a tag bare, headers in quotes. */
const bareTag = (etag: string | undefined): string => (etag ?? '').replaceAll('"', '');

const json = (value: unknown): TypedData => ({ json: JSON.stringify(value) });
