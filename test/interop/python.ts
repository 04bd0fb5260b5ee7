import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

export type Outcome = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly text: string };

/** So long one reader may take: Spark needs five minutes for a table of 1,000 entries on a machine under load 20. */
const LIMIT = Number(process.env.INTEROP_MINUTES ?? 20) * 60_000;

/** Runs a program to its end. `text`: what it printed, or the last line of what it complained of. */
export function outcomeOf(command: string, args: readonly string[], env = process.env): Promise<Outcome> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env, timeout: LIMIT, killSignal: 'SIGKILL' });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ ok: false, text: error.message }));
    child.once('close', (code, signal) => {
      if (signal === 'SIGKILL')
        resolve({ ok: false, text: `no result within ${LIMIT / 60_000} minutes (INTEROP_MINUTES)` });
      const complaint = `${out}\n${err}`.trim().split('\n').at(-1) ?? '';
      resolve(code === 0 ? { ok: true, text: out.trim() } : { ok: false, text: complaint });
    });
  });
}

/** A Python 3 on this machine, or undefined. */
function systemPython(): string | undefined {
  const isThree = (command: string) =>
    spawnSync(command, ['-c', 'import sys; sys.exit(sys.version_info < (3, 9))']).status === 0;
  return ['python3', 'python'].find(isThree);
}

/**
 * The interpreter of a virtual environment in `folder` that has the packages; made where it is missing. Not ok: what is
 * lacking on this machine.
 */
export async function pythonWith(packages: readonly string[], folder: string): Promise<Outcome> {
  const python = process.platform === 'win32' ? join(folder, 'Scripts', 'python.exe') : join(folder, 'bin', 'python');
  if (!existsSync(python)) {
    const system = systemPython();
    if (system === undefined) return { ok: false, text: 'there is no Python 3.9 or newer' };
    const made = await outcomeOf(system, ['-m', 'venv', folder]);
    if (!made.ok) return { ok: false, text: `Python cannot make a virtual environment (${made.text})` };
  }
  const options = [
    '--quiet',
    '--disable-pip-version-check',
    '--no-input',
    '--retries',
    '1',
    '--only-binary',
    'pyarrow,pandas,numpy,polars,duckdb,chdb,datafusion,daft',
  ];
  const installed = await outcomeOf(python, ['-m', 'pip', 'install', ...options, ...packages]);
  return installed.ok
    ? { ok: true, text: python }
    : { ok: false, text: `pip cannot install ${packages.join(' and ')} (${installed.text})` };
}

/** `name version` of the packages in the environment of `python`, as they are installed. */
export async function versionsOf(python: string, packages: readonly string[]): Promise<string> {
  const names = packages.map((text) => text.split('==')[0] ?? text);
  const script =
    'import sys\nfrom importlib.metadata import version\n' +
    'print(", ".join(f"{name} {version(name)}" for name in sys.argv[1:]))';
  const outcome = await outcomeOf(python, ['-c', script, ...names]);
  return outcome.ok ? outcome.text : names.join(', ');
}
