import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { createHttpHeaders, type PipelineRequest, type PipelineResponse } from '@azure/core-rest-pipeline';
import { SIGNALS } from '../../local/telemetry/tables.ts';
import { connectionOf } from '../../shared/metrics/application-insights.ts';
import { type Exporting, startExport } from '../../shared/metrics/export.ts';
import { auditPoints, planPoints, runPoints } from '../../shared/metrics/points.ts';
import { METRICS, type MetricName } from '../../shared/metrics/table.ts';
import type { Sums } from '../../shared/model.ts';
import { withToken } from '../../shared/net/bearer.ts';
import { createLimitedHttp } from '../../shared/net/limited-http.ts';
import { addSums, NOTHING } from '../../shared/status/day-tally.ts';
import { auditedWorld, day, hour, hourly, start } from '../pipeline/audit/audited.ts';
import { type Received, startReceiver } from './receiver.ts';

/** Metrics as they arrive on the other side, by both ways, beside what the ledger says. */

let receiver: Awaited<ReturnType<typeof startReceiver>>;
let faults: string[] = [];
before(async () => {
  receiver = await startReceiver();
  process.env.OTEL_EXPORTER_OTLP_ENDPOINT = receiver.url;
});
after(() => receiver.close());
beforeEach(() => {
  receiver.insights.length = 0;
  receiver.otlp.length = 0;
  receiver.answer(200);
  faults = [];
});

const started = (more: { readonly token?: string; readonly otlp?: boolean } = {}): Promise<Exporting> => {
  const key = '00000000-0000-4000-8000-000000000001';
  const connection = connectionOf(`InstrumentationKey=${key};IngestionEndpoint=${receiver.url}/`);
  assert.ok(connection);
  const token = more.token ?? '';
  const credential = { getToken: async () => ({ token, expiresOnTimestamp: Date.now() + hour }) };
  const http = createLimitedHttp();
  return startExport({
    ingestion: {
      ...connection,
      http: token === '' ? http : withToken(http, { credential, scope: connection.scope, now: Date.now }),
    },
    otlp: more.otlp ?? true,
    service: { name: 'shop-lake', version: '1.2.3', instance: 'one' },
    every: hour,
    report: (error) => faults.push(error.message),
  });
};

/** What a metric adds up to, of one attribute's value where that is given; of histograms the sum. */
function sum(received: readonly Received[], name: MetricName, attribute = '', value = ''): number {
  return received
    .filter((each) => each.name === name && (attribute === '' || each.attributes[attribute] === value))
    .reduce((total, each) => total + each.value, 0);
}
const count = (received: readonly Received[], name: MetricName): number =>
  received.filter((each) => each.name === name).reduce((total, each) => total + each.count, 0);

async function ledgerSums(world: ReturnType<typeof auditedWorld>): Promise<Sums> {
  const tallies = await Array.fromAsync(world.ledger.tallies({ start: 0, end: start + 30 * day }));
  return tallies.map(({ sums }) => sums).reduce(addSums, NOTHING);
}

/** Ten hours; then an API that is away, rows that come late, some that are purged. */
async function story(exporting: Exporting, check: (world: ReturnType<typeof auditedWorld>) => Promise<void>) {
  let away = false;
  const world = auditedWorld({ broken: { api: () => (away ? new Error('503') : undefined), lake: () => undefined } });
  let told = 0;
  const step = async () => {
    const plan = await world.plan();
    await world.deliver();
    for (const outcome of world.ran.slice(told)) exporting.record(runPoints(outcome));
    told = world.ran.length;
    exporting.record(planPoints({ feeds: [plan], errors: [], health: { state: 'active' } }, world.now()));
  };
  world.add(...hourly(10));
  world.setTime(start + 10 * hour);
  await step();
  await check(world);
  world.add({ at: start + hour, came: start + 11 * hour, word: 'late' }, ...hourly(12).slice(10));
  world.purge(({ word }) => word === 'row 4');
  world.setTime(start + 11 * hour);
  away = true;
  await step();
  away = false;
  world.setTime(start + 14 * hour);
  exporting.record(auditPoints(await world.audit()));
  await step();
  return world;
}

test('both ways bring every metric of runs, and they add up to what the ledger says', async () => {
  const exporting = await started();
  const world = await story(exporting, async (so) => {
    await exporting.flush();
    const sums = await ledgerSums(so);
    for (const received of [receiver.insights, receiver.otlp]) {
      assert.equal(sum(received, 'insights_lake.rows.read'), sums.read);
      assert.equal(sum(received, 'insights_lake.rows.written'), sums.written);
      assert.equal(sum(received, 'insights_lake.lake.io'), sums.bytes);
      assert.equal(count(received, 'insights_lake.run.duration'), sums.runs);
      assert.equal(sum(received, 'insights_lake.source.requests'), sums.asked);
      assert.equal(count(received, 'insights_lake.window.delay'), sums.delayed);
      assert.equal(sum(received, 'insights_lake.window.delay'), sums.delay / 1000);
      // The tick that planned the windows: nothing of them was done yet.
      assert.equal(sum(received, 'insights_lake.feed.freshness'), (10 * hour) / 1000);
      assert.equal(sum(received, 'insights_lake.ticks', 'insights_lake.outcome', 'ok'), 1);
      assert.equal(sum(received, 'insights_lake.lake.health', 'insights_lake.health', 'active'), 1);
      assert.equal(sum(received, 'insights_lake.lake.health'), 1);
    }
    // A collector is told how much it is since the beginning: what came so far is told once more.
    receiver.otlp.length = 0;
  });
  await exporting.flush();
  const sums = await ledgerSums(world);
  assert.ok(sums.late === 1 && sums.purged === 1 && sums.runs > 14, JSON.stringify(sums));
  const states = world.ran.map(({ state }) => state);
  for (const received of [receiver.insights, receiver.otlp]) {
    assert.equal(count(received, 'insights_lake.run.duration'), sums.runs);
    assert.equal(sum(received, 'insights_lake.rows.late'), sums.late);
    assert.equal(sum(received, 'insights_lake.rows.purged'), sums.purged);
    assert.equal(sum(received, 'insights_lake.source.requests'), sums.asked);
    const wasted = sum(received, 'insights_lake.source.requests', 'insights_lake.request.use', 'wasted');
    assert.equal(wasted, sums.wasted);
    assert.equal(count(received, 'insights_lake.window.delay'), sums.delayed);
    assert.equal(sum(received, 'insights_lake.window.delay'), sums.delay / 1000);
    const failed = received.filter(({ attributes }) => attributes['insights_lake.run.state'] === 'failed');
    assert.equal(
      failed.reduce((total, each) => total + each.count, 0),
      states.filter((state) => state === 'failed').length,
    );
    assert.equal(sum(received, 'insights_lake.audit.windows', 'insights_lake.outcome', 'again'), 2);
    assert.ok(sum(received, 'insights_lake.audit.requests') > 0);
  }
  assert.deepEqual(faults, []);
  assert.equal(receiver.resources.at(-1)?.['service.name'], 'shop-lake');
});

test('units, kinds and attributes arrive as the table has them; no value is more than a name', async () => {
  const exporting = await started();
  await story(exporting, async () => {});
  await exporting.flush();
  assert.ok(receiver.otlp.length > 12);
  for (const { name, unit, kind, attributes } of receiver.otlp) {
    const metric = METRICS[name as MetricName];
    assert.equal(unit, metric.unit, name);
    assert.equal(kind, { counter: 'sum', gauge: 'gauge', histogram: 'histogram' }[metric.kind], name);
    const known: readonly string[] = metric.attributes;
    assert.deepEqual(Object.keys(attributes).toSorted(), known.toSorted(), name);
    for (const value of Object.values(attributes)) assert.match(value, /^[\w.-]{1,60}$/);
  }
});

test('what was recorded once is sent once, however often the clock strikes', async () => {
  const exporting = await started();
  const points = planPoints({ feeds: [], errors: ['x'], health: { state: 'paused' } }, 0);
  exporting.record(points);
  await exporting.flush();
  const first = receiver.insights.length;
  assert.equal(first, 4);
  await exporting.flush();
  assert.equal(receiver.insights.length, first);
  const gauges = receiver.otlp.filter(({ kind }) => kind === 'gauge').length;
  assert.equal(gauges, 3);
});

test('an app of ten signals that does nothing sends less than 2.5 MB of metrics a day', async () => {
  const bodies: string[] = [];
  const http = {
    sendRequest: async (request: PipelineRequest): Promise<PipelineResponse> => {
      bodies.push(String(request.body));
      return { request, status: 200, headers: createHttpHeaders() };
    },
  };
  const exporting = await startExport({
    ...{ ingestion: { url: 'https://x/v2.1/track', key: '0'.repeat(36), scope: '', http }, otlp: false, every: hour },
    service: { name: 'ilake-abcdefghijklm', version: '1.2.3', instance: '0--0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f' },
    report: (error) => faults.push(error.message),
  });
  const feeds = SIGNALS.map((signal) => ({
    ...{ feed: { app: 'shop-production', signal, source: 'query' } as const, planned: 0, repeated: 0 },
    ...{ open: 0, failed: 0, horizon: 1, watermark: 0 },
  }));
  exporting.record(planPoints({ feeds, errors: [], health: { state: 'active' } }, 3_600_000));
  await exporting.flush();
  const tick = bodies.join('').length;
  assert.ok(tick > 1000 && tick * 288 < 2_500_000, `${tick} characters a tick`);
});

test('an identity sends its token; who refuses is named, and no call fails', async () => {
  const exporting = await started({ token: 'of the identity' });
  // A credential goes over TLS alone: here it must not go out at all.
  exporting.record(planPoints({ feeds: [], errors: [], health: { state: 'active' } }, 0));
  await exporting.flush();
  assert.match(faults.join(), /(https|TLS)/i);
  assert.ok(receiver.authorizations.every((each) => each === ''));
  const open = await started({ otlp: false });
  receiver.answer(400);
  faults = [];
  open.record(planPoints({ feeds: [], errors: [], health: { state: 'active' } }, 0));
  await open.flush();
  assert.match(faults.join(), /send metrics to http:\/\/127\.0\.0\.1:\d+\/v2\.1\/track: it answered 400/);
});

test('where a connection string leads', () => {
  const key = 'InstrumentationKey=1';
  assert.deepEqual(
    [
      `${key};IngestionEndpoint=https://westeurope-5.in.applicationinsights.azure.com/;LiveEndpoint=https://x/`,
      `${key};EndpointSuffix=applicationinsights.us`,
      `${key};AADAudience=https://monitor.azure.us/`,
      'IngestionEndpoint=https://x/',
      '',
    ].map((text) => connectionOf(text)),
    [
      {
        key: '1',
        url: 'https://westeurope-5.in.applicationinsights.azure.com/v2.1/track',
        scope: 'https://monitor.azure.com/.default',
      },
      { key: '1', url: 'https://dc.applicationinsights.us/v2.1/track', scope: 'https://monitor.azure.com/.default' },
      {
        key: '1',
        url: 'https://dc.services.visualstudio.com/v2.1/track',
        scope: 'https://monitor.azure.us/.default',
      },
      undefined,
      undefined,
    ],
  );
});
