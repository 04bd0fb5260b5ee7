/**
 * `node test/soak/main.ts`: commands by chance, at once, killed, over sources that change, until SOAK_SECONDS are over
 * (default 60); after every few the lake is compared with its sources row by row. SOAK_SEED repeats a life, SOAK_QUIET=1
 * tells only what failed, SOAK_APP=1 begins a deployed app in place of commands alone. A folder of a life that failed
 * stays.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { soakAppLife } from './app-life.ts';
import { soakLife } from './life.ts';

const until = Date.now() + Number(process.env.SOAK_SECONDS ?? 60) * 1000;
const { SOAK_SEED: seed } = process.env;
let [lives, failed] = [0, 0];
while (Date.now() < until && (seed === undefined || lives === 0)) {
  const own = seed ?? String(Math.floor(Math.random() * 1e9));
  const base = await mkdtemp(join(tmpdir(), 'soak-'));
  const lines: string[] = [];
  const tell = (text: string): void => {
    lines.push(text);
    if (process.env.SOAK_QUIET === undefined) console.log(text);
  };
  lives++;
  try {
    await (process.env.SOAK_APP === undefined ? soakLife : soakAppLife)(base, own, until, tell);
    await rm(base, { recursive: true, force: true, maxRetries: 3 });
  } catch (error) {
    failed++;
    if (process.env.SOAK_QUIET !== undefined) console.log(lines.join('\n'));
    console.log(`FAILED SOAK_SEED=${own}, ${base}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
console.log(`${lives} lives, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
