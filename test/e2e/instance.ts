import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import type { Window } from '../../shared/model.ts';
import type { RunOutcome } from '../../shared/pipeline/run.ts';
import type { SweepOutcome } from '../../shared/pipeline/sweep/sweep.ts';
import type { PlanOutcome } from '../../shared/wire/plan.ts';
import type { Order } from './instanceMain.ts';
import { clockModule } from './process.ts';

const builtModule = join(import.meta.dirname, 'built.ts');

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

/** Resolves when it is ready for orders; it has called no storage by then. `isBuilt`: of `npm run build`. */
export async function startInstance(env: Readonly<Record<string, string>>, isBuilt = false): Promise<Instance> {
  const child = fork(join(import.meta.dirname, 'instanceMain.ts'), [], {
    env,
    execArgv: ['--import', clockModule, ...(isBuilt ? ['--import', builtModule] : [])],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
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
