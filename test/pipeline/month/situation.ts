import assert from 'node:assert/strict';
import type { LedgerEntry, Window } from '../../../shared/model.ts';
import { startBackfill } from '../../../shared/pipeline/backfill/steer.ts';
import { takeNext } from '../../../shared/pipeline/backfill/take.ts';
import { halvedEntry, plannedEntry } from '../../../shared/pipeline/entry.ts';
import type { Tiling } from '../../../shared/pipeline/grid/tile.ts';
import { halvesOf } from '../../../shared/pipeline/halve/in-two.ts';
import { runWindow } from '../../../shared/pipeline/run.ts';
import { createMemoryBackfills } from '../../../shared/state/backfills-memory.ts';
import { auditedWorld, day, feed, hour, hourly, type SourceRow, start } from '../audit/audited.ts';

/** What situations.test.ts and meetings.test.ts play with. */

export type Here = ReturnType<typeof auditedWorld>;
export type Broken = { error: Error | undefined };

export const row = (at: number, word: string, came = at): SourceRow => ({ at, came, word });
export const hourOf = (n: number): Window => ({ ...feed, start: start + n * hour, end: start + (n + 1) * hour });
export const never = new AbortController().signal;

/** Two days of an hourly row, all done and audited. */
export async function twoDays(broken: Broken = { error: undefined }) {
  const here = auditedWorld({ broken: { api: () => broken.error, lake: () => undefined } });
  here.add(...hourly(48));
  here.setTime(start + 48 * hour);
  await here.plan();
  await here.deliver();
  await here.audit();
  here.ran.length = 0;
  return here;
}

/** Plans, runs and audits every hour, as often as said; the starts of the windows that ran, in hours. */
export async function go(here: Here, hours: number, tiling: Partial<Tiling> = {}): Promise<number[]> {
  here.ran.length = 0;
  for (let n = 0; n < hours; n++) {
    here.setTime(here.now() + hour);
    await here.plan(undefined, tiling);
    await here.deliver();
    await here.audit();
    await here.deliver();
    once(here);
  }
  return here.ran.filter(({ state }) => state === 'done').map(({ window }) => (window.start - start) / hour);
}

export function once({ lake }: Here): void {
  const rows = Object.values(lake.contents())
    .filter((text) => !text.startsWith('{'))
    .flatMap((text) => (text === '' ? [] : text.split('\n')));
  assert.equal(new Set(rows).size, rows.length, 'no row twice');
}

/** Those that ran of the old ones: what is new runs anyway. */
export const old = (ran: readonly number[]): number[] => ran.filter((n) => n < 48).sort((a, b) => a - b);

export async function assertWhole(here: Here): Promise<void> {
  once(here);
  assert.deepEqual(await here.differing(), []);
  const open = (await here.entries()).filter(({ state, again }) => again || !['done', 'halved'].includes(state));
  assert.deepEqual(open, []);
}

export const seenEntry = async ({ ledger }: Here, window: Window): Promise<LedgerEntry> =>
  (await ledger.read(window))?.value ?? assert.fail('no such window');

export const backfillPorts = (here: Here) => {
  const turns: { readonly id: string; readonly slot: number; readonly turn: number }[] = [];
  const queue = { prepare: async () => {}, pass: async (turn: (typeof turns)[number]) => void turns.push(turn) };
  const ports = { ledger: here.ledger, clock: here.ports.clock, store: createMemoryBackfills(), queue };
  const request = { app: 'shop', signals: ['requests'] as const, choice: 'missing' as const, concurrency: 2 };
  const range = { start: start - day, end: start };
  const begin = (id: string) =>
    startBackfill({ ...request, ...range }, id, { window: hour, from: start, keptSince: undefined }, ports);
  /** So many messages that go round. */
  const round = async (most: number): Promise<number> => {
    let ran = 0;
    for (let turn = turns.shift(); turn !== undefined && ran < most; turn = turns.shift()) {
      const taken = (await here.gate.look()).state === 'active' ? await takeNext(turn, ports) : undefined;
      if (taken === undefined) continue;
      await runWindow(taken.window, here.ports);
      ran += 1;
      turns.push(taken.next);
    }
    return ran;
  };
  return { ports, begin, round, turns };
};

export const past = (): SourceRow[] =>
  Array.from({ length: 24 }, (_, n) => row(start - day + n * hour + 60_000, `past ${n}`));

/** Replaces a done window in the ledger by its halves, as a run does that finds it too heavy. */
export async function halve({ ledger, lake }: Here, window: Window): Promise<void> {
  const seen = (await ledger.read(window)) ?? assert.fail();
  const halves = halvesOf(window) ?? assert.fail();
  const name = `part-${window.start / hour}`;
  await lake.put(name, new Uint8Array(), await lake.head(name));
  const planned = halves.map((half) => plannedEntry(half));
  await ledger.halve(halvedEntry(seen.value, [], 'too heavy'), seen.etag, planned);
}
