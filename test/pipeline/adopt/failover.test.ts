/**
 * Storage that fails over to another region: lake and ledger both come back as they were, each at a moment of its own,
 * with the tags that they had or with new ones. Then `adopt`, as docs/operations.md says; or, where nothing refuses the
 * two, the next nights' audits alone. The same of a lake that is copied to another account, with a ledger there that is
 * new, or a copy, too.
 * DAMAGED=1: every moment of the one with every moment of the other; else one pair in six.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMemoryStore } from '../../../shared/lake/store-memory.ts';
import type { ObjectStore } from '../../../shared/model.ts';
import { auditLake } from '../../../shared/pipeline/audit/audit-lake.ts';
import { createMemoryLedger } from '../../../shared/state/ledger-memory.ts';
import {
  assertWhole,
  begun,
  copyOfLake,
  copyOfLedger,
  day,
  hour,
  type Ledger,
  type Row,
  type Settings,
  worldOn,
} from './damaged-world.ts';

const at = (n: number, hours: readonly number[], word = ''): readonly Row[] =>
  hours.map((each) => ({ id: `d${n}h${each}${word}`, at: begun + n * day + each * hour }));

/**
 * What the source held when: rows come, move to other hours, go, cannot be read. In the end no window has as many rows
 * as before: that is what one is confirmed by of which only the files tell.
 */
const history: readonly (readonly Row[])[] = [
  at(0, [3, 9]),
  [...at(0, [3, 15]), ...at(1, [5])],
  [...at(0, [3]), ...at(1, [5, 6]), ...at(2, [1, 20])],
  [...at(0, [3]), ...at(1, []), ...at(2, [1, 20]), { id: 'bad', at: begun + 2 * day }],
  [...at(0, [3, 9, 21], 'again'), ...at(1, [7, 8, 9]), ...at(2, [20, 22, 23])],
];

interface Moment {
  readonly lake: ObjectStore;
  readonly ledger: Ledger;
}

const isTried = (n: number, m: number): boolean =>
  process.env.DAMAGED === '1' || (n + 2 * m) % 8 === 0 || (n === 3 && m === 0);

/** Minutes lie between two moments, so that `lake.json` has counted on, or has not. */
async function moments(settings: Settings, minutes: number): Promise<readonly Moment[]> {
  const held = { lake: await copyOfLake(createMemoryStore()), ledger: createMemoryLedger() };
  const truth = { rows: history[0] ?? [] };
  const time = { now: begun + 3 * day };
  const kept: Moment[] = [];
  for (const rows of history) {
    truth.rows = rows;
    time.now += minutes * 60_000;
    const world = worldOn(held, truth, time, settings);
    await world.meet();
    await world.plan();
    await world.audit();
    await world.deliver();
    kept.push({ lake: await copyOfLake(held.lake), ledger: await copyOfLedger(held.ledger) });
  }
  return kept;
}

const meetingOf = (lake: ObjectStore, ledger: Ledger, settings: Settings) =>
  worldOn({ lake, ledger }, { rows: [] }, { now: begun + 3 * day + hour }, settings).meet();

async function bringOn(lake: ObjectStore, ledger: Ledger, settings: Settings, adopts: boolean, told: string) {
  const time = { now: begun + 3 * day + hour };
  const truth = { rows: history.at(-1) ?? [] };
  const world = worldOn({ lake, ledger }, truth, time, settings);
  const refused = await world.meet().then(
    () => false,
    (error: Error) => assert.match(error.message, /insights-lake adopt/) ?? true,
  );
  if (refused || adopts) await world.adopt();
  await world.meet();
  const more = world.run.tables && { tables: world.run.tables };
  const everything = { app: '', signals: [], start: 0, end: Number.MAX_SAFE_INTEGER, repair: true };
  for (let night = 0; night < 4; night++) {
    time.now += 13 * hour;
    await world.plan();
    await world.audit();
    await world.deliver();
    await auditLake(everything, { ...world.opens, lake, named: world.named, ...more });
    await world.plan();
    await world.deliver();
  }
  await assertWhole(world, truth, told);
}

const plain: Settings = { size: day, format: 'parquet', partition: 'hour', delta: false };
const kinds: Readonly<Record<string, Settings>> = {
  parquet: plain,
  csv: { ...plain, format: 'csv' },
  delta: { ...plain, delta: true },
};
for (const [kind, settings] of Object.entries(kinds))
  for (const [tags, elsewhere] of [
    ['kept', false],
    ['new', true],
  ] as const)
    test(`${kind}: lake and ledger fail over to two moments, tags ${tags}`, async () => {
      for (const minutes of [1, 6]) {
        const all = await moments(settings, minutes);
        for (const adopts of [true, false])
          for (const [n, { lake }] of all.entries())
            for (const [m, { ledger }] of all.entries()) {
              if (!isTried(n, m)) continue;
              const told = `lake of ${n}, ledger of ${m}, ${minutes} minutes apart${adopts ? ', adopted' : ''}`;
              await bringOn(await copyOfLake(lake, elsewhere), await copyOfLedger(ledger), settings, adopts, told);
            }
      }
    });

for (const [kind, settings] of Object.entries(kinds))
  test(`${kind}: a lake is copied to another account`, async () => {
    const all = await moments(settings, 6);
    const there: Settings = { ...settings, account: 'there' };
    for (const elsewhere of [false, true])
      for (const [n, { lake }] of all.entries())
        for (const [m, ledger] of [createMemoryLedger(), ...all.map((each) => each.ledger)].entries()) {
          if (!isTried(n, m)) continue;
          const [copy, own] = [await copyOfLake(lake, elsewhere), await copyOfLedger(ledger)];
          const told = `lake of ${n}, ledger ${m}, tags ${elsewhere ? 'new' : 'kept'}`;
          await assert.rejects(
            meetingOf(copy, own, there),
            /belongs to the ledger in table .*insights-lake adopt/,
            told,
          );
          await bringOn(copy, own, there, true, told);
        }
  });
