import assert from 'node:assert/strict';
import { test } from 'node:test';
import { requeueWindows } from '../../../shared/pipeline/ask/requeue.ts';
import { rerunWindows } from '../../../shared/pipeline/ask/rerun.ts';
import { auditWindows } from '../../../shared/pipeline/audit/audit.ts';
import { orderBackfill } from '../../../shared/pipeline/backfill/steer.ts';
import { tendBackfills } from '../../../shared/pipeline/backfill/tend.ts';
import { retireWindows } from '../../../shared/pipeline/retention/retire.ts';
import { runWindow } from '../../../shared/pipeline/run.ts';
import { auditedWorld, day, feed, hour, hourly, start } from '../audit/audited.ts';
import {
  assertWhole,
  type Broken,
  backfillPorts,
  go,
  halve,
  hourOf,
  never,
  old,
  past,
  row,
  seenEntry,
  twoDays,
} from './situation.ts';

/**
 * One odd thing at a time, in simulated time, and what becomes of it: in the end the lake is the source, no row was
 * there twice, and nothing ran that had not changed (unless somebody asked for it).
 */

const situations: Readonly<Record<string, () => Promise<void>>> = {
  'all rows of a window are purged': async () => {
    const here = await twoDays();
    here.purge(({ at }) => at >= start + 30 * hour && at < start + 31 * hour);
    assert.deepEqual(old(await go(here, 3)), [30]);
    await assertWhole(here);
  },
  'purged, and late rows afterwards': async () => {
    const here = await twoDays();
    here.purge(({ word }) => word === 'row 30');
    await go(here, 1);
    here.add(row(start + 30 * hour + 5, 'late', here.now()));
    assert.deepEqual(old(await go(here, 3)), [30]);
    await assertWhole(here);
  },
  'purged and late in the same hour': async () => {
    const here = await twoDays();
    here.purge(({ word }) => word === 'row 30');
    here.add(row(start + 30 * hour + 5, 'late', here.now()));
    assert.deepEqual(old(await go(here, 3)), [30], 'as many rows as before');
    await assertWhole(here);
  },
  'purged and put back before anybody looked': async () => {
    const here = await twoDays();
    const [again] = hourly(48).slice(30, 31);
    here.purge(({ word }) => word === 'row 30');
    here.add(again ?? assert.fail());
    assert.deepEqual(old(await go(here, 3)), []);
    await assertWhole(here);
  },
  'late rows while an audit asks': async () => {
    const here = await twoDays();
    const survey = {
      survey: async (...args: Parameters<typeof here.survey.survey>) => {
        const looks = await here.survey.survey(...args);
        here.add(row(start + 20 * hour + 7, 'meanwhile', here.now()));
        return looks;
      },
    };
    await auditWindows([{ app: 'shop', feeds: [feed], survey, retention: 90 * day }], here.audits, never);
    await here.deliver();
    assert.deepEqual(old(await go(here, 3)), [20], 'the next audit finds them');
    await assertWhole(here);
  },
  'late rows between the question of an audit and its run': async () => {
    const here = await twoDays();
    here.add(row(start + 20 * hour + 7, 'first', here.now()));
    await here.audit();
    here.add(row(start + 20 * hour + 8, 'second', here.now()));
    await here.deliver();
    assert.deepEqual(old(await go(here, 3)), [], 'the run read both');
    await assertWhole(here);
  },
  'late rows while a run reads': async () => {
    const here = await twoDays();
    here.add(row(start + 20 * hour + 7, 'first', here.now()));
    await here.audit();
    const { source } = here.ports;
    const window = here.sent.shift() ?? assert.fail();
    await runWindow(window, {
      ...here.ports,
      source: {
        open: async (...args) => {
          const reading = await source.open(...args);
          const [look] = (await here.survey.survey([args[0]], never)).looks;
          here.add(row(start + 20 * hour + 8, 'second', here.now()));
          return { ...reading, fingerprint: look?.fingerprint ?? '' };
        },
      },
    });
    assert.deepEqual(old(await go(here, 3)), [20]);
    await assertWhole(here);
  },
  'rows are purged while a run reads': async () => {
    const here = await twoDays();
    here.add(row(start + 20 * hour + 7, 'first', here.now()));
    await here.audit();
    const { source } = here.ports;
    const window = here.sent.shift() ?? assert.fail();
    await runWindow(window, {
      ...here.ports,
      source: {
        open: async (...args) => {
          const reading = await source.open(...args);
          const [look] = (await here.survey.survey([args[0]], never)).looks;
          here.purge(({ word }) => word === 'row 20');
          return { ...reading, fingerprint: look?.fingerprint ?? '' };
        },
      },
    });
    assert.deepEqual(old(await go(here, 3)), [20]);
    await assertWhole(here);
  },
  'a window is halved while an audit asks': async () => {
    const here = await twoDays();
    here.add(row(start + 20 * hour + 7, 'late', here.now()));
    const survey = {
      survey: async (...args: Parameters<typeof here.survey.survey>) => {
        const looks = await here.survey.survey(...args);
        await halve(here, hourOf(20));
        return looks;
      },
    };
    await auditWindows([{ app: 'shop', feeds: [feed], survey, retention: 90 * day }], here.audits, never);
    assert.deepEqual(old(await go(here, 3)), [20, 20.5]);
    await assertWhole(here);
  },
  'late rows of a window that was halved': async () => {
    const here = await twoDays();
    await halve(here, hourOf(20));
    await go(here, 2);
    here.add(row(start + 20 * hour + 7, 'late', here.now()));
    assert.deepEqual(old(await go(here, 2)), [20], 'the first half alone');
    await assertWhole(here);
  },
  'longer windows from now on, and late rows of the shorter ones': async () => {
    const here = await twoDays();
    await go(here, 6, { size: 6 * hour });
    here.add(row(start + 20 * hour + 7, 'late', here.now()), row(start + 49 * hour + 7, 'late too', here.now()));
    assert.deepEqual(
      (await go(here, 2, { size: 6 * hour })).sort((a, b) => a - b),
      [20, 48],
    );
    await assertWhole(here);
  },
  'shorter windows from now on, between a run and its audit': async () => {
    const here = await twoDays();
    here.add(row(start + 47 * hour + 7, 'late', here.now()));
    assert.deepEqual(old(await go(here, 3, { size: hour / 4 })), [47]);
    await assertWhole(here);
  },
  'windows change their size while one fails': async () => {
    const broken: Broken = { error: undefined };
    const here = await twoDays(broken);
    broken.error = new Error('503');
    here.setTime(here.now() + hour);
    await here.plan();
    await here.deliver();
    broken.error = undefined;
    await go(here, 6, { size: 3 * hour });
    await assertWhole(here);
  },
  'the app is deleted at its source for a while: said, nothing changes, and audited again when it is back':
    async () => {
      const broken: Broken = { error: undefined };
      const here = await twoDays(broken);
      broken.error = new Error('404 ResourceNotFoundError');
      const { errors } = await here.audit();
      assert.equal(errors.length, 1);
      here.add(row(start + 20 * hour + 7, 'late', here.now()));
      await go(here, 5);
      broken.error = undefined;
      await go(here, 4);
      await assertWhole(here);
    },
  'a table that the workspace lacks for a while': async () => {
    const here = auditedWorld();
    const { source } = here.ports;
    let absent = true;
    const missing = {
      open: async (...args: Parameters<typeof source.open>) => {
        const reading = await source.open(...args);
        return absent ? { ...reading, fingerprint: 'absent', async *chunks() {} } : reading;
      },
    };
    here.setTime(start + 5 * hour);
    await here.plan();
    for (const window of here.sent.splice(0))
      assert.equal((await runWindow(window, { ...here.ports, source: missing })).state, 'done');
    absent = false;
    here.add(row(start + 2 * hour + 5, 'the first', here.now()));
    assert.deepEqual(
      old(await go(here, 2)).filter((n) => n < 5),
      [2],
    );
    await assertWhole(here);
  },
  'a rule of the lake becomes shorter, and longer again: what is gone stays gone, late rows do not bring it back':
    async () => {
      const here = await twoDays();
      const { ledger, lake } = here;
      here.setTime(start + 12 * day);
      const retire = (kept: number) =>
        retireWindows(
          { app: '', signals: [], remove: true, all: false },
          { ledger, lake, clock: here.ports.clock, rules: { requests: kept } },
        );
      await retire(11 * day);
      assert.equal((await seenEntry(here, hourOf(3))).state, 'retired');
      here.setTime(here.now() + 2 * hour);
      here.add(row(start + 3 * hour + 5, 'late', here.now()));
      await retire(90 * day);
      await here.audit();
      await here.deliver();
      await rerunWindows({ app: '', signals: [], start, end: start + day, faulty: false, begin: true }, here.ports);
      assert.equal((await seenEntry(here, hourOf(3))).state, 'retired');
      const words = Object.values(lake.contents()).join('\n');
      assert.ok(!words.includes('row 3\n') && !words.includes('late'));
    },
  'a window is retired while an audit asks': async () => {
    const here = await twoDays();
    here.add(row(start + 3 * hour + 5, 'late', here.now()));
    here.setTime(start + 12 * day);
    const survey = {
      survey: async (...args: Parameters<typeof here.survey.survey>) => {
        const looks = await here.survey.survey(...args);
        const { ledger, lake } = here;
        const request = { app: '', signals: [], remove: true, all: false };
        await retireWindows(request, { ledger, lake, clock: here.ports.clock, rules: { requests: 11 * day } });
        return looks;
      },
    };
    const { feeds } = await auditWindows(
      [{ app: 'shop', feeds: [feed], survey, retention: 90 * day }],
      here.audits,
      never,
    );
    assert.deepEqual(feeds[0]?.enqueued, []);
    assert.equal((await seenEntry(here, hourOf(3))).state, 'retired');
  },
  'two audits at once: one run': async () => {
    const here = await twoDays();
    here.add(row(start + 20 * hour + 7, 'late', here.now()));
    await Promise.all([here.audit(), here.audit()]);
    await here.deliver();
    assert.deepEqual(
      here.ran.filter(({ state }) => state === 'done').map(({ window }) => window.start),
      [start + 20 * hour],
    );
    assert.deepEqual(old(await go(here, 2)), []);
    await assertWhole(here);
  },
  'an audit, a rerun and a requeue of the same window at once': async () => {
    const here = await twoDays();
    here.add(row(start + 20 * hour + 7, 'late', here.now()));
    const range = { app: '', signals: [], start: start + 20 * hour, end: start + 21 * hour };
    await Promise.all([
      here.audit(),
      rerunWindows({ ...range, faulty: false, begin: true }, here.ports),
      requeueWindows(range, here.ports),
    ]);
    await here.deliver();
    await go(here, 2);
    await assertWhole(here);
    assert.equal((await seenEntry(here, hourOf(20))).revision, 2, 'it ran once');
  },
  'a failed window is left to its back-off by audits': async () => {
    const broken: Broken = { error: undefined };
    const here = await twoDays(broken);
    here.add(row(start + 20 * hour + 7, 'late', here.now()));
    await here.audit();
    broken.error = new Error('503');
    await here.deliver();
    broken.error = undefined;
    const { feeds } = await here.audit();
    assert.deepEqual([feeds[0]?.enqueued.length, feeds[0]?.open], [0, 1]);
    await go(here, 3);
    await assertWhole(here);
  },
  'no audit for ten days: the next one makes it up': async () => {
    const here = await twoDays();
    here.add(row(start + 2 * hour + 5, 'late', here.now()));
    here.setTime(start + 12 * day);
    await here.plan();
    await here.deliver();
    await here.plan();
    await here.deliver();
    await here.audit();
    await here.deliver();
    assert.ok(here.ran.some(({ window }) => window.start === start + 2 * hour));
    await assertWhole(here);
  },
  'a row that is later than the re-check range is found by the look of the day, up to the horizon': async () => {
    const here = await twoDays();
    await go(here, 100);
    here.add(row(start + 2 * hour + 5, 'late by four days', here.now()));
    assert.deepEqual(old(await go(here, 25)), [2]);
    await assertWhole(here);
  },
  'rows at the edges of a window belong to one': async () => {
    const here = await twoDays();
    here.add(row(start + 20 * hour, 'first moment', here.now()), row(start + 21 * hour - 1, 'last moment', here.now()));
    assert.deepEqual(old(await go(here, 2)), [20]);
    await assertWhole(here);
  },
  'a leap day': async () => {
    const leap = Date.UTC(2028, 1, 28, 12);
    const here = auditedWorld();
    here.add(...Array.from({ length: 48 }, (_, n) => row(leap + n * hour + 5, `leap ${n}`)));
    here.setTime(leap + 48 * hour);
    await here.plan(undefined, {}, leap);
    await here.deliver();
    await here.audit();
    here.add(row(Date.UTC(2028, 1, 29, 3, 30), 'on the 29th', here.now()));
    here.ran.length = 0;
    await here.audit();
    await here.deliver();
    assert.deepEqual(
      here.ran.map(({ window }) => new Date(window.start).toISOString()),
      ['2028-02-29T03:00:00.000Z'],
    );
    await assertWhole(here);
  },
  'the hour that clocks skip, and the one that they have twice, are hours as any others': async () => {
    for (const change of [Date.UTC(2026, 2, 29, 1), Date.UTC(2026, 9, 25, 1)]) {
      const here = auditedWorld();
      here.add(...Array.from({ length: 24 }, (_, n) => row(change - 12 * hour + n * hour + 5, `hour ${n}`)));
      here.setTime(change + 12 * hour);
      await here.plan(undefined, {}, change - 12 * hour);
      await here.deliver();
      here.add(row(change + 7, 'at the change', here.now()));
      await here.audit();
      await here.deliver();
      assert.equal((await here.entries()).length, 24);
      await assertWhole(here);
    }
  },
  'until lies in the past: nothing new is planned, late rows still come in': async () => {
    const here = await twoDays();
    here.add(row(start + 20 * hour + 7, 'late', here.now()));
    assert.deepEqual(await go(here, 5, { until: start + 48 * hour }), [20]);
    await assertWhole(here);
    assert.equal((await here.entries()).length, 48);
  },
  'until moves on: planning goes on where it stopped': async () => {
    const here = await twoDays();
    await go(here, 5, { until: start + 50 * hour });
    here.add(row(start + 51 * hour + 7, 'beyond', here.now()));
    await go(here, 2);
    await assertWhole(here);
    assert.equal((await here.entries()).length, 55);
  },
  'from moves to the past: what is planned stays, the past is a matter of a backfill': async () => {
    const here = await twoDays();
    here.add(...past());
    here.setTime(here.now() + hour);
    await here.plan(undefined, {}, start - day);
    await here.deliver();
    assert.equal((await here.entries()).length, 49);
    const { begin, round } = backfillPorts(here);
    await begin('a');
    assert.equal(await round(100), 24);
    assert.equal((await here.entries()).length, 73);
    await assertWhole(here);
  },
  'from lies in the future: nothing until then': async () => {
    const here = auditedWorld();
    here.setTime(start);
    await here.plan(undefined, {}, start + 3 * hour);
    assert.equal((await here.entries()).length, 0);
    here.add(row(start + 4 * hour + 5, 'after', start + 4 * hour + 5), row(start + hour, 'before', start + hour));
    here.setTime(start + 6 * hour);
    await here.plan(undefined, {}, start + 3 * hour);
    await here.deliver();
    assert.deepEqual(
      (await here.entries()).map(({ window }) => (window.start - start) / hour),
      [3, 4, 5],
    );
    await assertWhole(here);
  },
  'a clock that is set back between two audits': async () => {
    const here = await twoDays();
    here.setTime(here.now() - 3 * hour);
    await here.audit();
    await here.deliver();
    here.add(row(start + 20 * hour + 7, 'late', here.now()));
    here.setTime(start + 48 * hour);
    assert.deepEqual(old(await go(here, 2)), [20]);
    await assertWhole(here);
  },
  'rows that were purged stay where they are to be kept, until there are more than before': async () => {
    const here = auditedWorld({ purged: 'keep' });
    here.add(...hourly(48), row(start + 20 * hour + 5, 'second'));
    here.setTime(start + 48 * hour);
    await here.plan();
    await here.deliver();
    here.purge(({ word }) => word === 'second');
    assert.deepEqual(old(await go(here, 2)), []);
    assert.ok(Object.values(here.lake.contents()).join('\n').includes('second'));
    here.add(...['a', 'b', 'c'].map((word, n) => row(start + 20 * hour + 10 + n, word, here.now())));
    assert.deepEqual(old(await go(here, 2)), [20]);
    await assertWhole(here);
  },
  'a source that has forgotten all of its past is not followed': async () => {
    const here = await twoDays();
    await go(here, 6 * 24);
    here.purge(({ at }) => at < start + 40 * hour);
    assert.deepEqual(old(await go(here, 26)), []);
    assert.ok(
      Object.values(here.lake.contents()).join('\n').includes('row 3\n') ||
        here.lake.contents()[`part-${start / hour + 3}`] === 'row 3',
    );
  },
  'the lake is paused in the middle of a backfill, and resumed': async () => {
    const here = await twoDays();
    here.add(...past());
    const { begin, round, ports } = backfillPorts(here);
    await begin('a');
    assert.equal(await round(5), 5);
    await here.gate.order('pause', 'work on the account');
    here.setTime(here.now() + hour);
    assert.equal(await round(100), 0, 'messages come to nothing');
    await here.gate.order('resume', 'done');
    here.setTime(here.now() + hour);
    await tendBackfills(ports, hour / 2, here.now() - 1);
    assert.ok((await round(100)) >= 18);
    await go(here, 2);
    await assertWhole(here);
    assert.equal((await here.entries()).filter(({ window }) => window.start < start).length, 24);
  },
  'the lake is disabled while a backfill runs, for two weeks': async () => {
    const here = await twoDays();
    here.add(...past());
    const { begin, round, ports } = backfillPorts(here);
    await begin('a');
    await round(5);
    await here.gate.order('disable', 'no money');
    here.setTime(here.now() + 14 * day);
    assert.equal(await round(100), 0);
    await here.gate.order('resume', 'paid');
    here.setTime(here.now() + 60_000);
    await tendBackfills(ports, hour / 2, here.now() - 1);
    await round(100);
    await go(here, 3);
    await assertWhole(here);
  },
  'a backfill is paused, cancelled, and another begun over the same range': async () => {
    const here = await twoDays();
    here.add(...past());
    const { begin, round, ports } = backfillPorts(here);
    await begin('a');
    await round(5);
    await orderBackfill('a', 'pause', ports);
    assert.equal(await round(100), 0);
    await orderBackfill('a', 'cancel', ports);
    await begin('b');
    assert.ok((await round(100)) >= 18);
    await assertWhole(here);
    assert.equal((await here.entries()).filter(({ window }) => window.start < start).length, 24);
  },
  'two backfills of the same range at once': async () => {
    const here = await twoDays();
    here.add(...past());
    const { begin, round } = backfillPorts(here);
    await Promise.all([begin('a'), begin('b')]);
    await round(200);
    await assertWhole(here);
    assert.ok(
      (await here.entries()).every(({ revision }) => revision === 1),
      'each window ran once',
    );
  },
  'late rows in a window of a backfill that is under way': async () => {
    const here = await twoDays();
    here.add(...past());
    const { begin, round } = backfillPorts(here);
    await begin('a');
    await round(5);
    here.add(row(start - day + 2 * hour + 7, 'late', here.now()));
    await round(100);
    await go(here, 2);
    await assertWhole(here);
  },
};

test('there are thirty at least', () => assert.ok(Object.keys(situations).length >= 30));
for (const [name, play] of Object.entries(situations)) test(name, play);
