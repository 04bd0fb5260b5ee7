/** Whether a lake is what query APIs of other makes have. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Azurite } from '../../local/azurite.ts';
import { signalOf } from '../../local/telemetry/asCells.ts';
import type { Row } from '../../local/telemetry/row.ts';
import type { Signal } from '../../shared/model.ts';
import { differences, shortened } from '../e2e/compare.ts';
import { blobsLeft } from '../e2e/left.ts';
import { readLake } from '../e2e/readLake.ts';
import { fromQuery, fromWorkspace, type LakeRow } from '../e2e/truth.ts';
import { HOUR } from './inputs.ts';
import type { OtherApi } from './other-api.ts';

export const hourOf = (row: Row): number => Math.floor(Date.parse(String(row.timestamp)) / HOUR) * HOUR;

/** What the lake keeps of a window although the source has it no more; undefined: it is as the source is. */
type Kept = (api: OtherApi, signal: Signal, start: number) => readonly Row[] | undefined;

/**
 * Throws unless the container `lake` has the rows of the sources, each once, column by column; how many those are.
 */
export async function assertLake(
  azurite: Azurite,
  signals: readonly Signal[],
  apis: readonly OtherApi[],
  kept: Kept = () => undefined,
): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'other-make-'));
  const starts = new Set<number>();
  for (const [name, text] of await blobsLeft(azurite, 'lake')) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text, 'latin1');
    const [, date, hour] = /date=([\d-]+)\/hour=(\d\d)/.exec(name) ?? [];
    starts.add(Date.parse(`${date}T${hour}:00:00Z`));
  }
  let all = 0;
  for (const signal of signals) {
    const { rows, faults } = await readLake(folder, signal, 'ndjson');
    assert.deepEqual(faults, []);
    for (const api of apis) {
      const from = api.make.kind === 'app' ? fromQuery : fromWorkspace;
      const there = api.rows.filter((row) => signalOf(row) === signal && kept(api, signal, hourOf(row)) === undefined);
      const more = [...starts].flatMap((start) => kept(api, signal, start) ?? []);
      const truth = [...there, ...more].map((row) => keyed(from(signal, row, HOUR)));
      const isOwn = ({ filename }: LakeRow) => String(filename).includes(`/app=${api.make.name}/`);
      const own = rows.filter(isOwn).map(keyed);
      assert.deepEqual(shortened(differences(truth, own, { ignored: ['extra'] })), [], `${signal} of ${api.make.name}`);
      assert.equal(own.length, truth.length);
      all += truth.length;
    }
  }
  await rm(folder, { recursive: true });
  return all;
}

/** Rows without ids are known by when they were, and what. */
const keyed = (row: LakeRow): LakeRow =>
  (row.itemId ?? null) === null ? { ...row, itemId: `${row.timestamp} ${row.id ?? row.message ?? row.name}` } : row;
