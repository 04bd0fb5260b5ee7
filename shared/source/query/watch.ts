import { failureCode, storeFailure } from '../../lake/failure.ts';
import type { Millis } from '../../model.ts';
import { createPatience } from '../../net/patience.ts';

/** Watches over one exchange: tells its end by the caller, by time and by the other side apart. */
export interface Watch {
  /** Aborts the exchange, for either reason. */
  readonly signal: AbortSignal;
  /** From now on, `what` may take so long. */
  expect(what: string, millis: Millis): void;
  /** Takes the error with which the exchange ended. Throws it on where the caller has aborted. */
  lose(error: unknown): undefined;
  /**
   * The stream's pieces; some bytes more may not take longer than `stall` (patience.ts). A failing stream ends early,
   * and is lost, it does not throw.
   */
  pieces(stream: AsyncIterable<Uint8Array>, stall: Millis): AsyncIterable<Uint8Array>;
  /** Why the exchange was lost; '' while it is not. */
  lost(): string;
  timedOut(): boolean;
  /** Why trying again is of no use, and what to do; '' while it may be. */
  hopeless(): string;
  stop(): void;
}

export function createWatch(abort: AbortSignal): Watch {
  const late = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let lost = '';
  let hopeless = '';

  function expect(what: string, millis: Millis): void {
    clearTimeout(timer);
    timer = setTimeout(() => {
      lost = `${what} did not come within ${Math.round(millis / 1000)} s`;
      late.abort();
    }, millis);
  }

  function lose(error: unknown): undefined {
    abort.throwIfAborted();
    // Never the error itself: the library's errors carry the request with its headers.
    if (lost === '') lost = `the connection failed (${reasonOf(error)})`;
    // A certificate does not become trusted by asking six times.
    if (failureCode(error) === 'CERT') hopeless = storeFailure('the connection failed', error).message;
  }

  async function* pieces(stream: AsyncIterable<Uint8Array>, stall: Millis): AsyncGenerator<Uint8Array> {
    const patience = createPatience(stall);
    try {
      expect('more of the answer', patience.begin());
      for await (const piece of stream) {
        // While the disk takes the piece, the server is not to blame for the pause.
        clearTimeout(timer);
        patience.took(piece.length);
        yield piece;
        expect('more of the answer', patience.begin());
      }
    } catch (error) {
      lose(error);
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    signal: AbortSignal.any([abort, late.signal]),
    expect,
    lose,
    pieces,
    lost: () => lost,
    timedOut: () => late.signal.aborted,
    hopeless: () => hopeless,
    stop: () => clearTimeout(timer),
  };
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown reason';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
