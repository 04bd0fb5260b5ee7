import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Chunk, Fault, Signal, Window } from '../model.ts';
import { windowName } from '../signals/window-name.ts';
import { type ChunkLine, type CleanLines, cleanLines } from './clean-lines.ts';
import type { RowConstants } from './continuous-cells.ts';
import type { Database } from './database.ts';
import { createDecoded, decodedTable, insertDecoded } from './decoded-table.ts';
import { faultAt } from './fault.ts';
import { documentsOf, LONG_LINE, surveyOf } from './lines.ts';
import { restoreCuts } from './restore.ts';
import { quote } from './sql.ts';

export interface DecodeContext {
  readonly db: Database;
  readonly window: Window;
  readonly work: string;
  readonly partition: 'hour' | 'day';
  readonly threads: number;
  /** Records of blobs without an id are one when they are the same to the letter. */
  readonly byRecord: boolean;
  /** Brings a chunk that a strict reader refuses into clean lines, in a file of its own. */
  readonly reframe: ((chunk: Chunk, work: string) => Promise<Chunk>) | undefined;
}

/** What became of a chunk: the signals whose tables hold rows now, and what could not be read. */
export interface DecodedChunk {
  readonly signals: readonly Signal[];
  readonly faults: readonly Fault[];
}

/**
 * Decodes a chunk into the tables of the signals found in it. Nearly always all lines are records of the window's signal, and one statement
 * does it. Otherwise line by line is accounted for: read as a record of another signal, brought into shape, or a fault.
 */
export async function decodeChunk(chunk: Chunk, context: DecodeContext): Promise<DecodedChunk> {
  if (chunk.lines === 0) return { signals: [], faults: chunk.faults };
  if (await decodePlain(chunk, context)) return { signals: [context.window.signal], faults: chunk.faults };
  const { db } = context;
  await db.run(`DROP TABLE IF EXISTS ${decodedTable(context.window.signal)}`);
  await db.run('SET threads = 1'); // Or the lines would not be numbered as they stand in the file.
  try {
    const first = await decodeCarefully(chunk, context);
    if (first.bad.length === 0 || chunk.layout === 'query' || context.reframe === undefined)
      return await asFaults(first, chunk);
    const clean = await context.reframe(chunk, context.work);
    try {
      return await asFaults(await decodeCarefully(clean, context), clean);
    } finally {
      await rm(clean.path, { force: true });
    }
  } finally {
    await rm(cleanPath(context), { force: true });
    await db.run(`SET threads = ${context.threads}`);
  }
}

/** False when a line was not a record of the window's signal; the table is of no use then. */
async function decodePlain(chunk: Chunk, { db, window, partition, byRecord }: DecodeContext): Promise<boolean> {
  if (chunk.longestLine > LONG_LINE) return false;
  await db.run(createDecoded(window.signal));
  try {
    const target = { from: documentsOf(chunk.path), numbered: false, window, partition, byRecord };
    await db.run(insertDecoded(window.signal, chunk, constantsOf(chunk, window), target));
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    return false;
  }
  const [found] = await db.rows(`SELECT count(*) FROM ${decodedTable(window.signal)} WHERE _element = 0`);
  return Number(found?.[0]) === chunk.lines;
}

/** DuckDB refused the bytes; anything else (memory, disk) is no fault of theirs. */
const isUnreadable = (error: unknown): boolean =>
  error instanceof Error && /\bCSV\b|unicode|Malformed JSON/.test(error.message);

interface Careful {
  readonly signals: readonly Signal[];
  readonly bad: readonly (ChunkLine & { readonly reason: string })[];
}

async function decodeCarefully(chunk: Chunk, context: DecodeContext): Promise<Careful> {
  const signals = new Set<Signal>();
  const bad: Careful['bad'][number][] = [];
  const path = cleanPath(context);
  for await (const clean of cleanLines(chunk, path)) {
    bad.push(...clean.refused, ...(await decodeLines(chunk, path, clean, signals, context)));
  }
  return { signals: [...signals], bad };
}

const cleanPath = ({ work }: DecodeContext): string => join(work, 'clean-lines');

/** Adds the lines of the file `path` to the tables; returns those that gave no row. */
async function decodeLines(
  chunk: Chunk,
  path: string,
  clean: CleanLines,
  signals: Set<Signal>,
  context: DecodeContext,
): Promise<Careful['bad']> {
  const { db, window, partition, byRecord } = context;
  const survey = surveyOf(path, chunk.layout, window.signal);
  // Without WHERE: a filter puts small vectors together again, and long lines then take too much memory.
  const found = await db.rows(`SELECT DISTINCT signal FROM ${survey} ORDER BY 1`);
  const read = new Set<number>();
  for (const signal of found.flatMap(([name]) => (name === null ? [] : [name as Signal]))) {
    if (!signals.has(signal)) await db.run(createDecoded(signal));
    signals.add(signal);
    const from = `(SELECT ordinal, CASE WHEN signal = ${quote(signal)} THEN line END AS doc FROM ${survey})`;
    await db.run(
      insertDecoded(signal, chunk, constantsOf(chunk, window), { from, numbered: true, window, partition, byRecord }),
    );
    const ordinals = await db.rows(`SELECT DISTINCT _ordinal FROM ${decodedTable(signal)} WHERE _ordinal IS NOT NULL`);
    await putBack(
      signal,
      ordinals.map(([ordinal]) => Number(ordinal)),
      chunk,
      clean,
      context,
    );
    for (const [ordinal] of ordinals) read.add(Number(ordinal));
    await db.run(`UPDATE ${decodedTable(signal)} SET _ordinal = NULL WHERE _ordinal IS NOT NULL`);
  }
  if (read.size === clean.lines.length) return [];
  const without = chunk.layout === 'query' ? quote(`not ${chunk.columns.length} cells`) : "'no element of ' || signal";
  const reasons = await db.rows(`SELECT ordinal, CASE WHEN NOT json_valid(line) THEN 'not JSON'
    WHEN signal IS NULL THEN 'no known signal' ELSE ${without} END FROM ${survey}`);
  return reasons.flatMap(([ordinal, reason]) => {
    const line = clean.lines[Number(ordinal) - 1];
    return line === undefined || read.has(Number(ordinal)) ? [] : [{ ...line, reason: String(reason) }];
  });
}

async function putBack(
  signal: Signal,
  ordinals: readonly number[],
  chunk: Chunk,
  clean: CleanLines,
  { db, work }: DecodeContext,
): Promise<void> {
  for (const ordinal of ordinals) {
    const cuts = clean.lines[ordinal - 1]?.cuts ?? [];
    if (cuts.length > 0) await restoreCuts(db, join(work, 'cut-value'), signal, chunk.layout, ordinal, cuts);
  }
}

async function asFaults({ signals, bad }: Careful, chunk: Chunk): Promise<DecodedChunk> {
  const worst = bad[0];
  if (worst !== undefined && chunk.layout === 'query') {
    throw new Error(
      `query answer: row at byte ${worst.position} of a part cannot be read (${worst.reason}); the window is asked again`,
    );
  }
  const faults: Fault[] = [];
  for (const line of bad) faults.push(await faultAt(chunk, line, line.reason));
  return { signals, faults: [...chunk.faults, ...faults] };
}

/** The folder of a classic export is `{appName}_{ikey without dashes}`. */
function constantsOf({ layout, segments }: Chunk, window: Window): RowConstants {
  const exportWindow = windowName(window);
  const folders = new Set(
    layout === 'continuous' ? segments.map(({ blob }) => /(?:^|\/)([^/]+_[0-9a-f]{32})\//i.exec(blob)?.[1]) : [],
  );
  const [folder] = folders.size === 1 ? folders : [];
  if (folder === undefined) return { exportWindow, folderKey: undefined, folderApp: undefined };
  const key = folder
    .slice(-32)
    .toLowerCase()
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  return { exportWindow, folderKey: key, folderApp: folder.slice(0, -33) };
}
