import { type ChildProcess, fork, type StdioOptions, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Window } from '../../shared/model.ts';
import type { RunOutcome } from '../../shared/pipeline/run.ts';
import type { SweepOutcome } from '../../shared/pipeline/sweep/sweep.ts';
import type { PlanOutcome } from '../../shared/wire/plan.ts';
import type { Order } from './instanceMain.ts';
import { clockModule } from './process.ts';

/** A process that runs the app's functions. Orders reject when it is killed before it has obeyed. */
export interface Instance {
  readonly child: ChildProcess;
  run(window: Window): Promise<RunOutcome>;
  arrive(blob: string): Promise<RunOutcome | undefined>;
  plan(): Promise<PlanOutcome>;
  sweep(): Promise<SweepOutcome | undefined>;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
}

interface Reply {
  readonly id: number;
  readonly outcome?: unknown;
  readonly error?: string;
}

const main = join(import.meta.dirname, 'instanceMain.ts');

/** That it is the built app, without whatever takes types out of sources, which is memory that no user needs. */
function builtCode(): string {
  const wire = pathToFileURL(join(import.meta.dirname, '../../dist/shared/wire.js')).href;
  return stripTypeScriptTypes(readFileSync(main, 'utf8')).replace('../../shared/wire.ts', wire);
}

/** Resolves when it is ready for orders; it has called no storage by then. `isBuilt`: of `npm run build`. */
export async function startInstance(env: Readonly<Record<string, string>>, isBuilt = false): Promise<Instance> {
  const stdio: StdioOptions = ['ignore', 'inherit', 'inherit', 'ipc'];
  const child = isBuilt
    ? spawn(process.execPath, ['--input-type=module', '-e', builtCode()], { env, stdio })
    : fork(main, [], { env, execArgv: ['--import', clockModule], stdio });
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  let orders = 0;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const ready = new Promise<void>((resolve, reject) => {
    child.once('message', () => resolve());
    child.once('error', reject);
    child.once('exit', (code, signal) =>
      reject(new Error(`the instance ended with ${signal ?? code} before it was ready`)),
    );
  });
  await ready;
  child.on('message', ({ id, outcome, error }: Reply) => {
    if (error === undefined) waiting.get(id)?.resolve(outcome);
    else waiting.get(id)?.reject(new Error(error));
    waiting.delete(id);
  });
  child.once('exit', () => {
    for (const { reject } of waiting.values()) reject(new Error('killed'));
  });
  const give = <T>(order: Order): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      const id = orders++;
      waiting.set(id, { resolve: (value) => resolve(value as T), reject });
      child.send({ id, order });
    });
  return {
    child,
    run: (window) => give<RunOutcome>({ run: window }),
    arrive: (blob) => give<RunOutcome | undefined>({ arrive: blob }),
    plan: () => give<PlanOutcome>({ plan: true }),
    sweep: () => give<SweepOutcome | undefined>({ sweep: true }),
    kill: async () => {
      child.kill('SIGKILL');
      await gone;
    },
  };
}
