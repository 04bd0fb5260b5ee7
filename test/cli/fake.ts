import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Finding } from '../../cli/check/check.ts';
import type { Delivery, Prepare, Refusal, Request, Task, TaskOutcome } from '../../cli/deliver/ports.ts';
import type { Tasks } from '../../cli/deliver/tasks.ts';
import type { Operations } from '../../cli/operations/ports.ts';
import { runCommand } from '../../cli/run.ts';
import type { Terminal } from '../../cli/terminal/terminal.ts';
import type { Env } from '../../shared/config/flat.ts';
import type { Window } from '../../shared/model.ts';

export const guid = '01234567-89ab-cdef-0123-456789abcdef';
/** A folder without a local.settings.json: whatever lies in the checkout of a developer is none of the tests'. */
const empty = mkdtempSync(join(tmpdir(), 'insights-empty-'));
process.on('exit', () => rmSync(empty, { recursive: true, force: true }));

export const now = Date.UTC(2026, 1, 10, 12);

export const done: TaskOutcome = {
  state: 'done',
  counts: { read: 11, written: 10, deduplicated: 1, quarantined: 0 },
  files: 1,
  bytes: 2_000,
  others: [],
  retryAt: 0,
  error: '',
  side: 'unknown',
  refused: undefined,
};
export const failed = (side: TaskOutcome['side'], error = 'query: refused; mend it'): TaskOutcome => ({
  ...done,
  state: 'failed',
  error,
  side,
});

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly request: Request | undefined;
  readonly windows: readonly Window[];
}

export interface FakeOptions {
  readonly live?: boolean;
  readonly colours?: boolean;
  readonly env?: Record<string, string>;
  readonly folder?: string;
  readonly parallel?: number;
  readonly windows?: readonly Window[];
  readonly incomplete?: readonly string[];
  readonly outcome?: (window: Window, call: number, abort: () => void) => TaskOutcome;
  readonly prepare?: () => never;
  readonly operations?: Partial<Operations>;
  readonly examine?: (env: Env) => readonly Finding[];
  /** Told how the command is interrupted. */
  readonly onAbort?: (abort: () => void) => void;
}

const refuse = async (): Promise<never> => {
  throw new Error('not to be called');
};
/** Whatever operation is called, it is refused. */
const none = new Proxy({}, { get: () => refuse }) as Operations;

export const refused = (of: Refusal['of'], reason = 'status 403: no; give the role'): TaskOutcome => ({
  ...failed('source', `query x: ${reason}`),
  refused: { of, reason },
});

/** Two hours of two signals. */
export const fourWindows: readonly Window[] = [0, 1].flatMap((hour) =>
  (['requests', 'traces'] as const).map((signal) => ({
    app: 'shop',
    signal,
    source: 'query',
    start: Date.UTC(2026, 0, 31, hour),
    end: Date.UTC(2026, 0, 31, hour + 1),
  })),
);

/** Runs a command line against a made-up delivery; time passes by a second with every look at the clock. */
export async function run(words: readonly string[], options: FakeOptions = {}): Promise<Ran> {
  const text = { out: '', err: '' };
  const windows: Window[] = [];
  let [time, request]: [number, Request | undefined] = [now, undefined];
  const abort = new AbortController();
  options.onAbort?.(() => abort.abort());
  const terminal: Terminal = {
    out: (more) => {
      text.out += more;
    },
    err: (more) => {
      text.err += more;
    },
    rewrite: (line) => {
      text.err += `\r\u001b[K${line}`;
    },
    live: options.live ?? false,
    columns: 60,
    ...(options.colours && { colours: { out: true, err: true } }),
    env: options.env ?? {},
    folder: options.folder ?? empty,
    now: () => {
      time += 1000;
      return time;
    },
    sleep: async (ms) => {
      time += ms;
    },
  };
  const prepare: Prepare = async (asked, onRead) => {
    request = asked;
    options.prepare?.();
    const delivery: Delivery = {
      place: 'the lake',
      notices: ['something to know'],
      incomplete: options.incomplete ?? [],
      tasks: tasksOf((options.windows ?? fourWindows).map((window) => ({ window, weight: 1 }))),
      run: async (window) => {
        windows.push(window);
        onRead(11, 1_000);
        return options.outcome?.(window, windows.length, () => abort.abort()) ?? done;
      },
      record: async () => '',
      close: async () => {},
    };
    return delivery;
  };
  const examine = async function* (env: Env) {
    yield* options.examine?.(env) ?? [];
  };
  const operations = async () => (options.operations ?? none) as Operations;
  const code = await runCommand(words, {
    ...{ terminal, prepare, examine, operations, version: '1.2.3', abort: abort.signal },
    machineJobs: 1,
    windowsAtOnce: () => options.parallel ?? 1,
  });
  return { code, ...text, request, windows };
}

/** Windows in the order in which they are given. */
export function tasksOf(tasks: readonly Task[]): Tasks {
  const sum = (all: readonly number[]): number => all.reduce((one, other) => one + other, 0);
  return {
    feeds: tasks.map(({ window: { app, signal } }) => ({ app, signal, count: 1 })),
    count: tasks.length,
    weight: sum(tasks.map(({ weight }) => weight)),
    heaviest: Math.max(0, ...tasks.map(({ weight }) => weight)),
    [Symbol.iterator]: () => tasks[Symbol.iterator](),
  };
}
