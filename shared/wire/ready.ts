import { faultMessage } from '../config/faults.ts';
import type { CheckedEngine } from '../engine/engine.ts';

/**
 * Containers, tables and queues are made before the first use; a failure is met again by the next invocation, not
 * remembered.
 */
export function untilItWorks(prepare: () => Promise<unknown>): () => Promise<void> {
  let done: Promise<unknown> | undefined;
  return async () => {
    done ??= prepare();
    try {
      await done;
    } catch (error) {
      done = undefined;
      throw error;
    }
  };
}

/** Throws all faults of the settings' conditions. */
export async function checkConditions(engine: CheckedEngine): Promise<void> {
  const faults = await engine.conditionFaults();
  if (faults.length > 0) throw new Error(faultMessage('settings', faults));
}
