import { Worker } from 'node:worker_threads';
import { type CheckedEngine, createEngine, type EngineSettings } from '../engine/engine.ts';
import type { Chunk, Counts, Draft, DraftFile, Drift, Window } from '../model.ts';

/** What a thread is told. `draft` tells the drafts of a thread apart. */
export type JobCall =
  | { readonly do: 'begin'; readonly window: Window; readonly work: string; readonly revision: number }
  | { readonly do: 'add'; readonly chunk: Chunk }
  | { readonly do: 'finish' }
  | { readonly do: 'close' };

export interface JobMessage {
  readonly id: number;
  readonly draft: number;
  readonly call: JobCall;
}

export interface JobReply {
  readonly id: number;
  /** There where the call failed. */
  readonly error?: unknown;
  readonly files: readonly DraftFile[];
  readonly counts: Counts;
  /** Only of `finish`: counting takes its time. */
  readonly drift: readonly Drift[];
  readonly reasons: readonly string[];
}

/** Settings as a thread is given them: a secret does not cross over, its text does. */
export interface JobSettings extends Omit<EngineSettings, 'shaping'> {
  readonly shaping: { readonly signals: EngineSettings['shaping']['signals']; readonly key: string | undefined };
}

/** An engine whose drafts are made by threads, each of which has so many. */
export interface JobEngine extends CheckedEngine {
  close(): Promise<void>;
}

interface Thread {
  readonly worker: Worker;
  readonly waiting: Map<number, { resolve(reply: JobReply): void; reject(error: unknown): void }>;
  /** Drafts that are not finished. */
  drafts: number;
}

/**
 * The same files as `createEngine` makes, by up to `jobs` threads beside this one. A thread that dies fails its drafts;
 * the next begins anew. `alone`: a thread has one unfinished draft, and what begins beyond waits for a thread; else
 * threads share as many as there are.
 */
export function createJobEngine(settings: EngineSettings, jobs: number, alone = false): JobEngine {
  const own = createEngine(settings);
  const threads = new Set<Thread>();
  const queue: (() => void)[] = [];
  const spare: SharedArrayBuffer[] = [];
  let [calls, drafts] = [0, 0];

  function startThread(): Thread {
    // Built code lies beside this file under the same name.
    const file = `./job-thread.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`;
    const worker = new Worker(new URL(file, import.meta.url), {
      workerData: toldSettings(settings),
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    });
    const thread: Thread = { worker, waiting: new Map(), drafts: 0 };
    const fail = (error: unknown) => {
      threads.delete(thread);
      for (const { reject } of thread.waiting.values()) reject(error);
      thread.waiting.clear();
      queue.shift()?.();
    };
    worker.on('message', (reply: JobReply) => {
      const call = thread.waiting.get(reply.id);
      thread.waiting.delete(reply.id);
      if (thread.waiting.size === 0) worker.unref();
      if (reply.error === undefined) call?.resolve(reply);
      else call?.reject(reply.error);
    });
    worker.on('error', fail);
    worker.on('exit', (code) =>
      fail(new Error(`a thread of the engine ended with ${code}; the window is tried again`)),
    );
    worker.unref();
    threads.add(thread);
    return thread;
  }

  /** The one with the fewest drafts, which has one more then; a new one while there may be more. */
  async function takeThread(): Promise<Thread> {
    for (;;) {
      const [least] = [...threads].toSorted((one, other) => one.drafts - other.drafts);
      const thread = least === undefined || (least.drafts > 0 && threads.size < jobs) ? startThread() : least;
      if (thread.drafts === 0 || !alone) {
        thread.drafts++;
        return thread;
      }
      await new Promise<void>((resolve) => queue.push(resolve));
    }
  }

  // All at once, while the first window is being opened.
  for (let n = 0; n < jobs; n++) startThread();

  const ask = (thread: Thread, draft: number, call: JobCall): Promise<JobReply> =>
    new Promise((resolve, reject) => {
      if (!threads.has(thread))
        return reject(new Error('the thread of the engine has ended; the window is tried again'));
      const id = ++calls;
      thread.waiting.set(id, { resolve, reject });
      thread.worker.ref();
      const message: JobMessage = { id, draft, call };
      thread.worker.postMessage(message);
    });

  async function begin(window: Window, work: string, revision: number): Promise<Draft> {
    const thread = await takeThread();
    const draft = ++drafts;
    const remote = remoteDraft(
      (call) => ask(thread, draft, call),
      (bytes, use) => copied(bytes, { spare, most: 2 * jobs }, use),
      () => {
        thread.drafts--;
        queue.shift()?.();
      },
    );
    await remote.begin({ do: 'begin', window, work, revision });
    return remote;
  }

  return {
    ...own,
    begin,
    close: async () => {
      await Promise.all([...threads].map(({ worker }) => worker.terminate()));
    },
  };
}

const toldSettings = ({ shaping, ...rest }: EngineSettings): JobSettings => ({
  ...rest,
  shaping: { signals: shaping.signals, key: shaping.key?.reveal() },
});

/** A thread makes hardly any objects: what it does not fill, each one would keep for them (up to 48 MB). */
const YOUNG_MB = 4;

/** Room for a chunk. */
const ROOM = 9 * 1024 * 1024;

/**
 * Has a copy of the bytes used, which threads see without another. Memory that is used again: asked for anew, or handed
 * from thread to thread, it would have the collector of garbage run in each of them.
 */
async function copied<T>(
  bytes: Uint8Array,
  { spare, most }: { readonly spare: SharedArrayBuffer[]; readonly most: number },
  use: (copy: Uint8Array) => Promise<T>,
): Promise<T> {
  // A chunk of one longer record is rare: its memory is not kept.
  const memory = (bytes.length <= ROOM && spare.pop()) || new SharedArrayBuffer(Math.max(bytes.length, ROOM));
  const copy = new Uint8Array(memory, 0, bytes.length);
  copy.set(bytes);
  const used = await use(copy);
  if (memory.byteLength === ROOM && spare.length < most) spare.push(memory);
  return used;
}

/**
 * A draft in a thread. The next chunk is sent while the one before is read, so that the thread need not wait for it:
 * files and errors of a chunk are those of the call after.
 */
function remoteDraft(
  ask: (call: JobCall) => Promise<JobReply>,
  withCopy: <T>(bytes: Uint8Array, use: (copy: Uint8Array) => Promise<T>) => Promise<T>,
  finished: () => void,
): Draft & { begin(call: JobCall): Promise<void> } {
  let counts: Counts = { read: 0, written: 0, deduplicated: 0, quarantined: 0 };
  let drift: readonly Drift[] = [];
  let reasons: readonly string[] = [];
  let [isOpen, isFinished] = [true, false];
  let sent: Promise<readonly DraftFile[]> | undefined;
  const finish = (): void => {
    if (!isFinished) finished();
    isFinished = true;
  };
  const close = async (): Promise<void> => {
    if (!isOpen) return;
    isOpen = false;
    finish();
    await ask({ do: 'close' }).catch(() => undefined); // a thread that is gone has nothing to close
  };
  const asked = async (call: JobCall): Promise<readonly DraftFile[]> => {
    const reply = await ask(call);
    [counts, reasons] = [reply.counts, reply.reasons];
    if (call.do === 'finish') drift = reply.drift;
    return reply.files;
  };
  const before = async (): Promise<readonly DraftFile[]> => {
    const files = await sent;
    sent = undefined;
    return files ?? [];
  };
  return {
    begin: async (call) => {
      await asked(call).catch(async (error: unknown) => {
        await close();
        throw error;
      });
    },
    // The reader uses the memory of its chunk again: a copy crosses over.
    add: async (chunk) => {
      const next = withCopy(chunk.bytes, (bytes) => asked({ do: 'add', chunk: { ...chunk, bytes } }));
      next.catch(() => undefined); // it is told by the call after
      const files = await before();
      sent = next;
      return files;
    },
    finish: async () => {
      const last = asked({ do: 'finish' }).finally(finish);
      last.catch(() => undefined);
      return [...(await before()), ...(await last)];
    },
    get counts() {
      return counts;
    },
    get drift() {
      return drift;
    },
    get reasons() {
      return reasons;
    },
    close,
  };
}
