/** Which calls of a command are struck, and how. */
import type { Fault } from '../../local/simulator/faults.ts';
import type { Fate, StorageCall } from './storageFront.ts';

export interface Kind {
  readonly fate: Fate;
  /** Struck once it costs a try, and no more. */
  readonly heals: boolean;
  /** Whether it makes a difference that it lasts. */
  readonly lasts: boolean;
  /** Of which calls it makes a difference: without a body no answer breaks off, and what only reads leaves nothing. */
  readonly of: (call: StorageCall) => boolean;
}

const all = () => true;
const writes = ({ method }: StorageCall) => method !== 'GET' && method !== 'HEAD';
const answered = ({ method }: StorageCall) => method === 'GET' || method === 'POST';

export const KINDS: Readonly<Record<string, Kind>> = {
  503: { fate: { refuse: { status: 503, code: 'ServerBusy' } }, heals: true, lasts: true, of: all },
  403: { fate: { refuse: { status: 403, code: 'AuthorizationFailure' } }, heals: false, lasts: true, of: all },
  cut: { fate: { cut: 20 }, heals: true, lasts: true, of: answered },
  stall: { fate: { stall: 20 }, heals: true, lasts: true, of: answered },
  broken: { fate: { broken: 'undone' }, heals: true, lasts: true, of: all },
  'broken, done': { fate: { broken: 'done' }, heals: true, lasts: false, of: writes },
  never: { fate: { never: 'undone' }, heals: true, lasts: true, of: all },
  'never, done': { fate: { never: 'done' }, heals: true, lasts: false, of: writes },
  'done, but 500': { fate: { done: { status: 500, code: 'OperationTimedOut' } }, heals: true, lasts: true, of: writes },
  'later, but 500': {
    fate: { later: { status: 500, code: 'OperationTimedOut' } },
    ...{ heals: true, lasts: true, of: writes },
  },
};

export const ANSWERS: Readonly<Record<string, Omit<Fault, 'when' | 'times'>>> = {
  503: { kind: 'unavailable' },
  403: { kind: 'forbidden' },
  cut: { kind: 'drop', at: 'middle' },
  stall: { kind: 'stall', at: 'middle' },
  broken: { kind: 'drop', at: 'start' },
  never: { kind: 'stall', at: 'start' },
};

/** Each command has a lake, a table, ids and times of its own: what is left is the same of each run. */
const alike = ({ service, method, path }: StorageCall): string => {
  const [place = '', query = ''] = path.split('?');
  const prefix = /(?:^|&)(prefix|comp|restype)=[^&]*/g;
  const asked = [...query.matchAll(prefix)].map(([text]) => text.replace('&', '')).join('&');
  return `${service} ${method} ${decodeURIComponent(`${place}?${asked}`)}`
    .replace(/backfill\|[^']*/g, 'backfill')
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'id')
    .replace(/\d+/g, '#');
};

/** A call of a command: what it is alike to, and how many of these came before it. */
export type CallName = string;

/** Names calls in the order in which they come; the next try of one that was struck has no name. */
function naming() {
  const met = new Map<string, number>();
  return (call: StorageCall): CallName => {
    const words = alike(call);
    const n = (met.get(words) ?? 0) + 1;
    met.set(words, n);
    return `${words} (${n})`;
  };
}

/** The calls that a run made; `later`: whether one like it comes after it. */
export function namesOf(calls: readonly StorageCall[]) {
  const named = naming();
  const names = calls.map((call) => ({ call, name: named(call), words: alike(call) }));
  return names.map(({ call, name, words }, n) => ({
    ...{ call, name },
    later: names.slice(n + 1).some((other) => other.words === words),
  }));
}

/** Calls of one address may go on side by side: tries of one call have its id, and a download goes on further along. */
function isNextTry(call: StorageCall, before: StorageCall): boolean {
  const id = 'x-ms-client-request-id';
  if (call.headers[id] !== undefined && call.headers[id] === before.headers[id]) return true;
  if (call.method !== 'GET' || call.path !== before.path || call.headers['if-match'] === undefined) return false;
  return before.headers['if-match'] === undefined || startOf(call) > startOf(before);
}

const startOf = ({ headers }: StorageCall): number =>
  Number(/\d+/.exec(String(headers['x-ms-range'] ?? headers.range ?? ''))?.[0] ?? 0);

export interface Strike {
  readonly fate: (call: StorageCall) => Fate;
  /** Names of those that it struck; of what lasts, the first. */
  readonly struck: readonly CallName[];
}

/** Strikes these calls; with `lasting` every one that is like the first of them, too. */
export function striking(chosen: ReadonlySet<CallName>, fate: Fate, lasting: boolean): Strike {
  const named = naming();
  const struck: CallName[] = [];
  const tried: StorageCall[] = [];
  let first: string | undefined;
  const strike = (call: StorageCall): Fate => {
    if (lasting && first === alike(call)) return fate;
    const before = tried.findIndex((one) => isNextTry(call, one));
    if (before >= 0) {
      tried.splice(before, 1);
      return undefined;
    }
    const name = named(call);
    if (!chosen.has(name)) return undefined;
    struck.push(name);
    first = alike(call);
    tried.push(call);
    return fate;
  };
  return { fate: strike, struck };
}

/** So many calls apart, so that all are struck by so many runs. */
export function inGroups<T>(names: readonly T[], apart: number): readonly (readonly T[])[] {
  const groups = Math.min(apart, names.length);
  return Array.from({ length: groups }, (_, k) => names.filter((_, n) => n % groups === k));
}
