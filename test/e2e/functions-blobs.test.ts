import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Chance, chanceOf } from '../../local/telemetry/chance.ts';
import type { ExportBlob } from '../../local/telemetry/exportBlobs.ts';
import { telemetryRows } from '../../local/telemetry/telemetryRows.ts';
import type { Signal } from '../../shared/model.ts';
import { recogniseBlob } from '../../shared/source/blobs/layouts.ts';
import { seedOf } from '../seeds.ts';
import { assertValid } from './asked.ts';
import { assertLake } from './assertLake.ts';
import { classicDifferences } from './compare.ts';
import { type FunctionApp, inAnyOrder, startFunctionApp, WINDOW } from './functionApp.ts';
import type { Instance } from './instance.ts';
import { denser, shopBlobs } from './shopRows.ts';
import { strikeEverywhere, type Work } from './strikes.ts';
import { fromBlob, fromQuery, type LakeRow, windowText } from './truth.ts';

/**
 * Windows of export blobs, run by processes of their own against Azurite: killed after every single call to storage,
 * stalled before every single one until a successor is done, three at once, told of twice and out of order, beside an
 * app that is asked by query. Then the lake is compared with the blobs row by row and column by column. E2E_SEED
 * repeats a run.
 */
const seed = seedOf('E2E_SEED');
const HOUR = 3_600_000;
const START = Date.UTC(2024, 4, 10, 8);
const shop = { app: 'shop', perHour: 15, start: START, end: START + WINDOW };
const store = { seed, app: 'store', perHour: 25, start: START, end: START + 9 * HOUR };

let app: FunctionApp;
const chance = chanceOf(`functions/${seed}`);
before(async () => {
  app = await startFunctionApp({ seed, chance, shop });
});
after(() => app?.close());

/** The hour folder of a blob: its window. */
const folderOf = ({ name }: ExportBlob): string => name.slice(0, name.lastIndexOf('/'));
const hourOf = ({ name }: ExportBlob): number => recogniseBlob(name, 'exports')?.hour ?? 0;

/** All blobs of an hour folder; the last of them arrives after the first process was struck. */
function workOf(blobs: readonly ExportBlob[], grows: boolean): Work {
  const last = blobs.at(-1);
  const first = blobs[0];
  assert.ok(first && last && first !== last);
  return {
    begin: async (runner) => {
      for (const blob of grows ? blobs.slice(0, -1) : blobs) await app.upload(blob);
      return runner.arrive(first.name);
    },
    change: async () => (grows ? app.upload(last) : undefined),
    finish: (runner) => runner.arrive(last.name),
  };
}

/**
 * Blobs arrive in bursts, each told of to every runner, out of order. Resolves with how often they ended in which
 * state.
 */
async function arriveInBursts(
  told: readonly ExportBlob[],
  runners: readonly Instance[],
  by: Chance,
): Promise<Record<string, number>> {
  const arrivals: Record<string, number> = {};
  const rest = [...told];
  while (rest.length > 0) {
    const burst = rest.splice(0, 4);
    await Promise.all(burst.map(app.upload));
    const tell = async (runner: Instance) => {
      for (const blob of inAnyOrder(burst, by)) {
        const state = (await runner.arrive(blob.name))?.state ?? 'ignored';
        arrivals[state] = (arrivals[state] ?? 0) + 1;
      }
    };
    await Promise.all(runners.map(tell));
  }
  return arrivals;
}

/** What the blobs hold, by the rows that they were made of. */
function truthOfBlobs(blobs: readonly ExportBlob[]): (signal: Signal) => LakeRow[] {
  const windows = new Map<string, string>();
  for (const blob of blobs) {
    const [start, lines] = [hourOf(blob), blob.text.trimEnd().split('\n')];
    for (const line of lines) windows.set(JSON.parse(line).internal.data.id, windowText({ start, end: start + HOUR }));
  }
  return (signal) =>
    [...telemetryRows(denser(store, signal))].flatMap((row) => {
      const window = windows.get(String(row.itemId));
      return window === undefined ? [] : [fromBlob(signal, row, store.app, window)];
    });
}

test('blob windows: killed, stalled, twice, out of order, at once', async (t) => {
  t.diagnostic(`E2E_SEED=${seed}`);
  const folders = [...Map.groupBy(shopBlobs(store), folderOf).values()].filter((each) => each.length > 1);
  folders.sort(([one], [other]) => (one && other ? hourOf(one) - hourOf(other) : 0));
  const used: ExportBlob[] = [];
  const nextWork = (): Work => {
    const each = folders.shift();
    assert.ok(each, 'too few folders: make store longer');
    used.push(...each);
    return workOf(each, folders.length % 2 === 0);
  };
  assert.deepEqual((await app.instance.plan()).errors, []);
  t.diagnostic(await strikeEverywhere(app, nextWork));

  const runners = [app.instance, await app.start(), await app.start()];
  const rest = folders.splice(0, 8).flat();
  used.push(...rest);
  const arrivals = await arriveInBursts(inAnyOrder(rest, chance), runners, chance);
  t.diagnostic(`arrivals: ${JSON.stringify(arrivals)}, deliveries: ${JSON.stringify(await app.deliverAll(runners))}`);
  assert.equal(arrivals.failed, undefined);
  const lake = await app.download();
  const rows = await assertLake(lake, {
    app: store.app,
    seed,
    truthOf: truthOfBlobs(used),
    compare: classicDifferences,
  });
  assert.ok(rows > 500);
  const asked = (signal: Signal) => app.data.all(signal).map((row) => fromQuery(signal, row, WINDOW));
  await assertLake(lake, { app: shop.app, seed, truthOf: asked });
  assertValid(app.simulator, 'app');
});
