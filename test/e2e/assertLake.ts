import assert from 'node:assert/strict';
import { SIGNALS } from '../../local/telemetry/tables.ts';
import type { Format, Signal } from '../../shared/model.ts';
import { differences, shortened } from './compare.ts';
import { readLake } from './readLake.ts';
import type { LakeRow } from './truth.ts';

export interface Expected {
  readonly app: string;
  /** Repeats the run: for messages. */
  readonly seed: string;
  readonly truthOf: (signal: Signal) => readonly LakeRow[];
  /** Default 'parquet'. */
  readonly format?: Format;
  /** How rows are compared; default `differences`. */
  readonly compare?: (truth: readonly LakeRow[], lake: readonly LakeRow[]) => string[];
}

/**
 * The lake holds the app's rows of all ten signals, each once, the same in every column. Resolves with how many there
 * are.
 */
export async function assertLake(
  lake: string,
  { app, seed, truthOf, format = 'parquet', compare = differences }: Expected,
): Promise<number> {
  let rows = 0;
  for (const signal of SIGNALS) {
    const truth = truthOf(signal);
    assert.ok(truth.length > 0, `no ${signal} to compare (seed ${seed})`);
    const found = await readLake(lake, signal, format);
    const own = found.rows.filter(({ filename }) => String(filename).includes(`/app=${app}/`));
    assert.deepEqual(shortened([...found.faults, ...compare(truth, own)]), [], `${signal} of ${app} (seed ${seed})`);
    rows += truth.length;
  }
  return rows;
}
