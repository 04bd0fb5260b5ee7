/** Hints in Queue Storage. */
import type { QueueClient } from '@azure/storage-queue';
import { failureCode, failureStatus } from '../lake/failure.ts';
import { noteThere, sinceText } from '../lake/missed.ts';
import type { BackfillQueue, Hints, Millis, SweepQueue } from '../model.ts';
import { stateFailure } from './state-failure.ts';
import { backfillMessage, sweepMessage, windowMessage } from './window-message.ts';

/**
 * The longest that a queue hides a message, in seconds. Whoever is hinted too early looks into the ledger and waits on.
 */
const MAX_DELAY = 7 * 24 * 3600;
/** Messages never expire. */
const FOR_EVER = -1;

/**
 * Messages are JSON in base64, as the Functions host expects them (host.json: messageEncoding). Every failure is a
 * StoreFailure.
 */
/** `backfills`: the queue of windows that a backfill asked for. */
export function createQueueHints(client: QueueClient, backfills: QueueClient = client): Hints {
  return {
    prepare: () => prepareQueue(client),
    send: (window, delay, backfill = false) => sendMessage(backfill ? backfills : client, windowMessage(window), delay),
  };
}

async function prepareQueue(client: QueueClient): Promise<void> {
  try {
    await client.createIfNotExists();
  } catch (error) {
    // Who may send need not be allowed to create queues.
    const isThere = failureStatus(error) === 403 && (await client.getProperties().then(Boolean, () => false));
    if (!isThere) throw stateFailure('queue', `prepare ${placeOf(client)}`, error);
  }
}

/** The messages of backfills that go round. */
export const createBackfillQueue = (client: QueueClient): BackfillQueue => ({
  prepare: () => prepareQueue(client),
  pass: (turn, delay = 0) => sendMessage(client, backfillMessage(turn), delay),
});

/** Sweeps go through the same queue. */
export const createSweepQueue = (client: QueueClient): SweepQueue => ({
  ask: (request) => sendMessage(client, sweepMessage(request), 0),
});

async function sendMessage(client: QueueClient, message: object, delay: Millis): Promise<void> {
  const text = Buffer.from(JSON.stringify(message)).toString('base64');
  const visibilityTimeout = Math.min(Math.max(Math.ceil(delay / 1000), 0), MAX_DELAY);
  try {
    const send = () => client.sendMessage(text, { visibilityTimeout, messageTimeToLive: FOR_EVER });
    await send().catch(async (error) => {
      // It holds nothing that the ledger does not know: so it is made again where somebody deleted it.
      if (failureCode(error) !== 'QueueNotFound') throw error;
      // Who may not make it hears that it is missing, not that making it was refused.
      await client
        .createIfNotExists()
        .catch((refused) => Promise.reject(failureStatus(refused) === 403 ? error : refused));
      await send();
    });
    noteThere(placeOf(client));
  } catch (error) {
    const place = placeOf(client);
    throw stateFailure('queue', `send to ${place}`, error, sinceText(place, error));
  }
}

const placeOf = ({ url }: QueueClient): string => `queue ${url.replace(/\?.*$/s, '')}`;
