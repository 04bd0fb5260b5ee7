import { open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Chunk } from '../../model.ts';
import type { Answer } from './answer.ts';
import type { Forecast } from './forecast.ts';
import { halvesOf, type Part } from './parts.ts';
import { type Context, nameOf, type Split, settle } from './settle.ts';
import { ticksOf } from './ticks.ts';

export interface Read {
  /** `rows:<n>`, or `absent` when the workspace has no such table. */
  readonly fingerprint: string;
  /** What the operator should know of it; ''. */
  readonly remark: string;
}

/**
 * Reads a window part by part, in order of time, cutting parts that are too much for one answer, and yields the rows of
 * each answer once it is known to be whole; parts of which more rows are expected than an answer holds are not even
 * tried. `used` is called for each answer that was of use, `halved` for each part that was cut.
 */
export async function* readParts(
  context: Context,
  forecast: Forecast,
  work: string,
  used: () => void = () => {},
  halved: () => void = () => {},
): AsyncGenerator<Chunk, Read> {
  const start = ticksOf(context.window.start);
  const waiting: Part[] = [{ start, end: ticksOf(context.window.end), buckets: 1, bucket: 0 }];
  let answers = 0;
  let rows = 0;
  let absent = false;
  let vain = 0;
  let refused = '';
  for (let part = waiting.pop(); part !== undefined; part = waiting.pop()) {
    const length = part.end - part.start;
    if (length > 1n && (await forecast.isTooMuch(part, rows, Number(part.start - start)))) {
      waiting.push(...(halvesOf(part) ?? []).toReversed());
      halved();
      continue;
    }
    const number = answers++;
    const file = (n: number) => join(work, `answer-${number}-${n}.ndjson`);
    const settled = await settle(part, context, file, vain);
    if (settled.kind === 'split') {
      vain = settled.doubt === undefined ? 0 : vain + 1;
      if (settled.rows > 0) await forecast.cutAt(settled.rows);
      waiting.push(...cut(part, settled, vain, context).toReversed());
      halved();
      if (settled.doubt !== undefined) refused ||= settled.reason;
      continue;
    }
    used();
    vain = 0;
    absent ||= settled.kind === 'absent';
    if (settled.kind === 'rows') {
      rows += settled.answer.rows;
      forecast.fitted(settled.answer.rows);
      yield* chunksOf(settled.answer);
    }
  }
  forecast.ended(rows, Number(ticksOf(context.window.end) - start));
  const remark = refused && `asked for in smaller parts, because the API refused the whole: ${refused}`;
  return { fingerprint: absent ? 'absent' : `rows:${rows}`, remark };
}

function cut(part: Part, { reason, doubt }: Split, vain: number, context: Context): readonly Part[] {
  if (doubt !== undefined && vain > doubt.halvings) throw doubt.error;
  const halves = halvesOf(part);
  if (halves !== undefined) return halves;
  const least = 'though one tick of 100 ns and one bucket of rows is the least that can be asked for';
  throw doubt?.error ?? new Error(`${nameOf(part, context)}: ${reason}, ${least}`);
}

/** A file with a long row is not what the next ones need room for. */
const MOST_KEPT = 24 * 1024 * 1024;

/**
 * Hands over the files of an answer one by one, each in the memory of the one before; each is gone when the next is
 * asked for, and all are when nobody asks any more.
 */
async function* chunksOf(answer: Answer): AsyncGenerator<Chunk> {
  const largest = Math.max(0, ...answer.files.map(({ bytes }) => bytes).filter((bytes) => bytes <= MOST_KEPT));
  const memory = new Uint8Array(largest);
  try {
    for (const { path, bytes: size } of answer.files) {
      const bytes = size > largest ? await readFile(path) : await readInto(memory, path, size);
      await rm(path, { force: true });
      yield { bytes, layout: 'query', columns: answer.columns, segments: [], faults: [] };
    }
  } finally {
    for (const { path } of answer.files) await rm(path, { force: true });
  }
}

/** The bytes of a file that has so many. */
async function readInto(memory: Uint8Array, path: string, size: number): Promise<Uint8Array> {
  const file = await open(path);
  try {
    let [at, more] = [0, 1];
    for (; at < size && more > 0; at += more) ({ bytesRead: more } = await file.read(memory, at, size - at, at));
    if (at < size) throw new Error(`read ${path}: ${at} bytes where ${size} were written`);
    return memory.subarray(0, size);
  } finally {
    await file.close();
  }
}
