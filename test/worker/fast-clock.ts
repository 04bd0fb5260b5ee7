/**
 * Time that passes FAST times as fast as on the wall, dates and timers alike, for all processes that begin at FAST_SINCE
 * (milliseconds of the wall): half a minute without an answer, or an hour of back-off, need not be waited for, and every
 * limit is what users get. Preloaded by processes (`fastEnv`), called by whoever starts them (`speedUp`).
 */
import { syncBuiltinESMExports } from 'node:module';
import nodeTimers from 'node:timers';
import timers from 'node:timers/promises';
import { promisify } from 'node:util';

/** What a process needs in its environment to live in the same time. */
export const fastEnv = (factor: number, since: number): Record<string, string> => ({
  FAST: String(factor),
  FAST_SINCE: String(since),
  NODE_OPTIONS: `--import=${import.meta.url}`,
});

export function speedUp(factor: number, since: number): void {
  const wall = Date.now.bind(Date);
  const now = () => since + Math.round((wall() - since) * factor);
  globalThis.Date = new Proxy(Date, {
    construct: (target, args, made) => Reflect.construct(target, args.length === 0 ? [now()] : args, made),
    get: (target, key) => (key === 'now' ? now : Reflect.get(target, key)),
  });
  const clock = performance.now.bind(performance);
  performance.now = () => clock() * factor;
  const { setTimeout: once, setInterval: often } = globalThis;
  const pause = timers.setTimeout;
  const later = ((act: () => void, ms = 0, ...more: []) => once(act, ms / factor, ...more)) as typeof once;
  const again = ((act: () => void, ms = 0, ...more: []) => often(act, ms / factor, ...more)) as typeof often;
  timers.setTimeout = <T>(ms = 0, value?: T, options = {}) => pause<T>(ms / factor, value, options);
  Object.defineProperty(later, promisify.custom, { value: timers.setTimeout });
  Object.assign(globalThis, { setTimeout: later, setInterval: again });
  Object.assign(nodeTimers, { setTimeout: later, setInterval: again });
  const limit = AbortSignal.timeout.bind(AbortSignal);
  AbortSignal.timeout = (ms) => limit(Math.ceil(ms / factor));
  syncBuiltinESMExports();
}

if (process.env.FAST !== undefined) speedUp(Number(process.env.FAST), Number(process.env.FAST_SINCE));
