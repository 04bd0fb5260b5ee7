import { setTimeout as sleep } from 'node:timers/promises';
import { QueueClient } from '@azure/storage-queue';
import type { Signal } from '../../shared/model.ts';
import type { Fault, FaultHandle } from '../simulator/faults.ts';
import type { Simulator } from '../simulator/startSimulator.ts';

/** Asked for rows, not for what there is to say of them: a run does without that. */
const isRows =
  (signal: Signal): NonNullable<Fault['when']> =>
  ({ parsed }) =>
    parsed?.signal === signal && parsed.survey === undefined;

/** The query API hands over half of the rows, as it does beyond its limits. */
export const cutShort: Fault = { kind: 'truncate', times: 1, when: isRows('traces') };

/** An answer stops half-way and never ends: the moment at which the run that waits for it is killed. */
const halfWay: Fault = {
  kind: 'stall',
  at: 'middle',
  times: 1,
  when: isRows('dependencies'),
};

/** Resolves as soon as a run hangs half-way. */
export async function runHalfWay(simulator: Simulator, abort: AbortSignal): Promise<void> {
  const fault = simulator.fault(halfWay);
  await struck(fault, abort);
}

async function struck(fault: FaultHandle, abort: AbortSignal): Promise<void> {
  while (fault.hits === 0 && !abort.aborted) await sleep(20, undefined, { signal: abort }).catch(() => undefined);
}

/** Sends a message of the queue once more, as a queue may. Returns its text. */
export async function deliverTwice(connectionString: string, queueName: string, abort: AbortSignal): Promise<string> {
  const queue = new QueueClient(connectionString, queueName);
  while (!abort.aborted) {
    const [message] = (await queue.exists()) ? (await queue.peekMessages()).peekedMessageItems : [];
    if (message !== undefined) {
      await queue.sendMessage(message.messageText);
      return Buffer.from(message.messageText, 'base64').toString();
    }
    await sleep(50, undefined, { signal: abort }).catch(() => undefined);
  }
  return '';
}
