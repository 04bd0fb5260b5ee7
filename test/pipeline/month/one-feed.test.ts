import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chanceOf } from '../../../local/telemetry/chance.ts';
import { seedOf } from '../../seeds.ts';
import { auditedWorld, day, hour, start } from '../audit/audited.ts';

/**
 * Thirty days of one feed by the hour, with a clock of its own: rows that come up to 48 hours late, purges, an API that
 * is away for hours or refuses a third of the questions, a lake that is away for ten days and paused meanwhile,
 * messages that are lost with a process, and two instances that plan and audit at once. At every hour no row is in the
 * lake twice; at the end the lake is the source, row by row; and every window that an audit had run again had changed.
 * MONTH_SEED repeats a run.
 */
const seed = seedOf('MONTH_SEED');
/** By default half of it, and four of the ten days: MONTH_DAYS=30 is all. */
const days = Number(process.env.MONTH_DAYS ?? 14);
const lakeAway = days >= 30 ? 10 * day : 4 * day;

test('a month: late rows, purges, outages, lost messages, two instances', async (t) => {
  t.diagnostic(`MONTH_SEED=${seed}`);
  const chance = chanceOf(`month/${seed}`);
  const away = { api: 0, lake: 0, throttled: 0 };
  let now = start;
  const refused = () => now < away.api || (now < away.throttled && chance.hit(0.33));
  const here = auditedWorld({
    limit: 10_000,
    broken: {
      api: () => (refused() ? new Error('429: asked too much') : undefined),
      lake: () => (now < away.lake ? new Error('the account is gone') : undefined),
    },
  });
  const other = here.newGate();
  const count = { late: 0, purged: 0, enqueued: 0, idle: 0, questions: 0 };
  let words = 0;
  const row = (at: number, came: number) => ({ at, came, word: `row ${words++}` });

  for (let n = 1; n <= days * 24; n++) {
    now = start + n * hour;
    here.setTime(now);
    // What came in during the last hour: most of it new, one in ten late.
    for (let k = 0; k < 4; k++) here.add(row(now - chance.int(1, hour), now - chance.int(0, hour - 1)));
    if (chance.hit(0.3) && n > 2) {
      const at = now - chance.int(hour, Math.min(48, n - 1) * hour);
      here.add(row(at, now));
      count.late++;
    }
    if (chance.hit(0.02)) {
      const from = start + chance.int(0, n - 1) * hour;
      here.purge(({ at, word }) => at >= from && at < from + hour && word.endsWith('3'));
      count.purged++;
    }
    if (chance.hit(0.02)) away.api = now + chance.int(1, 8) * hour;
    if (chance.hit(0.02)) away.throttled = now + 6 * hour;
    if (n === 5 * 24) away.lake = now + lakeAway;
    // A week after it was paused nobody looks any more whether it is back: a person says so.
    if (away.lake > 0 && now >= away.lake && (await here.gate.look()).state === 'disabled')
      await here.gate.order('resume', 'it is back');

    await Promise.all([here.plan(), here.plan(other)]);
    if (chance.hit(0.05)) here.sent.length = 0; // a process that had taken them has died
    await here.deliver();
    const differing = new Set((await here.differing()).map((window) => window.start));
    const audits = chance.hit(0.1) ? [here.audit(), here.audit()] : [here.audit()];
    for (const { feeds, asked } of await Promise.all(audits)) {
      count.questions += asked;
      for (const window of feeds.flatMap(({ enqueued }) => enqueued)) {
        count.enqueued++;
        if (!differing.has(window.start)) count.idle++;
      }
    }
    await here.deliver();
    const rows = Object.values(here.lake.contents())
      .filter((text) => !text.startsWith('{'))
      .flatMap((text) => (text === '' ? [] : text.split('\n')));
    assert.equal(new Set(rows).size, rows.length, `no row is there twice at hour ${n}`);
  }
  // Everything is back, and nothing new comes: two days of audits, one of them over all thirty days.
  for (let n = 0; n < 50; n++) {
    now += hour;
    here.setTime(now);
    await here.plan();
    await here.deliver();
    await here.audit();
    await here.deliver();
  }
  t.diagnostic(JSON.stringify(count));
  assert.deepEqual(await here.differing(), [], 'the lake is the source');
  assert.equal((await here.entries()).filter(({ state }) => state !== 'done').length, 0);
  assert.ok(count.enqueued > 20, 'there was something to find');
  assert.equal(count.idle, 0, 'what ran again had changed');
  assert.equal((await here.plan()).watermark, now);
  assert.deepEqual((await here.audit()).feeds[0]?.gaps, []);
});
