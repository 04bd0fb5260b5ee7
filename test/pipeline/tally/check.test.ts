import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LedgerEntry } from '../../../shared/model.ts';
import { plannedEntry } from '../../../shared/pipeline/entry.ts';
import { keptTallies, wrongDays } from '../../../shared/pipeline/tally/check.ts';
import { tallyOf } from '../../../shared/status/day-tally.ts';
import { auditedWorld, day, feed, hour, hourly, start } from '../audit/audited.ts';

const entry = (n: number): LedgerEntry =>
  plannedEntry({ ...feed, start: start + n * hour, end: start + (n + 1) * hour });

test('a tally that is not what the entries add up to is found, and no other', async () => {
  const entries = [0, 5, 25, 49, 73].map(entry);
  const days = [0, 1, 2, 3, 4].map((n) => start + n * day);
  const own = (n: number) => entries.filter(({ window }) => Math.floor((window.start - start) / day) === n);
  const right = tallyOf(feed, start, own(0));
  const stale = tallyOf(feed, start + day, [{ ...own(1)[0], state: 'done' } as LedgerEntry]);
  const strange = tallyOf(feed, start + 4 * day, own(3));
  async function* kept() {
    // Read from a table: the order of properties is another.
    yield { ...right, feed: { source: feed.source, signal: feed.signal, app: feed.app } };
    yield* [stale, { ...strange, day: start + 4 * day }];
  }
  const wrong = wrongDays(feed, days, entries, await keptTallies(kept()));
  // Day 1 is stale, days 2 and 3 have none, day 4 has one without entries.
  assert.deepEqual(wrong, days.slice(1));
});

test('an audit has days added up anew whose tally is wrong', async () => {
  const asked: unknown[] = [];
  const here = auditedWorld();
  Object.assign(here.ledger, {
    async *tallies() {},
    tally: async (...[, days]: Parameters<typeof here.ledger.tally>) => void asked.push(days),
  });
  here.add(...hourly(30));
  here.setTime(start + 30 * hour);
  await here.plan();
  await here.deliver();
  await here.audit();
  assert.deepEqual(
    asked.filter((days) => days !== undefined),
    [[start]],
  );
});
