import { fork } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ConditionText, Parsed } from './parse.ts';

/**
 * Parses conditions in a process of its own: the parser's 130 MB are gone when it ends, which those of a thread are
 * not. Where no process can be started, or it dies (for want of memory, most likely), they are parsed here.
 */
export async function parseApart(texts: readonly ConditionText[]): Promise<readonly Parsed[]> {
  const answer = await parseInProcess(texts);
  if (answer !== undefined) return answer;
  const { parseAll } = await import('./parse.ts');
  return parseAll(texts);
}

function parseInProcess(texts: readonly ConditionText[]): Promise<readonly Parsed[] | undefined> {
  const path = fileURLToPath(new URL(`./parse-process${extname(import.meta.url)}`, import.meta.url));
  return new Promise((resolve) => {
    const child = fork(path, [], {
      execArgv: [],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    child.once('message', (answer) => resolve(answer as unknown as readonly Parsed[]));
    child.once('error', () => resolve(undefined));
    child.once('exit', () => resolve(undefined));
    child.send([...texts], (error) => error && resolve(undefined));
  });
}
