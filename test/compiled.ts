/**
 * Around `npm test`: what one process has compiled is there for the others, and for those that they start; each test
 * file's process loads ends.ts.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

let folder = '';

export async function globalSetup(): Promise<void> {
  folder = await mkdtemp(join(tmpdir(), 'insights-lake-compiled-'));
  process.env.NODE_COMPILE_CACHE = folder;
  // By its whole address: threads load it as well, wherever the process has gone.
  process.env.NODE_OPTIONS = `${process.env.NODE_OPTIONS ?? ''} --import=${import.meta.resolve('./ends.ts')}`.trim();
}

export const globalTeardown = (): Promise<void> => rm(folder, { recursive: true, force: true });
