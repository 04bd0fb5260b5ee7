import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { TableClient } from '@azure/data-tables';
import { type Azurite, startAzurite } from '../../../local/azurite.ts';
import type { DayTally, Feed, Ledger, LedgerEntry, Window } from '../../../shared/model.ts';
import { plannedEntry } from '../../../shared/pipeline/entry.ts';
import { stoppedFeed } from '../../../shared/pipeline/many/stopped.ts';
import { createTableLedger } from '../../../shared/state/ledger-table.ts';
import { derivedTally } from '../../../shared/state/tally/derived-tally.ts';
import fc from '../../seeds.ts';

const hour = 3_600_000;
const day = 24 * hour;
const first = Date.UTC(2026, 10, 21);
const feeds = (['requests', 'traces'] as const).map((signal): Feed => ({ app: 'shop', signal, source: 'query' }));
const [feed] = feeds as [Feed];
const window = (n: number, of: Feed = feed): Window => ({
  ...of,
  start: first + n * hour,
  end: first + (n + 1) * hour,
});
const everything = { start: first - day, end: first + 30 * day };

let azurite: Azurite;
let tables = 0;
before(async () => {
  azurite = await startAzurite();
});
after(() => azurite.close());

/** `calls` counts requests; `strike` may break one off before it is sent. */
function newTable() {
  const seen = { calls: 0, strike: (_call: number) => false };
  const name = `tally${++tables}`;
  const open = () => {
    const client = TableClient.fromConnectionString(azurite.connectionString, name, {
      allowInsecureConnection: true,
      retryOptions: { maxRetries: 0 },
    });
    client.pipeline.addPolicy({
      name: 'count',
      sendRequest: (request, next) => {
        seen.calls += 1;
        if (seen.strike(seen.calls)) throw new Error('struck');
        return next(request);
      },
    });
    return createTableLedger({ client, lakeId: 'lake', newId: randomUUID, now: Date.now });
  };
  return { seen, open };
}

async function tick(ledger: Ledger, of: readonly Feed[] = feeds): Promise<void> {
  for (const each of of) {
    for await (const _ of ledger.open(each));
    await ledger.tally(each);
  }
}

const byKey = (a: DayTally, b: DayTally) => (`${a.day}${a.feed.signal}` < `${b.day}${b.feed.signal}` ? -1 : 1);
const kept = async (ledger: Ledger) => (await Array.fromAsync(ledger.tallies(everything))).toSorted(byKey);
/** From the entries themselves. */
const derived = async (ledger: Ledger) =>
  (await Array.fromAsync(derivedTally(() => ledger).tallies(everything))).toSorted(byKey);

async function change(ledger: Ledger, of: Window, make: (entry: LedgerEntry) => LedgerEntry): Promise<void> {
  const seen = await ledger.read(of);
  if (seen === undefined) await ledger.write(make(plannedEntry(of)), undefined);
  else if (seen.value.state !== 'halved') await ledger.write(make(seen.value), seen.etag);
}

const changes: readonly ((entry: LedgerEntry) => LedgerEntry)[] = [
  (entry) => ({ ...entry, state: 'running', revision: entry.revision + 1, attempts: entry.attempts + 1 }),
  (entry) => ({ ...entry, state: 'done', doneAt: first + 5, counts: { ...entry.counts, read: 9, written: 9 } }),
  (entry) => ({ ...entry, state: 'failed', error: `no. ${entry.revision}` }),
  (entry) => ({ ...entry, again: true }),
  (entry) => ({ ...entry, again: false, state: 'done' }),
];

describe('tallies in a table', () => {
  test('a feed that the settings name no more is tallied as it is, and counts for no lag', async () => {
    const ledger = newTable().open();
    await ledger.prepare();
    await planAt(ledger, feed, 3);
    await tick(ledger, [feed]);
    for (const make of changes.slice(0, 3)) await change(ledger, window(3), make);
    assert.notDeepEqual(await kept(ledger), await derived(ledger));
    const plan = await stoppedFeed(feed, ledger);
    assert.deepEqual(plan, { feed, planned: 0, repeated: 0, open: 0, failed: 0, horizon: 0, watermark: 0 });
    assert.deepEqual(await kept(ledger), await derived(ledger));
  });

  test('whatever happens in whatever order, and dies: the next tick has every day as its entries are', async () => {
    const act = fc.record({
      who: fc.nat(1),
      what: fc.constantFrom('change', 'plan', 'halve', 'tick', 'reopen'),
      feed: fc.nat(1),
      at: fc.nat(60),
      how: fc.nat(changes.length - 1),
      dies: fc.option(fc.integer({ min: 1, max: 4 })),
    });
    // A plan over three days leaves a mark that ends after one that begins later.
    const at = (what: 'change' | 'plan', hours: number) => ({ who: 0, what, feed: 0, at: hours, how: 0, dies: null });
    const planOverChange = [at('change', 0), at('change', 24), at('change', 0), at('change', 0), at('plan', 18)];
    await fc.assert(
      fc.asyncProperty(fc.array(act, { minLength: 5, maxLength: 25 }), async (acts) => {
        const { seen, open } = newTable();
        const both = [open(), open()] as [Ledger, Ledger];
        await both[0].prepare();
        for (const { who, what, feed: of, at, how, dies } of acts) {
          const [ledger, own] = [both[who as 0], feeds[of] as Feed];
          const begin = seen.calls;
          seen.strike = (call) => dies !== null && call === begin + dies;
          try {
            if (what === 'change') await change(ledger, window(at, own), changes[how] as (typeof changes)[0]);
            if (what === 'plan') await planAt(ledger, own, at);
            if (what === 'halve') await halveAt(ledger, own, at);
            if (what === 'tick') await tick(ledger, [own]);
            if (what === 'reopen') both[who as 0] = open();
          } catch (error) {
            assert.match(String((error as Error).message), /struck/);
            both[who as 0] = open();
          }
        }
        seen.strike = () => false;
        const last = open();
        await tick(last);
        assert.deepEqual(await kept(last), await derived(last));
      }),
      { numRuns: 25, examples: [[planOverChange]] },
    );
  });

  test('a tally that is late and replaces a newer one leaves a mark: the next tick has it right', async () => {
    const { open } = newTable();
    const [slow, quick] = [open(), open()];
    await slow.prepare();
    await change(slow, window(0), changes[0] as (typeof changes)[0]);
    for await (const _ of slow.open(feed)); // has seen the mark; its list comes below, its writing later
    await change(quick, window(0), changes[1] as (typeof changes)[0]);
    await tick(quick);
    await slow.tally(feed);
    await tick(quick);
    assert.deepEqual(await kept(quick), await derived(quick));
    assert.deepEqual(
      (await kept(quick)).map(({ sums }) => sums.windows.done),
      [1],
    );
  });

  test('a tick in which nothing has happened is one request; one after a run is four', async () => {
    const { seen, open } = newTable();
    const ledger = open();
    await ledger.prepare();
    await planAt(ledger, feed, 0);
    await tick(ledger, [feed]);
    let before = seen.calls;
    await tick(ledger, [feed]);
    assert.equal(seen.calls - before, 1);
    await change(ledger, window(0), changes[1] as (typeof changes)[0]);
    before = seen.calls;
    await tick(ledger, [feed]);
    assert.equal(seen.calls - before, 4); // what is open, the day’s entries, the tally, the mark
  });

  test('what renews a lease, or notes a message, leaves no mark', async () => {
    const { seen, open } = newTable();
    const ledger = open();
    await ledger.prepare();
    const etag = await ledger.write({ ...plannedEntry(window(0)), state: 'running', revision: 1 }, undefined);
    await tick(ledger, [feed]);
    await ledger.write({ ...plannedEntry(window(0)), state: 'running', revision: 1, leaseUntil: first }, etag);
    const before = seen.calls;
    await tick(ledger, [feed]);
    assert.equal(seen.calls - before, 1);
  });

  test('ten feeds of thirty days are one page, and say how far each has come', async () => {
    const { seen, open } = newTable();
    const ledger = open();
    await ledger.prepare();
    const some = Array.from({ length: 10 }, (_, n): Feed => ({ ...feed, app: `app${n}` }));
    for (const each of some) {
      const entries = Array.from({ length: 30 }, (_, n) => plannedEntry(window(n * 24, each)));
      const progress = { horizon: first + 30 * day, watermark: first + day };
      assert.ok(await ledger.plan(each, progress, undefined, entries));
      await tick(ledger, [each]);
    }
    const before = seen.calls;
    assert.equal((await kept(ledger)).length, 300);
    assert.equal(seen.calls - before, 1);
    assert.deepEqual(
      (await Array.fromAsync(ledger.reached())).map(({ feed: { app }, horizon, watermark }) => [
        app,
        horizon,
        watermark,
      ]),
      some.map(({ app }) => [app, first + 30 * day, first + day]),
    );
    await ledger.recordSettled(feed, first);
    const settled = (await Array.fromAsync(ledger.reached())).find((each) => each.feed.app === 'shop');
    assert.deepEqual(settled, { feed, horizon: 0, watermark: 0, settled: first });
  });

  test('a day that is wrong for whatever reason is added up when that is asked for', async () => {
    const { open } = newTable();
    const [ledger, blind] = [open(), open()];
    await ledger.prepare();
    await change(ledger, window(0), changes[1] as (typeof changes)[0]);
    await blind.tally(feed);
    assert.deepEqual(await kept(blind), []);
    await blind.tally(feed, [first]);
    assert.deepEqual(await kept(blind), await derived(blind));
  });
});

async function planAt(ledger: Ledger, of: Feed, at: number): Promise<void> {
  const known = await ledger.progress(of);
  const entries = [at, at + 30].map((n) => plannedEntry(window(n, of)));
  for (const { window: one } of entries) if ((await ledger.read(one)) !== undefined) return;
  const progress = { horizon: first + at * hour, watermark: Math.max(first + at, known?.value.watermark ?? 0) };
  await ledger.plan(of, progress, known?.etag, entries);
}

async function halveAt(ledger: Ledger, of: Feed, at: number): Promise<void> {
  const seen = await ledger.read(window(at, of));
  if (seen === undefined || seen.value.state === 'halved') return;
  const { start, end } = seen.value.window;
  const middle = (start + end) / 2;
  const halves = [
    { ...seen.value.window, end: middle },
    { ...seen.value.window, start: middle },
  ];
  await ledger.halve(
    { ...seen.value, state: 'halved' },
    seen.etag,
    halves.map((each) => plannedEntry(each)),
  );
}
