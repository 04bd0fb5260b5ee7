import { fork } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import type { HostEvent } from '../host/host.ts';

/** The app's functions in a process of their own, under the local function host. */
export interface RunningApp {
  /** Resolves with the address of the host when the functions listen; rejects when the process ends before. */
  readonly ready: Promise<string>;
  /** Ends it as an instance dies that Azure takes away: at once, in the middle of whatever it does. */
  kill(): Promise<void>;
}

const root = join(import.meta.dirname, '../..');
const host = join(root, 'local/host/main.ts');

/** Milliseconds after which a message comes back that a killed process held; the real host has ten minutes. */
const lock = 15_000;

/**
 * `port`: of the host; 0 takes a free one. `log` gets everything that it prints and reports. `onEnd` is called when the
 * process ends that nobody has killed.
 */
export function startApp(
  env: Record<string, string>,
  log: string,
  onEvent: (event: HostEvent) => void,
  onEnd: (error: Error) => void,
  port = 0,
): RunningApp {
  // a local.settings.json in the checkout is somebody's own app: nothing of it may get in here
  const flags = [
    '--app',
    root,
    '--environment-only',
    '--port',
    String(port),
    '--blob-every',
    '1000',
    '--lock',
    String(lock),
  ];
  const child = fork(host, flags, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  const file = createWriteStream(log, { flags: 'a' }).on('error', () => undefined);
  child.stdout?.pipe(file, { end: false });
  child.stderr?.pipe(file, { end: false });
  child.once('close', () => file.end());
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  let killed = false;
  const ready = new Promise<string>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      const error = new Error(`the functions ended by themselves (${signal ?? code}); ${log} says why`);
      reject(error);
      if (!killed) onEnd(error);
    });
    child.on('message', (event: HostEvent) => {
      if (!isIdle(event)) file.write(`${JSON.stringify(event)}\n`);
      const [, url] = event.kind === 'host' ? (/ at (http\S+)/.exec(event.message) ?? []) : [];
      if (url !== undefined) resolve(url);
      onEvent(event);
    });
  });
  return {
    ready,
    kill: async () => {
      killed = true;
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await ended;
    },
  };
}

/** A planner that found nothing to do says so every few seconds for every feed: days of it would fill the disk. */
const isIdle = (event: HostEvent): boolean =>
  event.kind === 'log' && event.message.includes('"planned":0,"repeated":0');
