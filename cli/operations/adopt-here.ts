import type { ObjectStore, Output, Place } from '../../shared/model.ts';
import { OF_WINDOW } from '../../shared/pipeline/lake/meet.ts';
import { filesOfLake, OWN } from '../../shared/pipeline/lake/own-files.ts';
import { noShaping } from '../../shared/signals/shape.ts';
import { signals } from '../../shared/signals/tables.ts';
import { readDocument } from '../../shared/state/documents.ts';
import { createStoreLedger } from '../../shared/state/ledger-store.ts';
import { type Adopted, type AdoptRequest, adoptWith } from '../../shared/wire/adopt.ts';
import { tablesOf } from '../../shared/wire/lake.ts';
import { meetPorts } from '../../shared/wire/meet.ts';
import { openPlace } from '../../shared/wire/open-place.ts';
import { exitCodes, Failure } from '../failure.ts';
import { placeThere } from './lake-there.ts';

/** A lake gets a ledger of its own, as the command line keeps it, from its files. */
export async function adoptHere(place: Place, request: AdoptRequest, tell: (files: number) => void): Promise<Adopted> {
  await placeThere(place, 'adopt: --out');
  const lake = await openPlace(place);
  if (!(await canBeLake(lake)))
    throw new Failure(
      exitCodes.source,
      `adopt: ${lake.place} is no lake, and no file in it is named as those of a lake are; check --out`,
    );
  // What the first command of the lake chose, where one was there.
  const chosen: Partial<Output> = (await readDocument(lake, '_insights-lake/output.json'))?.value ?? {};
  const isTable = chosen.table === 'delta' || (await hasLog(lake));
  const output = { format: 'parquet', gzip: false, partition: 'hour', path: chosen.path ?? '' } as const;
  const tables = isTable ? tablesOf({ output: { ...output, table: 'delta' }, shape: noShaping }, lake) : undefined;
  const meeting = meetPorts(lake, createStoreLedger(lake), { kind: 'lake' });
  const templates = chosen.path === undefined ? [] : [chosen.path];
  return adoptWith({ ...meeting, ...(tables && { tables }) }, templates, '_quarantine', request, tell);
}

/** It says so itself, or has a file that can be one of it: a word that was mistyped must not look like a lake. */
async function canBeLake(lake: ObjectStore): Promise<boolean> {
  for await (const _ of lake.list(OWN)) return true;
  for await (const { name } of filesOfLake(lake)) if (OF_WINDOW.test(name) || name.endsWith('.parquet')) return true;
  return false;
}

async function hasLog(lake: ObjectStore): Promise<boolean> {
  for (const signal of signals)
    for await (const folder of lake.folders(`${signal}/`)) if (folder.endsWith('/_delta_log/')) return true;
  return false;
}
