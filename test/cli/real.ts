import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepare } from '../../cli/deliver/prepare.ts';
import { operations } from '../../cli/operations/wired.ts';
import { runCommand } from '../../cli/run.ts';

/** Runs a command line over the real pipeline, in this process. */
export async function run(
  words: readonly string[],
  env: Record<string, string> = {},
  prepared: typeof prepare = prepare,
): Promise<{ code: number; out: string; err: string }> {
  const text = { out: '', err: '' };
  const terminal = {
    out: (more: string) => {
      text.out += more;
    },
    err: (more: string) => {
      text.err += more;
    },
    rewrite: () => {},
    live: false,
    columns: 80,
    env,
    folder: join(tmpdir(), 'insights-lake-tests-have-no-settings'),
    now: () => Date.now(),
    sleep: async () => {},
  };
  const examine = async function* () {};
  const edge = {
    terminal,
    prepare: prepared,
    examine,
    operations: async () => operations,
    version: '0',
    abort: new AbortController().signal,
  };
  const code = await runCommand(words, {
    ...edge,
    machineJobs: 1,
    windowsAtOnce: (name) => (name === 'sweep' ? 2 : 1),
  });
  return { code, ...text };
}
