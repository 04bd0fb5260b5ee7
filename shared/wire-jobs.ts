import { Worker } from 'node:worker_threads';
import { type CheckedEngine, createEngine, type EngineSettings } from './engine/engine.ts';
import type { Chunk, Counts, Draft, DraftFile, Drift, Window } from './model.ts';

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
  /** The memory in which the chunk came, for another one. */
  readonly memory?: ArrayBuffer;
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
  drafts: number;
}

/**
 * The same files as `createEngine` makes, by up to `jobs` threads beside this one. A thread that dies fails its drafts;
 * the next begins anew.
 */
export function createJobEngine(settings: EngineSettings, jobs: number): JobEngine {
  const own = createEngine(settings);
  const threads = new Set<Thread>();
  const spare: ArrayBuffer[] = [];
  let [calls, drafts] = [0, 0];

  function startThread(): Thread {
    // Built code lies beside this file under the same name.
    const file = `./wire-job-thread.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`;
    const worker = new Worker(new URL(file, import.meta.url), { workerData: toldSettings(settings) });
    const thread: Thread = { worker, waiting: new Map(), drafts: 0 };
    const fail = (error: unknown) => {
      threads.delete(thread);
      for (const { reject } of thread.waiting.values()) reject(error);
      thread.waiting.clear();
    };
    worker.on('message', (reply: JobReply) => {
      const call = thread.waiting.get(reply.id);
      thread.waiting.delete(reply.id);
      if (reply.memory?.byteLength === ROOM && spare.length < jobs) spare.push(reply.memory);
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

  /** The one with the fewest drafts; a new one while there may be more. */
  function freeThread(): Thread {
    const [least] = [...threads].toSorted((one, other) => one.drafts - other.drafts);
    return least === undefined || (least.drafts > 0 && threads.size < jobs) ? startThread() : least;
  }

  const ask = (thread: Thread, draft: number, call: JobCall): Promise<JobReply> =>
    new Promise((resolve, reject) => {
      if (!threads.has(thread))
        return reject(new Error('the thread of the engine has ended; the window is tried again'));
      const id = ++calls;
      thread.waiting.set(id, { resolve, reject });
      thread.worker.ref();
      const message: JobMessage = { id, draft, call };
      thread.worker.postMessage(message, call.do === 'add' ? [call.chunk.bytes.buffer as ArrayBuffer] : []);
    });

  async function begin(window: Window, work: string, revision: number): Promise<Draft> {
    const [thread, draft] = [freeThread(), ++drafts];
    thread.drafts++;
    const remote = remoteDraft(
      (call) => ask(thread, draft, call),
      (bytes) => copied(bytes, spare),
      () => thread.drafts--,
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

/** Memory that is asked for anew for each chunk would have the collector of garbage run in every thread. */
const ROOM = 9 * 1024 * 1024;

function copied(bytes: Uint8Array, spare: ArrayBuffer[]): Uint8Array<ArrayBuffer> {
  // A chunk of one longer record is rare: its memory is not kept.
  const known = bytes.length <= ROOM ? spare.pop() : undefined;
  const copy = new Uint8Array(known ?? new ArrayBuffer(Math.max(bytes.length, ROOM)), 0, bytes.length);
  copy.set(bytes);
  return copy;
}

function remoteDraft(
  ask: (call: JobCall) => Promise<JobReply>,
  copy: (bytes: Uint8Array) => Uint8Array<ArrayBuffer>,
  released: () => void,
): Draft & { begin(call: JobCall): Promise<void> } {
  let counts: Counts = { read: 0, written: 0, deduplicated: 0, quarantined: 0 };
  let drift: readonly Drift[] = [];
  let isOpen = true;
  const close = async (): Promise<void> => {
    if (!isOpen) return;
    isOpen = false;
    released();
    await ask({ do: 'close' }).catch(() => undefined); // a thread that is gone has nothing to close
  };
  const asked = async (call: JobCall): Promise<readonly DraftFile[]> => {
    const reply = await ask(call);
    counts = reply.counts;
    if (call.do === 'finish') drift = reply.drift;
    return reply.files;
  };
  return {
    begin: async (call) => {
      await asked(call).catch(async (error: unknown) => {
        await close();
        throw error;
      });
    },
    // The reader uses the memory of its chunk again: a copy crosses over.
    add: (chunk) => asked({ do: 'add', chunk: { ...chunk, bytes: copy(chunk.bytes) } }),
    finish: () => asked({ do: 'finish' }),
    get counts() {
      return counts;
    },
    get drift() {
      return drift;
    },
    close,
  };
}
