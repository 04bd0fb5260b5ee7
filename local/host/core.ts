import { registerHooks } from 'node:module';

/**
 * Stands in for the Functions worker: `@azure/functions` asks for a module `@azure/functions-core` that only exists at
 * run time, inside the worker. Here it is given one that keeps what the app registers, so that the very handlers of the
 * app can be called.
 */

/**
 * A value as the host hands it to the worker (FunctionRpc.proto, TypedData); the library makes JavaScript values of it.
 */
export interface TypedData {
  readonly string?: string;
  readonly json?: string;
  readonly bytes?: Uint8Array;
  readonly modelBindingData?: {
    readonly version: string;
    readonly source: string;
    readonly contentType: string;
    readonly content: Buffer;
  };
  readonly http?: HttpData;
}

export interface HttpData {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body?: TypedData;
}

/** One binding, with what the app said of it: `schedule`, `queueName`, `path`, `connection`, `route`, `methods`, … */
export interface Binding {
  readonly name: string;
  readonly type: string;
  readonly direction: string;
  readonly [setting: string]: unknown;
}

export interface FunctionMetadata {
  readonly name: string;
  readonly bindings: Readonly<Record<string, Binding>>;
}

export type Callback = (...inputs: unknown[]) => unknown;

export interface RegisteredFunction {
  readonly name: string;
  readonly metadata: FunctionMetadata;
  readonly trigger: Binding;
  readonly callback: Callback;
}

export interface Request {
  readonly invocationId: string;
  readonly inputData: readonly { readonly name: string; readonly data: TypedData }[];
  readonly triggerMetadata: Readonly<Record<string, TypedData>>;
}

/**
 * What the library implements: from the host's request to the handler's arguments, and from its result to the host's
 * answer.
 */
interface ProgrammingModel {
  getInvocationModel(context: {
    readonly invocationId: string;
    readonly request: Request;
    readonly metadata: FunctionMetadata;
    log(level: string, category: string, message: string): void;
  }): InvocationModel | Promise<InvocationModel>;
}

interface InvocationModel {
  getArguments(): Promise<{ context: unknown; inputs: unknown[] }>;
  invokeFunction(context: unknown, inputs: unknown[], callback: Callback): Promise<unknown>;
  getResponse(context: unknown, result: unknown): Promise<{ returnValue?: unknown }>;
}

export interface Core {
  /** What the app registered so far, by name. */
  readonly functions: ReadonlyMap<string, RegisteredFunction>;
  /**
   * Calls the function as the worker does. Rejects with what the handler threw; resolves with its return value as
   * TypedData.
   */
  invoke(name: string, request: Request, log: (level: string, message: string) => void): Promise<unknown>;
  /** Calls what the app wants to do before its worker ends. */
  terminate(): Promise<void>;
}

const key = Symbol.for('insights-lake.functions-core');
const url = 'insights-lake:functions-core';

/** Must run before the first import of `@azure/functions`; once per process. */
export function injectCore(): Core {
  const functions = new Map<string, RegisteredFunction>();
  const hooks: [name: string, hook: (context: object) => unknown][] = [];
  const meet = async (name: string, context: object) => {
    for (const [, hook] of hooks.filter(([of]) => of === name)) await hook(context);
  };
  let model: ProgrammingModel | undefined;
  const core = {
    version: 'local',
    hostVersion: '4.local',
    setProgrammingModel: (given: ProgrammingModel) => {
      model = given;
    },
    getProgrammingModel: () => model,
    registerHook: (name: string, hook: (context: object) => unknown) => {
      hooks.push([name, hook]);
      return { dispose: () => undefined };
    },
    registerFunction: (metadata: FunctionMetadata, callback: Callback) => {
      functions.set(metadata.name, { name: metadata.name, metadata, trigger: triggerOf(metadata), callback });
      return { dispose: () => functions.delete(metadata.name) };
    },
    log: () => undefined,
  };
  provide(core);

  const invoke: Core['invoke'] = async (name, request, log) => {
    const found = functions.get(name);
    if (found === undefined || model === undefined)
      throw new Error(`no function ${name}; there are ${[...functions.keys()].join(', ')}`);
    const context = {
      invocationId: request.invocationId,
      request,
      metadata: found.metadata,
      log: (level: string, category: string, message: string) => {
        const line = { level, category, message, hookData: {}, appHookData: {} };
        for (const [, hook] of hooks.filter(([name]) => name === 'log')) hook(line);
        log(line.level, line.message);
      },
    };
    const call = await model.getInvocationModel(context);
    const { context: invocation, inputs } = await call.getArguments();
    const ended = await call.invokeFunction(invocation, inputs, found.callback).then(
      (result) => ({ result, error: undefined }),
      (error: unknown) => ({ result: undefined, error }),
    );
    const told = { ...ended, inputs, invocationContext: invocation, hookData: {}, appHookData: {} };
    await meet('postInvocation', told);
    if (told.error !== undefined) throw told.error;
    return (await call.getResponse(invocation, told.result)).returnValue;
  };
  const terminate = async () => {
    await meet('appTerminate', { hookData: {}, appHookData: {} });
  };
  return { functions, invoke, terminate };
}

function triggerOf(metadata: FunctionMetadata): Binding {
  const trigger = Object.values(metadata.bindings).find((binding) => /trigger$/i.test(binding.type));
  if (trigger === undefined) throw new Error(`function ${metadata.name} has no trigger`);
  return trigger;
}

function provide(core: object): void {
  Object.assign(globalThis, { [key]: core });
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === '@azure/functions-core'
        ? { url, format: 'commonjs', shortCircuit: true }
        : next(specifier, context),
    load: (target, context, next) =>
      target === url
        ? {
            format: 'commonjs',
            source: `module.exports = globalThis[Symbol.for('${key.description}')]`,
            shortCircuit: true,
          }
        : next(target, context),
  });
}
