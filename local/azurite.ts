/** Azurite, Microsoft's storage emulator, as the real storage of tests and of one machine's runs. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** The one account that every emulator has; its key is printed in Microsoft's documentation and guards nothing. */
const ACCOUNT = 'devstoreaccount1';
const KEY = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

/**
 * Runs inside Azurite's process: it shuts down in order (and so saves its data) as soon as the process that started it
 * closes the channel or dies, even by SIGKILL. Nothing is left behind.
 */
const DIE_WITH_PARENT = "process.once('disconnect', () => process.emit('message', 'shutdown'));";

const START_LIMIT_MS = 180_000;
const CLOSE_LIMIT_MS = 10_000;

export interface Azurite {
  readonly connectionString: string;
  /** Endpoints with the account's name, without a slash at the end. */
  readonly blobUrl: string;
  readonly queueUrl: string;
  readonly tableUrl: string;
  readonly account: string;
  readonly key: string;
  /** Stops the process; data in `folder` is saved first. Safe to call twice. */
  close(): Promise<void>;
}

export interface AzuriteOptions {
  /**
   * Where data is kept; made when missing. Default, if it is not kept in memory: a temporary folder that `close`
   * removes.
   */
  readonly folder?: string;
  /** Keeps data in memory only. Default: true without `folder`, false with one. */
  readonly inMemory?: boolean;
  /** Of blob, queue and table. Default: whichever are free. */
  readonly ports?: readonly number[];
  /** Beside this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Starts blob, queue and table in one process on free ports of 127.0.0.1 and resolves when all three listen. The system
 * picks the ports (0), so there is nothing to race for.
 */
export async function startAzurite(options: AzuriteOptions = {}): Promise<Azurite> {
  const inMemory = options.inMemory ?? options.folder === undefined;
  const isTemporary = options.folder === undefined && !inMemory;
  const folder = isTemporary ? await mkdtemp(join(tmpdir(), 'azurite-')) : (options.folder ?? tmpdir());
  await mkdir(folder, { recursive: true });
  const child = launch(folder, inMemory, options);
  const close = async () => {
    await stop(child);
    if (isTemporary) await rm(folder, { recursive: true, force: true });
  };
  try {
    const [blob, queue, table] = await listening(child);
    const [blobUrl, queueUrl, tableUrl] = [`${blob}/${ACCOUNT}`, `${queue}/${ACCOUNT}`, `${table}/${ACCOUNT}`];
    const endpoints = `BlobEndpoint=${blobUrl};QueueEndpoint=${queueUrl};TableEndpoint=${tableUrl};`;
    const connectionString = `DefaultEndpointsProtocol=http;AccountName=${ACCOUNT};AccountKey=${KEY};${endpoints}`;
    return { connectionString, blobUrl, queueUrl, tableUrl, account: ACCOUNT, key: KEY, close };
  } catch (cause) {
    await close();
    throw cause;
  }
}

function launch(folder: string, inMemory: boolean, { ports = [], env }: AzuriteOptions): ChildProcess {
  const manifest = createRequire(import.meta.url).resolve('azurite/package.json');
  const main = join(dirname(manifest), 'dist/src/azurite.js');
  const services = ['blob', 'queue', 'table'].flatMap((name, n) => [
    ...[`--${name}Host`, '127.0.0.1'],
    ...[`--${name}Port`, String(ports[n] ?? 0)],
  ]);
  // The SDKs may be newer than the emulator: it answers what it knows, whatever API version a request names.
  const flags = ['--silent', '--disableTelemetry', '--skipApiVersionCheck'];
  const keep = inMemory ? ['--inMemoryPersistence'] : ['--location', folder];
  const preload = ['--import', `data:text/javascript,${encodeURIComponent(DIE_WITH_PARENT)}`];
  return spawn(process.execPath, [...preload, main, ...services, ...flags, ...keep], {
    cwd: folder,
    // Other accounts in the environment would replace the one above; a test runner's variables are none of Azurite's
    // business.
    env: { ...process.env, AZURITE_ACCOUNTS: undefined, NODE_OPTIONS: undefined, NODE_TEST_CONTEXT: undefined, ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
}

/** The three addresses, in the order in which Azurite starts its services. */
function listening(child: ChildProcess): Promise<string[]> {
  return new Promise((resolve, reject) => {
    let out = '';
    const fail = (what: string) =>
      reject(new Error(`start Azurite: ${what}; it said: ${out.trim().slice(-2000) || 'nothing'}`));
    const limit = setTimeout(fail, START_LIMIT_MS, `it did not listen within ${START_LIMIT_MS / 1000} s`);
    const hear = (data: Buffer) => {
      out += data.toString();
      const urls = [...out.matchAll(/successfully listening at (http:\S+)/g)].map((found) => found[1] ?? '');
      if (urls.length < 3) return;
      clearTimeout(limit);
      resolve(urls);
      child.stdout?.off('data', hear).resume();
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', (data: Buffer) => {
      out = (out + data.toString()).slice(-10_000);
    });
    child.once('error', (error) => fail(error.message));
    child.once('exit', (code, signal) => fail(`it ended with ${signal ?? code}`));
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const limit = setTimeout(() => child.kill('SIGKILL'), CLOSE_LIMIT_MS);
  if (child.connected) child.disconnect();
  else child.kill('SIGKILL');
  await ended;
  clearTimeout(limit);
}
