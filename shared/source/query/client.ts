import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { TokenCredential } from '@azure/core-auth';
import {
  createEmptyPipeline,
  createHttpHeaders,
  createPipelineRequest,
  type PipelineResponse,
  proxyPolicy,
} from '@azure/core-rest-pipeline';
import type { Clock, Millis, QuerySettings } from '../../model.ts';
import { isDirect } from '../../net/direct.ts';
import { createDirectHttp } from '../../net/limited-http.ts';
import { isGzip, packedAs, packingOf } from '../../net/packing.ts';
import { type Answer, readAnswer } from './answer.ts';
import { createCredentials, refuseOpenSecrets } from './credentials.ts';
import type { Ask, Question, Reply } from './reply.ts';
import { createWatch, type Watch } from './watch.ts';

export interface ClientLimits {
  /** How long the server may work on a query, in seconds; it allows 600 at most. */
  readonly wait: number;
  /** How long the first byte may take, white space aside: `wait`, and the three minutes that it may queue before. */
  readonly first: Millis;
  /** How long the body may pause. */
  readonly stall: Millis;
}

export const CLIENT_LIMITS: ClientLimits = { wait: 180, first: 400_000, stall: 60_000 };

/**
 * Where a run reads for so long at most, a question may take a third of it: one that hangs costs a try, not the run.
 * The server gives up before we do, and says so.
 */
export function clientLimits(reading: Millis | undefined): ClientLimits {
  const first = Math.min(CLIENT_LIMITS.first, Math.floor((reading ?? Number.POSITIVE_INFINITY) / 3));
  return { ...CLIENT_LIMITS, first, wait: Math.min(CLIENT_LIMITS.wait, Math.max(10, Math.floor(first / 1000) - 20)) };
}
const LONGEST_ERROR = 64 * 1024;
/** How long the words of an error may pause, and how long they may come, however they trickle. */
const ERROR_WORDS: Millis = 10_000;
/** Of what is unpacked. Of 16 KiB, as they come by themselves, each answer would be more turns: 50 ms of 45 MB. */
const PIECE = 64 * 1024;
const NO_REPLY = { status: 0, lost: '', timedOut: false, retryAfter: '', age: 0, answer: undefined, body: undefined };

/**
 * A client of the query API that asks once and reports what came; it repeats nothing. Throws when aborted, when there
 * is no token, and when whoever takes the rows fails. Neither replies nor errors carry token or key, even where the
 * server sends them back.
 */
export function createAsk(
  settings: Pick<QuerySettings, 'url' | 'scope' | 'auth'>,
  credential: TokenCredential | undefined,
  clock: Clock,
  limits: ClientLimits = CLIENT_LIMITS,
): Ask {
  refuseOpenSecrets(settings);
  const credentials = createCredentials(settings, credential, clock);
  // With limits of its own: a query may take minutes.
  const http = createDirectHttp();
  const line = createEmptyPipeline();
  if (!isDirect(settings.url)) line.addPolicy(proxyPolicy());

  function post(
    { query, timespan }: Question,
    headers: Record<string, string>,
    abortSignal: AbortSignal,
  ): Promise<PipelineResponse> {
    const request = createPipelineRequest({
      url: settings.url,
      method: 'POST',
      body: JSON.stringify({ query, timespan }),
      headers: createHttpHeaders(headers),
      // The library would unpack gzip, but through a pipe that swallows dropped connections: it must not know of it.
      requestOverrides: { headers: { ...headers, 'Accept-Encoding': 'gzip' } },
      streamResponseStatusCodes: new Set([Number.POSITIVE_INFINITY]),
      allowInsecureConnection: settings.url.startsWith('http:'),
      abortSignal,
    });
    return line.sendRequest(http, request);
  }

  return async function ask(question) {
    const reply = await askOnce(question);
    // A token that was good can be refused before its time; the next one may be good.
    const renewed = reply.status === 401 && (await credentials.renew(question.abort));
    return renewed ? askOnce(question) : reply;
  };

  async function askOnce(question: Question): Promise<Reply> {
    const secret = await credentials.headers(question.abort);
    const headers = {
      'Content-Type': 'application/json',
      'Cache-Control': 'no-cache',
      Prefer: `wait=${limits.wait}`,
      ...secret,
    };
    const watch = createWatch(question.abort);
    try {
      watch.expect('the first byte of an answer', limits.first);
      const response = await post(question, headers, watch.signal).catch(watch.lose);
      if (response === undefined) {
        const hopeless = watch.hopeless();
        const said = hopeless === '' ? {} : { hopeless };
        return { ...NO_REPLY, lost: watch.lost(), timedOut: watch.timedOut(), ...said };
      }
      const reply = credentials.mask(await read(response, question, watch, limits));
      if (reply.status === 401 || reply.status === 403) credentials.forget();
      return reply;
    } finally {
      watch.stop();
    }
  }
}

async function read(
  response: PipelineResponse,
  question: Question,
  watch: Watch,
  limits: ClientLimits,
): Promise<Reply> {
  const { status, headers } = response;
  const { stall, first } = limits;
  // Some gateways send a space now and then while the query is at work. An error is known by its status already.
  const words = Math.min(stall, ERROR_WORDS);
  const [pause, blank] = status === 200 ? [stall, first] : [words, words];
  const pieces = watch.pieces(bodyOf(response), pause, blank);
  const encoding = headers.get('content-encoding') ?? '';
  const answer =
    status === 200 ? withPacking(await readAnswer(pieces, question.table, question.rows), encoding) : undefined;
  const body = status === 200 ? undefined : await readError(pieces, packedAs(encoding));
  question.abort.throwIfAborted();
  // A refusal counts even where its explanation got lost.
  const lost = status === 200 ? watch.lost() : '';
  const timedOut = lost !== '' && watch.timedOut();
  return {
    status,
    lost,
    timedOut,
    retryAfter: headers.get('retry-after') ?? '',
    date: headers.get('date') ?? '',
    age: Number(headers.get('age') ?? 0) || 0,
    answer,
    body,
  };
}

/** The answer, whose fault says how it is packed where that is why it is no JSON. */
function withPacking(answer: Answer, encoding: string): Answer {
  const { fault } = answer;
  const reason = fault?.begins && packingOf(encoding, fault.begins);
  return fault && reason ? { ...answer, fault: { ...fault, reason } } : answer;
}

function bodyOf(response: PipelineResponse): AsyncIterable<Uint8Array> {
  const body = response.readableStreamBody as Readable;
  if (!isGzip(response.headers.get('content-encoding') ?? '')) return body;
  // A failure reaches whoever reads: pipeline() destroys the last stream with it.
  return pipeline(body, createGunzip({ chunkSize: PIECE }), () => {});
}

/** `packed`: what its header says of a packing that nobody asked for; '': nothing. */
async function readError(pieces: AsyncIterable<Uint8Array>, packed: string): Promise<unknown> {
  const held: Uint8Array[] = [];
  const began = performance.now();
  let size = 0;
  for await (const piece of pieces) {
    held.push(piece);
    size += piece.length;
    if (size > LONGEST_ERROR || performance.now() - began > ERROR_WORDS) break;
  }
  const text = Buffer.concat(held).toString('utf8');
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    if (packed !== '') return `words that are ${packed}`;
    return text.startsWith('<') ? 'a page of HTML instead of an error' : text;
  }
}
