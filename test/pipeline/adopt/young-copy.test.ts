/**
 * A ledger that has fallen back by less than what lake.json counts (five minutes), tags and all, as storage does that
 * fails over to another region: nothing refuses it, so its runs find out by the tags of files that the lake is further.
 * What restored-… of the protocol model says, on the product.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createMemoryStore } from '../../../shared/lake/store-memory.ts';
import { rerunWindows } from '../../../shared/pipeline/ask/rerun.ts';
import { claimWindow } from '../../../shared/pipeline/claim.ts';
import { claimedEntry, finishedEntry, plannedEntry } from '../../../shared/pipeline/entry.ts';
import { createMemoryLedger } from '../../../shared/state/ledger-memory.ts';
import { begun, copyOfLake, copyOfLedger, day, feed, hour, type Row, type Settings, worldOn } from './damaged-world.ts';

const at = (...hours: readonly number[]): readonly Row[] =>
  hours.map((each) => ({ id: `h${each}`, at: begun + each * hour }));

/** What a window held when the copy was made, after it, and when its ledger was restored. */
const moves: readonly (readonly [string, readonly Row[], readonly Row[], readonly Row[]])[] = [
  ['other hours each time', at(3), at(9), at(15)],
  ['the same again, after others', at(3), at(9), at(3)],
  ['more, then fewer', at(3), at(3, 9, 10), at(3)],
  ['nothing in between', at(3), at(), at(15)],
  ['nothing at first', at(), at(9), at(15)],
  ['nothing at first, and at the end', at(), at(9), at()],
  ['nothing at the end', at(3, 4), at(9), at()],
];

async function tryAt(settings: Settings, [name, first, then, last]: (typeof moves)[number], call: number) {
  const lake = await copyOfLake(createMemoryStore());
  const ledger = createMemoryLedger();
  const time = { now: begun + day + 1 };
  const truth = { rows: first };
  const before = worldOn({ lake, ledger }, truth, time, settings);
  await before.meet();
  await before.plan();
  await before.deliver();
  const copy = await copyOfLedger(ledger);
  truth.rows = then;
  for (let n = 0; n < 2; n++) {
    time.now += hour / 30;
    await before.audit();
    await before.deliver();
  }
  const seen = (await before.entries())[0]?.revision ?? 0;
  truth.rows = last;
  time.now += hour / 30;
  const world = worldOn({ lake, ledger: copy }, truth, time, settings);
  await world.meet(); // nothing refuses it
  await world.audit();
  const died = await world.dieAt(call);
  for (let n = 0; n < 3; n++) {
    time.now += hour;
    await world.plan();
    await world.deliver();
    await world.audit();
    await world.deliver();
  }
  // Where the source is as the copy says nobody runs the window: that is the audit of files' to find.
  const isKnown = first === last || first.map(({ id }) => id).join() === last.map(({ id }) => id).join();
  if (!isKnown) {
    assert.deepEqual(await world.seen(), last.map(({ id }) => id).sort(), `${name}, killed at ${call}`);
    const [entry] = await world.entries();
    assert.equal(entry?.state, 'done');
    if (settings.format === 'parquet' && then.length > 0) assert.ok((entry?.revision ?? 0) > seen, 'a revision above');
  }
  return died;
}

for (const format of ['parquet', 'csv'] as const)
  describe(`${format}: a copy of the ledger that is too young to be told`, () => {
    const settings: Settings = { size: day, partition: 'hour', format, delta: false };
    for (const move of moves)
      test(move[0], async () => {
        let call = 0;
        while (await tryAt(settings, move, call)) call++;
      });
  });

/** Put by a run that died half-way, before its ledger fell back: new hours first, so the tag of the old one is right. */
const halfWay = at(9, 10, 3);

for (const [words, last, isAsked] of [
  ['the next run that meets one of its files looks for the others', at(9, 3), false],
  ['a run that somebody asks for looks for them', at(3, 15), true],
] as const)
  test(`a ledger that fell back while a run was half-way: ${words}`, async () => {
    for (let call = 0; ; call++) {
      const lake = await copyOfLake(createMemoryStore());
      const ledger = createMemoryLedger();
      const time = { now: begun + day + 1 };
      const truth = { rows: at(3) };
      const settings: Settings = { size: day, partition: 'hour', format: 'parquet', delta: false };
      const before = worldOn({ lake, ledger }, truth, time, settings);
      await before.meet();
      await before.plan();
      await before.deliver();
      const copy = await copyOfLedger(ledger);
      truth.rows = halfWay;
      time.now += hour / 30;
      await before.audit();
      const died = await before.dieAt(call);
      const world = worldOn({ lake, ledger: copy }, truth, time, settings);
      truth.rows = last;
      time.now += hour;
      await world.audit();
      await world.deliver();
      if (isAsked) {
        const all = { app: '', signals: [], start: 0, end: time.now, faulty: false, begin: true };
        const clock = { now: () => time.now, sleep: async () => {}, random: () => 0.5 };
        await rerunWindows(all, { ledger: copy, clock });
        time.now += hour;
        await world.plan();
        await world.deliver();
      }
      assert.deepEqual(await world.seen(), last.map(({ id }) => id).sort(), `killed at ${call}`);
      if (!died) break;
    }
  });

for (const [fingerprint, etag, wanted] of [
  ['f', 'tag', 'no'],
  ['f+requeued', 'tag', 'near'],
  ['f+requeued', undefined, 'everywhere'],
  ['f', undefined, 'everywhere'],
] as const)
  test(`${fingerprint}, its files ${etag ? 'with' : 'without'} tags: the lake is looked at: ${wanted}`, async () => {
    const ledger = createMemoryLedger();
    const clock = { now: () => begun, sleep: async () => Promise.reject(new Error('ended')), random: () => 0.5 };
    const planned = plannedEntry({ ...feed, start: begun, end: begun + day });
    const counts = { read: 1, written: 1, deduplicated: 0, quarantined: 0 };
    const file = { path: 'a', signal: 'requests' as const, rows: 1, bytes: 9, ...(etag && { etag }) };
    const finish = { fingerprint, counts, asked: 0, files: [file] };
    await ledger.write(finishedEntry(claimedEntry(planned, begun, hour), begun, finish), undefined);
    const seen = await ledger.read(planned.window);
    const claim = seen && (await claimWindow(seen, { ledger, clock, lease: hour }));
    assert.equal(claim?.looksInLake, wanted);
    await claim?.release();
  });
