/** Around `npm test`: what one process has compiled is there for the others, and for those that they start. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

let folder = '';

export async function globalSetup(): Promise<void> {
  folder = await mkdtemp(join(tmpdir(), 'insights-lake-compiled-'));
  process.env.NODE_COMPILE_CACHE = folder;
}

export const globalTeardown = (): Promise<void> => rm(folder, { recursive: true, force: true });
