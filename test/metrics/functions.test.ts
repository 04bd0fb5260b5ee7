import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { injectCore } from '../../local/host/core.ts';
import { fakeWire } from '../fake-wire.ts';
import { startReceiver } from './receiver.ts';

/** The functions of the app with the environment that the templates give them, and without it; wire.ts is a fake. */

const outcome = {
  state: 'done',
  window: { app: 'shop', signal: 'requests', source: 'query', start: 0, end: 3_600_000 },
  ...{ revision: 1, attempts: 0, asked: 2, duration: 1500, error: '' },
  counts: { read: 7, written: 6, deduplicated: 1, quarantined: 0 },
  files: [{ path: 'a', signal: 'requests', rows: 6, bytes: 100 }],
  spent: { asked: 2, wasted: 0, late: 0, purged: 0, splits: 0, delay: 60_000 },
};
const planned = { feeds: [], errors: [], health: { state: 'active', since: 0, reason: '' } };
let tending: readonly string[] = [];
fakeWire(() => ({
  run: async () => outcome,
  plan: async () => planned,
  sweepOwed: async () => undefined,
  audit: async () => ({ feeds: [], asked: 1, errors: [] }),
  ledgerTable: async () => undefined,
  tend: async () => ({ retired: [], removed: false, files: undefined, errors: tending }),
}));

const core = injectCore();
await import('../../functions/auditWindows.ts');
await import('../../functions/planWindows.ts');
await import('../../functions/runWindow.ts');
await import('../../functions/tendLake.ts');

const loaded = (): readonly string[] =>
  Object.keys(createRequire(import.meta.url).cache).filter((path) => path.includes('@opentelemetry'));
const message = JSON.stringify({
  ...{ app: 'shop', signal: 'requests', source: 'query' },
  ...{ start: '1970-01-01T00:00:00.000Z', end: '1970-01-01T01:00:00.000Z' },
});
async function invoke(name: string, data: object): Promise<void> {
  const trigger = core.functions.get(name)?.trigger.name ?? '';
  const request = { invocationId: '1', inputData: [{ name: trigger, data }], triggerMetadata: {} };
  await core.invoke(name, request, () => undefined);
}
async function everything(): Promise<void> {
  await invoke('planWindows', { json: '{}' });
  await invoke('runWindow', { string: message });
  await invoke('auditWindows', { json: '{}' });
}

let receiver: Awaited<ReturnType<typeof startReceiver>>;
before(async () => {
  receiver = await startReceiver();
});
after(() => receiver.close());

test('where nothing is set, or it is switched off, nothing is loaded and nothing fails', async () => {
  await everything();
  await core.terminate();
  process.env.OTEL_EXPORTER_OTLP_ENDPOINT = receiver.url;
  for (const [name, value] of [
    ['OTEL_SDK_DISABLED', 'true'],
    ['OTEL_METRICS_EXPORTER', 'none'],
  ] as const) {
    process.env[name] = value;
    await everything();
    delete process.env[name];
  }
  delete process.env.OTEL_EXPORTER_OTLP_ENDPOINT;
  assert.deepEqual(loaded(), []);
});

test('a component that cannot be reached fails no call; the last minute comes before the worker ends', async () => {
  const said: string[] = [];
  const { warn } = console;
  console.warn = (text: string) => void said.push(text);
  process.env.APPLICATIONINSIGHTS_CONNECTION_STRING = `InstrumentationKey=1;IngestionEndpoint=${receiver.url}/`;
  receiver.answer(400);
  await everything();
  await core.terminate();
  await everything();
  await core.terminate();
  console.warn = warn;
  assert.equal(said.length, 1, 'said once');
  assert.match(said[0] ?? '', /^metrics: send metrics to .*it answered 400.*what was recorded since is lost$/);
  receiver.answer(200);
  await everything();
  assert.equal(receiver.insights.length, 0);
  await core.terminate();
  const names = new Set(receiver.insights.map(({ name }) => name));
  for (const name of ['ticks', 'rows.written', 'run.duration', 'lake.health', 'audit.requests'])
    assert.ok(names.has(`insights_lake.${name}`), name);
  const written = receiver.insights.flatMap(({ name, value }) =>
    name === 'insights_lake.rows.written' ? [value] : [],
  );
  assert.deepEqual(written, [6], 'what could not be sent is gone, and is not sent twice');
  assert.equal(receiver.otlp.length, 0);
});

test('a tick of a timer is told by how it ended, that of the lake at once', async () => {
  receiver.insights.length = 0;
  await core.terminate();
  receiver.insights.length = 0;
  await invoke('auditWindows', { json: '{}' });
  tending = ['shop traces: away'];
  await assert.rejects(invoke('tendLake', { json: '{}' }), /away/);
  const ticks = receiver.insights.filter(({ name }) => name === 'insights_lake.timer.ticks');
  assert.deepEqual(
    ticks.map(({ attributes }) => [attributes['insights_lake.timer'], attributes['insights_lake.outcome']]).sort(),
    [
      ['auditWindows', 'ok'],
      ['tendLake', 'failed'],
    ],
  );
});
