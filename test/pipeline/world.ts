import type {
  Chunk,
  Clock,
  Content,
  Counts,
  Draft,
  DraftFile,
  Engine,
  Hints,
  Millis,
  ObjectStore,
  Reading,
  Source,
  Window,
} from '../../shared/model.ts';

/**
 * A world of small fakes in which every call across a port stops at a gate, so that a test decides who moves next, who
 * stalls and who dies. Rows are words; the partition of a row is its first digit. Local files are their own contents:
 * no disk is touched.
 */

/** What the source holds: rows by partition number. */
export type Truth = Readonly<Record<number, readonly string[]>>;

export const window: Window = { app: 'shop', signal: 'requests', source: 'query', start: 0, end: 3_600_000 };

export interface ManualClock extends Clock {
  advance(by: Millis): void;
}

export function manualClock(): ManualClock {
  let time = 1_000_000;
  let sleepers: { until: Millis; wake: () => void }[] = [];
  return {
    now: () => time,
    random: () => 0.5,
    sleep: (ms, abort) =>
      new Promise((resolve) => {
        sleepers.push({ until: time + ms, wake: resolve });
        abort?.addEventListener('abort', () => resolve());
      }),
    advance: (by) => {
      time += by;
      const due = sleepers.filter((sleeper) => sleeper.until <= time);
      sleepers = sleepers.filter((sleeper) => sleeper.until > time);
      for (const sleeper of due) sleeper.wake();
    },
  };
}

/** A lake of strings with the conditional writes of Blob Storage. */
export function textLake(): ObjectStore & { readonly contents: () => Record<string, string> } {
  const objects = new Map<string, { text: string; etag: string }>();
  let tags = 0;
  const textOf = (content: Content): string =>
    content instanceof Uint8Array ? new TextDecoder().decode(content) : content.files.join('');
  return {
    place: 'memory',
    prepare: async () => {},
    head: async (name) => objects.get(name)?.etag,
    put: async (name, content, etag) => {
      if (objects.get(name)?.etag !== etag) return undefined;
      tags += 1;
      objects.set(name, { text: textOf(content), etag: `${tags}` });
      return `${tags}`;
    },
    remove: async (name, etag) => {
      const found = objects.get(name);
      if (found !== undefined && found.etag !== etag) return false;
      objects.delete(name);
      return true;
    },
    async *list(prefix) {
      for (const [name, { text, etag }] of [...objects].sort())
        if (name.startsWith(prefix))
          yield { name, etag, bytes: new TextEncoder().encode(text).length, archived: false };
    },
    async *folders() {},
    async *read(name) {
      const found = objects.get(name);
      if (found === undefined) throw new Error(`read ${name}: it is not there`);
      yield new TextEncoder().encode(found.text);
    },
    contents: () => Object.fromEntries([...objects].map(([name, { text }]) => [name, text]).sort()),
  };
}

/** What the lake must hold when `truth` was read: empty texts stand for files without rows. */
export const expectedFiles = (truth: Truth): Record<string, string> =>
  Object.fromEntries(Object.entries(truth).map(([partition, rows]) => [`part-${partition}`, rows.join('\n')]));

/** A source that reads `truth()` as it is when opened, one partition a chunk. */
export function truthSource(truth: () => Truth): Source {
  return {
    open: async (): Promise<Reading> => {
      const seen = truth();
      return {
        fingerprint: JSON.stringify(seen),
        empty: Object.keys(seen).length === 0,
        asked: 1,
        async *chunks() {
          for (const [partition, rows] of Object.entries(seen)) yield chunkOf(`${partition}:${rows.join('\n')}`);
        },
      };
    },
  };
}

const chunkOf = (text: string): Chunk => ({
  bytes: Buffer.from(text),
  layout: 'query',
  columns: [],
  segments: [],
  faults: [],
});

/** Hands out every second partition early, as a draft does whose disk is full, and the rest at the end. */
export function wordEngine(): Engine {
  return {
    emptyFile: async () => new Uint8Array(),
    begin: async (): Promise<Draft> => {
      const staged: DraftFile[] = [];
      const counts: { -readonly [K in keyof Counts]: Counts[K] } = {
        read: 0,
        written: 0,
        deduplicated: 0,
        quarantined: 0,
      };
      return {
        counts,
        add: async (chunk) => {
          const whole = Buffer.from(chunk.bytes).toString();
          const [partition, text] = [Number(whole.split(':', 1)[0]), whole.slice(whole.indexOf(':') + 1)];
          const rows = text.split('\n').length;
          counts.read += rows;
          counts.written += rows;
          staged.push({ signal: 'requests', partition, part: 1, content: { files: [text], bytes: text.length }, rows });
          return partition % 2 === 1 ? staged.splice(0) : [];
        },
        finish: async () => staged.splice(0),
        close: async () => {},
      };
    },
  };
}

export const noHints: Hints = { prepare: async () => {}, send: async () => {} };

/** Nobody answers a call, and what it asks for is done much later: when one of `kept` is called. */
export class DoneLater extends Error {
  readonly kept: (() => Promise<unknown>)[];
  constructor(kept: (() => Promise<unknown>)[]) {
    super('no answer, asked twice (NoAnswer)');
    this.kept = kept;
  }
}

/** Passes every method of a port through `gate`, before and after its effect. */
export function gated<T extends object>(port: T, gate: (step: string) => Promise<void>): T {
  return new Proxy(port, {
    get(target, key) {
      const value = Reflect.get(target, key);
      if (typeof value !== 'function') return value;
      return async (...args: unknown[]) => {
        await gate(`before ${String(key)}`).catch((error: unknown) => {
          if (error instanceof DoneLater) error.kept.push(async () => value.apply(target, args));
          throw error;
        });
        const result = await value.apply(target, args);
        await gate(`after ${String(key)}`);
        return result;
      };
    },
  });
}
