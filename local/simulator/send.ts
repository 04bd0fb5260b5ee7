import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { setImmediate as breathe, setTimeout as sleep } from 'node:timers/promises';
import { createGzip } from 'node:zlib';
import type { Millis } from '../../shared/model.ts';
import { type AnswerFacts, type AnswerStyle, answerText } from './answer.ts';
import { type Data, ingestedText, selectRows } from './data.ts';
import { REFUSALS, type Refusal } from './errors.ts';
import { type Fault, refusalOf } from './faults.ts';
import type { KqlQuery } from './kql.ts';
import type { OpenRequest } from './request.ts';
import { timeOfLiteral } from './time-literal.ts';

const JSON_TYPE = 'application/json; charset=utf-8';

export function refuse(response: ServerResponse, refusal: Refusal, log: OpenRequest): void {
  const text = typeof refusal.body === 'string';
  log.status = refusal.status;
  log.sent = true;
  response.writeHead(refusal.status, { 'Content-Type': text ? 'text/html' : JSON_TYPE, ...refusal.headers });
  response.end(text ? refusal.body : JSON.stringify(refusal.body));
}

/** Stops for `pause`, or until the client has gone. */
async function stall(response: ServerResponse, pause: Millis | undefined): Promise<void> {
  if (pause !== undefined) await sleep(pause);
  else if (!response.destroyed) await once(response, 'close');
}

/** What a fault does before an answer. True when there is nothing left to answer. */
export async function strikeConnection(
  fault: Fault,
  response: ServerResponse,
  log: OpenRequest,
  now: Millis,
): Promise<boolean> {
  const refusal = refusalOf(fault, log, now);
  if (refusal) {
    refuse(response, refusal, log);
    return true;
  }
  if (fault.at === 'middle') return false;
  if (fault.kind === 'drop') response.destroy();
  if (fault.kind === 'stall') await stall(response, fault.pause);
  return response.destroyed;
}

/**
 * The query with its range narrowed by `timespan`, which the service applies as well; undefined for one that we do not
 * know.
 */
function narrowed(query: KqlQuery, timespan: string | undefined): KqlQuery | undefined {
  if (timespan === undefined) return query;
  const [from = '', to = ''] = timespan.split('/');
  const [start, end] = [timeOfLiteral(from), timeOfLiteral(to)];
  if (start === undefined || end === undefined) return undefined;
  const [, latest = start] = [query.start, start].sort();
  const [earliest = end] = [query.end, end].sort();
  return { ...query, start: latest, end: earliest };
}

/** Half of the rows for faults that cut an answer short. */
function styleFor(fault: Fault | undefined, style: AnswerStyle, rows: () => Iterable<unknown>): AnswerStyle {
  if (fault?.kind !== 'truncate' && fault?.kind !== 'partial') return style;
  let count = 0;
  for (const _ of rows()) count++;
  const reason = fault.reason ?? (fault.kind === 'truncate' ? 'rows' : 'network');
  return { ...style, cut: { rows: Math.floor(count / 2), reason } };
}

/** Byte by byte, until the client has gone. */
async function* trickling(piece: string, response: ServerResponse, pause: Millis = 1_000): AsyncGenerator<string> {
  for (const byte of piece) {
    if (response.destroyed) return;
    yield byte;
    await sleep(pause, undefined, { ref: false });
  }
}

/** The pieces, broken off or held up within the first one by a fault in the middle. */
async function* faulty(
  pieces: Iterable<string>,
  response: ServerResponse,
  fault: Fault | undefined,
): AsyncGenerator<string> {
  let middle = fault?.at === 'middle' ? fault : undefined;
  for (const piece of pieces) {
    if (fault?.kind === 'trickle') {
      yield* trickling(piece, response, fault.pause);
      continue;
    }
    const split = middle ? piece.length >> 1 : piece.length;
    yield piece.slice(0, split);
    // The client may live in this very process, and what was written is to be on its way.
    await breathe();
    if (!middle) continue;
    if (middle.kind === 'drop') throw new Error('dropped by a fault');
    await stall(response, middle.pause);
    middle = undefined;
    yield piece.slice(split);
  }
}

export interface Answering {
  readonly response: ServerResponse;
  readonly log: OpenRequest;
  readonly data: Data;
  readonly style: AnswerStyle;
  readonly fault: Fault | undefined;
  readonly gzip: boolean;
}

export async function sendAnswer({ response, log, data, style, fault, gzip }: Answering): Promise<void> {
  const query = log.parsed && narrowed(log.parsed, log.timespan);
  if (!query) return refuse(response, REFUSALS.timespan, log);
  const rowsOf = (part: KqlQuery) => selectRows(part, data, log.id);
  const rows = () => [query, ...(query.union ?? [])].flatMap((part) => [...rowsOf(part)]);
  const facts: AnswerFacts = { rows: 0, bytes: 0, incomplete: undefined };
  const pieces = answerText(query, rowsOf, styleFor(fault, style, rows), facts, (row) => ingestedText(row, data));
  const age = fault?.kind === 'cached' ? { Age: '57' } : {};
  log.status = 200;
  response.writeHead(200, { 'Content-Type': JSON_TYPE, ...age, ...(gzip ? { 'Content-Encoding': 'gzip' } : {}) });
  try {
    const text = faulty(pieces, response, fault);
    await (gzip ? pipeline(text, createGzip({ level: 1 }), response) : pipeline(text, response));
    log.sent = true;
  } finally {
    log.rows = facts.rows;
    log.incomplete = facts.incomplete;
  }
}
