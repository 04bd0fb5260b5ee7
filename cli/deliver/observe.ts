import { linesIn } from '../../shared/framing/lines-in.ts';
import type { ObjectStore, Reading, Source, Window } from '../../shared/model.ts';
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
        async *chunks(work) {
          const chunks = reading.chunks(work)[Symbol.asyncIterator]();
          let open = { records: 0, bytes: 0 };
          try {
            for (;;) {
              const next = await noted(() => Promise.resolve(chunks.next()));
              abort.throwIfAborted();
              if (next.done) return;
              // Counted first: whoever takes the chunk may give its memory to a thread.
              const { bytes, answer } = next.value;
              const read = { records: linesIn(bytes), bytes: bytes.length };
              yield next.value;
              if (answer === 'void') onRead(-open.records, -open.bytes);
              else onRead(read.records, read.bytes);
              open =
                answer === 'open'
                  ? { records: open.records + read.records, bytes: open.bytes + read.bytes }
                  : { records: 0, bytes: 0 };
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
