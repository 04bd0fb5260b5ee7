import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryData } from '../../../local/simulator/data.ts';
import { startSimulator } from '../../../local/simulator/startSimulator.ts';
import { type Chance, chanceOf } from '../../../local/telemetry/chance.ts';
import type { Row } from '../../../local/telemetry/row.ts';
import { linesIn } from '../../../shared/framing/lines-in.ts';
import type { Clock, Millis, QuerySettings } from '../../../shared/model.ts';
import { createAsk } from '../../../shared/source/query/client.ts';
import { createQuerySource } from '../../../shared/source/query/source.ts';
import { createSurvey } from '../../../shared/source/query/survey/survey.ts';

/**
 * Answers that are thrown away because they were cut short, on traffic that comes in bursts of every kind: at most a
 * tenth of all questions, as the app asks (a look before each reading), with answers limited by rows or by bytes, and
 * rows that grow or shrink meanwhile. Counted at the server.
 */

const START = Date.UTC(2026, 10, 21);
const [SECOND, MINUTE, HOUR] = [1000, 60_000, 3_600_000];
/** Rows of an answer at most; a row of a usual length is so many bytes in it. */
const LIMIT = 100;
const BYTES = 26_000;

interface Kind {
  readonly windows: number;
  readonly length: Millis;
  /** Times of rows in a window, from its start; may be of a fraction of a millisecond. */
  times(window: number, chance: Chance): readonly number[];
  /** To the tick; left out: each at some tick of its millisecond. */
  readonly exact?: true;
  /** How long its messages are. */
  size?(window: number): number;
}

const many = (count: number, time: () => number): number[] => Array.from({ length: count }, time);

const kinds: Readonly<Record<string, Kind>> = {
  'a batch at the full hour, within a second': {
    ...{ windows: 4, length: HOUR },
    times: (_, chance) => [...many(40, () => chance.int(0, HOUR - 1)), ...many(900, () => chance.int(0, SECOND - 1))],
  },
  'a batch within a few milliseconds': {
    ...{ windows: 4, length: HOUR },
    times: (_, chance) => [
      ...many(40, () => chance.int(0, HOUR - 1)),
      ...many(900, () => 17 * MINUTE + chance.int(0, 5)),
    ],
  },
  'all at one and the same moment': {
    ...{ windows: 4, length: HOUR, exact: true },
    times: () => many(700, () => 41 * MINUTE + 123),
  },
  'one huge minute': {
    ...{ windows: 5, length: HOUR },
    times: (window, chance) => [
      ...many(60, () => chance.int(0, HOUR - 1)),
      ...(window === 3 ? many(3000, () => 30 * MINUTE + chance.int(0, MINUTE - 1)) : []),
    ],
  },
  'seconds of bursts all over the hour': {
    ...{ windows: 4, length: HOUR },
    times: (_, chance) =>
      many(12, () => chance.int(0, 3599) * SECOND).flatMap((at) => many(150, () => at + chance.int(0, SECOND - 1))),
  },
  'weeks, days and nights': {
    ...{ windows: 7 * 8, length: HOUR },
    times: (window, chance) => {
      const busy = window % 8 > 1 && window % 8 < 6 && window / 8 < 5;
      return many(busy ? 260 : 20, () => chance.int(0, HOUR - 1));
    },
  },
  'a hundred times as much from one hour to the next': {
    ...{ windows: 8, length: HOUR },
    times: (window, chance) => many(window < 5 ? 20 : 2000, () => chance.int(0, HOUR - 1)),
  },
  'busy and quiet in turn, in windows of five minutes': {
    ...{ windows: 24, length: 5 * MINUTE },
    times: (window, chance) => many(window % 3 === 0 ? 350 : 10, () => chance.int(0, 5 * MINUTE - 1)),
  },
  'days as windows, so that their minutes are more than an answer holds': {
    ...{ windows: 3, length: 24 * HOUR },
    times: (_, chance) => [
      ...many(800, () => chance.int(0, 24 * HOUR - 1)),
      ...many(600, () => 9 * HOUR + chance.int(0, 20 * MINUTE)),
    ],
  },
  'rows that become ten times as long': {
    ...{ windows: 12, length: HOUR },
    times: (_, chance) => many(150, () => chance.int(0, HOUR - 1)),
    size: (window) => (window < 6 ? 100 : 1500),
  },
};

const clock: Clock = { now: () => START + 400 * 24 * HOUR, random: () => 0.5, sleep: async () => {} };

async function asked(
  name: string,
  { windows, length, times, exact, size = () => 100 }: Kind,
  by: 'rows' | 'bytes',
  audited: boolean,
) {
  const chance = chanceOf(`waste/${name}`);
  const rows = Array.from({ length: windows }, (_, n) =>
    times(n, chance).map(
      (at, k): Row => ({
        timestamp: new Date(START + n * length + at)
          .toISOString()
          .replace('Z', `${String(exact ? 0 : chance.int(0, 9999)).padStart(4, '0')}Z`),
        ...{ itemType: 'trace', itemId: `id-${n}-${k}`, message: 'm'.repeat(size(n)) },
      }),
    ),
  ).flat();
  const limits = by === 'rows' ? { rowLimit: LIMIT } : { byteLimit: BYTES };
  const simulator = await startSimulator({ ...limits, data: memoryData(rows), now: clock.now });
  const settings: QuerySettings = {
    url: `${simulator.url}/v1/apps/11111111-1111-1111-1111-111111111111/query`,
    ...{ scope: '', auth: { kind: 'none' }, schema: { kind: 'app' }, signals: ['traces'], window: length, lag: 1 },
    ...{ from: undefined, until: undefined, retention: undefined },
  };
  try {
    const ask = createAsk(settings, undefined, clock);
    const survey = createSurvey({ settings, ask, clock });
    const source = createQuerySource({
      settings,
      ask,
      clock,
      survey,
      audited,
      limits: by === 'rows' ? { rows: LIMIT } : {},
    });
    let [read, wasted, told] = [0, 0, 0];
    for (let n = 0; n < windows; n++) {
      const window = { app: 'shop', signal: 'traces', source: 'query' } as const;
      const reading = await source.open(
        { ...window, start: START + n * length, end: START + (n + 1) * length },
        new AbortController().signal,
      );
      for await (const chunk of reading.chunks()) read += linesIn(chunk.bytes);
      wasted += reading.wasted ?? 0;
      told += reading.asked;
    }
    const cut = simulator.requests.filter(({ incomplete }) => incomplete !== undefined).length;
    const all = simulator.requests.length;
    assert.equal(read, rows.length, 'all rows, once');
    assert.deepEqual([wasted, told], [cut, all], 'what the ledger is told is what the server counted');
    return { all, cut };
  } finally {
    await simulator.close();
  }
}

for (const [name, kind] of Object.entries(kinds))
  test(`${name}: at most a tenth of the questions is in vain`, async (t) => {
    for (const by of ['rows', 'bytes'] as const)
      for (const audited of [true, false]) {
        const { all, cut } = await asked(name, kind, by, audited);
        t.diagnostic(`${by}${audited ? '' : ', without looks before'}: ${cut} of ${all}`);
        assert.ok(process.env.WASTE_ONLY_SAID || cut <= all / 10, `${by}, audited ${audited}: ${cut} of ${all}`);
      }
  });
