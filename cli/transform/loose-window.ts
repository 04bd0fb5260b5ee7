import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Contents } from '../../shared/source/blobs/contents.ts';
import { looseWindowOf } from '../../shared/source/blobs/loose.ts';
import type { ArchiveWindow } from './archive.ts';

/** Bytes at the start of a loose file that tell it from others of its name: an id or time of the first record is among them. */
const tellingBytes = 1024;

/** The window of a loose file, known by its name and first bytes, wherever it lies. Layout and signal are those of most of its records. */
export async function looseWindow(
  path: string,
  { kinds, bytes }: Contents,
  app: string | undefined,
  length: number,
): Promise<ArchiveWindow | undefined> {
  const [most] = kinds.filter(({ signal }) => signal !== undefined).toSorted((a, b) => b.records - a.records);
  if (most?.signal === undefined) return undefined;
  const name = basename(path);
  const telling = createHash('sha256')
    .update(await headOf(path))
    .digest('hex')
    .slice(0, 16);
  const first = Math.min(...kinds.map(({ from }) => from ?? Number.POSITIVE_INFINITY));
  const known = { layout: most.layout, signal: most.signal, time: Number.isFinite(first) ? first : undefined };
  const window = looseWindowOf(`${name} ${telling}`, known, app ?? 'archive', length);
  return { window, layout: most.layout, files: [{ name, path }], bytes };
}

async function headOf(path: string): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const { bytesRead, buffer } = await file.read(new Uint8Array(tellingBytes), 0, tellingBytes, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
