/**
 * What a tick of the planner costs: calls to ledger and queue, time with a delay of 5 ms for each call, memory of the
 * process (VmHWM), bytes of log; with 10, 100 and 1,000 apps of ten signals, and beside a backlog of 100,000 windows.
 * `node bench/planner.ts [APPS]`. Each in a process of its own. Linux. The ledger is the one in memory
 * behind the delay; `slim`: one that keeps no entries, and a heap of at most 64 MB, so that what is resident is the
 * planner and not what nobody has collected yet.
 */
import { fork } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { createMemoryStore } from '../shared/lake/store-memory.ts';
import type { Config, LakeHealth, Ledger, LedgerEntry, Window } from '../shared/model.ts';
import { claimedEntry, finishedEntry, plannedEntry } from '../shared/pipeline/entry.ts';
import { planFacts } from '../shared/pipeline/facts.ts';
import { signals } from '../shared/signals/tables.ts';
import { createMemoryLedger } from '../shared/state/ledger-memory.ts';
import { createPlanner } from '../shared/wire/plan.ts';
import { slimLedger } from './slim-ledger.ts';
import { residentPeak } from './watch.ts';

const hour = 3_600_000;
/** Entries that a page of the service holds. */
const page = 1000;
const health = { state: 'active', since: 0, reason: '' } as LakeHealth;
let now = Date.UTC(2026, 0, 1);
let calls = 0;

const call = async (): Promise<void> => {
  calls += 1;
  await delay(5);
};

/** A call for each call, a call for each page of a list; a tally of which nothing changed makes none. */
function delayed(ledger: Ledger): Ledger {
  const paged = async function* <T, R>(all: AsyncGenerator<T, R> | AsyncIterable<T>): AsyncGenerator<T, R> {
    const steps = all[Symbol.asyncIterator]();
    await call();
    for (let n = 1; ; n++) {
      const step = await steps.next();
      if (step.done) return step.value;
      if (n % page === 0) await call();
      yield step.value;
    }
  };
  return {
    ...ledger,
    feeds: () => paged(ledger.feeds()),
    list: (...of) => paged(ledger.list(...of)),
    open: (feed) => paged<LedgerEntry, Awaited<ReturnType<Ledger['progress']>>>(ledger.open(feed)),
    read: (of) => call().then(() => ledger.read(of)),
    write: (...of) => call().then(() => ledger.write(...of)),
    plan: (...of) => call().then(() => ledger.plan(...of)),
    progress: (feed) => call().then(() => ledger.progress(feed)),
    hinted: (...of) => call().then(() => ledger.hinted(...of)),
  };
}

/** One that keeps no entries, of which each hour of a feed was done. */
const doneLedger = (): Ledger => ({
  ...slimLedger(),
  async *list(feed, { start = 0, end = 0 } = {}) {
    for (let at = start; at < end; at += hour)
      yield { ...plannedEntry({ ...feed, start: at, end: at + hour }), state: 'done', doneAt: now };
  },
});

async function measure(apps: number, withBacklog: boolean, isSlim: boolean): Promise<void> {
  const [inner, sent] = [isSlim ? doneLedger() : createMemoryLedger(), [] as Window[]];
  const query = { window: hour, lag: 600_000, from: undefined, until: undefined, retention: undefined, signals };
  const config = {
    apps: Array.from({ length: apps }, (_, n) => ({ name: `app-${n}`, query })),
    output: { path: '' },
  } as unknown as Config;
  const clock = { now: () => now, random: () => 0.5, sleep: async () => {} };
  const hints = { prepare: async () => {}, send: (window: Window) => call().then(() => void sent.push(window)) };
  const plan = createPlanner(config, {
    ledger: delayed(inner),
    hints,
    clock,
    patience: hour / 2,
    limit: 100,
    lake: createMemoryStore(),
  });
  const tick = async (what: string): Promise<void> => {
    calls = 0;
    const began = performance.now();
    const outcome = await plan(health);
    const line = JSON.stringify(planFacts(outcome, now)).length;
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    console.log(
      `${apps} apps${isSlim ? ' (no entries kept)' : ''}, ${what}: ${calls} calls, ${seconds} s, ${line} bytes of log, ` +
        `${sent.length} messages, ` +
        `${Math.round((await residentPeak(process.pid)) / 1e6)} MB at most`,
    );
  };
  await tick('the first tick');
  now += hour + 600_000;
  await tick('an hour is due');
  for (const window of sent.splice(0)) {
    const seen = await inner.read(window);
    if (seen === undefined) continue;
    const claimed = claimedEntry(seen.value, now, 60_000);
    const finish = { fingerprint: 'rows:0', counts: claimed.counts, asked: 1, files: [] };
    await inner.write(finishedEntry(claimed, now, finish), seen.etag);
  }
  now += 300_000;
  await tick('the tick after');
  now += 300_000;
  await tick('idle');
  if (!withBacklog) return;
  const backlog = { app: 'app-0', signal: 'requests', source: 'continuous' } as const;
  for (let n = 0; n < 100_000; n++)
    await inner.write(plannedEntry({ ...backlog, start: n * hour, end: (n + 1) * hour }), undefined);
  now += hour;
  await tick('a backlog of 100,000 windows beside an hour that is due');
}

const [, , chosen, more] = process.argv;
if (chosen !== undefined) await measure(Number(chosen), more === 'backlog', more === 'slim');
else
  for (const words of [['10'], ['100'], ['1000'], ['1000', 'slim'], ['100', 'backlog']])
    await new Promise((ended) => {
      const execArgv = words.includes('slim') ? ['--max-old-space-size=64'] : [];
      fork(import.meta.filename, words, { execArgv }).once('exit', ended);
    });
