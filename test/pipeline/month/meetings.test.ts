import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Chance, chanceOf } from '../../../local/telemetry/chance.ts';
import type { Millis, Window } from '../../../shared/model.ts';
import { requeueWindows } from '../../../shared/pipeline/ask/requeue.ts';
import { rerunWindows } from '../../../shared/pipeline/ask/rerun.ts';
import { orderBackfill, startBackfill } from '../../../shared/pipeline/backfill/steer.ts';
import { tendBackfills } from '../../../shared/pipeline/backfill/tend.ts';
import { runWindow } from '../../../shared/pipeline/run.ts';
import { auditedWorld, day, hour, hourly, start } from '../audit/audited.ts';
import {
  assertWhole,
  type Broken,
  backfillPorts,
  go,
  type Here,
  halve,
  old,
  once,
  past,
  row,
  twoDays,
} from './situation.ts';

/** More of situations.test.ts; and whatever meets whatever, by chance. MEETINGS: how many of those, 4 by default. */

test('a whole day is purged: its windows run again, and no others', async () => {
  const here = await twoDays();
  await go(here, 40);
  here.purge(({ at }) => at >= start + day && at < start + 2 * day);
  assert.deepEqual(
    old(await go(here, 25)),
    Array.from({ length: 24 }, (_, n) => 24 + n),
  );
  await assertWhole(here);
});

test('a lag that becomes shorter: windows come sooner, each once; longer again: nothing is planned twice', async () => {
  const here = auditedWorld();
  here.add(...hourly(12));
  here.setTime(start + 6 * hour + 60_000);
  await here.plan(undefined, { lag: hour });
  assert.equal((await here.entries()).length, 5);
  await here.plan(undefined, { lag: 0 });
  assert.equal((await here.entries()).length, 6);
  await here.deliver();
  assert.deepEqual(await go(here, 3, { lag: 2 * hour }), [6]);
  assert.deepEqual(await go(here, 1, { lag: 0 }), [7, 8, 9]);
  await assertWhole(here);
});

test('a backfill over the edge of what the source keeps brings what it has, whole windows of it', async () => {
  const here = await twoDays();
  here.add(...past());
  const keptSince = start - 12 * hour - hour / 2;
  here.purge(({ at }) => at < keptSince);
  const { ports, round } = backfillPorts(here);
  const request = { app: 'shop', signals: ['requests'] as const, choice: 'missing' as const, concurrency: 2 };
  const range = { start: start - day, end: start };
  const begun = await startBackfill({ ...request, ...range }, 'a', { window: hour, from: start, keptSince }, ports);
  assert.equal(begun.start, keptSince);
  const ran = await round(100);
  assert.ok(ran === 12 || ran === 13, `${ran}`);
  await assertWhole(here);
});

test('the source keeps five days, the lake is away for seven: what is lost is unavailable, the rest is whole', async () => {
  let away = false;
  const here = auditedWorld({
    broken: { api: () => undefined, lake: () => (away ? new Error('the account is gone') : undefined) },
  });
  const ports = { ...here.ports, keptSince: () => here.now() - 5 * day };
  const deliver = async () => {
    for (let window = here.sent.shift(); window !== undefined; window = here.sent.shift())
      await runWindow(window, ports);
  };
  here.add(...hourly(24 * 12));
  for (let n = 1; n <= 24 * 12; n++) {
    here.setTime(start + n * hour);
    here.purge(({ at }) => at < here.now() - 5 * day && away);
    away = n >= 24 && n < 24 * 8;
    await here.plan();
    await deliver();
  }
  for (let n = 0; n < 3; n++) {
    here.setTime(here.now() + hour);
    await here.plan();
    await deliver();
  }
  const states = Map.groupBy(await here.entries(), ({ state }) => state);
  assert.deepEqual([...states.keys()].sort(), ['done', 'unavailable']);
  const lost = states.get('unavailable')?.map(({ window }) => (window.start - start) / hour) ?? [];
  assert.ok(lost.length > 40 && lost.every((n) => n >= 23 && n < 24 * 3 + 1), lost.join());
  const kept = Object.values(here.lake.contents()).flatMap((text) => (/^row/.test(text) ? text.split('\n') : []));
  const expected = hourly(24 * 12).filter((_, n) => !lost.includes(n));
  assert.deepEqual(new Set(kept), new Set(expected.map(({ word }) => word)));
});

/** What somebody, or the world, does in an hour. */
/** What a backfill is refused with that goes on already, or that would find nothing left. */
const REFUSED = /brings this range in already|nothing of the range is left/;

const deeds: Readonly<Record<string, (here: Here, chance: Chance, more: Acts) => Promise<unknown> | unknown>> = {
  late: (here, chance) => here.add(row(aTime(here, chance), `late ${here.now()} ${chance.next()}`, here.now())),
  purge: (here, chance) => {
    const from = aTime(here, chance);
    here.purge(({ at, word }) => at >= from && at < from + 2 * hour && /[02468]/.test(word));
  },
  halve: async (here, chance, { lake }) => {
    if (lake !== undefined) return;
    const done = (await here.entries()).filter(
      ({ state, again, window }) => state === 'done' && !again && window.end - window.start >= hour / 2,
    );
    const entry = done[chance.int(0, Math.max(0, done.length - 1))];
    if (entry !== undefined) await halve(here, entry.window);
  },
  rerun: (here, chance, { range }) =>
    rerunWindows({ app: '', signals: [], ...range(), faulty: chance.hit(0.5), begin: true }, here.ports),
  requeue: (here, _, { range }) => requeueWindows({ app: '', signals: [], ...range() }, here.ports),
  size: (_, chance, acts) => {
    acts.tiling = { ...acts.tiling, size: [hour / 4, hour, 3 * hour][chance.int(0, 2)] ?? hour };
  },
  lag: (_, chance, acts) => {
    acts.tiling = { ...acts.tiling, lag: chance.int(0, 3) * (hour / 2) };
  },
  api: (_, chance, acts) => {
    acts.broken.error = chance.hit(0.5) ? new Error('503: away') : undefined;
  },
  lake: (_, chance, acts) => {
    acts.lake = chance.hit(0.4) ? new Error('the account is gone') : undefined;
  },
  pause: (here) => here.gate.order('pause', 'by hand'),
  resume: (here) => here.gate.order('resume', 'by hand'),
  lost: (here) => {
    here.sent.length = 0;
  },
  backfill: (_, chance, { past, begin }) => (chance.hit(0.5) ? past.round(chance.int(1, 9)) : begin()),
  steer: (here, chance, { past }) => steer(here, chance, past),
  audit: (here) => Promise.all([here.audit(), here.audit()]),
};

interface Acts {
  tiling: { readonly size: Millis; readonly lag: Millis };
  readonly broken: Broken;
  lake: Error | undefined;
  readonly past: ReturnType<typeof backfillPorts>;
  range(): { readonly start: Millis; readonly end: Millis };
  begin(): Promise<unknown>;
}

const aTime = (here: Here, chance: Chance): Millis =>
  start + chance.int(0, Math.max(1, Math.floor((here.now() - start) / hour) - 1)) * hour + chance.int(0, hour - 1);

async function steer(here: Here, chance: Chance, { ports }: Acts['past']): Promise<void> {
  for await (const { id, state } of ports.store.list())
    if (state === 'running' || state === 'paused')
      await orderBackfill(id, chance.hit(0.2) ? 'cancel' : state === 'running' ? 'pause' : 'resume', ports);
  await tendBackfills(ports, hour / 2, here.now());
}

async function meet(seed: string): Promise<string[]> {
  const chance = chanceOf(`meetings/${seed}`);
  const acts: { lake: Error | undefined; tiling: Acts['tiling'] } & Partial<Acts> = {
    ...{ tiling: { size: hour, lag: 0 }, lake: undefined },
  };
  const broken: Broken = { error: undefined };
  const here = auditedWorld({ broken: { api: () => broken.error, lake: () => acts.lake } });
  const backfills = backfillPorts(here);
  let begun = 0;
  const all: Acts = Object.assign(acts, {
    ...{ broken, past: backfills },
    range: () => {
      const from = aTime(here, chance);
      return { start: from, end: from + chance.int(1, 12) * hour };
    },
    begin: () => backfills.begin(`b${begun++}`).catch((error: Error) => assert.match(error.message, REFUSED)),
  });
  here.add(...past());
  const did: string[] = [];
  const names = Object.keys(deeds);
  for (let n = 1; n <= 60; n++) {
    here.setTime(start + n * hour);
    here.add(...[1, 2].map((k) => row(here.now() - chance.int(1, hour), `row ${n}.${k}`, here.now() - 1)));
    for (let many = chance.int(0, 3); many > 0; many--) {
      const name = names[chance.int(0, names.length - 1)] ?? '';
      did.push(`${n} ${name}`);
      await deeds[name]?.(here, chance, all);
    }
    await here.plan(undefined, all.tiling);
    await here.deliver();
    if (chance.hit(0.7)) await here.audit();
    if (chance.hit(0.7)) await here.deliver();
    once(here);
  }
  [broken.error, all.lake] = [undefined, undefined];
  await here.gate.order('resume', 'all is well');
  for await (const { id, state } of backfills.ports.store.list())
    if (state === 'paused') await orderBackfill(id, 'resume', backfills.ports);
  const ran: Window[] = [];
  for (let n = 1; n <= 60; n++) {
    here.setTime(start + (60 + n) * hour);
    await tendBackfills(backfills.ports, hour / 2, 0);
    await backfills.round(100);
    here.ran.length = 0;
    await here.plan(undefined, all.tiling);
    await here.deliver();
    await here.audit();
    await here.deliver();
    once(here);
    if (n > 30) ran.push(...here.ran.filter(({ state }) => state === 'done').map(({ window }) => window));
  }
  await assertWhole(here);
  // Only what is new: nothing runs round and round.
  const again = ran.filter(({ start: from, end }) => end <= start + 85 * hour && from < start + 85 * hour);
  assert.deepEqual(again, []);
  return did;
}

const many = Number(process.env.MEETINGS ?? 4);
test(`whatever meets whatever, ${many} times`, async () => {
  for (let n = 0; n < many; n++) {
    const seed = `${process.env.MEETINGS_SEED ?? ''}${n}`;
    await meet(seed).catch((error: unknown) => {
      throw new Error(`MEETINGS_SEED with ${seed}: ${error instanceof Error ? error.message : error}`, {
        cause: error,
      });
    });
  }
});
