import { type ChildProcess, fork } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import type { HostEvent } from '../host/host.ts';

/** The app's functions in a process of their own, under the local function host. */
export interface RunningApp {
  /** As an instance dies that Azure takes away: at once, in the middle of whatever it does. Starts nothing anew. */
  kill(): Promise<void>;
}

const root = join(import.meta.dirname, '../..');
const host = join(root, 'local/host/main.ts');

/** Of a message that a killed process held; the real host has ten minutes. */
const lock = 15_000;
const flags = ['--app', root, '--port', '0', '--blob-every', '1000', '--lock', String(lock)];

/**
 * Starts it and resolves when its functions listen. `log` gets everything that it prints. `onEnd` is called when the process ends that
 * nobody has killed.
 */
export async function startApp(
  env: Record<string, string>,
  log: string,
  onEvent: (event: HostEvent) => void,
  onEnd: (error: Error) => void,
): Promise<RunningApp> {
  const child = fork(host, [...flags], {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const file = createWriteStream(log, { flags: 'a' }).on('error', () => undefined);
  child.stdout?.pipe(file, { end: false });
  child.stderr?.pipe(file, { end: false });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.once('close', () => file.end());
  let killed = false;
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      const error = new Error(`the functions ended by themselves (${signal ?? code}); see ${log}`);
      reject(error);
      if (!killed) onEnd(error);
    });
    child.on('message', (event: HostEvent) => {
      file.write(`${JSON.stringify(event)}\n`);
      if (event.kind === 'host') resolve();
      onEvent(event);
    });
  });
  return {
    kill: async () => {
      killed = true;
      end(child);
      await ended;
    },
  };
}

function end(child: ChildProcess): void {
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
}
