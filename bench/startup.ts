/**
 * `node bench/startup.ts [--json]`: how long the built functions take to load, in processes of their own; the median
 * counts.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Startup } from '../infra/startup.ts';

const ROUNDS = 7;
/** Milliseconds that loading all functions may take. */
const LIMIT = 300;

const root = join(import.meta.dirname, '..');
const packed = join(root, '.package', 'app');
const folder = existsSync(packed) ? packed : root;

async function sample(): Promise<Startup> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(root, 'infra', 'startup.ts'), folder], {
    cwd: folder,
  });
  return JSON.parse(stdout);
}

const samples: Startup[] = [];
for (let round = 0; round < ROUNDS; round++) samples.push(await sample());
const median = (of: 'load' | 'first'): number =>
  samples.map((one) => one[of]).sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? 0;
const [load, first] = [median('load'), median('first')];
const functions = samples[0]?.functions ?? [];
if (functions.length === 0) throw new Error(`${folder} has no built functions; run npm run build first`);
if (process.argv.includes('--json'))
  console.log(JSON.stringify({ kind: 'startup', functions, load, first, limit: LIMIT }, null, 2));
else {
  console.log(
    `${functions.length} functions of ${folder} load in ${load} ms (at most ${LIMIT}); their first call loads ` +
      `${first} ms more`,
  );
}
if (load > LIMIT) process.exitCode = 1;
