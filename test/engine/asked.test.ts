import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shapingOf } from '../../shared/config/shape.ts';
import { createEngine, engineDefaults } from '../../shared/engine/engine.ts';
import type { Chunk, Interval } from '../../shared/model.ts';
import type { AllShapeSettings } from '../../shared/signals/shape-settings.ts';
import { hour, jsonLines, parquetOutput, windowOf, workFolder } from './chunks.ts';

const window = windowOf('requests', 'query');
const whole: Interval = { start: window.start, end: window.end };

interface Given {
  readonly times: readonly (string | null)[];
  readonly asked?: Interval;
  readonly answer?: Chunk['answer'];
  readonly time?: string;
}

function chunkOf({ times, asked, answer, time = 'timestamp' }: Given): Chunk {
  const columns = [time, 'itemId', 'name'].map((name) => ({ name, type: 'string' }));
  const bytes = Uint8Array.from(Buffer.from(jsonLines(times.map((at, n) => [at, `${at} ${n}`, 'x']))));
  return {
    ...{ bytes, columns, layout: 'query', segments: [], faults: [] },
    ...(asked && { asked }),
    ...(answer && { answer }),
  };
}

/** How many rows are written of answers, or what is said of one. */
async function drafted(chunks: readonly Given[], shape: AllShapeSettings = {}): Promise<number | string> {
  const engine = createEngine({ ...engineDefaults, output: parquetOutput, shaping: shapingOf(shape, {}) });
  const draft = await engine.begin(window, workFolder(), 1);
  try {
    for (const chunk of chunks) await draft.add(chunkOf(chunk));
    await draft.finish();
    return draft.counts.written;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    await draft.close();
  }
}

const inside = ['2026-11-21T03:00:00.0000000Z', '2026-11-21T03:59:59.9999999Z', '2026-11-21T03:30:00Z', null];
const [before, at, later] = ['2026-11-21T02:59:59.9999999Z', '2026-11-21T04:00:00Z', '2026-11-21T17:00:00.5Z'];
const said = (rows: number, of: number, one: string): RegExp =>
  new RegExp(`^query requests of shop 2026-11-21T03:\\S+: ${rows} of ${of} rows of an answer are .*, one of ${one}:`);
const half: Interval = { start: hour + 1_800_000, end: hour + 3_600_000 };

const answers: readonly (readonly [what: string, chunks: readonly Given[], number | RegExp])[] = [
  ['rows of the time, to its last tick, and of none', [{ times: inside, asked: whole }], 4],
  ['the tick before', [{ times: [...inside, before], asked: whole }], said(1, 5, '2026-11-21T02:59:59.999Z')],
  ['the end itself', [{ times: [...inside, at], asked: whole }], said(1, 5, '2026-11-21T04:00:00.000Z')],
  ['two of them', [{ times: [before, ...inside, later], asked: whole }], said(2, 6, '2026-11-21T17:00:00.500Z')],
  [
    'by the name of a workspace',
    [{ times: [later], asked: whole, time: 'TimeGenerated' }],
    said(1, 1, '2026-11-21T17'),
  ],
  [
    'a half of the window that answers with the whole',
    [
      { times: inside.slice(0, 1), asked: { start: hour, end: half.start } },
      { times: inside, asked: half },
    ],
    said(1, 4, '2026-11-21T03:00:00.000Z'),
  ],
  ['rows that nobody asked for by time', [{ times: [before, later] }], 2],
  [
    'a long answer, whose last chunk is empty',
    [
      { times: [later], asked: whole, answer: 'open' },
      { times: inside, asked: whole, answer: 'open' },
      { times: [], asked: whole, answer: 'whole' },
    ],
    said(1, 5, '2026-11-21T17:00:00.500Z'),
  ],
  [
    'one that is taken back, and came well the second time',
    [
      { times: [later], asked: whole, answer: 'open' },
      { times: [], asked: whole, answer: 'void' },
      { times: inside, asked: whole },
    ],
    4,
  ],
];

for (const [what, chunks, expected] of answers)
  test(`an answer counts when its rows are of the time that was asked for: ${what}`, async () => {
    const found = await drafted(chunks);
    if (typeof expected === 'number') assert.equal(found, expected);
    else assert.match(String(found), expected);
  });

const shapes: readonly (readonly [string, AllShapeSettings])[] = [
  ['dropped', { requests: { drop: ['timestamp'] } }],
  ['renamed', { requests: { rename: { timestamp: 'moment' } } }],
  ['rows kept out by it', { requests: { where: 'timestamp < datetime(2026-11-21T04:00:00Z)' } }],
];

for (const [what, shape] of shapes)
  test(`whatever a shape makes of the column: ${what}`, async () => {
    assert.match(
      String(await drafted([{ times: [...inside, later], asked: whole }], shape)),
      said(1, 5, '2026-11-21T17'),
    );
  });
