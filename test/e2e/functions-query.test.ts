import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { chanceOf } from '../../local/telemetry/chance.ts';
import { SIGNALS } from '../../local/telemetry/tables.ts';
import type { Interval, Window } from '../../shared/model.ts';
import { seedOf } from '../seeds.ts';
import { assertValid } from './asked.ts';
import { assertLake } from './assertLake.ts';
import { type FunctionApp, startFunctionApp, WINDOW } from './functionApp.ts';
import { strikeEverywhere, type Work } from './strikes.ts';
import { fromQuery } from './truth.ts';

/**
 * Windows of the query API, run by processes of their own against Azurite: killed after every single call to storage,
 * stalled before every single one until a successor is done, three at once, messages twice and out of order. Then the
 * lake is compared with the source row by row and column by column. E2E_SEED repeats a run.
 */
const seed = seedOf('E2E_SEED');
const HOUR = 3_600_000;
const START = Date.UTC(2024, 4, 10, 8);
const shop = { app: 'shop', perHour: 15, start: START, end: START + 14 * HOUR };

let app: FunctionApp;
before(async () => {
  app = await startFunctionApp({ seed, chance: chanceOf(`functions/${seed}`), shop });
});
after(() => app?.close());

const inWindow = (timestamp: unknown, { start, end }: Interval): boolean =>
  Date.parse(String(timestamp)) >= start && Date.parse(String(timestamp)) < end;

/** Windows with rows in both hours: every one makes the same calls. */
function fullWindows(): Window[] {
  const starts = Array.from({ length: (shop.end - START) / WINDOW }, (_, n) => START + n * WINDOW);
  const all = starts.flatMap((start) =>
    SIGNALS.map((signal): Window => ({ app: shop.app, signal, source: 'query', start, end: start + WINDOW })),
  );
  const hasRows = ({ signal, start }: Window) =>
    app.data.all(signal).some(({ timestamp }) => inWindow(timestamp, { start, end: start + HOUR }));
  return all.filter((window) => hasRows(window) && hasRows({ ...window, start: window.start + HOUR }));
}

/** `purged`: the window's rows are gone at the source before the second comes. */
const workOf = (window: Window, purged: boolean): Work => ({
  begin: (runner) => runner.run(window),
  change: async (struck) =>
    void (purged && struck && app.data.purge(window.signal, ({ timestamp }) => inWindow(timestamp, window))),
  finish: (runner) => runner.run(window),
});

test('query windows: killed, stalled, twice, out of order, at once', async (t) => {
  t.diagnostic(`E2E_SEED=${seed}`);
  assert.deepEqual((await app.instance.plan()).errors, []);
  const windows = fullWindows();
  let stalls = 0;
  const nextWork = (strike: string): Work => {
    const window = windows.shift();
    assert.ok(window, 'too few windows: make shop longer');
    return workOf(window, strike === 'stall' && stalls++ % 2 === 0);
  };
  t.diagnostic(await strikeEverywhere(app, nextWork));

  const runners = [app.instance, await app.start(), await app.start()];
  t.diagnostic(`deliveries: ${JSON.stringify(await app.deliverAll(runners))}`);
  for (const { feed, watermark } of (await app.instance.plan()).feeds)
    if (feed.source === 'query') assert.equal(watermark, shop.end);
  const truthOf = (signal: (typeof SIGNALS)[number]) =>
    app.data.all(signal).map((row) => fromQuery(signal, row, WINDOW));
  const rows = await assertLake(await app.download(), { app: shop.app, seed, truthOf });
  assert.ok(rows > 500);
  assertValid(app.simulator, 'app');
});
