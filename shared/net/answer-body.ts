/** Reads the bodies of answers, each of which has an end. */
import type { Readable } from 'node:stream';
import { type PipelineRequest, type PipelineResponse, RestError } from '@azure/core-rest-pipeline';
import { createPatience, type Patience } from './patience.ts';

/** What is longer than any page is not read. */
const LONGEST_REFUSAL = 1024 * 1024;

/** Ends the exchange when it runs out, or when the caller aborts. */
export function createTimer({ abortSignal }: PipelineRequest) {
  const ends = new AbortController();
  let [timeout, over, kept]: [NodeJS.Timeout | undefined, boolean, boolean] = [undefined, false, false];
  const abort = () => ends.abort();
  if (abortSignal?.aborted) abort();
  abortSignal?.addEventListener('abort', abort);
  return {
    signal: ends.signal,
    restart: (millis: number) => {
      clearTimeout(timeout);
      timeout = setTimeout(() => {
        over = true;
        ends.abort();
      }, millis);
    },
    pause: () => clearTimeout(timeout),
    stop: () => {
      clearTimeout(timeout);
      abortSignal?.removeEventListener('abort', abort);
    },
    isOver: () => over,
    /** A stream that is handed on goes on being watched. */
    release: () => {
      kept = true;
    },
    released: () => kept,
  };
}
export type Timer = ReturnType<typeof createTimer>;

export type Came = ReturnType<Patience['came']>;

/** In milliseconds. */
interface BodyEnds {
  /** How long it may stand still, or trickle (patience.ts). */
  readonly idle: number;
  /** How long it may take, however it trickles. */
  readonly whole: number;
  readonly most?: number;
  /** The error where it stands still, and where it has not come by then, of so many bytes. */
  fail(came: Came): RestError;
  slow(bytes: number): RestError;
}

export async function readWhole(
  response: PipelineResponse,
  body: Readable,
  timer: Timer,
  { idle, whole, most = Number.POSITIVE_INFINITY, fail, slow }: BodyEnds,
): Promise<PipelineResponse> {
  const held: Uint8Array[] = [];
  let [size, over] = [0, false];
  const giveUp = () => {
    over = true;
    body.destroy(new Error('too long'));
  };
  const end = setTimeout(giveUp, whole);
  try {
    for await (const piece of watched(body, timer, idle, fail)) {
      held.push(piece);
      size += piece.length;
      if (size > most) giveUp();
    }
  } catch (error) {
    // Where both limits end at once it is one try that is over, and is told as one.
    throw over && !isLate(error) ? slow(size) : error;
  } finally {
    clearTimeout(end);
    timer.stop();
  }
  const { readableStreamBody: _read, ...rest } = response;
  return { ...rest, bodyAsText: Buffer.concat(held).toString('utf8') };
}

/**
 * A refusal counts without its words where its status says enough: that whoever answers is in trouble. What others mean
 * their codes tell, which a table says in its body alone: those are asked for again.
 */
export async function readRefusal(
  response: PipelineResponse,
  body: Readable,
  timer: Timer,
  limit: number,
  fail: () => RestError,
): Promise<PipelineResponse> {
  try {
    return await readWhole(response, body, timer, {
      idle: limit,
      whole: limit,
      most: LONGEST_REFUSAL,
      fail,
      slow: fail,
    });
  } catch (error) {
    if (response.status < 500 && response.status !== 429) throw error;
    const { readableStreamBody: _lost, ...rest } = response;
    return { ...rest, bodyAsText: '' };
  }
}

/** The pieces as they come. The timer stands while whoever reads them is busy: then the other side is not to blame. */
export async function* watched(
  body: Readable,
  timer: Timer,
  idle: number,
  fail: (came: Came) => RestError,
): AsyncGenerator<Uint8Array> {
  let stood = false;
  const onStall = () => {
    stood = timer.isOver();
    body.destroy(new Error('stood still'));
  };
  timer.signal.addEventListener('abort', onStall);
  const patience = createPatience(idle);
  try {
    timer.restart(patience.begin());
    for await (const piece of body) {
      timer.pause();
      patience.took(piece.length);
      yield piece;
      timer.restart(patience.begin());
    }
  } catch (error) {
    if (stood) throw fail(patience.came());
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'ECONNRESET';
    throw error instanceof RestError ? error : new RestError(messageOf(error), { code });
  } finally {
    timer.signal.removeEventListener('abort', onStall);
    timer.stop();
  }
}

/** Given up by us. */
export const isLate = (error: unknown): boolean =>
  error instanceof RestError && (error.code === 'ETIMEDOUT' || error.code === 'NoAnswer');

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
