/**
 * `node bench/year.ts` plans a year of ten signals in windows of 15 minutes, as ticks of the planner do that find all
 * of it due: windows, seconds, and what the process holds at a quarter, at half and at the end (VmHWM). The ledger keeps
 * how far feeds are and no entries, so that what is resident is the planner. `node bench/year.ts azurite [DAYS]`: into
 * a real table and queue. `node bench/year.ts backfill`: the year as a backfill in a real table, which is what brings a
 * past year in: planned, counted at a source that answers at once, and begun. Linux.
 */
import { randomUUID } from 'node:crypto';
import { TableClient } from '@azure/data-tables';
import { QueueClient } from '@azure/storage-queue';
import { startAzurite } from '../local/azurite.ts';
import type { Feed, Hints, Ledger, Window } from '../shared/model.ts';
import { planBackfill } from '../shared/pipeline/backfill/estimate.ts';
import { startBackfill } from '../shared/pipeline/backfill/steer.ts';
import { planFeed } from '../shared/pipeline/plan.ts';
import { signals } from '../shared/signals/tables.ts';
import { createTableBackfills } from '../shared/state/backfills-table.ts';
import { createBackfillQueue, createQueueHints } from '../shared/state/hints-queue.ts';
import { createTableLedger } from '../shared/state/ledger-table.ts';
import { slimLedger } from './slim-ledger.ts';
import { residentPeak } from './watch.ts';

const minute = 60_000;
const day = 1440 * minute;
const from = Date.UTC(2025, 0, 1);
const size = 15 * minute;

/** What all ticks together plan that find `days` due. */
async function planned(
  days: number,
  ledger: Ledger,
  hints: Hints,
  limit: number,
  tell: (share: number) => Promise<void>,
) {
  const clock = { now: () => from + days * day + size, random: () => 0.5, sleep: async () => {} };
  const ports = { ledger, hints, clock, patience: 30 * minute, limit };
  let [windows, ticks] = [0, 0];
  for (const whole = days * 96 * signals.length; windows < whole; ticks++) {
    const before = windows;
    for (const signal of signals) {
      const feed: Feed = { app: 'shop', signal, source: 'query' };
      windows += (await planFeed(feed, { size, lag: 0, until: from + days * day }, from, ports)).planned;
    }
    for (const share of [0.25, 0.5, 1]) if (before < share * whole && windows >= share * whole) await tell(share);
  }
  return { windows, ticks };
}

const [, , place, given] = process.argv;
const began = performance.now();
const seconds = (): string => ((performance.now() - began) / 1000).toFixed(1);
const tell = async (share: number): Promise<void> =>
  console.log(`${share * 100} %: ${seconds()} s, ${Math.round((await residentPeak(process.pid)) / 1e6)} MB at most`);

if (place === 'backfill') {
  const azurite = await startAzurite({ inMemory: true });
  const client = TableClient.fromConnectionString(azurite.connectionString, 'ledger', {
    allowInsecureConnection: true,
  });
  const clock = { now: () => from + 365 * day, random: () => 0.5, sleep: async () => {} };
  const kept = { client, lakeId: 'year', newId: randomUUID };
  const ledger = createTableLedger({ ...kept, now: clock.now });
  const queue = createBackfillQueue(new QueueClient(azurite.connectionString, 'backfill'));
  await Promise.all([ledger.prepare(), queue.prepare()]);
  const look = { fingerprint: 'rows:100', empty: false };
  const survey = { survey: async (windows: readonly Window[]) => ({ looks: windows.map(() => look), asked: 1 }) };
  const range = { app: 'shop', signals, start: from, end: from + 365 * day, choice: 'missing' as const };
  const request = { ...range, concurrency: 2 };
  const scope = { window: size, from: from + 365 * day, keptSince: undefined };
  const ports = { ledger, clock, store: createTableBackfills(kept), queue, survey };
  const plan = await planBackfill(request, scope, ports, new AbortController().signal);
  await tell(0.5);
  await startBackfill(request, 'year', scope, ports);
  await tell(1);
  console.log(
    `${plan.windows} windows as one backfill, planned and begun in ${seconds()} s, in a real table and queue`,
  );
  await azurite.close();
} else if (place === 'azurite') {
  const azurite = await startAzurite({ inMemory: true });
  const allowed = { allowInsecureConnection: true };
  const table = TableClient.fromConnectionString(azurite.connectionString, 'ledger', allowed);
  const queues = ['windows', 'backfill'].map((name) => new QueueClient(azurite.connectionString, name));
  const [live, past] = queues;
  if (live === undefined || past === undefined) throw new Error('no queue');
  const ledger = createTableLedger({ client: table, lakeId: 'year', newId: randomUUID, now: Date.now });
  const hints = createQueueHints(live, past);
  await Promise.all([ledger.prepare(), hints.prepare()]);
  const { windows, ticks } = await planned(Number(given ?? 2), ledger, hints, 240, tell);
  console.log(`${windows} windows in ${ticks} ticks, ${seconds()} s, in a real table and queue`);
  await azurite.close();
} else {
  let sent = 0;
  const hints: Hints = { prepare: async () => {}, send: async (_: Window) => void sent++ };
  const { windows, ticks } = await planned(365, slimLedger(), hints, 240, tell);
  console.log(`${windows} windows in ${ticks} ticks, ${seconds()} s, ${sent} messages`);
}
