import type { HealthOrder, HealthReport, Interval, Signal } from '../model.ts';
import {
  BadRequest,
  type Given,
  refuseOthers,
  type StatusRequest,
  signalNamed,
  statusRequest,
  timeIn,
  type WindowRequest,
  windowRequest,
} from './request.ts';
import type { Status, WindowView } from './schema.ts';

/** Windows of a range that run again; as shared/pipeline/ask/rerun.ts has it. */
export interface RerunOrder extends Interval {
  readonly app: string;
  readonly signals: readonly Signal[];
  readonly faulty: boolean;
  readonly begin: boolean;
}

export interface BackfillOrder extends Interval {
  readonly app: string;
  readonly signals: readonly Signal[];
  readonly begin: boolean;
}

/** What is behind the API. */
export interface StatusPorts {
  now(): number;
  status(request: StatusRequest): Promise<Status>;
  /** Undefined: no window covers that moment. */
  window(request: WindowRequest): Promise<WindowView | undefined>;
  rerun(order: RerunOrder): Promise<object>;
  backfill(order: BackfillOrder): Promise<object>;
  health(): Promise<HealthReport>;
  order(order: HealthOrder, reason: string): Promise<HealthReport>;
}

export interface Answer {
  readonly status: number;
  readonly body: object;
}

export type Question = 'status' | 'window';
export const ORDERS = ['rerun', 'pause', 'resume', 'disable', 'backfill'] as const;
export type Order = (typeof ORDERS)[number];

/** What is asked for is answered, what is wrong with it is said; whatever else fails is the caller's. */
export async function answerQuestion(question: Question, given: Given, ports: StatusPorts): Promise<Answer> {
  return told(async () => {
    if (question === 'status') return { status: 200, body: await ports.status(statusRequest(given, ports.now())) };
    const found = await ports.window(windowRequest(given));
    return found === undefined ? refused(404, 'at', 'no window covers that moment') : { status: 200, body: found };
  });
}

/** `body`: the text that was posted. */
export async function answerOrder(order: Order, body: string, ports: StatusPorts): Promise<Answer> {
  return told(async () => {
    const given = parseBody(body);
    const dryRun = flagIn(given, 'dryRun');
    if (order === 'rerun') {
      refuseOthers(given, ['app', 'signals', 'from', 'to', 'faulty', 'dryRun']);
      const request = { ...rangeIn(given), faulty: flagIn(given, 'faulty'), begin: !dryRun };
      return { status: dryRun ? 200 : 202, body: { order, dryRun, ...(await ports.rerun(request)) } };
    }
    if (order === 'backfill') {
      refuseOthers(given, ['app', 'signals', 'from', 'to', 'dryRun']);
      return {
        status: dryRun ? 200 : 202,
        body: { order, dryRun, ...(await ports.backfill({ ...rangeIn(given), begin: !dryRun })) },
      };
    }
    refuseOthers(given, ['reason', 'dryRun']);
    const reason = textIn(given, 'reason');
    const { state: before } = await ports.health();
    const report = dryRun ? undefined : await ports.order(order, reason);
    const after = report?.state ?? { pause: 'paused', resume: 'active', disable: 'disabled' }[order];
    return { status: 200, body: { order, dryRun, before, after } };
  });
}

async function told(make: () => Promise<Answer>): Promise<Answer> {
  try {
    return await make();
  } catch (error) {
    if (error instanceof BadRequest) return refused(400, error.field, error.message);
    throw error;
  }
}

export const refused = (status: number, field: string, message: string): Answer => ({
  status,
  body: { error: { ...(field !== '' && { field }), message } },
});

const BODY_LIMIT = 10_000;

function parseBody(text: string): Readonly<Record<string, unknown>> {
  if (text.length > BODY_LIMIT) throw new BadRequest('body', 'is longer than any order');
  let value: unknown;
  try {
    value = text.trim() === '' ? {} : JSON.parse(text);
  } catch {
    throw new BadRequest('body', 'must be a JSON object');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new BadRequest('body', 'must be a JSON object');
  return value as Readonly<Record<string, unknown>>;
}

function textIn(given: Readonly<Record<string, unknown>>, field: string): string {
  const value = given[field] ?? '';
  if (typeof value !== 'string' || value.length > 500)
    throw new BadRequest(field, 'must be a text of at most 500 characters');
  return value;
}

function flagIn(given: Readonly<Record<string, unknown>>, field: string): boolean {
  const value = given[field] ?? false;
  if (typeof value !== 'boolean') throw new BadRequest(field, 'must be true or false');
  return value;
}

/** A range is always said: nobody runs all of a lake again by leaving something out. */
function rangeIn(given: Readonly<Record<string, unknown>>) {
  const times = { from: textIn(given, 'from'), to: textIn(given, 'to') };
  const [start, end] = [timeIn(times, 'from'), timeIn(times, 'to')];
  if (start === undefined) throw new BadRequest('from', 'must be a date or a time in UTC, like 2026-01-31');
  if (end === undefined) throw new BadRequest('to', 'must be a date or a time in UTC, like 2026-01-31');
  if (start >= end) throw new BadRequest('from', 'must lie before to');
  const signals = given.signals ?? [];
  if (!Array.isArray(signals)) throw new BadRequest('signals', 'must be a list of signals');
  return {
    start,
    end,
    app: textIn(given, 'app'),
    signals: signals.map((each) => signalNamed(String(each), 'signals')),
  };
}
