import type { AnswerColumn, Chunk } from '../../model.ts';
import { createHandover } from '../../pure/handover.ts';
import type { Forecast } from './forecast.ts';
import { halvesOf, type Part } from './parts.ts';
import { type Context, millisOf, nameOf, type Settled, type Split, settle } from './settle.ts';
import { ticksOf } from './ticks.ts';

export interface Read {
  /** `rows:<n>`, or `absent` when the workspace has no such table. */
  readonly fingerprint: string;
  /** What the operator should know of it; ''. */
  readonly remark: string;
}

/**
 * Reads a window part by part, in order of time, cutting parts that are too much for one answer, and yields rows of
 * answers as they come, each chunk in the memory of the one before; parts of which more rows are expected than an
 * answer holds are not even tried. `used` is called for each answer that was of use, `halved` for each part that was
 * cut.
 */
export async function* readParts(
  context: Context,
  forecast: Forecast,
  used: () => void = () => {},
  halved: () => void = () => {},
): AsyncGenerator<Chunk, Read> {
  const start = ticksOf(context.window.start);
  const waiting: Part[] = [{ start, end: ticksOf(context.window.end), buckets: 1, bucket: 0 }];
  let rows = 0;
  let absent = false;
  /** Halvings in doubt since the last answer, and for wrong bodies since the last one with rows. */
  let [vain, barren] = [0, 0];
  let refused = '';
  for (let part = waiting.pop(); part !== undefined; part = waiting.pop()) {
    const parts = await forecast.partsOf(part, rows, Number(part.start - start));
    if (parts !== undefined) {
      waiting.push(...parts.toReversed());
      halved();
      continue;
    }
    const settled = yield* settlePart(part, context, vain);
    if (settled.kind === 'split') {
      if (settled.doubt === undefined) [vain, barren] = [0, 0];
      else [vain, barren] = [vain + 1, settled.doubt.barren === undefined ? barren : barren + 1];
      if (settled.rows > 0) await forecast.cutAt(settled.rows);
      waiting.push(...cut(part, settled, vain, barren, context).toReversed());
      halved();
      if (settled.doubt !== undefined) refused ||= settled.reason;
      continue;
    }
    used();
    vain = 0;
    absent ||= settled.kind === 'absent';
    if (settled.kind === 'rows') {
      rows += settled.answer.rows;
      if (settled.answer.rows > 0) barren = 0;
      forecast.fitted(settled.answer.rows);
    }
  }
  forecast.ended(rows, Number(ticksOf(context.window.end) - start));
  const remark = refused && `asked for in smaller parts, because the API refused the whole: ${refused}`;
  return { fingerprint: absent ? 'absent' : `rows:${rows}`, remark };
}

function cut(part: Part, { reason, doubt }: Split, vain: number, barren: number, context: Context): readonly Part[] {
  // Of a table without rows many ranges beside each other may be too much: one within the other, they are not many.
  const wrong = (part.wrong ?? 0) + (doubt?.barren === undefined ? 0 : 1);
  const most = doubt?.barren ?? Number.POSITIVE_INFINITY;
  if (doubt !== undefined && (vain > doubt.halvings || Math.min(barren, wrong) > most)) throw doubt.error;
  const halves = halvesOf(wrong > 0 ? { ...part, wrong } : part);
  if (halves !== undefined) return halves;
  const least = 'though one tick of 100 ns and one bucket of rows is the least that can be asked for';
  throw doubt?.error ?? new Error(`${nameOf(part, context)}: ${reason}, ${least}`);
}

/**
 * Asks for a part, and yields the rows of a long answer while it comes. What counts of them is said at its end, or
 * where the part is asked for again.
 */
async function* settlePart(part: Part, context: Context, vain: number): AsyncGenerator<Chunk, Settled> {
  const coming = createHandover<Chunk>();
  let isOpen = false;
  const rows = {
    take: (bytes: Uint8Array, columns: readonly AnswerColumn[]) => {
      isOpen = true;
      return coming.put({ ...chunkOf(part, bytes, columns), answer: 'open' });
    },
    takeBack: async () => {
      if (isOpen) await coming.put({ ...chunkOf(part, NOTHING, []), answer: 'void' });
      isOpen = false;
    },
  };
  const settling = settle(part, context, rows, vain).finally(coming.end);
  // It fails when nobody reads any more; who still reads is told below.
  const ended = settling.catch(() => undefined);
  try {
    yield* coming.values();
  } finally {
    await ended;
  }
  const settled = await settling;
  if (settled.kind !== 'rows') return settled;
  const { rest, columns } = settled.answer;
  const last = chunkOf(part, rest, columns);
  if (isOpen) yield { ...last, answer: 'whole' };
  else if (rest.length > 0) yield last;
  return settled;
}

const NOTHING = new Uint8Array(0);
const chunkOf = (part: Part, bytes: Uint8Array, columns: readonly AnswerColumn[]): Chunk => ({
  ...{ bytes, columns, layout: 'query', segments: [], faults: [], asked: millisOf(part) },
});
