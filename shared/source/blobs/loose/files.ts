import { open, stat } from 'node:fs/promises';
import type { Layout, Millis, Reading, Source, Window } from '../../../model.ts';
import { fingerprintOf } from '../look.ts';
import { recordedBlob } from '../recorded.ts';
import { type RawBlob, readBlobs } from '../records/read-blobs.ts';

/** The files of one window. */
export interface FileWindow {
  readonly window: Window;
  readonly layout: Layout;
  readonly files: readonly LocalFile[];
}

export interface LocalFile {
  /** What it is called in quarantine and in the fingerprint: should not depend on the machine. */
  readonly name: string;
  readonly path: string;
  /** Start of the hour folder that it lies in; left out: in none, it belongs to its window whatever the ledger says. */
  readonly hour?: Millis;
}

const PIECE = 1024 * 1024;

/**
 * Files on disk as a source, for the command line. The fingerprint stands for names, lengths and times of change. Files
 * of hour folders are found for any window of their feed: others may have cut its time meanwhile.
 */
export function createFileSource(entries: readonly FileWindow[]): Source {
  const feeds = Map.groupBy(entries, ({ window }) => feedOf(window));
  const exact = new Map(entries.map((entry) => [keyOf(entry.window), entry.files]));
  const filesOf = (window: Window): readonly LocalFile[] =>
    exact.get(keyOf(window)) ??
    (feeds.get(feedOf(window)) ?? []).flatMap(({ window: own, files }) =>
      files.filter(({ hour }) =>
        hour === undefined ? own.start === window.start && own.end === window.end : isIn(window, hour),
      ),
    );
  return {
    async open(window, abort): Promise<Reading> {
      const layout = feeds.get(feedOf(window))?.[0]?.layout ?? 'continuous';
      const sorted = filesOf(window).toSorted((one, other) => (one.name < other.name ? -1 : 1));
      const seen = await Promise.all(sorted.map(lookAt));
      const recorded = seen.map((file) => recordedBlob(rawFile(file), file.name, file.bytes, file.hour === undefined));
      let asked = 0;
      return {
        fingerprint: seen.length > 0 ? fingerprintOf(seen) : '',
        empty: seen.length === 0,
        get asked() {
          return asked;
        },
        blobs: () => recorded.map(({ record }) => record()),
        chunks: () => readBlobs({ blobs: recorded.map(({ blob }) => blob), layout, abort, onRead: () => asked++ }),
      };
    },
  };
}

const isIn = ({ start, end }: Window, time: Millis): boolean => start <= time && time < end;
const keyOf = (window: Window) => [feedOf(window), window.start, window.end].join('/');
const feedOf = ({ app, signal, source }: Window) => [app, signal, source].join('/');

async function lookAt(file: LocalFile) {
  const { path } = file;
  const { size, mtimeMs } = await stat(path).catch((cause: unknown) => {
    throw new Error(`read ${path}: it cannot be found; check the path`, { cause });
  });
  return { ...file, bytes: size, etag: String(mtimeMs) };
}

function rawFile({ name, path, bytes }: LocalFile & { readonly bytes: number }): RawBlob {
  async function* read() {
    const file = await open(path).catch((cause: unknown) => {
      throw new Error(`read ${path}: it cannot be opened; check that it is there and may be read`, { cause });
    });
    const memory = new Uint8Array(Math.min(PIECE, bytes));
    try {
      for (let at = 0; at < bytes; ) {
        const { bytesRead } = await file.read(memory, 0, Math.min(PIECE, bytes - at), at);
        if (bytesRead === 0)
          throw new Error(`read ${path}: it became shorter while it was read; run again when nothing writes it`);
        at += bytesRead;
        yield memory.subarray(0, bytesRead);
      }
    } finally {
      await file.close();
    }
  }
  return { name, read, grows: false };
}
