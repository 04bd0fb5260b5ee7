/**
 * Folders that nobody can open, root neither: their absolute path is longer than the system takes (4,096 bytes on
 * Linux, 1,024 on macOS). Only from within can they be made and removed.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const LONGEST = process.platform === 'darwin' ? 1_024 : 4_096;
const NAME = 200;

/** A folder below `base` whose own path is so many bytes shorter than the longest that can be opened. */
export function deepFolder(base: string, left: number): string {
  let path = base;
  while (LONGEST - left - path.length > NAME + 2) path = join(path, 'd'.repeat(NAME));
  path = join(path, 'd'.repeat(Math.max(1, LONGEST - left - path.length - 1)));
  mkdirSync(path, { recursive: true });
  return path;
}

/** Makes `name` below the folder, whatever its length; with a file of that text in it. */
export function putBeyond(folder: string, name: string, file: string, text: string): void {
  const before = process.cwd();
  try {
    process.chdir(folder);
    for (const part of name.split('/').filter(Boolean)) {
      mkdirSync(part, { recursive: true });
      process.chdir(part);
    }
    writeFileSync(file, text);
  } finally {
    process.chdir(before);
  }
}

export const removeAll = (base: string): void => void spawnSync('rm', ['-rf', base]);
