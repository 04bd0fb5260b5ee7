import type { Draft, Engine, ObjectStore, Reading, Source, Window } from '../../shared/model.ts';
import { Refusal as ApiRefusal } from '../../shared/source/query/refusal.ts';
import type { OnRead, Refusal, TaskOutcome } from './ports.ts';

type Side = TaskOutcome['side'];

/** Remembers on which side a failure arose and whom it concerns, as the pipeline hands on only its text. */
export interface Blame {
  mark(side: Side, error: unknown): void;
  of(text: string): { readonly side: Side; readonly refused: Refusal | undefined };
}

/**
 * By the text of the error, which is what the run's outcome and the ledger hold of it. `local`: the source is files of
 * this machine.
 */
export function blame(local = false): Blame {
  const seen = new Map<string, ReturnType<Blame['of']>>();
  return {
    mark: (side, error) => {
      const text = line(error instanceof Error ? error.message : String(error));
      seen.set(text, { side, refused: side === 'source' ? refusedBy(error, text, local) : undefined });
    },
    of: (text) => {
      const found = seen.get(text) ?? { side: 'unknown', refused: undefined };
      return found.side !== 'destination' && fullDisk.test(text) ? { side: 'machine', refused: undefined } : found;
    },
  };
}

/** What Node and DuckDB say of it. The destination's disk has words of its own, and is marked. */
const fullDisk = /\b(ENOSPC|EDQUOT)\b|No space left on device/i;

function refusedBy(error: unknown, text: string, local: boolean): Refusal | undefined {
  if (error instanceof ApiRefusal) return { of: error.of, reason: line(error.reason) };
  return local ? { of: 'files', reason: text } : undefined;
}

const line = (text: string): string => text.replace(/\s+/g, ' ').slice(0, 2000);

/** The source with its failures noted, and ended by `abort`. */
export function observedSource(source: Source, { mark }: Blame, abort: AbortSignal): Source {
  const noted = <T>(call: () => Promise<T>): Promise<T> =>
    call().catch((error: unknown) => {
      mark('source', error);
      throw error;
    });
  return {
    open: async (window: Window, lost: AbortSignal, origin?: string): Promise<Reading> => {
      const reading = await noted(() => source.open(window, AbortSignal.any([abort, lost]), origin));
      return {
        get fingerprint() {
          return reading.fingerprint;
        },
        get empty() {
          return reading.empty;
        },
        get archived() {
          return reading.archived ?? 0;
        },
        get remark() {
          return reading.remark ?? '';
        },
        ...(reading.blobs && { blobs: () => reading.blobs?.() ?? [] }),
        get asked() {
          return reading.asked;
        },
        async *chunks() {
          const chunks = reading.chunks()[Symbol.asyncIterator]();
          try {
            for (;;) {
              const next = await noted(() => Promise.resolve(chunks.next()));
              abort.throwIfAborted();
              if (next.done) return;
              yield next.value;
            }
          } finally {
            await chunks.return?.();
          }
        },
      };
    },
  };
}

/** The engine with its progress told: rows that are read, and bytes. What is taken back is told as less. */
export function observedBegin(begin: Engine['begin'], onRead: OnRead): Engine['begin'] {
  return async (window, work, revision): Promise<Draft> => {
    const draft = await begin(window, work, revision);
    let told = 0;
    const tell = (bytes: number): void => {
      const { read } = draft.counts;
      onRead(read - told, bytes);
      told = read;
    };
    return {
      add: async (chunk) => {
        const { length } = chunk.bytes;
        const files = await draft.add(chunk);
        tell(length);
        return files;
      },
      finish: async () => {
        const files = await draft.finish();
        tell(0);
        return files;
      },
      get counts() {
        return draft.counts;
      },
      get drift() {
        return draft.drift ?? [];
      },
      get reasons() {
        return draft.reasons ?? [];
      },
      close: draft.close,
    };
  };
}

/** The lake with its failures noted. */
export function observedStore(store: ObjectStore, { mark }: Blame): ObjectStore {
  const noted =
    <A extends readonly unknown[], T>(call: (...given: A) => Promise<T>) =>
    (...given: A): Promise<T> =>
      call(...given).catch((error: unknown) => {
        mark('destination', error);
        throw error;
      });
  const told = <A extends readonly unknown[], T>(call: (...given: A) => AsyncIterable<T>) =>
    async function* each(...given: A): AsyncIterable<T> {
      try {
        yield* call(...given);
      } catch (error) {
        mark('destination', error);
        throw error;
      }
    };
  return {
    ...store,
    prepare: noted(store.prepare),
    head: noted(store.head),
    put: noted(store.put),
    remove: noted(store.remove),
    list: told(store.list),
    folders: told(store.folders),
    read: told(store.read),
  };
}
