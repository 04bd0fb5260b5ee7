/** Leases of machines whose clocks differ from ours. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { LedgerEntry, Millis } from '../../../shared/model.ts';
import { claimWindow } from '../../../shared/pipeline/claim.ts';
import { askedAgain, claimedEntry, failedEntry, hintedEntry, plannedEntry } from '../../../shared/pipeline/entry.ts';
import { type PlanPorts, planFeed } from '../../../shared/pipeline/plan.ts';
import { type RunPorts, runWindow } from '../../../shared/pipeline/run.ts';
import { believedEntry } from '../../../shared/pipeline/running/lease.ts';
import { createMemoryHints } from '../../../shared/state/hints-memory.ts';
import { createMemoryLedger } from '../../../shared/state/ledger-memory.ts';
import { manualClock, window } from '../world.ts';

const [minute, hour] = [60_000, 3_600_000];
const lease = 2 * minute;

/** A window that another machine, whose clock is so far ahead, has claimed now. */
async function held(ahead: Millis, make = (now: Millis) => claimedEntry(plannedEntry(window), now, lease)) {
  const clock = manualClock();
  const [ledger, hints] = [createMemoryLedger(), createMemoryHints()];
  const now = clock.now();
  const progress = { horizon: window.end, watermark: window.start };
  assert.ok(await ledger.plan(window, progress, undefined, [plannedEntry(window, now)]));
  const planned = await ledger.read(window);
  assert.ok(planned);
  await ledger.write(make(now + ahead), planned.etag);
  const ports = { ledger, hints, clock, patience: 30 * minute, limit: 10, lease };
  const tiling = { size: hour, lag: 0, until: window.end };
  return {
    clock,
    ledger,
    hints,
    plan: () => planFeed(window, tiling, window.start, ports as PlanPorts),
    /** `failed`: it was claimed, and its source is not there. */
    run: async () => {
      const source = { open: () => Promise.reject(new Error('the source is not there')) };
      const withWorkFolder = <T>(use: (folder: string) => Promise<T>) => use('');
      return (await runWindow(window, { ...ports, source, withWorkFolder } as unknown as RunPorts)).state;
    },
  };
}

for (const ahead of [0, hour, 24 * hour])
  test(`one who died, its clock ahead by ${ahead / hour} h: its window is free after one lease`, async () => {
    const { clock, run } = await held(ahead);
    assert.equal(await run(), 'busy');
    clock.advance(lease - 1);
    assert.equal(await run(), 'busy');
    clock.advance(1);
    assert.equal(await run(), 'failed');
  });

for (const how of ['a message', 'an event'])
  test(`claimed by ${how}: the planner sends its message then, once`, async () => {
    const hintedAt = how === 'an event' ? 0 : 1;
    const { clock, hints, plan } = await held(hour, (now) => claimedEntry(plannedEntry(window, hintedAt), now, lease));
    await plan();
    clock.advance(lease - 1);
    await plan();
    assert.equal(hints.sent.length, 0);
    clock.advance(1);
    await plan();
    await plan();
    assert.equal(hints.sent.length, 1);
  });

test('who lives and renews its lease is left alone, however far ahead its clock is', async () => {
  const { clock, ledger, run } = await held(hour);
  for (let renewals = 0; renewals < 20; renewals++) {
    assert.equal(await run(), 'busy');
    clock.advance(lease / 3);
    const seen = await ledger.read(window);
    assert.ok(seen);
    await ledger.write({ ...seen.value, leaseUntil: clock.now() + hour + lease }, seen.etag);
  }
  assert.equal(await run(), 'busy');
});

test('clocks that agree: every lease is believed as it stands, whenever it is seen', () => {
  const clock = manualClock();
  const started = clock.now();
  const entry = claimedEntry(plannedEntry(window), started, lease);
  for (let step = 0; step < 12; step++) {
    // Renewed each third of a lease, seen in between.
    const renewed: LedgerEntry = { ...entry, leaseUntil: clock.now() + lease };
    clock.advance(lease / 6);
    for (const least of [0, lease, hour]) assert.equal(believedEntry(renewed, clock, least), renewed);
    clock.advance(lease / 6);
    assert.equal(believedEntry(renewed, clock), renewed);
  }
});

/** What ran by a clock that is ahead, and waits by it. */
for (const [what, make] of Object.entries<(now: Millis) => LedgerEntry>({
  'asked for again, a refresh interval after its run': (now) => {
    const done = {
      ...claimedEntry(plannedEntry(window), now, lease),
      state: 'done' as const,
      leaseUntil: 0,
      doneAt: now,
    };
    return hintedEntry(askedAgain(done, now + 5 * minute), now);
  },
  'a run that failed': (now) => {
    const failed = failedEntry(claimedEntry(plannedEntry(window), now, lease), now, 0, 'no');
    return hintedEntry({ ...failed, notBefore: now + 5 * minute }, now);
  },
}))
  test(`${what}, its clock half an hour ahead: it waits as by a right clock, and its message is sent once`, async () => {
    const { clock, hints, plan, run } = await held(30 * minute, make);
    assert.equal(await run(), 'early');
    await plan();
    clock.advance(5 * minute - 1);
    assert.equal(await run(), 'early');
    await plan();
    assert.equal(hints.sent.length, 0);
    clock.advance(1);
    await plan();
    await plan();
    assert.equal(hints.sent.length, 1);
    assert.equal(await run(), 'failed');
    const right = make(clock.now() - minute);
    assert.equal(believedEntry(right, clock), right);
  });

test('a clock that was set back in mid-run tells nothing', () => {
  const clock = manualClock();
  const entry = { ...claimedEntry(plannedEntry(window), clock.now() + hour, lease), leaseUntil: clock.now() + lease };
  assert.equal(believedEntry(entry, clock), entry);
  clock.advance(lease - 1);
  assert.equal(believedEntry(entry, clock), entry);
});

test('a run that hangs and was given up holds its window for one lease more: the next claims it, as of one that died', async () => {
  const clock = manualClock();
  const ledger = createMemoryLedger();
  const progress = { horizon: window.end, watermark: window.start };
  await ledger.plan(window, progress, undefined, [plannedEntry(window, clock.now())]);
  const seen = async () => (await ledger.read(window)) ?? assert.fail();
  const over = new AbortController();
  const ports = { ledger, clock, lease };
  const hanging = await claimWindow(await seen(), { ...ports, over: over.signal });
  const pass = async (time: Millis) => {
    for (let n = 0; n < 12; n++) {
      clock.advance(time / 12);
      await setImmediate();
    }
  };
  await pass(3 * lease);
  assert.ok((await seen()).value.leaseUntil > clock.now(), 'renewed');
  over.abort();
  await setImmediate();
  await pass(lease);
  assert.ok((await seen()).value.leaseUntil <= clock.now(), 'renewed no more');
  const next = await claimWindow(await seen(), ports);
  assert.equal(next?.entry.died, 1);
  await assert.rejects(hanging?.check() ?? assert.fail(), /overtaken/);
  await next?.release();
  await hanging?.release();
});
