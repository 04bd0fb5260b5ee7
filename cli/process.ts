import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Examine } from './check/check.ts';
import type { Edge } from './command.ts';
import { exitCodes } from './failure.ts';
import { runCommand } from './run.ts';
import type { Terminal } from './terminal/terminal.ts';

/**
 * Windows at once. An export waits for answers, of which the API gives five at a time to one identity; a transform or sweep keeps the
 * processor busy by itself. Each window more costs up to 100 MB of memory.
 */
const parallel = { export: 3, transform: 1, sweep: 1 };
/** How long windows under way may take to stop after Ctrl-C before the process ends without them. */
const patience = 5_000;

/** The command line on this process: its streams, signals and environment. Resolves with the exit code. */
export async function main(words: readonly string[]): Promise<number> {
  const abort = new AbortController();
  const stop = (): void => {
    if (abort.signal.aborted) process.exit(exitCodes.interrupted);
    process.stderr.write('\ninterrupted: stopping; run the same command again to go on\n');
    abort.abort();
    setTimeout(() => process.exit(exitCodes.interrupted), patience).unref();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  // a reader that has enough (… | head) is no fault
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  try {
    // clients and engine load in 0.3 s: only for commands that need them
    const prepare = async (...request: Parameters<typeof import('./deliver/prepare.ts').prepare>) =>
      (await import('./deliver/prepare.ts')).prepare(...request);
    const examine: Examine = async function* (...settings) {
      yield* (await import('./check/examine.ts')).examine(...settings);
    };
    const operations = async () => (await import('./operations/wired.ts')).operations;
    const edge: Edge = {
      terminal: terminal(),
      prepare,
      examine,
      operations,
      version: version(),
      parallel,
      abort: abort.signal,
    };
    return await runCommand(words, edge);
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
}

const terminal = (): Terminal => ({
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  live: process.stderr.isTTY === true,
  columns: process.stderr.columns ?? 80,
  env: process.env,
  now: () => Date.now(),
  sleep: (ms, abort) => delay(ms, undefined, { signal: abort }),
});

/** package.json lies one folder up in a checkout, two up in dist/. */
function version(): string {
  const found = ['../package.json', '../../package.json']
    .map((path) => new URL(path, import.meta.url))
    .find((url) => existsSync(url));
  const { version: text } = JSON.parse(found ? readFileSync(found, 'utf8') : '{}') as { version?: string };
  return text ?? 'unknown';
}
