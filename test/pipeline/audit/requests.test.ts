import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { memoryData } from '../../../local/simulator/data.ts';
import { startSimulator } from '../../../local/simulator/startSimulator.ts';
import type { Row } from '../../../local/telemetry/row.ts';
import { ITEM_TYPES } from '../../../local/telemetry/tables.ts';
import type { Clock, Feed, Ledger, QuerySettings } from '../../../shared/model.ts';
import { type AuditedApp, auditWindows, createAuditMemory } from '../../../shared/pipeline/audit/audit.ts';
import { finishedEntry, plannedEntry } from '../../../shared/pipeline/entry.ts';
import { signals } from '../../../shared/signals/tables.ts';
import { createAsk } from '../../../shared/source/query/client.ts';
import { createSurvey } from '../../../shared/source/query/survey/survey.ts';
import { createMemoryLedger } from '../../../shared/state/ledger-memory.ts';
import { textLake } from '../world.ts';

/**
 * A day of audits over 30 days of apps with ten signals: requests counted at the server, calls to ledger and lake
 * by page.
 */

const hour = 3_600_000;
const day = 24 * hour;
const start = Date.UTC(2026, 0, 1);
const days = 30;

test('at most 300 requests a day, and two transactions for each unchanged day of a feed; late rows are found', (t) =>
  dayOfAudits(t, 10, false));

test('the same where each hour is another process, which knows what the one before it has seen', (t) =>
  dayOfAudits(t, 1, true));

async function dayOfAudits(t: TestContext, count: number, isRestarted: boolean): Promise<void> {
  let now = start + days * day;
  const clock: Clock = { now: () => now, random: () => 0.5, sleep: async () => {} };
  // One row an hour, in its first quarter; all apps are alike.
  const row = (signal: Feed['signal'], at: number, id: string): Row => ({
    timestamp: new Date(at).toISOString().replace('Z', '0000Z'),
    ...{ itemType: ITEM_TYPES[signal], itemId: id, itemCount: 1 },
  });
  const rows = signals.flatMap((signal) =>
    Array.from({ length: days * 24 }, (_, n) => row(signal, start + n * hour + 60_000, `${signal}-${n}`)),
  );
  const data = memoryData(rows);
  const simulator = await startSimulator({ data, now: clock.now });
  t.after(() => simulator.close());
  // What runs and planner keep of the days is another matter.
  const calls = new Map<string, number>();
  const counted = <T extends object>(port: T, pages: readonly string[]): T =>
    new Proxy(port, {
      get: (target, key) => {
        const value = Reflect.get(target, key);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => {
          const name = String(key);
          calls.set(name, (calls.get(name) ?? 0) + 1);
          const found = value.apply(target, args);
          if (!pages.includes(name)) return found;
          return (async function* () {
            let n = 0;
            for await (const each of found) {
              if (n++ > 0 && n % 1000 === 1) calls.set(name, (calls.get(name) ?? 0) + 1);
              yield each;
            }
          })();
        };
      },
    });
  const inner: Ledger = { ...createMemoryLedger(), async *tallies() {}, tally: async () => {} };
  const ledger = counted(inner, ['list', 'audits']);
  const apps: AuditedApp[] = [];
  for (let n = 0; n < count; n++) {
    const feeds = signals.map((signal): Feed => ({ app: `app${n}`, signal, source: 'query' }));
    for (const feed of feeds)
      for (let at = start; at < now; at += hour) {
        const fingerprint = at % hour === 0 ? 'rows:1' : 'rows:0';
        const finish = {
          fingerprint,
          counts: plannedEntry({ ...feed, start: at, end: at + hour }).counts,
          asked: 1,
          files: [],
        };
        const entry = { ...plannedEntry({ ...feed, start: at, end: at + hour }), revision: 1 };
        await ledger.write(finishedEntry(entry, at + hour, finish), undefined);
      }
    for (const feed of feeds) await ledger.plan(feed, { horizon: now, watermark: now }, undefined, []);
    const settings: QuerySettings = {
      url: `${simulator.url}/v1/apps/app${n}/query`,
      ...{ scope: '', auth: { kind: 'none' }, schema: { kind: 'app' }, signals, window: hour, lag: 0 },
      ...{ from: undefined, until: undefined, retention: undefined },
    };
    const survey = createSurvey({ settings, clock, ask: createAsk(settings, undefined, clock) });
    apps.push({ app: `app${n}`, feeds, survey, retention: 90 * day });
  }
  let memory = createAuditMemory();
  const hints = { prepare: async () => {}, send: async () => {} };
  const ports = {
    ...{ ledger, lake: counted(textLake(), ['list']), clock, hints, refresh: 0, limit: 240 },
    ...{ recheck: 50 * hour, horizon: days * day, purged: 'follow' as const },
  };
  let [asked, looked] = [0, 0];
  calls.clear();
  for (let tick = 0; tick < 24; tick++, now += hour) {
    if (isRestarted) memory = createAuditMemory();
    const outcome = await auditWindows(apps, { ...ports, memory }, new AbortController().signal);
    assert.deepEqual(outcome.errors, []);
    assert.deepEqual(
      outcome.feeds.flatMap(({ enqueued }) => enqueued),
      [],
      `tick ${tick}`,
    );
    asked += outcome.asked;
    looked += outcome.feeds.reduce((sum, { windows }) => sum + windows, 0);
  }
  // There are none here, so that each would have to be mended.
  calls.delete('tally');
  const transactions = [...calls.values()].reduce((sum, count) => sum + count, 0) / (10 * count * days);
  t.diagnostic(`${transactions.toFixed(2)} transactions: ${JSON.stringify([...calls])}`);
  assert.ok(transactions <= 2, `${transactions} transactions`);
  t.diagnostic(`${simulator.requests.length} requests a day, ${looked} looks at windows`);
  // A connection that the simulator has just closed costs a try that it never sees.
  assert.ok(simulator.requests.length >= 24 && simulator.requests.length <= asked, `${asked} tries`);
  assert.ok(asked <= 30 * count, `${asked} requests`);
  assert.ok(looked > (10 * count * days * day) / hour, 'every window was looked at');
  data.add([row('traces', now - 40 * hour, 'late')], now);
  const found = await auditWindows(apps, { ...ports, memory }, new AbortController().signal);
  assert.equal(found.feeds.flatMap(({ enqueued }) => enqueued).length, count);
}
