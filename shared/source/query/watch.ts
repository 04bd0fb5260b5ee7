import { failureCode, handshakeFault, storeFailure } from '../../lake/failure.ts';
import type { Millis } from '../../model.ts';
import { createPatience, type Patience } from '../../net/patience.ts';

/** Watches over one exchange: tells its end by the caller, by time and by the other side apart. */
export interface Watch {
  /** Aborts the exchange, for either reason. */
  readonly signal: AbortSignal;
  /** From now on, `what` may take so long. */
  expect(what: string, millis: Millis): void;
  /** Takes the error with which the exchange ended. Throws it on where the caller has aborted. */
  lose(error: unknown): undefined;
  /**
   * The stream's pieces; some bytes more may not take longer than `stall` (patience.ts). `first`: the limit of what was
   * expected before, which goes on while nothing but white space comes. A failing stream ends early, and is lost, it
   * does not throw.
   */
  pieces(stream: AsyncIterable<Uint8Array>, stall: Millis, first: Millis): AsyncIterable<Uint8Array>;
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
  let due = 0;
  let lost = '';
  let hopeless = '';

  /** `limit`: of which `millis` are left. */
  function expect(what: string, millis: Millis, limit = millis, came = () => ''): void {
    clearTimeout(timer);
    due = performance.now() + millis;
    timer = setTimeout(() => {
      lost = `${what} did not come within ${Math.round(limit / 1000)} s${came()}`;
      late.abort();
    }, millis);
  }

  function lose(error: unknown): undefined {
    abort.throwIfAborted();
    // Never the error itself: the library's errors carry the request with its headers.
    if (lost === '') lost = `${handshakeFault(error) ?? 'the connection failed'} (${reasonOf(error)})`;
    // A certificate does not become trusted by asking six times.
    if (failureCode(error) === 'CERT') hopeless = storeFailure('the connection failed', error).message;
  }

  async function* pieces(stream: AsyncIterable<Uint8Array>, stall: Millis, first: Millis): AsyncGenerator<Uint8Array> {
    let limit = Math.max(stall, first);
    let patience = createPatience(first > stall ? Math.max(stall, due - performance.now()) : stall);
    let isBlank = true;
    const came = () => cameText(patience.came());
    const begin = () => expect('more of the answer', patience.begin(), limit, came);
    try {
      begin();
      for await (const piece of stream) {
        // While the disk takes the piece, the server is not to blame for the pause.
        clearTimeout(timer);
        if (!isBlank) patience.took(piece.length);
        else if (piece.every(isSpace)) patience.took(0);
        else [isBlank, limit, patience] = [false, stall, createPatience(stall)];
        yield piece;
        begin();
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
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  // All that is wrong with gzip is one code; the words say where. They are zlib's own.
  return code.startsWith('Z_') ? `${code}: ${error.message}` : code;
}

/** Of one that stands still, and of one that trickles. */
const cameText = ({ since, all }: ReturnType<Patience['came']>): string =>
  all === 0 ? '' : ` (no more than ${since} bytes of ${all})`;

const isSpace = (byte: number): boolean => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
