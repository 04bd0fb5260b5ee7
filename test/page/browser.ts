import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Chromium where it is installed, driven by its own protocol: no package between. */
export const chromium = [
  process.env.CHROMIUM ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((path) => path !== '' && existsSync(path));

export interface Page {
  /** Throws what the page threw. */
  evaluate<T>(expression: string): Promise<T>;
  open(url: string): Promise<void>;
  key(name: string, text?: string): Promise<void>;
  resize(width: number, height: number, scale?: number): Promise<void>;
  /** `prefers-color-scheme`, `prefers-reduced-motion`, … */
  media(features: Readonly<Record<string, string>>): Promise<void>;
  /** Of the whole page, or of what its window shows. */
  screenshot(whole?: boolean): Promise<Buffer>;
  /** What the page wrote to its console as an error, and what its policy refused. */
  readonly complaints: readonly string[];
  until(expression: string): Promise<void>;
}

export async function withPage<T>(use: (page: Page) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'insights-lake-page-'));
  const flags = ['--headless=new', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-dev-shm-usage'];
  const own = ['--remote-debugging-port=0', `--user-data-dir=${folder}`, '--hide-scrollbars', 'about:blank'];
  const child = spawn(chromium ?? '', [...flags, ...own], { stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  try {
    return await use(await attach(await portOf(folder, child)));
  } finally {
    child.kill('SIGKILL');
    await ended;
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function portOf(folder: string, child: ChildProcess): Promise<number> {
  while (child.exitCode === null) {
    const text = await readFile(join(folder, 'DevToolsActivePort'), 'utf8').catch(() => '');
    if (text.includes('\n')) return Number(text.split('\n')[0]);
    await sleep(50);
  }
  throw new Error(`${chromium} ended with ${child.exitCode}`);
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly message: string };
}

async function attach(port: number): Promise<Page> {
  const targets = (await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()) as {
    type: string;
    webSocketDebuggerUrl: string;
  }[];
  const target = targets.find(({ type }) => type === 'page');
  const socket = new WebSocket(target?.webSocketDebuggerUrl ?? '');
  await new Promise((resolve) => socket.addEventListener('open', resolve));
  const waiting = new Map<number, (message: Message) => void>();
  const complaints: string[] = [];
  let loaded: () => void = () => {};
  socket.addEventListener('message', ({ data }) => {
    const message: Message = JSON.parse(String(data));
    if (message.id !== undefined) waiting.get(message.id)?.(message);
    if (message.method === 'Page.loadEventFired') loaded();
    if (message.method === 'Log.entryAdded' || message.method === 'Runtime.exceptionThrown')
      complaints.push(JSON.stringify(message.params));
  });
  let calls = 0;
  const call = async (method: string, params: object = {}): Promise<Readonly<Record<string, unknown>>> => {
    const id = ++calls;
    const answer = new Promise<Message>((resolve) => waiting.set(id, resolve));
    socket.send(JSON.stringify({ id, method, params }));
    const { result = {}, error } = await answer;
    if (error) throw new Error(`${method}: ${error.message}`);
    return result;
  };
  for (const domain of ['Page', 'Runtime', 'Log']) await call(`${domain}.enable`);
  const evaluate = async <T>(expression: string): Promise<T> => {
    const { result, exceptionDetails } = await call('Runtime.evaluate', {
      expression,
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails) throw new Error(JSON.stringify(exceptionDetails));
    return (result as { value: T }).value;
  };
  return {
    evaluate,
    complaints,
    open: async (url) => {
      const done = new Promise<void>((resolve) => {
        loaded = resolve;
      });
      await call('Page.navigate', { url });
      await done;
    },
    key: async (key, text) => {
      const codes: Readonly<Record<string, number>> = {
        Tab: 9,
        Enter: 13,
        Escape: 27,
        ArrowLeft: 37,
        ArrowUp: 38,
        ArrowRight: 39,
        ArrowDown: 40,
        Home: 36,
        End: 35,
      };
      const event = {
        key,
        code: key,
        windowsVirtualKeyCode: codes[key] ?? 0,
        ...(key === 'Enter' ? { text: '\r' } : text ? { text } : {}),
      };
      await call('Input.dispatchKeyEvent', { type: 'keyDown', ...event });
      await call('Input.dispatchKeyEvent', { type: 'keyUp', ...event });
    },
    resize: async (width, height, deviceScaleFactor = 1) => {
      await call('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor, mobile: false });
    },
    media: async (features) => {
      const list = Object.entries(features).map(([name, value]) => ({ name, value }));
      await call('Emulation.setEmulatedMedia', { features: list });
    },
    screenshot: async (whole = true) => {
      const { data } = await call('Page.captureScreenshot', { captureBeyondViewport: whole });
      return Buffer.from(String(data), 'base64');
    },
    until: async (expression) => {
      for (let tries = 0; !(await evaluate<boolean>(`Boolean(${expression})`)); tries++) {
        if (tries > 5000) throw new Error(`never: ${expression}; ${complaints.join()}`);
        await sleep(30);
      }
    },
  };
}
