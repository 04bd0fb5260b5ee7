import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryData } from '../../../local/simulator/data.ts';
import type { Fault } from '../../../local/simulator/faults.ts';
import { type SimulatorOptions, startSimulator } from '../../../local/simulator/startSimulator.ts';
import type { Row } from '../../../local/telemetry/row.ts';
import type { Clock, QuerySettings, Window } from '../../../shared/model.ts';
import { CLIENT_LIMITS, createAsk } from '../../../shared/source/query/client.ts';
import { createQuerySource } from '../../../shared/source/query/source.ts';

const START = Date.UTC(2026, 10, 21, 3);
const HOUR = 3_600_000;
const window: Window = { app: 'shop', signal: 'traces', source: 'query', start: START, end: START + HOUR };
const clock: Clock = { now: () => START + 2 * HOUR, random: () => 0.5, sleep: async () => {} };

/** Even load, a burst within one tick with and without ids, and neighbours just outside the window. */
function rows(): Row[] {
  const at = (ms: number): string => new Date(START + ms).toISOString().replace('Z', '0000Z');
  const row = (timestamp: string, n: number, id: string): Row => ({
    timestamp,
    itemType: 'trace',
    itemId: id,
    message: `m${n} "é💥\\\n`,
  });
  return [
    ...Array.from({ length: 300 }, (_, n) => row(at(n * 12_000), n, `even-${n}`)),
    ...Array.from({ length: 120 }, (_, n) => row(at(1_234_567), 1000 + n, n % 2 === 0 ? '' : `burst-${n}`)),
    row(at(-1), 9998, 'before'),
    row(at(HOUR), 9999, 'after'),
  ];
}

async function messages(
  options: SimulatorOptions,
  faults: readonly Fault[],
  schema: QuerySettings['schema'],
): Promise<readonly string[]> {
  await using simulator = {
    ...(await startSimulator({ ...options, data: memoryData(rows()) })),
    [Symbol.asyncDispose]: () => simulator.close(),
  };
  for (const fault of faults) simulator.fault(fault);
  const kind = schema.kind === 'app' ? 'apps' : 'workspaces';
  const url = `${simulator.url}/v1/${kind}/11111111-1111-1111-1111-111111111111/query`;
  const settings = {
    url,
    scope: '',
    auth: { kind: 'none' },
    schema,
    signals: [],
    window: HOUR,
    lag: 1,
    retention: 1,
    from: undefined,
    until: undefined,
  } as const;
  const ask = createAsk(settings, undefined, clock, { ...CLIENT_LIMITS, stall: 1000, first: 10_000 });
  const source = createQuerySource({
    settings,
    ask,
    clock,
    limits: { attempts: 40, rows: options.rowLimit ?? 500_000 },
  });
  const reading = await source.open(window, new AbortController().signal);
  const found: string[] = [];
  for await (const chunk of reading.chunks()) {
    const column = chunk.columns.findIndex(({ name }) => name.toLowerCase() === 'message');
    for (const line of Buffer.from(chunk.bytes).toString().trimEnd().split('\n')) found.push(JSON.parse(line)[column]);
    assert.equal(chunk.answer, undefined, 'these answers are short');
  }
  assert.equal(reading.fingerprint, `rows:${found.length}`);
  assert.equal(reading.asked, simulator.requests.length);
  for (const request of simulator.requests) assert.deepEqual(request.diagnostics, [], request.query);
  return found.sort();
}

const APP = { kind: 'app' } as const;
const WORKSPACE = { kind: 'workspace', resourceId: '' } as const;
const KINDS = [
  'throttle',
  'unavailable',
  'gatewayTimeout',
  'drop',
  'partial',
  'truncate',
  'empty',
  'noContent',
  'notJson',
  'cached',
] as const;
const MIXED: readonly Fault[] = [
  { kind: 'drop', probability: 0.06, at: 'middle' },
  ...KINDS.map((kind) => ({ kind, probability: 0.06 })),
];

const CASES: readonly (readonly [
  what: string,
  options: SimulatorOptions,
  faults: readonly Fault[],
  schema: QuerySettings['schema'],
])[] = [
  ['no limit', {}, [], APP],
  ['a row limit of 50', { rowLimit: 50 }, [], APP],
  ['a row limit of 7, on a workspace', { rowLimit: 7 }, [], WORKSPACE],
  ['a byte limit', { byteLimit: 20_000 }, [], APP],
  ['old form, text cells, gzip', { form: 'old', cells: 'text', gzip: true, rowLimit: 100 }, [], APP],
  ['all faults', { rowLimit: 40 }, MIXED, APP],
  ['all faults, packed, another seed, on a workspace', { rowLimit: 60, gzip: true, seed: 2 }, MIXED, WORKSPACE],
  ['a stall', { rowLimit: 60 }, [{ kind: 'stall', at: 'middle', times: 2 }], APP],
];

for (const [what, options, faults, schema] of CASES) {
  test(`the simulator's rows, each once: ${what}`, async () => {
    const truth = rows()
      .filter((row) => !['before', 'after'].includes(String(row.itemId)))
      .map((row) => String(row.message));
    assert.deepEqual(await messages(options, faults, schema), truth.sort());
  });
}
