import * as zlib from 'node:zlib';
import { parquetReadObjects } from 'hyparquet';
import { createMemoryStore } from '../../../shared/lake/store-memory.ts';
import type { ObjectStore } from '../../../shared/model.ts';

/** A lake in memory that knows at every moment which rows its readers see, and how often. */
export interface SeenLake extends ObjectStore {
  /** Rows that readers saw twice, each with the file that brought it the second time. */
  readonly twice: readonly string[];
  /** How many changes readers saw. */
  readonly changes: () => number;
  /** Rows that readers see, by `signal id`. */
  readonly seen: () => ReadonlySet<string>;
  /** Rows of a file, whether readers see it or not. */
  readonly rowsIn: (name: string) => readonly string[];
  /** Files that readers see. */
  readonly files: () => readonly string[];
}

interface LogLine {
  readonly add?: { readonly path: string };
  readonly remove?: { readonly path: string };
}

/** `table`: readers see what the logs name; else every file that is there. */
export function seenLake(table: boolean): SeenLake {
  const inner = createMemoryStore();
  const rows = new Map<string, readonly string[]>();
  const visible = new Set<string>();
  const counts = new Map<string, number>();
  const twice: string[] = [];
  let changes = 0;

  const hide = (name: string): void => {
    if (!visible.delete(name)) return;
    for (const row of rows.get(name) ?? []) counts.set(row, (counts.get(row) ?? 0) - 1);
  };
  const show = (name: string): void => {
    visible.add(name);
    changes++;
    for (const row of rows.get(name) ?? []) {
      const count = (counts.get(row) ?? 0) + 1;
      counts.set(row, count);
      if (count > 1) twice.push(`${row} by ${name}`);
    }
  };
  const followLog = (name: string, text: string): void => {
    const root = name.slice(0, name.indexOf('/') + 1);
    const lines = text
      .split('\n')
      .filter(Boolean)
      .map((line): LogLine => JSON.parse(line));
    for (const { remove } of lines) if (remove) hide(root + decodeURIComponent(remove.path));
    for (const { add } of lines) if (add) show(root + decodeURIComponent(add.path));
  };
  const follow = async (name: string): Promise<void> => {
    const isLog = /_delta_log\/\d+\.json$/.test(name);
    if (!isLog && (!name.endsWith('.parquet') || name.includes('_delta_log'))) return;
    const bytes = Buffer.concat(await Array.fromAsync(inner.read(name), (piece) => Uint8Array.from(piece)));
    if (isLog) return followLog(name, bytes.toString());
    if (!table) hide(name);
    rows.set(name, await rowsOf(name, bytes));
    if (!table) show(name);
  };
  return {
    ...inner,
    put: async (name, content, etag) => {
      const tag = await inner.put(name, content, etag);
      if (tag !== undefined) await follow(name);
      return tag;
    },
    remove: async (name, etag) => {
      const isGone = await inner.remove(name, etag);
      if (isGone && !table) hide(name);
      return isGone;
    },
    twice,
    changes: () => changes,
    seen: () => new Set([...counts].flatMap(([row, count]) => (count > 0 ? [row] : []))),
    rowsIn: (name) => rows.get(name) ?? [],
    files: () => [...visible],
  };
}

async function rowsOf(name: string, bytes: Buffer): Promise<string[]> {
  const signal = name.slice(0, name.indexOf('/'));
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  const records = await parquetReadObjects({
    file,
    columns: ['itemId'],
    compressors: { ZSTD: (input) => zlib.zstdDecompressSync(input) },
  });
  return records.map(({ itemId }) => `${signal} ${itemId}`);
}
