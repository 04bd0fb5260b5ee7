import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { callByHand, callHttp } from './calls.ts';
import type { Core, HttpData, RegisteredFunction } from './core.ts';
import { type HttpKeys, serveHttp } from './http.ts';
import type { HostSettings } from './settings.ts';
import { ScheduleError } from './timers.ts';
import { startTrigger } from './triggers.ts';

/** What happens in the host, for whoever started it. */
export type HostEvent =
  | { readonly kind: 'started'; readonly name: string; readonly id: string; readonly input: string }
  | {
      readonly kind: 'log';
      readonly name: string;
      readonly id: string;
      readonly level: string;
      readonly message: string;
    }
  | { readonly kind: 'ended'; readonly name: string; readonly id: string; readonly ms: number; readonly error: string }
  | { readonly kind: 'host'; readonly message: string };

export interface HostOptions {
  readonly core: Core;
  /** Entry files of the app, which register its functions. */
  readonly entries: readonly string[];
  readonly settings: HostSettings;
  /** App settings: connections, and what `%NAME%` in bindings stands for. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Of the HTTP endpoint; 0 takes a free one. */
  readonly port: number;
  /** Of the HTTP functions. Left out: none is needed. */
  readonly keys?: HttpKeys;
  /** Milliseconds that a queue message is hidden while its function runs. */
  readonly lock: number;
  /** Milliseconds between two looks of a blob trigger. */
  readonly blobEvery: number;
  report(event: HostEvent): void;
}

export interface Host {
  readonly url: string;
  readonly functions: readonly string[];
  /** Takes nothing new, waits for what runs, and closes the endpoint. */
  stop(): Promise<void>;
}

/** Loads the app and runs its functions by their triggers until stopped. */
export async function startHost(options: HostOptions): Promise<Host> {
  const { core, entries } = options;
  for (const entry of entries) await import(pathToFileURL(entry).href);
  const stopping = new AbortController();
  const listeners = [...core.functions.values()].map((found) => keepListening(found, options, stopping.signal));
  const request = (name: string, data: HttpData): Promise<unknown> => callHttp(options, name, data);
  const endpoint = await serveHttp(
    {
      functions: core.functions,
      keys: options.keys,
      request,
      trigger: (name, input) => callByHand(options, name, input),
    },
    options.port,
  );
  return {
    url: endpoint.url,
    functions: [...core.functions.keys()],
    stop: async () => {
      stopping.abort();
      await endpoint.close();
      await Promise.all(listeners);
      await core.terminate();
    },
  };
}

/**
 * A trigger that cannot listen (no storage, a missing setting) is reported and tried again, as the real host does; one
 * whose schedule is none is in error for good, and the others run.
 */
async function keepListening(found: RegisteredFunction, options: HostOptions, abort: AbortSignal): Promise<void> {
  while (!abort.aborted) {
    try {
      return await startTrigger(found, options, abort);
    } catch (error) {
      if (error instanceof ScheduleError)
        return options.report({ kind: 'host', message: `${found.name} is in error: ${error.message}` });
      if (!abort.aborted)
        options.report({ kind: 'host', message: `${found.name} is not listening: ${messageOf(error)}` });
    }
    await sleep(5_000, undefined, { signal: abort }).catch(() => undefined);
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
