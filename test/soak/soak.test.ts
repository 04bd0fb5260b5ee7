import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { soakLife } from './life.ts';

/** The beginning of one life of main.ts, which goes on for as long as it is told to. SOAK_SEED: another one. */
const seed = process.env.SOAK_SEED ?? '11';

test('commands by chance, at once and killed, over sources that change: the lake is as they are', async (t) => {
  t.diagnostic(`SOAK_SEED=${seed}`);
  const base = await mkdtemp(join(tmpdir(), 'soak-'));
  const lines: string[] = [];
  try {
    await soakLife(base, seed, Number.POSITIVE_INFINITY, (text) => lines.push(text), 3);
  } catch (error) {
    t.diagnostic(lines.join('\n'));
    throw error;
  } finally {
    await rm(base, { recursive: true, force: true, maxRetries: 3 });
  }
});
