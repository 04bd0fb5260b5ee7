/** What a queue message says: which window may be due. */
import type { Signal, Window } from '../model.ts';

/** Instants as ISO 8601 in UTC with milliseconds, so that a person who looks into the queue can read them. */
export interface WindowMessage {
  readonly app: string;
  readonly signal: Signal;
  readonly source: string;
  readonly start: string;
  readonly end: string;
}

const SIGNALS: Readonly<Record<Signal, true>> = {
  requests: true,
  dependencies: true,
  exceptions: true,
  traces: true,
  customEvents: true,
  customMetrics: true,
  pageViews: true,
  browserTimings: true,
  availabilityResults: true,
  performanceCounters: true,
};

export function windowMessage({ app, signal, source, start, end }: Window): WindowMessage {
  return { app, signal, source, start: new Date(start).toISOString(), end: new Date(end).toISOString() };
}

/**
 * Reads a message as the Functions host hands it over (an object, or the text where it did not parse it). Fields that it does not know
 * are left alone: a newer version may send more. Throws when it names no window: nothing but a stranger's message looks like that.
 */
export function parseWindowMessage(message: unknown): Window {
  const fields = asRecord(typeof message === 'string' ? parsed(message) : message);
  const window = {
    app: text(fields, 'app'),
    signal: signalOf(text(fields, 'signal')),
    source: text(fields, 'source'),
    start: instant(fields, 'start'),
    end: instant(fields, 'end'),
  };
  return window.start < window.end ? window : refuse(`start must be before end, was ${fields.start} and ${fields.end}`);
}

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
  return typeof value === 'string' && value !== '' ? value : refuse(`${name} must be a text that is not empty, was ${shown(value)}`);
}

function signalOf(name: string): Signal {
  const isSignal = (word: string): word is Signal => Object.hasOwn(SIGNALS, word);
  return isSignal(name) ? name : refuse(`signal must be one of ${Object.keys(SIGNALS).join(', ')}, was ${shown(name)}`);
}

function instant(fields: Record<string, unknown>, name: string): number {
  const spelled = text(fields, name);
  const value = Date.parse(spelled);
  const exact = Number.isFinite(value) && new Date(value).toISOString() === spelled;
  return exact ? value : refuse(`${name} must be a time such as 2026-11-21T03:00:00.000Z, was ${shown(spelled)}`);
}

const shown = (value: unknown) => String(JSON.stringify(value)).slice(0, 100);
