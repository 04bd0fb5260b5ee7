import { setTimeout as sleep } from 'node:timers/promises';
import type { DequeuedMessageItem, QueueClient } from '@azure/storage-queue';
import type { HostSettings } from './settings.ts';

export interface QueueListener {
  readonly queue: QueueClient;
  /** Where a message goes that failed `maxDequeueCount` times; made when it is first needed. */
  readonly poison: QueueClient;
  readonly settings: HostSettings['queues'];
  /** How long a message is hidden while its function runs; renewed at half-time. The real host has 10 minutes. */
  readonly lock: number;
  /** Runs the function for a message. Rejects when it failed. */
  handle(text: string, message: DequeuedMessageItem): Promise<void>;
  report(line: string): void;
}

/** First wait of an idle queue; doubles up to `maxPollingInterval`. */
const shortestWait = 100;

/** After a look at storage that failed. */
const pauseAfterFault = 1_000;

/**
 * Listens until aborted, then waits for what still runs. Rejects only when the queue cannot be made; an outage is sat
 * out.
 */
export async function listenToQueue(listener: QueueListener, abort: AbortSignal): Promise<void> {
  const { queue, settings, lock } = listener;
  await queue.createIfNotExists();
  const running = new Set<Promise<void>>();
  let wait = shortestWait;
  while (!abort.aborted) {
    const asked = { numberOfMessages: settings.batchSize, visibilityTimeout: lock / 1000 };
    const answer = await queue.receiveMessages(asked).catch((error: unknown) => {
      listener.report(`${queue.name}: ${textOf(error)}`);
      return sleep(pauseAfterFault, undefined, { signal: abort }).catch(() => undefined);
    });
    if (answer === undefined) continue;
    const found = answer.receivedMessageItems;
    for (const message of found) {
      const task = process(message, listener).finally(() => running.delete(task));
      running.add(task);
    }
    wait = found.length > 0 ? shortestWait : Math.min(wait * 2, Math.max(settings.maxPollingInterval, shortestWait));
    if (found.length === 0) await sleep(wait, undefined, { signal: abort }).catch(() => undefined);
    while (running.size > settings.newBatchThreshold && !abort.aborted)
      await Promise.race([...running, aborted(abort)]);
  }
  await Promise.all(running);
}

const aborted = (abort: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (abort.aborted) resolve();
    abort.addEventListener('abort', () => resolve(), { once: true });
  });

async function process(message: DequeuedMessageItem, listener: QueueListener): Promise<void> {
  const { queue, settings, report } = listener;
  const held = { popReceipt: message.popReceipt };
  const text = decode(message.messageText, settings.messageEncoding);
  if (text === undefined) {
    report(`${queue.name}: message ${message.messageId} is not base64, as host.json says it is; it goes to poison`);
    return poisoned(message, message.popReceipt, listener);
  }
  const done = new AbortController();
  const renewals = renew(message, held, listener, done.signal);
  try {
    await listener.handle(text, message);
    await settle(done, renewals);
    await queue.deleteMessage(message.messageId, held.popReceipt);
  } catch (error) {
    await settle(done, renewals);
    await giveBack(message, held.popReceipt, listener).catch((second: unknown) =>
      report(`${queue.name}: ${textOf(second)}`),
    );
    report(`${queue.name}: message ${message.messageId}, try ${message.dequeueCount}: ${textOf(error)}`);
  }
}

async function settle(done: AbortController, renewals: Promise<void>): Promise<void> {
  done.abort();
  await renewals;
}

/**
 * A failed message comes back after `visibilityTimeout`, or goes to the poison queue when it has failed often enough.
 */
async function giveBack(message: DequeuedMessageItem, popReceipt: string, listener: QueueListener): Promise<void> {
  const { queue, settings } = listener;
  if (message.dequeueCount >= settings.maxDequeueCount) return poisoned(message, popReceipt, listener);
  await queue.updateMessage(message.messageId, popReceipt, undefined, settings.visibilityTimeout / 1000);
}

async function poisoned(
  message: DequeuedMessageItem,
  popReceipt: string,
  { queue, poison }: QueueListener,
): Promise<void> {
  await poison.createIfNotExists();
  await poison.sendMessage(message.messageText);
  await queue.deleteMessage(message.messageId, popReceipt);
}

async function renew(
  message: DequeuedMessageItem,
  held: { popReceipt: string },
  { queue, lock, report }: QueueListener,
  done: AbortSignal,
): Promise<void> {
  while (!done.aborted) {
    await sleep(lock / 2, undefined, { signal: done }).catch(() => undefined);
    if (done.aborted) return;
    try {
      const { popReceipt } = await queue.updateMessage(message.messageId, held.popReceipt, undefined, lock / 1000);
      held.popReceipt = popReceipt ?? held.popReceipt;
    } catch (error) {
      report(`${queue.name}: message ${message.messageId} could not be held: ${textOf(error)}`);
    }
  }
}

/** Undefined: not base64 where that is expected. The real host never calls the function with such a message. */
function decode(raw: string, encoding: 'base64' | 'none'): string | undefined {
  if (encoding === 'none') return raw;
  const bytes = Buffer.from(raw, 'base64');
  return bytes.toString('base64') === raw ? bytes.toString('utf8') : undefined;
}

const textOf = (error: unknown): string =>
  error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
