/** A store in memory, for tests. The reference for what the other two do. */
import type { Content, ObjectStore, StoredObject } from '../model.ts';
import { checkContent, contentBytes, contentRange } from './local-content.ts';

export interface Held {
  readonly bytes: Uint8Array;
  readonly etag: string;
}

export interface MemoryStoreOptions {
  /**
   * Called around each call that touches the store: `head x`, then `head x: done`, and so for put, remove, list,
   * folders and read. Throwing before kills the caller with nothing changed; throwing at `: done` loses the answer to a
   * change that happened. A promise holds the call there, so that tests decide the order of things.
   */
  readonly onStep?: (step: string) => void | Promise<void>;
  /** What it holds at first, with tags that it will not give itself; left out: nothing. */
  readonly objects?: Iterable<readonly [name: string, held: Held]>;
}

export function createMemoryStore({ onStep = () => {}, objects: first = [] }: MemoryStoreOptions = {}): ObjectStore {
  const objects = new Map(first);
  let tags = [...objects.values()].reduce((most, { etag }) => Math.max(most, Number(etag.slice(1))), 0);
  const step = async <T>(name: string, act: () => T): Promise<T> => {
    await onStep(name);
    const answer = act();
    await onStep(`${name}: done`);
    return answer;
  };
  const names = (prefix: string) => [...objects.keys()].filter((name) => name.startsWith(prefix)).sort();

  return {
    place: 'memory',
    prepare: async () => {},
    head: (name) => step(`head ${name}`, () => objects.get(name)?.etag),
    put: async (name, content, etag) => {
      const bytes = await gathered(content);
      return step(`put ${name}`, () => {
        if (objects.get(name)?.etag !== etag) return undefined;
        const held = { bytes, etag: `m${++tags}` };
        objects.set(name, held);
        return held.etag;
      });
    },
    remove: (name, etag) =>
      step(`remove ${name}`, () => {
        if (objects.has(name) && objects.get(name)?.etag !== etag) return false;
        objects.delete(name);
        return true;
      }),
    async *list(prefix) {
      const found = await step(`list ${prefix}`, () => names(prefix).map((name) => stored(name, objects.get(name))));
      for (const object of found) yield* object;
    },
    async *folders(prefix) {
      const found = await step(`folders ${prefix}`, () => names(prefix).flatMap((name) => folderOf(name, prefix)));
      yield* new Set(found);
    },
    async *read(name, range) {
      const held = await step(`read ${name}`, () => objects.get(name));
      if (!held) throw new Error(`read ${name}: it is gone`);
      if (range?.etag !== undefined && range.etag !== held.etag) throw new Error(`read ${name}: it changed meanwhile`);
      yield* contentRange(held.bytes, range?.start ?? 0, Math.min(range?.end ?? Infinity, held.bytes.byteLength));
    },
  };
}

function stored(name: string, held: Held | undefined): StoredObject[] {
  return held ? [{ name, bytes: held.bytes.byteLength, etag: held.etag, archived: false }] : [];
}

function folderOf(name: string, prefix: string): string[] {
  const slash = name.indexOf('/', prefix.length);
  return slash < 0 ? [] : [name.slice(0, slash + 1)];
}

async function gathered(content: Content): Promise<Uint8Array> {
  await checkContent(content);
  const pieces: Uint8Array[] = [];
  for await (const piece of contentRange(content)) pieces.push(piece);
  return Uint8Array.from(Buffer.concat(pieces, contentBytes(content)));
}
