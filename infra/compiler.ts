/** The Bicep compiler of this machine, asked through its JSON-RPC: one process for any number of files. */
import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

type Env = Readonly<Record<string, string | undefined>>;

export const howToGetBicep =
  'no Bicep compiler: set BICEP to its path, or put bicep on the PATH, or run az bicep install';

/**
 * Path of the compiler: the one that BICEP names, the first on the PATH, or what `az bicep install` left. Undefined:
 * there is none.
 */
export function findBicep(env: Env): string | undefined {
  if (env.BICEP) return env.BICEP;
  const name = process.platform === 'win32' ? 'bicep.exe' : 'bicep';
  const folders = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const azure = env.AZURE_CONFIG_DIR ?? join(homedir(), '.azure');
  return [...folders, join(azure, 'bin')].map((folder) => join(folder, name)).find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export interface Diagnostic {
  readonly source: string;
  readonly range: { readonly start: { readonly line: number; readonly char: number } };
  readonly level: string;
  readonly code: string;
  readonly message: string;
}

export interface Bicep {
  readonly version: string;
  /** `contents`: the ARM template as JSON text; undefined when there are errors. */
  compile(path: string): Promise<{ readonly contents?: string; readonly diagnostics: readonly Diagnostic[] }>;
  compileParameters(path: string): Promise<{ readonly diagnostics: readonly Diagnostic[] }>;
  /** The file as `bicep format` writes it. */
  format(path: string): Promise<string>;
  /** Every resource that a parameter file leads to, as JSON text. Rejects with what fail() says. */
  snapshot(path: string): Promise<string>;
  close(): void;
}

/** Where snapshots pretend to be deployed. */
const place = {
  subscriptionId: '11111111-1111-4111-8111-111111111111',
  resourceGroup: 'insights-lake',
  location: 'westeurope',
  deploymentName: 'insights-lake',
  tenantId: null,
};

export async function startBicep(path: string): Promise<Bicep> {
  const { call, close } = connect(path);
  const { version } = await call<{ version: string }>('version', {});
  return {
    version,
    compile: (file) => call('compile', { path: file }),
    compileParameters: (file) => call('compileParams', { path: file, parameterOverrides: {} }),
    format: async (file) => (await call<{ contents: string }>('format', { path: file })).contents,
    snapshot: async (file) =>
      (await call<{ snapshot: string }>('getSnapshot', { path: file, metadata: place, externalInputs: null })).snapshot,
    close,
  };
}

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: { readonly message: string; readonly data?: { readonly message?: string } };
}

/** Messages go and come with a header `Content-Length`, as in the language server protocol. */
function connect(path: string) {
  // Globalization would need libraries that a bare machine lacks; the compiler does not sort or print dates.
  const env = { ...process.env, DOTNET_SYSTEM_GLOBALIZATION_INVARIANT: '1' };
  const child = spawn(path, ['jsonrpc', '--stdio'], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let [received, last] = [Buffer.alloc(0), 0];
  const fail = (error: Error) => {
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  child.on('error', (error) => fail(new Error(`${path} does not start: ${error.message}`)));
  child.on('exit', (code) => fail(new Error(`${path} ended with ${code}`)));
  child.stdout.on('data', (data: Buffer) => {
    const { messages, rest } = framed(Buffer.concat([received, data]));
    received = rest;
    for (const { id, result, error } of messages) {
      const caller = waiting.get(id);
      waiting.delete(id);
      if (error === undefined) caller?.resolve(result);
      else caller?.reject(new Error(error.data?.message ?? error.message));
    }
  });
  const call = <T>(method: string, request: object): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      last += 1;
      waiting.set(last, { resolve: (value) => resolve(value as T), reject });
      const text = JSON.stringify({ jsonrpc: '2.0', id: last, method: `bicep/${method}`, params: [request] });
      child.stdin.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
    });
  return { call, close: () => void child.kill() };
}

/** The whole messages that stand in these bytes, and the bytes behind them. */
function framed(bytes: Buffer): { readonly messages: readonly Answer[]; readonly rest: Buffer<ArrayBuffer> } {
  const messages: Answer[] = [];
  let rest = Buffer.from(bytes);
  for (;;) {
    const body = rest.indexOf('\r\n\r\n') + 4;
    const length = Number(/Content-Length: (\d+)/i.exec(rest.subarray(0, Math.max(body, 0)).toString())?.[1]);
    if (body < 4 || !(rest.length >= body + length)) return { messages, rest };
    messages.push(JSON.parse(rest.subarray(body, body + length).toString()));
    rest = rest.subarray(body + length);
  }
}
