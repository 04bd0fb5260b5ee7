import { fstatSync, writeSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { nearlyRead } from '../shared/config/unknown-settings.ts';
import { storeFailure } from '../shared/lake/failure.ts';
import { proxyFault } from '../shared/net/direct.ts';
import { tellWaits } from '../shared/net/waits.ts';
import { knowSecretsOf } from '../shared/pure/known-secrets.ts';
import { plain } from '../shared/pure/printable.ts';
import { ownWords } from '../shared/signals/own-words.ts';
import { productVersion } from '../shared/wire/version.ts';
import type { Examine } from './check/check.ts';
import type { Edge } from './command.ts';
import { machineJobs, windowsAtOnce } from './deliver/jobs.ts';
import { exitCodes } from './failure.ts';
import { runCommand } from './run.ts';
import { hasColours } from './terminal/colours.ts';
import type { Terminal } from './terminal/terminal.ts';

/** How long windows under way may take to stop after Ctrl-C before the process ends without them. */
const patience = 5_000;

/** The command line on this process: its streams, signals and environment. Resolves with the exit code. */
export async function main(words: readonly string[]): Promise<number> {
  const abort = new AbortController();
  const unwritten: unknown[] = [];
  const own = terminal(unwritten);
  // Names of variables and words of services: what runCommand prints is plain already.
  const say = (text: string): void => own.err(`${plain(text)}\n`);
  const fault = proxyFault(process.env);
  if (fault !== undefined) {
    say(`insights-lake: ${fault}`);
    return exitCodes.usage;
  }
  knowSecretsOf(process.env, ownWords);
  // Of `check` it is one of the findings.
  for (const text of words[0] === 'check' ? [] : nearlyRead(process.env)) say(`insights-lake: ${text}`);
  const stop = (): void => {
    if (abort.signal.aborted) process.exit(exitCodes.interrupted);
    own.err('\ninterrupted: stopping; run the same command again to go on\n');
    abort.abort();
    setTimeout(() => process.exit(exitCodes.interrupted), patience).unref();
  };
  tellWaits(say);
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  try {
    // clients and engine load in 0.3 s: only for commands that need them
    const prepare = async (...request: Parameters<typeof import('./deliver/prepare.ts').prepare>) =>
      (await import('./deliver/prepare.ts')).prepare(...request);
    const examine: Examine = async function* (...settings) {
      yield* (await import('./check/examine.ts')).examine(...settings);
    };
    const operations = async () => (await import('./operations/wired.ts')).operations;
    const edge: Edge = {
      terminal: own,
      prepare,
      examine,
      operations,
      version: productVersion(),
      machineJobs: machineJobs(availableParallelism(), memoryOfMachine()),
      windowsAtOnce,
      abort: abort.signal,
    };
    const code = await runCommand(words, edge);
    if (unwritten.length === 0) return code;
    own.err(`insights-lake: ${storeFailure('write the output', unwritten[0]).message}\n`);
    return code === exitCodes.done ? exitCodes.failed : code;
  } finally {
    tellWaits(undefined);
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
}

/** A container may be given less than the machine has. */
function memoryOfMachine(): number {
  const given = process.constrainedMemory();
  return given > 0 ? Math.min(given, totalmem()) : totalmem();
}

const terminal = (unwritten: unknown[], writeErr = writerTo(process.stderr, [])): Terminal => ({
  out: writerTo(process.stdout, unwritten),
  err: writeErr,
  rewrite: (text) => writeErr(`\r\u001b[K${text}`),
  live: process.stderr.isTTY === true,
  columns: process.stderr.columns ?? 80,
  colours: {
    out: hasColours(process.env, process.stdout.isTTY === true),
    err: hasColours(process.env, process.stderr.isTTY === true),
  },
  env: process.env,
  folder: process.cwd(),
  now: () => Date.now(),
  sleep: (ms, abort) => delay(ms, undefined, { signal: abort }),
});

/**
 * A reader that has enough (… | head), or has gone, ends the writing to it and nothing else: windows run on, the exit
 * code is theirs. A file that takes no more (a disk that is full) is another matter, as half of it is no success.
 */
function writerTo(stream: NodeJS.WriteStream & { readonly fd: number }, unwritten: unknown[]): (text: string) => void {
  let open = true;
  const write = isFile(stream.fd) ? (text: string) => writeAll(stream.fd, text) : (text: string) => stream.write(text);
  stream.on('error', () => {
    open = false;
  });
  return (text) => {
    if (!open) return;
    try {
      write(text);
    } catch (error) {
      open = false;
      unwritten.push(error);
    }
  };
}

function isFile(fd: number): boolean {
  try {
    return fstatSync(fd).isFile();
  } catch {
    return false;
  }
}

/** Node's own stream takes no notice where only a part of it is written. */
function writeAll(fd: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
}
