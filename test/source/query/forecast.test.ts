import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { memoryData } from '../../../local/simulator/data.ts';
import { startSimulator } from '../../../local/simulator/startSimulator.ts';
import { chanceOf } from '../../../local/telemetry/chance.ts';
import type { Row } from '../../../local/telemetry/row.ts';
import { linesIn } from '../../../shared/framing/lines-in.ts';
import type { Clock, QuerySettings } from '../../../shared/model.ts';
import { createAsk } from '../../../shared/source/query/client.ts';
import { createQuerySource } from '../../../shared/source/query/source.ts';
import { createSurvey } from '../../../shared/source/query/survey/survey.ts';

const START = Date.UTC(2026, 10, 21);
const [MINUTE, HOUR, WINDOWS] = [60_000, 3_600_000, 12];
const clock: Clock = { now: () => START + 48 * HOUR, random: () => 0.5, sleep: async () => {} };
const LIMIT = 100;

/** Quiet hours and busy ones, with bursts of a few minutes that hold several answers. */
function bursty(): Row[] {
  const chance = chanceOf('bursts');
  const row = (ms: number, n: number): Row => ({
    ...{ timestamp: new Date(START + ms).toISOString().replace('Z', '0000Z'), itemType: 'trace', itemId: `id-${n}` },
    message: `message ${n}`,
  });
  const times = Array.from({ length: WINDOWS }, (_, hour) => {
    const even = Array.from({ length: hour % 3 === 0 ? 400 : 60 }, () => hour * HOUR + chance.int(0, HOUR - 1));
    const from = hour * HOUR + chance.int(0, 50) * MINUTE;
    const burst = Array.from({ length: hour % 2 === 0 ? 500 : 0 }, () => from + chance.int(0, 4 * MINUTE));
    return [...even, ...burst];
  });
  return times.flat().map(row);
}

async function wasted(t: TestContext, by: 'rows' | 'bytes', audited: boolean) {
  const rows = bursty();
  const limits = by === 'rows' ? { rowLimit: LIMIT } : { byteLimit: 26_000 };
  const simulator = await startSimulator({ ...limits, data: memoryData(rows) });
  t.after(() => simulator.close());
  const settings: QuerySettings = {
    url: `${simulator.url}/v1/apps/11111111-1111-1111-1111-111111111111/query`,
    ...{ scope: '', auth: { kind: 'none' }, schema: { kind: 'app' }, signals: ['traces'], window: HOUR, lag: 1 },
    ...{ from: undefined, until: undefined, retention: 1 },
  };
  const ask = createAsk(settings, undefined, clock);
  const survey = createSurvey({ settings, ask, clock });
  const source = createQuerySource({ settings, ask, clock, survey, audited, limits: { rows: LIMIT } });
  let read = 0;
  for (let n = 0; n < WINDOWS; n++) {
    const span = { start: START + n * HOUR, end: START + (n + 1) * HOUR };
    const reading = await source.open(
      { app: 'shop', signal: 'traces', source: 'query', ...span },
      new AbortController().signal,
    );
    for await (const chunk of reading.chunks()) read += linesIn(chunk.bytes);
  }
  assert.equal(read, rows.length);
  const asked = simulator.requests.length;
  const cut = simulator.requests.filter(({ incomplete }) => incomplete !== undefined).length;
  return { asked, cut };
}

for (const by of ['rows', 'bytes'] as const) {
  test(`bursts, an answer limited by its ${by}: hardly any is thrown away where the rows are told`, async (t) => {
    // Without an audit nobody asks beforehand: where the rows lie is asked when an answer was cut, or the window before
    // was too large.
    const [told, learned] = [await wasted(t, by, true), await wasted(t, by, false)];
    t.diagnostic(JSON.stringify({ told, learned }));
    assert.ok(told.cut <= told.asked / 10, JSON.stringify(told));
    assert.ok(learned.cut <= learned.asked / 10, JSON.stringify(learned));
  });
}
