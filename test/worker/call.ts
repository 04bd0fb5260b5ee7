/** Calls of functions by hand, as the host makes them. */
import assert from 'node:assert/strict';
import type { TypedData } from '../../local/host/core.ts';
import { reference } from './inputs.ts';
import type { Worker } from './worker.ts';

export interface Ended {
  /** Of the scene's time. */
  readonly took: number;
  readonly error: string;
  readonly logs: readonly string[];
}

export interface Asked {
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Of the body; left out: JSON. */
  readonly type?: string;
}

export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export async function called({ core }: Worker, container: string, name: string, text: string): Promise<Ended> {
  const logs: string[] = [];
  const began = Date.now();
  const trigger = core.functions.get(name)?.trigger;
  assert.ok(trigger, `no function ${name}`);
  const data = /timer/i.test(trigger.type)
    ? { json: JSON.stringify({ Schedule: {}, IsPastDue: false }) }
    : /blob/i.test(trigger.type)
      ? {
          modelBindingData: {
            version: '1.0',
            source: 'AzureStorageBlobs',
            contentType: 'application/json',
            content: reference(container, text),
          },
        }
      : { string: text };
  const request = { invocationId: crypto.randomUUID(), inputData: [{ name: trigger.name, data }], triggerMetadata: {} };
  const error = await core
    .invoke(name, request, (_level, message) => logs.push(message))
    .then(
      () => '',
      (thrown: unknown) => (thrown instanceof Error ? thrown.message : String(thrown)),
    );
  return { took: Date.now() - began, error, logs };
}

export async function answered(
  { core }: Worker,
  name: string,
  { query = {}, body, type }: Asked = {},
): Promise<Answered> {
  const headers: Record<string, string> = body === undefined ? {} : { 'content-type': type ?? 'application/json' };
  const url = `http://app.test/api/${name}?${new URLSearchParams(query)}`;
  const sent = body === undefined ? {} : { body: { bytes: Buffer.from(body) } };
  const data = { method: body === undefined ? 'GET' : 'POST', url, headers, params: {}, query, ...sent };
  const trigger = core.functions.get(name)?.trigger.name ?? '';
  const invocation = { inputData: [{ name: trigger, data: { http: data } }], triggerMetadata: {} };
  const value = await core.invoke(name, { invocationId: crypto.randomUUID(), ...invocation }, () => undefined);
  const { http } = value as { http: { statusCode: string; headers?: Record<string, string>; body?: TypedData } };
  const text = http.body?.bytes ?? http.body?.string ?? http.body?.json ?? '';
  return { status: Number(http.statusCode), headers: http.headers ?? {}, body: Buffer.from(text).toString() };
}
