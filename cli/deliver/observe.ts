import type { ObjectStore, Reading, Source, Window } from '../../shared/model.ts';
import type { OnRead, TaskOutcome } from './ports.ts';

type Side = TaskOutcome['side'];

/** Remembers on which side a failure arose, as the pipeline hands on only its text. */
export interface Blame {
  mark(side: Side, error: unknown): void;
  of(text: string): Side;
}

/** By the text of the error, which is what the run's outcome and the ledger hold of it. */
export function blame(): Blame {
  const sides = new Map<string, Side>();
  const line = (text: string): string => text.replace(/\s+/g, ' ').slice(0, 2000);
  return {
    mark: (side, error) => sides.set(line(error instanceof Error ? error.message : String(error)), side),
    of: (text) => sides.get(text) ?? 'unknown',
  };
}

/** The source with its failures noted, its progress told, and ended by `abort`. */
export function observedSource(source: Source, { mark }: Blame, onRead: OnRead, abort: AbortSignal): Source {
  const noted = <T>(call: () => Promise<T>): Promise<T> =>
    call().catch((error: unknown) => {
      mark('source', error);
      throw error;
    });
  return {
    open: async (window: Window, lost: AbortSignal): Promise<Reading> => {
      const reading = await noted(() => source.open(window, AbortSignal.any([abort, lost])));
      return {
        get fingerprint() {
          return reading.fingerprint;
        },
        get empty() {
          return reading.empty;
        },
        get asked() {
          return reading.asked;
        },
        async *chunks(work) {
          const chunks = reading.chunks(work)[Symbol.asyncIterator]();
          try {
            for (;;) {
              const next = await noted(() => Promise.resolve(chunks.next()));
              abort.throwIfAborted();
              if (next.done) return;
              yield next.value;
              onRead(next.value.lines, next.value.bytes);
            }
          } finally {
            await chunks.return?.();
          }
        },
      };
    },
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
  return {
    ...store,
    prepare: noted(store.prepare),
    head: noted(store.head),
    put: noted(store.put),
    remove: noted(store.remove),
  };
}
