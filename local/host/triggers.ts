import { BlobServiceClient } from '@azure/storage-blob';
import { type DequeuedMessageItem, QueueServiceClient } from '@azure/storage-queue';
import { scanBlobs } from './blobs.ts';
import { callBlob, callQueue, callTimer } from './calls.ts';
import type { RegisteredFunction } from './core.ts';
import type { HostOptions } from './host.ts';
import { listenToQueue } from './queues.ts';
import { connection, setting } from './setting.ts';
import { runTimer, type TimerInfo } from './timers.ts';

type Start = (found: RegisteredFunction, options: HostOptions, abort: AbortSignal) => Promise<void>;

/** Listens for what fires the function until aborted; what runs then is waited for. Rejects when it cannot listen. */
export function startTrigger(found: RegisteredFunction, options: HostOptions, abort: AbortSignal): Promise<void> {
  const start = triggers[found.trigger.type];
  return start === undefined
    ? Promise.reject(new Error(`${found.trigger.type} is not known here`))
    : start(found, options, abort);
}

const triggers: Readonly<Record<string, Start>> = {
  httpTrigger: async () => undefined,
  timerTrigger: async ({ name, trigger }, options, abort) => {
    const fire = (timer: TimerInfo): Promise<void> => callTimer(options, name, timer).catch(() => undefined);
    await runTimer(setting(trigger.schedule, options.env), trigger.runOnStartup === true, fire, abort);
  },
  queueTrigger: async ({ name, trigger }, options, abort) => {
    const queues = QueueServiceClient.fromConnectionString(connection(trigger.connection, options.env));
    const queueName = setting(trigger.queueName, options.env);
    const listener = {
      queue: queues.getQueueClient(queueName),
      poison: queues.getQueueClient(`${queueName}-poison`),
      settings: options.settings.queues,
      lock: options.lock,
      handle: (text: string, message: DequeuedMessageItem) => callQueue(options, name, text, message),
      report: (message: string) => options.report({ kind: 'host', message }),
    };
    await listenToQueue(listener, abort);
  },
  blobTrigger: startBlobTrigger,
};

async function startBlobTrigger(found: RegisteredFunction, options: HostOptions, abort: AbortSignal): Promise<void> {
  const { env, settings } = options;
  const path = setting(found.trigger.path, env);
  const watched = BlobServiceClient.fromConnectionString(connection(found.trigger.connection, env));
  const host = connection('AzureWebJobsStorage', env);
  const queues = QueueServiceClient.fromConnectionString(host);
  const queue = queues.getQueueClient('azure-webjobs-blobtrigger-local');
  const receipts = BlobServiceClient.fromConnectionString(host).getContainerClient('azure-webjobs-hosts');
  const listener = {
    queue,
    poison: queues.getQueueClient('webjobs-blobtrigger-poison'),
    settings: {
      ...settings.queues,
      batchSize: settings.blobs.maxDegreeOfParallelism,
      newBatchThreshold: 0,
      maxDequeueCount: settings.blobs.poisonBlobThreshold,
      messageEncoding: 'base64' as const,
      // The host has queue options of its own for blob events, which no option of host.json reaches: the next try comes
      // at once.
      visibilityTimeout: 0,
    },
    lock: options.lock,
    handle: (text: string) => callBlob(found, options, watched, JSON.parse(text)),
    report: (message: string) => options.report({ kind: 'host', message }),
  };
  const scan = { functionName: found.name, path, blobs: watched, receipts, queue, every: options.blobEvery };
  const failed = new AbortController();
  const both = AbortSignal.any([abort, failed.signal]);
  await Promise.all([scanBlobs(scan, both), listenToQueue(listener, both)]).finally(() => failed.abort());
}
