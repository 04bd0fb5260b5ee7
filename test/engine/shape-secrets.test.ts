import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { secret } from '../../shared/config/secret.ts';
import type { DraftFile, Layout, Output, Shaping, Signal } from '../../shared/model.ts';
import { isPrivate } from '../../shared/signals/shape.ts';
import { type AllShapeSettings, shapesOf } from '../../shared/signals/shape-settings.ts';
import { signals } from '../../shared/signals/tables.ts';
import { asTheyAre, engineOf } from '../../shared/wire/local.ts';
import fc from '../seeds.ts';
import { chunkOf, parquetOutput, query, windowOf, workFolder } from './chunks.ts';
import { fateOf } from './secret-fates.ts';
import { type Draw, oneIn, oneOf, type Secret } from './secret-making.ts';
import { type SecretRecord, secretRecord } from './secret-records.ts';
import { shapeFor } from './secret-shapes.ts';

/** Records of each layout that are tried: SHAPE_RUNS; SHAPE_SEED repeats a run. */
const runs = Number(process.env.SHAPE_RUNS ?? 12);
const seed = Number(process.env.SHAPE_SEED ?? 20_261_121);
const KEY = 'a key of this test';

/** Lines that go to quarantine. */
const BAD = [
  '{"Type":"AppRequests","ClientIP":"unreadable.',
  '{"Type":"AppNothing","ClientIP":"unreadable."}',
  'unreadable.',
  '["unreadable."]',
  '{"a":"unreadable.\u0001"}',
  '{"context":{"user":{"anonId":"unreadable."}}}',
  `{"Type":"AppRequests","Name":"${'x'.repeat(300_000)}\\unreadable."}`,
];

interface Case {
  readonly signal: Signal;
  readonly layout: Layout;
  readonly record: SecretRecord;
  readonly shaping: Shaping;
  readonly bad: readonly string[];
  readonly output: Output;
}

function caseOf(draw: Draw, layout: Layout): Case {
  const signal = oneOf(draw, signals);
  const other = oneOf(draw, signals);
  const record = secretRecord(draw, signal, layout, signal === other ? [] : [other]);
  const shape = shapeFor(draw, signal, layout, record);
  const settings: AllShapeSettings =
    oneIn(draw, 2) && other !== signal
      ? { [other]: { drop: ['operation_Name'] }, [signal]: shape }
      : { [signal]: shape };
  const format = oneOf(draw, ['parquet', 'ndjson', 'csv'] as const);
  return {
    ...{ signal, layout, record, shaping: { signals: shapesOf(settings), key: secret(KEY) } },
    bad: layout === 'query' ? [] : BAD.filter(() => oneIn(draw, 3)),
    output: { ...parquetOutput, format },
  };
}

interface Written {
  /** Of the files of rows: their bytes, and of Parquet what a reader sees. */
  readonly rows: string;
  readonly quarantine: string;
  /** What is logged: fields that nobody knows. */
  readonly told: string;
}

async function written({ signal, layout, record, shaping, bad, output }: Case): Promise<Written> {
  const work = workFolder();
  const keepBytes = !Object.values(shaping.signals).some(isPrivate);
  const engine = engineOf(output, { ...asTheyAre, shape: shaping, quarantine: { ...asTheyAre.quarantine, keepBytes } });
  const draft = await engine.begin(windowOf(signal, layout), work, 1);
  try {
    const lines = [...bad.slice(0, 1), record.line, ...bad.slice(1)];
    const chunk = chunkOf(work, lines.join('\n'), { layout, columns: record.columns });
    const files = [...(await draft.add(chunk)), ...(await draft.finish())];
    const textOf = async (some: readonly DraftFile[]) =>
      (await Promise.all(some.map((file) => contents(file, output)))).join('\n');
    const isQuarantine = (file: DraftFile) => file.signal === 'quarantine';
    return {
      rows: await textOf(files.filter((file) => !isQuarantine(file))),
      quarantine: await textOf(files.filter(isQuarantine)),
      told: JSON.stringify(draft.drift),
    };
  } finally {
    await draft.close();
  }
}

async function contents({ signal, content }: DraftFile, { format }: Output): Promise<string> {
  const bytes = content.files.map((file) => readFileSync(file, 'latin1')).join('');
  if (format !== 'parquet' || signal === 'quarantine') return bytes;
  const rows = await query(`SELECT * FROM read_parquet([${content.files.map((file) => `'${file}'`).join(', ')}])`);
  return `${bytes}\n${JSON.stringify(rows)}`;
}

/** Durations are ticks of 100 ns, for two elements here. */
function spellings({ text, isNumber }: Secret): readonly string[] {
  const number = Number(text);
  return isNumber ? [text, ...[1, 2, 10_000, 20_000].flatMap((divisor) => String(number / divisor))] : [text];
}

for (const layout of ['continuous', 'diagnostics', 'dataExport', 'query'] satisfies Layout[]) {
  test(`${layout}: what the settings hide is in no byte that leaves, and all else is`, async () => {
    const seen = { stays: 0, goes: 0, either: 0 };
    const property = fc.asyncProperty(fc.gen(), async (draw) => {
      const tried = caseOf(draw, layout);
      const { rows, quarantine, told } = await written(tried);
      const wrong = tried.record.secrets.flatMap((each): string[] => {
        const fate = fateOf(each, tried);
        seen[fate]++;
        const isIn = (text: string) => spellings(each).some((spelled) => text.includes(spelled));
        const leaks = fate === 'goes' && (isIn(rows) || isIn(quarantine) || isIn(told));
        const what = leaks ? 'leaks' : fate === 'stays' && !isIn(rows) ? 'is lost' : '';
        return what === '' ? [] : [`${each.path.join(' ')} (${each.text}) ${what}`];
      });
      assert.deepEqual(wrong, [], JSON.stringify({ ...tried, record: wrong, bad: tried.bad.length }));
      // Neighbours are one entry, which says how many they are.
      const entries = quarantine.split('\n').filter((line) => line !== '');
      const lines = entries.reduce((sum, line) => sum + ((JSON.parse(line) as { records?: number }).records ?? 1), 0);
      assert.equal(lines, tried.bad.length);
      const hides = Object.values(tried.shaping.signals).some(isPrivate);
      assert.equal(quarantine.includes('unreadable.'), tried.bad.length > 0 && !hides);
      assert.ok(!rows.includes('unreadable.') && !told.includes('unreadable.'));
    });
    // Not made smaller: a case is a second, and says what is wrong.
    await fc.assert(property, { numRuns: runs, seed, endOnFailure: true });
    assert.ok(seen.goes > runs / 2 && seen.stays > 5 * runs, `too little is looked for: ${JSON.stringify(seen)}`);
  });
}
