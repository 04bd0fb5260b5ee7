import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryData } from '../../../local/simulator/data.ts';
import { type SimulatorOptions, startSimulator } from '../../../local/simulator/startSimulator.ts';
import type { Row } from '../../../local/telemetry/row.ts';
import type { Chunk, Clock, QuerySettings } from '../../../shared/model.ts';
import { readAnswer } from '../../../shared/source/query/answer.ts';
import { createAsk } from '../../../shared/source/query/client.ts';
import type { Ask } from '../../../shared/source/query/reply.ts';
import { createQuerySource } from '../../../shared/source/query/source.ts';
import { decode, hour, windowOf } from '../../engine/chunks.ts';

const HOUR = 3_600_000;
const clock: Clock = { now: () => hour + 2 * HOUR, random: () => 0.5, sleep: async () => {} };

/** 12 MB, as an answer spells them. */
const rows = Array.from(
  { length: 1200 },
  (_, n): Row => ({
    timestamp: new Date(hour + n * 3000).toISOString().replace('Z', '0000Z'),
    itemType: 'trace',
    itemId: `i${n}`,
    message: `m${n} ${'text "é" '.repeat(1000)}`,
  }),
);

const settingsAt = (url: string): QuerySettings => ({
  url: `${url}/v1/apps/11111111-1111-1111-1111-111111111111/query`,
  ...{ scope: '', auth: { kind: 'none' }, schema: { kind: 'app' }, signals: ['traces'], window: HOUR, lag: 1 },
  ...{ from: undefined, until: undefined, retention: 1 },
});

async function readSimulated(options: SimulatorOptions) {
  const simulator = await startSimulator({ ...options, data: memoryData(rows) });
  const settings = settingsAt(simulator.url);
  return read(createAsk(settings, undefined, clock)).finally(simulator.close);
}

/** How the answers ended that came in several chunks. */
async function read(ask: Ask) {
  const settings = settingsAt('http://127.0.0.1');
  const source = createQuerySource({ settings, ask, clock });
  const reading = await source.open(windowOf('traces', 'query'), new AbortController().signal);
  const ends: Chunk['answer'][] = [];
  async function* chunks(): AsyncGenerator<Chunk> {
    for await (const chunk of reading.chunks()) {
      if (chunk.answer !== 'open') ends.push(chunk.answer);
      yield chunk;
    }
  }
  const { rows: found, counts } = await decode(windowOf('traces', 'query'), chunks);
  assert.deepEqual(
    found.map(({ message }) => message),
    rows.map(({ message }) => message),
  );
  assert.deepEqual(counts, { read: 1200, written: 1200, deduplicated: 0, quarantined: 0 });
  assert.equal(reading.fingerprint, 'rows:1200');
  return ends;
}

test('rows of a long answer are in the files once its end was there', async () => {
  assert.deepEqual(await readSimulated({ gzip: true }), ['whole']);
});

test('of a long answer that is cut nothing is in the files but what its halves bring', async () => {
  assert.deepEqual(await readSimulated({ byteLimit: 9_000_000 }), ['void', 'whole', 'whole']);
});

test('of a long answer that breaks off nothing is in the files but what the next one brings', async () => {
  const columns = ['timestamp', 'itemId', 'message'].map((name) => ({ name, type: 'string' }));
  const cells = rows.map(({ timestamp, itemId, message }) => [timestamp, itemId, message]);
  const whole = Buffer.from(JSON.stringify({ tables: [{ name: 'PrimaryResult', columns, rows: cells }] }));
  const bodies = [whole.subarray(0, 7_000_000), whole];
  const ask: Ask = async ({ table, rows: taker }) => {
    const answer = await readAnswer(piecesOf(bodies.shift() ?? whole), table, taker);
    return { status: 200, lost: '', timedOut: false, retryAfter: '', age: 0, answer, body: undefined };
  };
  assert.deepEqual(await read(ask), ['void', 'whole']);
});

async function* piecesOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}
