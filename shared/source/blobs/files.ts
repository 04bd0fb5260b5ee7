import { open, stat } from 'node:fs/promises';
import type { Layout, Reading, Source, Window } from '../../model.ts';
import { fingerprintOf } from './look.ts';
import { type RawBlob, readBlobs } from './read-blobs.ts';

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
}

const PIECE = 1024 * 1024;

/** Files on disk as a source, for the command line. The fingerprint stands for names, lengths and times of change. */
export function createFileSource(entries: readonly FileWindow[]): Source {
  const byWindow = new Map(entries.map((entry) => [keyOf(entry.window), entry]));
  return {
    async open(window, abort): Promise<Reading> {
      const { files, layout } = byWindow.get(keyOf(window)) ?? { files: [], layout: 'continuous' as const };
      const sorted = files.toSorted((one, other) => (one.name < other.name ? -1 : 1));
      const seen = await Promise.all(sorted.map(lookAt));
      const blobs = seen.map((file) => rawFile(file));
      let asked = 0;
      return {
        fingerprint: seen.length > 0 ? fingerprintOf(seen) : '',
        empty: seen.length === 0,
        get asked() {
          return asked;
        },
        chunks: (work) => readBlobs({ blobs, layout, abort, onRead: () => asked++ }, work),
      };
    },
  };
}

const keyOf = ({ app, signal, source, start, end }: Window) => [app, signal, source, start, end].join('/');

async function lookAt({ name, path }: LocalFile) {
  const { size, mtimeMs } = await stat(path).catch((cause: unknown) => {
    throw new Error(`read ${path}: it cannot be found; check the path`, { cause });
  });
  return { name, path, bytes: size, etag: String(mtimeMs) };
}

function rawFile({ name, path, bytes }: LocalFile & { readonly bytes: number }): RawBlob {
  async function* read() {
    const file = await open(path).catch((cause: unknown) => {
      throw new Error(`read ${path}: it cannot be opened; check that it is there and may be read`, { cause });
    });
    try {
      for (let at = 0; at < bytes; ) {
        const { bytesRead, buffer } = await file.read(new Uint8Array(Math.min(PIECE, bytes - at)), 0, undefined, at);
        if (bytesRead === 0)
          throw new Error(`read ${path}: it became shorter while it was read; run again when nothing writes it`);
        at += bytesRead;
        yield buffer.subarray(0, bytesRead);
      }
    } finally {
      await file.close();
    }
  }
  return { name, read, grows: false };
}
