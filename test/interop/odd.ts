import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createDraftFiles, emptyFile, type FileKind } from '../../shared/engine/encode/draft-files.ts';
import { fileFacts } from '../../shared/engine/encode/file-facts.ts';
import type { Output, Signal } from '../../shared/model.ts';
import { columnsOf } from '../../shared/signals/columns-of.ts';
import { signals } from '../../shared/signals/tables.ts';
import { type Cell, rowsOf } from '../engine/encode/rows.ts';
import { type OddGroup, oddRows } from './odd-rows.ts';

const output: Output = { format: 'parquet', gzip: false, partition: 'hour', path: '' };
/** Every call of `add` makes a row group. */
const limits = { partBytes: 1e9, stageBytes: 1e9, groupBytes: 1, heldBytes: 1e9 };

/** Files of a folder, and their row groups. Readers take what one group says of itself for the whole file or folder. */
const files: Readonly<Record<string, readonly OddGroup[]>> = {
  mixed: [
    { count: 60, look: 'mixed' },
    { count: 1, look: 'mixed' },
    { count: 90, look: 'mixed' },
  ],
  constant: [
    { count: 20, look: 'constant' },
    { count: 12, look: 'nulls' },
    { count: 30, look: 'constant' },
  ],
  gaps: [
    { count: 40, look: 'constant' },
    { count: 40, look: 'gaps' },
  ],
  long: [
    { count: 3, look: 'long' },
    { count: 10, look: 'constant' },
  ],
};

export interface OddLake {
  readonly signal: Signal;
  /** Files of this version, one without rows among them. */
  readonly folder: string;
  /** These, and one that the engine on DuckDB wrote (schema version 1: 32 bit integers). */
  readonly mixed: string;
  /** Lines of JSON: an array of cells each. */
  readonly truth: string;
  readonly oldRows: string;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
}

/** Writes a folder of Parquet files for each signal, and what must be read from it. */
export async function writeOddLakes(root: string): Promise<OddLake[]> {
  return Promise.all(signals.map((signal) => writeOddLake(join(root, signal), signal)));
}

async function writeOddLake(root: string, signal: Signal): Promise<OddLake> {
  const columns = columnsOf(signal).map(({ name, type }) => ({ name, type }));
  const kind: FileKind = { columns, facts: fileFacts(signal, '', undefined) };
  const [folder, mixed] = [join(root, 'new'), join(root, 'mixed')];
  for (const made of [folder, mixed]) await mkdir(made, { recursive: true });
  const all: Cell[][] = [];
  for (const [name, groups] of Object.entries(files)) {
    const work = join(root, `work-${name}`);
    await mkdir(work);
    const draft = createDraftFiles(work, output, () => kind, limits);
    for (const [index, group] of groups.entries()) {
      const rows = oddRows(signal, `${name}${index}`, group);
      all.push(...rows);
      await draft.add(signal, 0, rowsOf(columns, rows, index % 2 === 0 ? textNames(columns) : []), 1);
    }
    const [file] = await draft.finish();
    for (const made of [folder, mixed]) await copyFile(file?.content.files[0] ?? '', join(made, `${name}.parquet`));
  }
  await writeFile(join(folder, 'empty.parquet'), emptyFile(output, kind));
  await copyFile(join(import.meta.dirname, 'old', `${signal}.parquet`), join(mixed, 'old.parquet'));
  const [truth, oldRows] = [join(root, 'truth.ndjson'), join(root, 'old.ndjson')];
  await writeFile(truth, lines(all));
  await writeFile(oldRows, lines(rowsOfOld(signal)));
  return { signal, folder, mixed, truth, oldRows, columns };
}

/** What lies in test/interop/old. That engine took -0 and 0 for one where they met. */
export const rowsOfOld = (signal: Signal): Cell[][] =>
  [
    ...oddRows(signal, 'old', { count: 30, look: 'mixed' }),
    ...oddRows(signal, 'oldgaps', { count: 10, look: 'gaps' }),
  ].map((row) => row.map((cell) => (Object.is(cell, -0) ? 0 : cell)));

const textNames = (columns: readonly { readonly name: string; readonly type: string }[]): string[] =>
  columns.filter(({ type, name }) => type === 'string' && name !== 'itemId').map(({ name }) => name);

/** Numbers as text, so that none of them changes on the way. */
const lines = (rows: readonly Cell[][]): string => rows.map((row) => `${JSON.stringify(row.map(spelled))}\n`).join('');

function spelled(cell: Cell): string | boolean | null {
  if (cell === null || typeof cell === 'boolean' || typeof cell === 'string') return cell;
  return Object.is(cell, -0) ? '-0' : String(cell);
}
