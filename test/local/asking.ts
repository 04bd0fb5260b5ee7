/** What the tests of the simulator share: an hour of requests, and ways to ask for them. */
import assert from 'node:assert/strict';
import { after } from 'node:test';
import { memoryData } from '../../local/simulator/data.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../local/simulator/startSimulator.ts';
import { telemetryRows } from '../../local/telemetry/telemetryRows.ts';

export const HOUR = 3_600_000;
export const START = Date.UTC(2026, 10, 21, 12);
export const SHOP = { seed: 5, app: 'shop', perHour: 60 };
export const REQUESTS = [...telemetryRows({ ...SHOP, signal: 'requests', start: START, end: START + HOUR })];
export const [FROM, TO] = ['2026-11-21T12:00:00.0000000Z', '2026-11-21T13:00:00.0000000Z'];

export const appQuery = (from = FROM, to = TO) =>
  `requests\n| where timestamp >= datetime(${from}) and timestamp < datetime(${to})`;

export interface Answer {
  readonly tables: readonly {
    readonly name: string;
    readonly columns: readonly Record<string, string>[];
    readonly rows: readonly unknown[][];
  }[];
  readonly error?: {
    readonly code: string;
    readonly details: readonly { readonly innererror: { readonly code: string; readonly message: string } }[];
  };
}

const started: Simulator[] = [];
after(() => Promise.all(started.map((simulator) => simulator.close())));

/** A simulator of an hour of requests, closed after the tests of the file. */
export async function start(options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = await startSimulator({ data: memoryData(REQUESTS), ...options });
  started.push(simulator);
  return simulator;
}

export const JSON_HEADERS = { 'Content-Type': 'application/json' };
export interface Extra {
  readonly path?: string;
  readonly headers?: Record<string, string>;
  readonly timespan?: string;
  readonly signal?: AbortSignal;
}

export function post(simulator: Simulator, query: string, extra: Extra = {}): Promise<Response> {
  const { path = '/v1/apps/shop/query', headers = JSON_HEADERS, timespan, signal } = extra;
  const body = JSON.stringify({ query, timespan });
  return fetch(simulator.url + path, { method: 'POST', headers, body, ...(signal ? { signal } : {}) });
}

/** The answer, which must be a 200. */
export async function ask(simulator: Simulator, query = appQuery(), extra: Extra = {}): Promise<Answer> {
  const response = await post(simulator, query, extra);
  assert.equal(response.status, 200);
  return (await response.json()) as Answer;
}

export const rowsOf = (answer: Answer): readonly unknown[][] => answer.tables[0]?.rows ?? [];
export const WORKSPACE: Extra = { path: '/v1/workspaces/w/query' };
