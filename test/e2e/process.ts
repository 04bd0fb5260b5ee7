import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');

export interface CommandEnd {
  /** Undefined when it was killed. */
  readonly code: number | undefined;
  readonly out: string;
  readonly err: string;
}

export interface RunningCommand {
  readonly child: ChildProcess;
  readonly ended: Promise<CommandEnd>;
}

/** Of the environment only what a program needs to run: settings of a real app must not leak in. */
export function environment(more: Readonly<Record<string, string>>): Record<string, string> {
  const kept = ['PATH', 'HOME', 'LANG', 'TMPDIR'].flatMap((name) =>
    process.env[name] === undefined ? [] : [[name, process.env[name]]],
  );
  return { ...Object.fromEntries(kept), ...more };
}

export const clockModule = join(import.meta.dirname, 'clock.ts');

/**
 * The command line in a process of its own, from its sources, hasty in its pauses. `shift`: its clock is wrong by so
 * many milliseconds; `more`: of its environment.
 */
export function startCommand(
  words: readonly string[],
  work: string,
  shift = 0,
  more: Readonly<Record<string, string>> = {},
): RunningCommand {
  const child = spawn(process.execPath, ['--import', clockModule, join(root, 'cli/main.ts'), ...words], {
    cwd: work, // not the checkout: a local.settings.json may lie there
    env: environment({
      TMPDIR: work,
      CLOCK_SHIFT_MS: String(shift),
      CLOCK_HASTE: '20',
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(work, 'cache'),
      ...more,
    }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (data) => {
    out += data;
  });
  child.stderr.on('data', (data) => {
    err += data;
  });
  const ended = new Promise<CommandEnd>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) =>
      resolve({ code: signal === null ? (code ?? undefined) : undefined, out, err }),
    );
  });
  return { child, ended };
}
