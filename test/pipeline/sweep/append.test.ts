import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Millis } from '../../../shared/model.ts';
import { runWindow } from '../../../shared/pipeline/run.ts';
import { sweepBlobs } from '../../../shared/pipeline/sweep/sweep.ts';
import fc from '../../seeds.ts';
import { blobName, exportStore, exportsWorld, hour, mortal, never, pathOf } from '../exports-world.ts';

/** Blobs that are appended to anywhere, in the middle of a line or of a character, swept, run, killed, run twice. */

const start = Date.UTC(2026, 0, 31, 12);
const blobs = [
  { container: 'insights-logs-apprequests', name: blobName.diagnostics(start) },
  { container: 'insights-logs-apprequests', name: blobName.diagnostics(start + hour) },
  { container: 'am-apptraces', name: blobName.dataExport(start, '00') },
  { container: 'am-apptraces', name: blobName.dataExport(start, '05') },
] as const;

type World = Awaited<ReturnType<typeof world>>;

async function world() {
  const stores = { 'insights-logs-apprequests': exportStore(), 'am-apptraces': exportStore() };
  const made = await exportsWorld({ stores, start });
  const texts = blobs.map(() => Buffer.alloc(0));
  return {
    ...made,
    texts,
    append: async (blob: number, more: Uint8Array) => {
      const [place, text] = [blobs[blob] ?? assert.fail(), Buffer.concat([texts[blob] ?? assert.fail(), more])];
      texts[blob] = text;
      await stores[place.container].write(place.name, text);
    },
  };
}

/** The complete records of a blob, and what is left of a record that its end cut short. */
function recordsOf(bytes: Buffer): { readonly lines: string[]; readonly tail: string } {
  const lines = bytes.toString('utf8').split('\n');
  const last = lines.pop() ?? '';
  if (isJson(last)) return { lines: [...lines, last], tail: '' };
  // White space at the end of an unreadable stretch parts it from the next.
  return {
    lines,
    tail: bytes
      .subarray(bytes.lastIndexOf(0x0a) + 1)
      .toString('latin1')
      .replace(/ +$/, ''),
  };
}

function isJson(text: string): boolean {
  try {
    return typeof JSON.parse(text) === 'object';
  } catch {
    return false;
  }
}

/** One clean read of what is there: cut records only once their window has settled. */
function expected(texts: readonly Buffer[], settled: boolean): Record<string, string> {
  const [first = '', second = '', third = ''] = [
    pathOf('requests', { app: 'shop', source: 'diagnostics', start }),
    pathOf('requests', { app: 'shop', source: 'diagnostics', start: start + hour }),
    pathOf('traces', { app: 'shop', source: 'dataExport', start }),
  ];
  const files: Record<string, string> = {};
  for (const [path, ...of] of [
    [first, 0],
    [second, 1],
    [third, 2, 3],
  ] as const) {
    const found = of.map((index) => recordsOf(texts[index] ?? Buffer.alloc(0)));
    const lines = found.flatMap((each) => each.lines);
    const tails = found.map((each) => each.tail).join('');
    if (lines.length > 0) files[path] = lines.join('\n');
    if (settled && tails !== '') files[path.replace(/^\w+/, 'quarantine')] = tails;
  }
  return files;
}

const filled = ({ lake }: World) =>
  Object.fromEntries(Object.entries(lake.contents()).filter(([, text]) => text !== ''));

const sentences = ['', 'ü', '😀', '\\"{}[]', 'ein langer Satz, '.repeat(20)];
const record = fc.record({
  text: fc.constantFrom(...sentences),
  n: fc.nat(),
  o: fc.constantFrom({}, { a: [1, null] }),
});
const moves = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('append' as const),
      blob: fc.nat(3),
      part: fc.integer({ min: 1, max: 300 }),
    }),
  },
  { weight: 3, arbitrary: fc.constant({ kind: 'sweep' as const }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('take' as const), which: fc.nat(), keep: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('kill' as const), calls: fc.nat(30), sweep: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('lose' as const), which: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), minutes: fc.integer({ min: 1, max: 90 }) }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'settle' as const }) },
);

type Move = typeof moves extends fc.Arbitrary<infer T> ? T : never;

async function make(here: World, move: Move, rest: Buffer[]): Promise<void> {
  const { messages, clock, ports } = here;
  if (move.kind === 'append') {
    const left = rest[move.blob] ?? Buffer.alloc(0);
    if (left.length > 0) await here.append(move.blob, left.subarray(0, move.part));
    rest[move.blob] = left.subarray(move.part);
  } else if (move.kind === 'sweep') await here.sweep();
  else if (move.kind === 'wait') clock.advance(move.minutes * 60_000);
  else if (move.kind === 'lose' && messages.length > 0) messages.splice(move.which % messages.length, 1);
  else if (move.kind === 'take' && messages.length > 0) {
    const at = move.which % messages.length;
    const { window } = messages[at] ?? assert.fail();
    if (!move.keep) messages.splice(at, 1);
    await runWindow(window, ports);
  } else if (move.kind === 'kill') {
    const dying = mortal(here.ports, move.calls);
    const { window } = messages[0] ?? {};
    await (move.sweep || window === undefined ? sweepBlobs(dying, never) : runWindow(window, dying)).catch(
      () => undefined,
    );
  } else if (move.kind === 'settle') {
    await here.settle();
    await here.sweep();
    await here.settle();
    assert.deepEqual(filled(here), expected(here.texts, false));
  }
}

/** Past the look-back, with the sweeps that come by on the way. */
async function pastLookback(here: World, step: Millis = 12 * hour): Promise<void> {
  const end = start + 2 * hour + 72 * hour;
  while (here.clock.now() < end) {
    here.clock.advance(step);
    await here.sweep();
  }
  await here.settle();
  await here.sweep();
  await here.settle();
}

test('whatever is appended, swept, killed, lost or repeated: once settled the lake is one clean read', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(record, { maxLength: 6 }), { minLength: 4, maxLength: 4 }),
      fc.array(moves, { minLength: 5, maxLength: 40 }),
      async (records, plan) => {
        const here = await world();
        try {
          const rest = records.map((each) => Buffer.from(each.map((one) => `${JSON.stringify(one)}\n`).join('')));
          for (const move of plan) await make(here, move, rest);
          await pastLookback(here);
          assert.deepEqual(filled(here), expected(here.texts, true));
          const runs = here.runs();
          await here.sweep();
          await here.settle();
          assert.equal(here.runs(), runs, 'what has settled is left alone');
        } finally {
          await here.close();
        }
      },
    ),
    { numRuns: 120 },
  );
});
