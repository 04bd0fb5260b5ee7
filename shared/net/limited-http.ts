/** The HTTP client of all our clients: no call of it is without an end. */
import { Readable } from 'node:stream';
import {
  createDefaultHttpClient,
  createHttpHeaders,
  type HttpClient,
  type PipelineRequest,
  RestError,
} from '@azure/core-rest-pipeline';
import { type Came, createTimer, isLate, readRefusal, readWhole, watched } from './answer-body.ts';
import { isDirect, shownAddress } from './direct.ts';
import { withPlainWait } from './retry-after.ts';
import { noteTrouble } from './trouble.ts';

/** In milliseconds. */
export interface HttpLimits {
  /** How long an answer to a small request may take to begin. Storage itself gives up on most calls after 30 s. */
  readonly first: number;
  /**
   * How long a body, sent or received, may stand still, or trickle (patience.ts); and how long the answer to a large
   * request may take to begin.
   */
  readonly idle: number;
  /** How long an answer that is not read as a stream may take to come, however it trickles. */
  readonly whole: number;
  /** The same of a refusal, whose few words come at once, or never. */
  readonly refusal: number;
  /** What an answer may ask to wait for before the next try. */
  readonly pause: number;
}

export const HTTP_LIMITS: HttpLimits = { first: 30_000, idle: 60_000, whole: 300_000, refusal: 10_000, pause: 30_000 };

/** Only bounds what is remembered. */
const MOST_HUNG = 1000;
/** Bodies up to this size count as small: they leave this machine at once. */
const SMALL = 256 * 1024;
/** What a large body is sent in, so that it shows whether it gets on. */
const PIECE = 64 * 1024;

/**
 * A client that breaks off what stands still. The first time that costs a try (`ETIMEDOUT`, which the policies of the
 * SDKs repeat), the second time it ends the call (`NoAnswer`, which they do not): a service that never answers costs a
 * small call a minute. `abort` of the caller ends it at once, as ever.
 */
export function createLimitedHttp(
  limits: HttpLimits = HTTP_LIMITS,
  inner: HttpClient = createDefaultHttpClient(),
): HttpClient {
  /** Requests that have stood still once, by their id, which the SDKs keep when they repeat one. */
  const hung = new Set<string>();
  const late = ({ requestId, method, url }: PipelineRequest, what: string, millis: number): RestError => {
    const again = hung.delete(requestId);
    if (hung.size > MOST_HUNG) hung.clear();
    if (!again) hung.add(requestId);
    const text = `${what} within ${Math.round(millis / 1000)} s${again ? ', asked twice' : ''}`;
    noteTrouble(`${method} ${shownAddress(url)}: ${text}`);
    return new RestError(text, { code: again ? 'NoAnswer' : 'ETIMEDOUT' });
  };
  return {
    sendRequest: async (request) => {
      const wantsStream = request.streamResponseStatusCodes;
      const timer = createTimer(request);
      const size = sizeOf(request);
      const patience = size > SMALL ? limits.idle : limits.first;
      const sent = requestFor(request, timer.signal, size, () => timer.restart(limits.idle));
      try {
        timer.restart(patience);
        const response = withPlainWait(await inner.sendRequest(sent), limits.pause);
        response.request = request;
        const isStream = wantsStream?.has(response.status) || wantsStream?.has(Number.POSITIVE_INFINITY);
        const body = response.readableStreamBody as Readable | undefined;
        if (body === undefined) return response;
        const fail = (came: Came) => late(request, stoodText(came), limits.idle);
        if (!isStream && response.status >= 400) {
          const what = `status ${response.status}, whose body did not come`;
          return await readRefusal(response, body, timer, limits.refusal, () => late(request, what, limits.refusal));
        }
        const slow = (bytes: number) =>
          late(request, `the whole answer did not come, but ${bytes} bytes,`, limits.whole);
        if (!isStream) return await readWhole(response, body, timer, { ...limits, fail, slow });
        response.readableStreamBody = Readable.from(watched(body, timer, limits.idle, fail), { objectMode: false });
        // From here on its time begins with the first piece that is asked for: a stream that nobody reads keeps nobody.
        timer.pause();
        timer.release();
        return response;
      } catch (error) {
        throw timer.isOver() && !isLate(error) ? late(request, 'no answer', patience) : passing(error);
      } finally {
        if (!timer.released()) timer.stop();
      }
    },
  };
}

/**
 * A copy, since the request is sent again as it was: watched, its answer as a stream whoever wants it as text (the
 * library would read it through a pipe that swallows broken connections), and direct where no proxy belongs.
 */
function requestFor(request: PipelineRequest, signal: AbortSignal, size: number, alive: () => void): PipelineRequest {
  const { onUploadProgress } = request;
  const headers = createHttpHeaders(request.headers.toJSON({ preserveCase: true }));
  if (request.streamResponseStatusCodes === undefined) headers.delete('Accept-Encoding');
  const body = size > SMALL ? inPieces(request, headers) : request.body;
  return {
    ...toItsPlace(request),
    headers,
    abortSignal: signal,
    streamResponseStatusCodes: new Set([Number.POSITIVE_INFINITY]),
    ...(body === undefined ? {} : { body }),
    ...(size > SMALL && {
      onUploadProgress: (progress) => {
        alive();
        onUploadProgress?.(progress);
      },
    }),
  };
}

/** Direct where no proxy belongs; and the library looks up an IPv6 address together with its brackets. */
function toItsPlace(request: PipelineRequest): PipelineRequest {
  const { agent: _proxy, ...direct } = request;
  const { hostname } = new URL(request.url);
  const address = /^\[(.*)\]$/.exec(hostname)?.[1];
  const sent = isDirect(request.url) ? direct : request;
  if (address === undefined) return sent;
  return { ...sent, requestOverrides: { ...request.requestOverrides, hostname: address } };
}

const stoodText = ({ since, all }: Came): string =>
  since === 0
    ? `the body of the answer stood still after ${all} bytes: nothing came`
    : `the body of the answer trickles, ${all} bytes so far: no more than ${since} came`;

/** Our client without limits: for whoever has limits of his own. */
export function createDirectHttp(inner: HttpClient = createDefaultHttpClient()): HttpClient {
  return { sendRequest: (request) => inner.sendRequest(toItsPlace(request)) };
}

/** Infinite where nobody knows. */
function sizeOf({ body, headers }: PipelineRequest): number {
  if (body === undefined || body === null) return 0;
  if (typeof body === 'string') return body.length;
  if (ArrayBuffer.isView(body)) return body.byteLength;
  return Number(headers.get('Content-Length') ?? Number.POSITIVE_INFINITY);
}

function inPieces({ body }: PipelineRequest, headers: PipelineRequest['headers']): PipelineRequest['body'] {
  const bytes = typeof body === 'string' ? Buffer.from(body) : ArrayBuffer.isView(body) ? viewOf(body) : undefined;
  if (bytes === undefined) return body;
  if (!headers.has('Content-Length')) headers.set('Content-Length', String(bytes.length));
  return () => Readable.from(pieces(bytes), { objectMode: false });
}

const viewOf = (body: ArrayBufferView): Buffer => Buffer.from(body.buffer, body.byteOffset, body.byteLength);

function* pieces(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += PIECE) yield bytes.subarray(at, at + PIECE);
}

/** A server that fails within while TLS is agreed on has broken a connection, and says so: that is tried again. */
const passing = (error: unknown): unknown =>
  error instanceof RestError && /SSL alert number 80\b/.test(error.message)
    ? new RestError(error.message, { code: 'ECONNRESET' })
    : error;
