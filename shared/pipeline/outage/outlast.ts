import type { Clock, Millis } from '../../model.ts';

const first: Millis = 1_000;
const usual: Millis = 10_000;

/**
 * Calls again, with growing pauses, as long as the call fails by an outage, and until `until` at most; then its error
 * is thrown. For calls without which nothing can be kept, so that giving them up would lose what they are about: the
 * host tries a blob event five times in half a second, but lets each try take half an hour. `hear`: of each failure.
 * `longest`: up to that the pauses grow.
 */
export async function outlast<T>(
  call: () => Promise<T>,
  isOutage: (error: unknown) => boolean,
  until: Millis,
  clock: Pick<Clock, 'now' | 'sleep'>,
  { hear, longest = usual }: { readonly hear?: (error: unknown) => void; readonly longest?: Millis } = {},
): Promise<T> {
  for (let pause = first; ; pause = Math.min(pause * 2, longest)) {
    try {
      return await call();
    } catch (error) {
      hear?.(error);
      if (!isOutage(error) || clock.now() + pause >= until) throw error;
    }
    await clock.sleep(pause);
  }
}

/** Stores name what went wrong by a code; other errors are ours, and the same at each try. */
export const isStoreFailure = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code !== '';
