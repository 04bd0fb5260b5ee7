/**
 * Whoever runs the app's functions, for the local host to call: a process of ours, or, where WORKER_HOST names the
 * module that drives it and WORKER_DIR, WORKER_APP, WORKER_NODE what that needs, the real Functions worker.
 */
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Binding, Core, RegisteredFunction, Request, TypedData } from '../../local/host/core.ts';
import type { Called, Told } from './functions-process.ts';

export interface Worker {
  readonly core: Core;
  readonly kind: 'worker' | 'process';
  /** Resolves when it is gone. Left out: SIGKILL. */
  kill(signal?: 'SIGTERM'): Promise<void>;
}

export const startWorker = (env: Readonly<Record<string, string>>): Promise<Worker> =>
  process.env.WORKER_HOST === undefined ? startProcess(env) : startReal(env, process.env.WORKER_HOST);

type Log = (level: string, message: string) => void;

async function startProcess(env: Readonly<Record<string, string>>): Promise<Worker> {
  const child = fork(join(import.meta.dirname, 'functions-process.ts'), [], {
    env,
    execArgv: [],
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const calls = new Map<number, { done: (told: { error: string | undefined; value: unknown }) => void; log: Log }>();
  const functions = new Map<string, RegisteredFunction>();
  await new Promise<void>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the functions ended with ${code}`)));
    child.on('message', (told: Told) => {
      if ('functions' in told) {
        for (const [name, facts] of told.functions)
          functions.set(name, { ...(facts as RegisteredFunction), name, callback: () => undefined });
        resolve();
      } else if ('log' in told) calls.get(told.id)?.log(told.level, told.log);
      else calls.get(told.id)?.done(told);
    });
  });
  child.once('exit', () => {
    for (const { done } of calls.values()) done({ error: 'killed', value: undefined });
  });
  let last = 0;
  const invoke = async (name: string, request: Request, log: Log): Promise<unknown> => {
    const id = ++last;
    const { error, value } = await new Promise<{ error: string | undefined; value: unknown }>((done) => {
      calls.set(id, { done, log });
      child.send({ id, name, request } satisfies Called);
    });
    calls.delete(id);
    if (error !== undefined) throw new Error(error);
    return value;
  };
  return {
    core: { functions, invoke, terminate: async () => {} },
    kind: 'process',
    kill: async (signal) => {
      child.kill(signal ?? 'SIGKILL');
      await gone;
    },
  };
}

/** What the module makes: see its own words. */
interface Driven {
  readonly functions: readonly { readonly name: string; readonly bindings: readonly Binding[] }[];
  invoke(
    name: string,
    data: unknown,
    metadata: Record<string, unknown>,
  ): Promise<{ ok: boolean; error?: string; returnValue?: unknown }>;
  stop(): void;
  readonly pid: number;
  readonly exited: Promise<void>;
}

async function startReal(env: Readonly<Record<string, string>>, module: string): Promise<Worker> {
  const { start } = await import(pathToFileURL(module).href);
  // One call at a time (host.json), so lines belong to the one that runs; timers beside it log one line of their own.
  const logs = new Set<Log>();
  const driven: Driven = await start({
    workerDir: process.env.WORKER_DIR,
    appDir: process.env.WORKER_APP,
    node: process.env.WORKER_NODE,
    env,
    onLog: (
      _line: string,
      log?: { readonly level?: string; readonly message?: string; readonly logCategory?: string },
    ) => {
      if (log?.logCategory !== 'System') for (const tell of logs) tell(log?.level ?? 'stderr', log?.message ?? _line);
    },
  });
  const plain = (data: TypedData | undefined): unknown =>
    data === undefined || data.modelBindingData || data.http
      ? data
      : (data.string ?? (data.json && JSON.parse(data.json)));
  return {
    core: {
      functions: new Map(
        driven.functions.map(({ name, bindings }) => {
          const trigger = bindings.find(({ type }) => /trigger$/i.test(type)) as Binding;
          return [name, { name, trigger, metadata: { name, bindings: {} }, callback: () => undefined }];
        }),
      ),
      terminate: async () => {},
      invoke: async (name, { inputData, triggerMetadata }, log) => {
        logs.add(log);
        const metadata = Object.entries(triggerMetadata).map(([key, data]) => [key, plain(data)]);
        const data = plain(inputData[0]?.data);
        const { ok, error, returnValue } = await driven.invoke(name, data, Object.fromEntries(metadata));
        logs.delete(log);
        if (!ok) throw new Error(error);
        return { http: returnValue };
      },
    },
    kind: 'worker',
    kill: async (signal) => {
      if (signal !== undefined) {
        process.kill(driven.pid, signal);
        await driven.exited;
      }
      driven.stop(); // what drives it, too
      await driven.exited;
    },
  };
}
