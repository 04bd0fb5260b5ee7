/**
 * Time that passes only while nothing happens: where neither a call nor a file is under way, the clock goes on to the
 * next timer. What a minute costs and how long something takes is then the same on every machine. For one process,
 * which is all that there is of the app; whoever answers its calls may live in another time.
 */
import { subscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';
import { syncBuiltinESMExports } from 'node:module';
import nodeTimers from 'node:timers';
import timers from 'node:timers/promises';
import { promisify } from 'node:util';
import { createGunzip } from 'node:zlib';

interface Timer {
  readonly act: () => void;
  readonly every: number | undefined;
  at: number;
  /** A process lives for it. */
  held: boolean;
}

/** Of this process's own calls: whether that one is not going to be answered. */
type Stuck = (request: ClientRequest) => boolean;

const wall = { pause: timers.setTimeout, turn: timers.setImmediate };
/** In milliseconds. Where timers of an app are due: what begins then meets the same ones, and chance is the same. */
const ROUND = 600_000;
/** So many looks, a turn of the event loop apart, must find nothing under way. */
const LOOKS = 8;

export interface VirtualTime {
  /** Until what it returns is called. */
  letPass(isStuck: Stuck): () => Promise<void>;
  /** This process's own calls that have not ended. */
  underWay(): readonly string[];
  /** How many timers the process lives for. */
  timers(): number;
  /** Drops the other timers, as the end of a process does. */
  forget(): void;
}

/** Begins at the time of the wall; nothing passes before `letPass` is called. */
export function virtualTime(): VirtualTime {
  let now = Date.now();
  const waiting = new Set<Timer>();
  const underWay = new Set<ClientRequest>();
  subscribe('http.client.request.start', (message) => {
    const { request } = message as { request: ClientRequest };
    underWay.add(request);
    request.once('close', () => underWay.delete(request));
  });

  const start = (act: () => void, ms = 0, every?: number, held = true) => {
    const timer: Timer = { act, at: now + Math.max(1, Number.isFinite(ms) ? Math.ceil(ms) : 1), every, held };
    waiting.add(timer);
    const handle = { ...timer, stop: () => void waiting.delete(timer) };
    const hold = (isHeld: boolean) => () => {
      timer.held = isHeld;
      return handle;
    };
    return Object.assign(handle, {
      ...{ ref: hold(true), unref: hold(false), hasRef: () => timer.held, close: () => void waiting.delete(timer) },
      refresh: () => {
        timer.at = now + Math.ceil(ms);
        waiting.add(timer);
        return handle;
      },
    });
  };
  const stop = (handle?: { stop?: () => void }) => handle?.stop?.();
  const pause = <T>(ms = 0, value?: T, { signal, ref }: { signal?: AbortSignal; ref?: boolean } = {}): Promise<T> =>
    new Promise((resolve, reject) => {
      const abort = () => {
        stop(handle);
        reject(new DOMException('The operation was aborted', 'AbortError'));
      };
      const wake = () => {
        signal?.removeEventListener('abort', abort);
        resolve(value as T);
      };
      const handle = start(wake, ms, undefined, ref);
      if (signal?.aborted) abort();
      signal?.addEventListener('abort', abort, { once: true });
    });
  const once = Object.assign(
    (act: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) => start(() => act(...args), ms),
    {
      [promisify.custom]: pause,
    },
  );
  const often = (act: (...args: unknown[]) => void, ms = 1, ...args: unknown[]) => start(() => act(...args), ms, ms);
  const all = { setTimeout: once, setInterval: often, clearTimeout: stop, clearInterval: stop };
  Object.assign(globalThis, all);
  Object.assign(nodeTimers, all);
  Object.assign(timers, { setTimeout: pause });
  AbortSignal.timeout = (ms) => {
    const ends = new AbortController();
    start(() => ends.abort(new DOMException('The operation timed out', 'TimeoutError')), ms, undefined, false);
    return ends.signal;
  };
  globalThis.Date = new Proxy(Date, {
    construct: (target, args, made) => Reflect.construct(target, args.length === 0 ? [now] : args, made),
    get: (target, key) => (key === 'now' ? () => now : Reflect.get(target, key)),
  });
  let seed = 1;
  Math.random = () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed / 2 ** 32;
  };
  const began = now;
  performance.now = () => now - began;
  syncBuiltinESMExports();

  const packing = countPacking();
  const programs = () => process.getActiveResourcesInfo().filter((name) => name === 'ProcessWrap').length;
  // Storage runs beside this process; what it begins later (az, for a token) is waited for.
  const beside = programs();
  const isBusy = (isStuck: Stuck): boolean =>
    [...underWay].some((request) => !request.destroyed && !isStuck(request)) ||
    programs() > beside ||
    packing() > 0 ||
    process.getActiveResourcesInfo().some((name) => /^(FSReq|CloseReq|GetAddrInfo)/i.test(name));

  const pass = async (isStuck: Stuck, ended: () => boolean): Promise<void> => {
    for (let [idle, busy] = [0, false]; !ended(); ) {
      await (busy ? wall.pause(1) : wall.turn());
      busy = isBusy(isStuck);
      idle = busy ? 0 : idle + 1;
      if (idle < LOOKS || waiting.size === 0) continue;
      idle = 0;
      now = Math.max(now, Math.min(...[...waiting].map(({ at }) => at)));
      for (const timer of [...waiting].filter(({ at }) => at <= now).sort((one, other) => one.at - other.at)) {
        if (!waiting.has(timer)) continue;
        if (timer.every === undefined) waiting.delete(timer);
        else timer.at = now + timer.every;
        timer.act();
      }
    }
  };
  return {
    underWay: () => [...underWay].filter(({ destroyed }) => !destroyed).map(({ method, path }) => `${method} ${path}`),
    timers: () => [...waiting].filter(({ held }) => held).length,
    forget: () => {
      for (const timer of waiting) if (!timer.held) waiting.delete(timer);
    },
    letPass: (isStuck) => {
      let ended = false;
      now = Math.ceil(now / ROUND) * ROUND;
      seed = 1;
      const passing = pass(isStuck, () => ended);
      return () => {
        ended = true;
        return passing;
      };
    },
  };
}

/** Packing and unpacking go on in threads that no list of what is under way names: how many pieces are in work. */
function countPacking(): () => number {
  type Packs = {
    readonly destroyed: boolean;
    _transform(piece: unknown, encoding: unknown, done: (...told: unknown[]) => void): void;
  };
  let base: Packs = createGunzip() as unknown as Packs;
  while (!Object.hasOwn(base, '_transform')) base = Object.getPrototypeOf(base);
  const transform = base._transform;
  // Each takes one piece after the other, and what cannot be unpacked has no end but that of its stream.
  const packs = new Set<Packs>();
  base._transform = function packed(piece, encoding, done) {
    packs.add(this);
    transform.call(this, piece, encoding, (...told) => {
      packs.delete(this);
      done(...told);
    });
  };
  return () => {
    for (const each of packs) if (each.destroyed) packs.delete(each);
    return packs.size;
  };
}
