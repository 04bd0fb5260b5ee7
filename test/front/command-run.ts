/** Runs a command line in this process, under a condition, in time that passes while nothing happens. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Condition } from '../worker/conditions.ts';
import { MINUTE } from '../worker/inputs.ts';
import { lineFate, type Places, stuckBy } from '../worker/stuck.ts';
import type { VirtualTime } from '../worker/virtual-time.ts';
import type { StorageCall } from './storageFront.ts';

export interface Ran {
  /** Undefined: it threw what no command may throw. */
  readonly code: number | undefined;
  readonly out: string;
  readonly err: string;
  /** Of its time, in milliseconds. */
  readonly took: number;
  /** Calls that the condition struck, and those of the worst minute. */
  readonly struck: number;
  readonly worst: number;
  /** All calls to storage. */
  readonly calls: readonly StorageCall[];
  /** Calls and timers that went on when it had said how it ended: the process would have lived for them. */
  readonly outlived: readonly string[];
}

/** `condition` holds from the begin of the command to its end. */
export type Run = (words: readonly string[], condition?: Condition) => Promise<Ran>;

interface Setup extends Places, VirtualTime {
  /** Where the command runs, and its environment. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Virtual time must have begun before: the product's modules are loaded here. */
export async function commandRunner(setup: Setup): Promise<Run> {
  const [{ prepare }, { operations }, { examine }, { runCommand }, { windowsAtOnce }] = await Promise.all([
    import('../../cli/deliver/prepare.ts'),
    import('../../cli/operations/wired.ts'),
    import('../../cli/check/examine.ts'),
    import('../../cli/run.ts'),
    import('../../cli/deliver/jobs.ts'),
  ]);
  const { front, letPass, underWay, timers, forget, folder, env } = setup;
  return async (words, condition = { name: 'nothing' }) => {
    const text = { out: '', err: '' };
    const terminal = {
      out: (more: string) => {
        text.out += more;
      },
      err: (more: string) => {
        text.err += more;
      },
      rewrite: () => {},
      ...{ live: false, columns: 80, env, folder },
      now: () => Date.now(),
      sleep: (ms: number, abort: AbortSignal) => sleep(ms, undefined, { signal: abort }),
    };
    const edge = {
      ...{ terminal, prepare, examine, operations: async () => operations, version: '0', windowsAtOnce },
      ...{ machineJobs: 1, abort: new AbortController().signal },
    };
    const stopTime = letPass(stuckBy(condition, setup));
    const [before, began, waited] = [front.calls.length, Date.now(), timers()];
    const { times, lift } = strike(condition, setup);
    const code = await runCommand(words, edge).catch((error: Error) => {
      text.err += `\nthrown: ${error.stack}`;
      return undefined;
    });
    const took = Date.now() - began;
    // What is answered now ends before time passes.
    await sleep(1);
    const outlived = [...underWay(), ...(timers() > waited ? [`${timers() - waited} timers`] : [])];
    forget();
    for (let n = 0; underWay().length > 0 && n < 600; n++) await sleep(1_000);
    lift();
    await stopTime();
    await front.applyLater();
    const worst = times.map((from) => times.filter((at) => at >= from && at < from + MINUTE).length);
    return {
      ...{ code, ...text, took, struck: times.length, worst: Math.max(0, ...worst) },
      calls: front.calls.slice(before),
      outlived,
    };
  };
}

function strike(condition: Condition, places: Places) {
  const { front, simulator, tokens, connections } = places;
  const { fate, fault, token } = condition;
  const times: number[] = [];
  const count = () => times.push(Date.now()) > 0;
  front.fate =
    fate &&
    ((call) => {
      const found = fate(call);
      if (found !== undefined) count();
      return found;
    });
  const faulty = fault && simulator.fault({ ...fault, when: (asked) => (fault.when?.(asked) ?? true) && count() });
  connections.fate = lineFate(condition, places);
  connections.met = count;
  tokens.fate = token;
  connections.drop();
  return {
    times,
    lift: () => {
      faulty?.remove();
      Object.assign(front, { fate: undefined });
      Object.assign(connections, { fate: undefined, met: undefined });
      Object.assign(tokens, { fate: undefined });
      connections.drop();
    },
  };
}
