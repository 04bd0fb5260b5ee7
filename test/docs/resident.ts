import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { examine } from '../../cli/check/examine.ts';
import { prepare } from '../../cli/deliver/prepare.ts';
import { operations } from '../../cli/operations/wired.ts';
import { runCommand } from '../../cli/run.ts';

/**
 * The command line, resident: `insights-lake` in a shell hands its words over and prints what comes back. Thirty
 * processes would load clients and engine thirty times (a second of processor time each). One command at a time, since
 * a process has one folder.
 */
export interface Resident {
  /** The program to put on the PATH, for bash. */
  readonly program: string;
  close(): Promise<void>;
}

/** `env` stands for the environment of every command, but for SHAPE_HASH_KEY, which a command may be given. */
export async function startResident(env: Readonly<Record<string, string>>): Promise<Resident> {
  let last: Promise<unknown> = Promise.resolve();
  const server = createServer((socket) => {
    let heard = '';
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      heard += data;
      if (!heard.endsWith('\0\0')) return;
      const [folder = '', key = '', ...words] = heard.slice(0, -2).split('\0');
      const answer = last.then(() => runIn(folder, words, { ...env, ...(key !== '' && { SHAPE_HASH_KEY: key }) }));
      last = answer.catch(() => undefined);
      answer.then(
        (code) => socket.end(`${code}\n`),
        (error) => writeFile(join(folder, '.err'), String(error?.stack)).then(() => socket.end('70\n')),
      );
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    program: [
      `exec 3<>/dev/tcp/127.0.0.1/${port}`,
      `printf '%s\\0' "$PWD" "\${SHAPE_HASH_KEY:-}" "$@" >&3; printf '\\0' >&3`,
      'read -r code <&3; cat .out; cat .err >&2; exit "$code"',
    ].join('\n'),
    close: async () => {
      server.close();
    },
  };
}

async function runIn(folder: string, words: readonly string[], env: Readonly<Record<string, string>>): Promise<number> {
  const text = { out: '', err: '' };
  const back = process.cwd();
  process.chdir(folder);
  try {
    return await runCommand(words, {
      terminal: {
        out: (more) => {
          text.out += more;
        },
        err: (more) => {
          text.err += more;
        },
        rewrite: () => {},
        ...{ live: false, columns: 80, env, folder },
        now: () => Date.now(),
        sleep: async () => {},
      },
      ...{ prepare, examine, operations: async () => operations },
      version: JSON.parse(await readFile(join(import.meta.dirname, '../../package.json'), 'utf8')).version,
      abort: new AbortController().signal,
      machineJobs: 1,
      windowsAtOnce: () => 4,
    });
  } finally {
    process.chdir(back);
    await writeFile(join(folder, '.out'), text.out);
    await writeFile(join(folder, '.err'), text.err);
  }
}
