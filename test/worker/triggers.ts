/** The triggers of a host around the app in this process: queue, timers, events of blobs, as the real host has them. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunOutcome } from '../../shared/pipeline/run.ts';
import { parseMessage, parseWindowMessage } from '../../shared/state/window-message.ts';
import type { Wired } from '../../shared/wire.ts';
import type { Answer } from '../front/answers.ts';
import type { StorageCall, StorageFront } from '../front/storageFront.ts';
import { MINUTE } from './inputs.ts';

/** host.json. */
const AGAIN = 30_000;
const MOST = 5;
const POLL = 1_000;

interface Message {
  readonly queue: string;
  readonly text: string;
  from: number;
  taken: number;
}

export interface TriggerCall {
  readonly began: number;
  readonly at: number;
  readonly what: string;
  readonly how: string;
}

export interface Triggers {
  /** A blob has arrived. */
  event(blob: string): void;
  /** Whether an event waits, or a message that may be taken now. */
  busy(): boolean;
  readonly done: number;
  /** Until this only the first message is taken: the others wait for what is to come. */
  open(): void;
  readonly errors: string[];
  /** Each call of a function when it ended, in the order of time. */
  readonly calls: TriggerCall[];
  stop(): Promise<void>;
}

/** The queue of windows is this one, in front of storage, in the time of this process. */
export function startTriggers(app: Wired, front: StorageFront): Triggers {
  const messages: Message[] = [];
  const events: { readonly blob: string; taken: number }[] = [];
  const errors: string[] = [];
  const calls: TriggerCall[] = [];
  const ends = new AbortController();
  let [done, taken, most] = [0, 0, 1];
  front.serve = (call, body) => (call.service === 'queue' ? queueAnswer(call, body, messages) : undefined);

  const fails = async (what: string, call: () => Promise<RunOutcome | undefined>): Promise<boolean> => {
    const began = Date.now();
    const outcome = await call().catch((error: Error) => error);
    const state = outcome instanceof Error ? 'threw' : outcome?.state;
    calls.push({
      began,
      at: Date.now(),
      what,
      how: `${state}: ${outcome instanceof Error ? outcome.message : outcome?.error}`,
    });
    const error = outcome instanceof Error ? outcome.message : outcome?.state === 'failed' ? outcome.error : '';
    if (error !== '') errors.push(error);
    if (!(outcome instanceof Error) && outcome?.state === 'done') done += 1;
    return error !== '';
  };
  const isFree = ({ from }: Message) => from <= Date.now();
  const takeMessage = (isOfBackfills: boolean) => async () => {
    const next = messages.find((each) => isFree(each) && each.queue.endsWith('-backfill') === isOfBackfills);
    if (next === undefined || taken >= most) return sleep(POLL);
    taken += 1;
    next.taken += 1;
    next.from = Number.POSITIVE_INFINITY;
    if ((await fails(`${next.text} try ${next.taken}`, () => ran(app, next.text))) && next.taken < MOST)
      next.from = Date.now() + AGAIN;
    else messages.splice(messages.indexOf(next), 1);
  };
  const takeEvent = async () => {
    const [next] = events;
    if (next === undefined) return sleep(POLL);
    next.taken += 1;
    // The next try of an event comes at once.
    if ((await fails(`${next.blob} try ${next.taken}`, () => app.arrive(next.blob))) && next.taken < MOST) return;
    events.shift();
  };
  /** `at`: how long after each full ten minutes. Audit and tending come far more often than in an app, to be met. */
  const timer = (every: number, at: number, call: () => Promise<{ readonly errors?: readonly string[] } | undefined>) =>
    async function turn() {
      const began = Date.now();
      const said = await call().catch((error: Error) => ({ errors: [error.message] }));
      errors.push(...(said?.errors ?? []));
      calls.push({ began, at: Date.now(), what: call.name, how: `${said?.errors?.length ?? 0} errors` });
      await sleep(every - ((Date.now() - at) % every));
    };
  const loops = [
    takeMessage(false),
    takeMessage(true),
    takeEvent,
    timer(5 * MINUTE, 0, app.plan),
    timer(10 * MINUTE, 0, app.sweep),
    timer(10 * MINUTE, 7 * MINUTE, app.audit),
    timer(10 * MINUTE, 3 * MINUTE, async function tend() {
      await app.tend();
      return undefined;
    }),
  ];
  const running = loops.map(async (turn) => {
    while (!ends.signal.aborted) await turn();
  });
  return {
    event: (blob) => void events.push({ blob, taken: 0 }),
    busy: () => events.length > 0 || messages.some(isFree),
    get done() {
      return done;
    },
    open: () => {
      most = Number.POSITIVE_INFINITY;
    },
    ...{ errors, calls },
    stop: async () => {
      ends.abort();
      await Promise.race([Promise.all(running), sleep(90 * MINUTE)]);
    },
  };
}

/** As the functions of both queues do. */
async function ran(app: Wired, text: string): Promise<RunOutcome | undefined> {
  const asked = parseMessage(text);
  if (asked.kind !== 'turn') return app.run(parseWindowMessage(text));
  const outcome = await app.backfillTurn(asked.turn);
  // Its message has gone on.
  return outcome?.state === 'failed' ? undefined : outcome;
}

/** What the app asks of a queue: to be there, and to take messages. */
function queueAnswer({ method, path }: StorageCall, body: Uint8Array, messages: Message[]): Answer {
  if (method === 'POST') {
    const delay = Number(/visibilitytimeout=(\d+)/.exec(path)?.[1] ?? 0) * 1000;
    const text = /<MessageText>(.*)<\/MessageText>/s.exec(Buffer.from(body).toString())?.[1] ?? '';
    messages.push({
      queue: path.split('/')[1] ?? '',
      text: Buffer.from(text, 'base64').toString(),
      from: Date.now() + delay,
      taken: 0,
    });
  }
  const at = new Date().toUTCString();
  const facts = `<MessageId>1</MessageId><InsertionTime>${at}</InsertionTime><ExpirationTime>${at}</ExpirationTime><PopReceipt>1</PopReceipt><TimeNextVisible>${at}</TimeNextVisible>`;
  const xml = `<?xml version="1.0" encoding="utf-8"?><QueueMessagesList><QueueMessage>${facts}</QueueMessage></QueueMessagesList>`;
  const sent = Buffer.from(method === 'POST' ? xml : '');
  return {
    status: 201,
    headers: { 'x-ms-request-id': '1', 'content-type': 'application/xml', 'content-length': sent.length },
    body: sent,
  };
}
