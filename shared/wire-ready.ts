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
