/** What a queue message says: which window may be due, or what range of an archive is to be swept. */
import type { BackfillAsked, BackfillTurn, BackfillWish, Signal, SweepRequest, Window } from '../model.ts';
import { signals, signalTables } from '../signals/tables.ts';

/** Instants as ISO 8601 in UTC with milliseconds, so that a person who looks into the queue can read them. */
export interface WindowMessage {
  readonly app: string;
  readonly signal: Signal;
  readonly source: string;
  readonly start: string;
  readonly end: string;
}

export function windowMessage({ app, signal, source, start, end }: Window): WindowMessage {
  return { app, signal, source, start: new Date(start).toISOString(), end: new Date(end).toISOString() };
}

/** `{"sweep": {"from": …, "to": …, "prefix"?: …, "app"?: …}}`. People write it too: a date will do for a time. */
export interface SweepMessage {
  readonly sweep: { readonly from: string; readonly to: string; readonly prefix?: string; readonly app?: string };
}

export const sweepMessage = ({ start, end, prefix, app }: SweepRequest): SweepMessage => ({
  sweep: { from: new Date(start).toISOString(), to: new Date(end).toISOString(), prefix, app },
});

/** `{"backfill": {"id": …, "slot": …, "turn": …}}` */
export const backfillMessage = (turn: BackfillTurn): { readonly backfill: BackfillTurn } => ({ backfill: turn });

export type QueueMessage =
  | { readonly kind: 'turn'; readonly turn: BackfillTurn }
  | { readonly kind: 'backfill'; readonly asked: BackfillAsked }
  | { readonly kind: 'window'; readonly window: Window }
  | { readonly kind: 'sweep'; readonly request: SweepRequest };

/** Reads a message as `parseWindowMessage` does, which may also be a sweep's. */
export function parseMessage(message: unknown): QueueMessage {
  const fields = fieldsOf(message);
  if ('sweep' in fields) return { kind: 'sweep', request: sweepOf(asRecord(fields.sweep)) };
  if ('backfill' in fields) return backfillOf(asRecord(fields.backfill));
  return { kind: 'window', window: parseWindowMessage(fields) };
}

/**
 * Reads a message as the Functions host hands it over (an object, or the text where it did not parse it). Fields that
 * it does not know are left alone: a newer version may send more. Throws when it names no window: nothing but a
 * stranger's message looks like that.
 */
export function parseWindowMessage(message: unknown): Window {
  const fields = fieldsOf(message);
  const window = {
    app: text(fields, 'app'),
    signal: signalOf(text(fields, 'signal')),
    source: text(fields, 'source'),
    start: instant(fields, 'start'),
    end: instant(fields, 'end'),
  };
  return window.start < window.end ? window : refuse(`start must be before end, was ${fields.start} and ${fields.end}`);
}

const fieldsOf = (message: unknown): Record<string, unknown> =>
  asRecord(typeof message === 'string' ? parsed(message) : message);

function sweepOf(fields: Record<string, unknown>): SweepRequest {
  const [start, end] = [time(fields, 'from'), time(fields, 'to')];
  if (start >= end) return refuse(`from of a sweep must be before to, was ${fields.from} and ${fields.to}`);
  return { start, end, prefix: textOr(fields, 'prefix'), app: textOr(fields, 'app') };
}

/**
 * What a person asks of backfills: `{"backfill": {"do": "start", "app": …, "from": …, "to": …, "signals"?: […],
 * "only"?: …}}`; `plan` likewise; `pause`, `resume` and `cancel` with an `id`; `status`.
 */
function backfillOf(fields: Record<string, unknown>): QueueMessage {
  if (!('do' in fields)) {
    const [slot, turn] = [Number(fields.slot), Number(fields.turn)];
    if (!Number.isInteger(slot) || !Number.isInteger(turn))
      return refuse('slot and turn of a backfill must be numbers');
    return { kind: 'turn', turn: { id: text(fields, 'id'), slot, turn } };
  }
  const what = text(fields, 'do');
  if (what === 'status') return { kind: 'backfill', asked: { do: what } };
  if (what === 'pause' || what === 'resume' || what === 'cancel')
    return { kind: 'backfill', asked: { do: what, id: text(fields, 'id') } };
  if (what === 'plan' || what === 'start') return { kind: 'backfill', asked: { do: what, wish: wishOf(fields) } };
  return refuse(`do of a backfill must be plan, start, pause, resume, cancel or status, was ${shown(fields.do)}`);
}

function wishOf(fields: Record<string, unknown>): BackfillWish {
  const [start, end] = [time(fields, 'from'), time(fields, 'to')];
  if (start >= end) return refuse(`from of a backfill must be before to, was ${fields.from} and ${fields.to}`);
  const only = textOr(fields, 'only') || 'missing';
  if (only !== 'missing' && only !== 'failed' && only !== 'all')
    return refuse(`only of a backfill must be missing, failed or all, was ${shown(fields.only)}`);
  const given: readonly unknown[] = Array.isArray(fields.signals) ? fields.signals : [];
  const concurrency = fields.concurrency === undefined ? undefined : Number(fields.concurrency);
  if (concurrency !== undefined && !(Number.isInteger(concurrency) && concurrency >= 1 && concurrency <= 20))
    return refuse(`concurrency of a backfill must be a number from 1 to 20, was ${shown(fields.concurrency)}`);
  return {
    ...{ app: textOr(fields, 'app'), signals: given.map((each) => signalOf(String(each))), start, end },
    ...({ choice: only, concurrency } as const),
  };
}

const textOr = (fields: Record<string, unknown>, name: string): string =>
  (fields[name] ?? '') === '' ? '' : text(fields, name);

function refuse(fault: string): never {
  throw new Error(`window message: ${fault}; only Insights Lake may write to this queue`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return refuse(`must be JSON, was ${shown(text)}`);
  }
}

function asRecord(value: unknown): Record<string, unknown> {
  const isRecord = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isRecord ? { ...value } : refuse(`must be an object, was ${shown(value)}`);
}

function text(fields: Record<string, unknown>, name: string): string {
  const value = fields[name];
  return typeof value === 'string' && value !== ''
    ? value
    : refuse(`${name} must be a text that is not empty, was ${shown(value)}`);
}

function signalOf(name: string): Signal {
  const isSignal = (word: string): word is Signal => Object.hasOwn(signalTables, word);
  return isSignal(name) ? name : refuse(`signal must be one of ${signals.join(', ')}, was ${shown(name)}`);
}

function instant(fields: Record<string, unknown>, name: string): number {
  const spelled = text(fields, name);
  const value = Date.parse(spelled);
  const exact = Number.isFinite(value) && new Date(value).toISOString() === spelled;
  return exact ? value : refuse(`${name} must be a time such as 2026-11-21T03:00:00.000Z, was ${shown(spelled)}`);
}

/** The shorter spellings that people use, too; none that leaves open what time zone it means. */
function time(fields: Record<string, unknown>, name: string): number {
  const spelled = text(fields, name);
  const value = Date.parse(spelled);
  const known = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{3})?)?Z)?$/.test(spelled) && Number.isFinite(value);
  const exact = known && new Date(value).toISOString().startsWith(spelled.replace(/Z$/, ''));
  return exact
    ? value
    : refuse(`${name} must be a time such as 2026-11-21 or 2026-11-21T03:00Z, was ${shown(spelled)}`);
}

const shown = (value: unknown) => String(JSON.stringify(value)).slice(0, 100);
