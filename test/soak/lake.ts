import assert from 'node:assert/strict';
import { cp, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Chance } from '../../local/telemetry/chance.ts';

/**
 * The ledger of a lake is kept aside, and lost or replaced by what was kept; resolves with what happened, '' for
 * nothing that anyone would have to mend.
 */
export async function loseLedger(lake: string, aside: string, chance: Chance): Promise<string> {
  const ledger = join(lake, '_insights-lake', 'ledger');
  const known = await readdir(ledger).catch(() => []);
  if (known.length === 0) return '';
  const kept = await readdir(aside).catch(() => []);
  if (kept.length === 0 || chance.hit(0.3)) {
    await rm(aside, { recursive: true, force: true });
    await cp(ledger, aside, { recursive: true });
    return '';
  }
  await rm(ledger, { recursive: true });
  if (chance.hit(0.5)) return 'the ledger is gone';
  await cp(aside, ledger, { recursive: true });
  return 'the ledger is one from before';
}

/** Somebody deletes a file of the lake, or writes over it. */
export async function damage(lake: string, chance: Chance): Promise<string> {
  const names = await readdir(lake, { recursive: true }).catch(() => []);
  const files = names.filter((name) => /^(traces|customEvents)\/.*\.(parquet|ndjson|csv)(\.gz)?$/.test(name)).sort();
  if (files.length === 0) return 'nothing to damage';
  const file = chance.pick(files);
  if (chance.hit(0.5)) await rm(join(lake, file));
  else await writeFile(join(lake, file), 'spoilt');
  return `damaged ${file}`;
}

export function assertSame(seen: ReadonlyMap<string, number>, truth: ReadonlyMap<string, number>): void {
  const faults = differences(seen, truth);
  assert.deepEqual(faults.slice(0, 20), [], `${faults.length} rows differ`);
}

/** Rows that are there less or more often than they must be. */
export function differences(seen: ReadonlyMap<string, number>, truth: ReadonlyMap<string, number>): string[] {
  return [...new Set([...seen.keys(), ...truth.keys()])].flatMap((key) => {
    const [is, must] = [seen.get(key) ?? 0, truth.get(key) ?? 0];
    return is === must ? [] : [`${JSON.stringify(key.slice(0, 90))}: ${is}, must be ${must}`];
  });
}
