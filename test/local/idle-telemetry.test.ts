/**
 * What an app of ten signals says that has nothing to do: the local host runs it with ticks that follow each other, its
 * calls and lines are counted as they come, each in the envelope that a host sends to its component, and a day of ticks
 * is reckoned from that.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startAzurite } from '../../local/azurite.ts';
import { startApp } from '../../local/demo/app.ts';
import type { HostEvent } from '../../local/host/host.ts';
import { memoryData } from '../../local/simulator/data.ts';
import { startSimulator } from '../../local/simulator/startSimulator.ts';
import { nextTick, scheduleOf } from '../../shared/config/schedule.ts';
import { settingsDocument } from '../../shared/config/schema.ts';
import { environment } from '../e2e/process.ts';

const hour = 3_600_000;
const guid = '01234567-89ab-cdef-0123-456789abcdef';

/** The names of functions whose ticks are counted, with the schedules that they have by default. */
const timers = {
  planWindows: settingsDocument.shape.plan.parse({}).schedule,
  auditWindows: settingsDocument.shape.audit.parse({}).schedule,
};

/** How often a schedule fires in a day. */
function ticksOfDay(text: string): number {
  const schedule = scheduleOf(text);
  assert.ok(typeof schedule === 'object');
  const midnight = Date.UTC(2026, 10, 26);
  let count = 0;
  for (let at = nextTick(schedule, midnight - 1); at < midnight + 24 * hour; at = nextTick(schedule, at)) count += 1;
  return count;
}

/** What every piece of telemetry of a host carries beside its own words. */
const tags = {
  'ai.application.ver': '1.0.0.0',
  'ai.cloud.roleInstance': '0--0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f',
  'ai.cloud.roleName': 'ilake-abcdefghijklm',
  'ai.internal.nodeName': '0--0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f',
  'ai.internal.sdkVersion': 'azurefunctions: 4.1039.200.25360',
  'ai.location.ip': '0.0.0.0',
  'ai.operation.id': '0af7651916cd43dd8448eb211c80319c',
  'ai.operation.name': 'planWindows',
  'ai.operation.parentId': 'b7ad6b7169203331',
};
const properties = {
  Category: 'Function.planWindows.User',
  HostInstanceId: guid,
  InvocationId: guid,
  LogLevel: 'Information',
  ProcessId: '17',
  FunctionName: 'planWindows',
};
const envelope = (baseType: string, baseData: object): number =>
  JSON.stringify({
    name: `Microsoft.ApplicationInsights.${guid.replaceAll('-', '')}.${baseType}`,
    time: '2026-11-26T00:00:00.0000000Z',
    iKey: guid,
    tags,
    data: { baseType, baseData: { ver: 2, ...baseData } },
  }).length + 1;
const trace = (message: string, more = {}): number =>
  envelope('MessageData', { message, severityLevel: 'Information', properties: { ...properties, ...more } });

/** A call: its request, and the two lines that the host writes about it. */
const call = (): number =>
  envelope('RequestData', {
    ...{ id: 'b7ad6b7169203331', name: 'planWindows', duration: '00:00:00.1234567', success: true, responseCode: '0' },
    properties: { ...properties, FullName: 'Functions.planWindows', TriggerReason: 'Timer fired at 2026-11-26' },
  }) +
  trace(`Executing 'Functions.planWindows' (Reason='Timer fired at 2026-11-26T00:00:00.0000000+00:00', Id=${guid})`, {
    '{OriginalFormat}': 'Executing {functionName} (Reason={reason}, Id={invocationId})',
  }) +
  trace(`Executed 'Functions.planWindows' (Succeeded, Id=${guid}, Duration=123ms)`, {
    '{OriginalFormat}': 'Executed {functionName} ({status}, Id={invocationId}, Duration={executionDuration}ms)',
  });

test('an app of ten signals with nothing to do sends less than 2 MB a day', async (t) => {
  // As counted at a stand-in for the ingestion endpoint: a plan line of one feed, 0.3 kB, came as 0.9 kB.
  assert.ok(trace('x'.repeat(300)) >= 900, `${trace('x'.repeat(300))} bytes`);
  const work = await mkdtemp(join(tmpdir(), 'idle-'));
  const azurite = await startAzurite();
  const simulator = await startSimulator({ data: memoryData() });
  const end = Math.floor(Date.now() / hour) * hour - 24 * hour;
  const env = environment({
    AzureWebJobsStorage: azurite.connectionString,
    APP_NAME: 'shop-production',
    APP_ID: guid,
    QUERY_ENDPOINT: simulator.url,
    QUERY_FROM: new Date(end - 2 * hour).toISOString(),
    QUERY_UNTIL: new Date(end).toISOString(),
    LAKE_CONNECTION_STRING: azurite.connectionString,
    LAKE_CONTAINER: 'lake',
    PLAN_SCHEDULE: '*/2 * * * * *',
    AUDIT_SCHEDULE: '*/2 * * * * *',
    BUDGET_RATE: '20000',
    TMPDIR: work,
  });
  const events: HostEvent[] = [];
  const app = startApp(
    env,
    join(work, 'log'),
    (event) => events.push(event),
    (error) => assert.fail(error),
  );
  try {
    await app.ready;
    const lines = () => events.flatMap((event) => (event.kind === 'log' ? [event] : []));
    const isIdle = ({ message }: { message: string }) => /"event":"plan".*"feeds":10,.*"open":0,/.test(message);
    await until(() => lines().some(isIdle));
    const calls = (name: string) => events.filter((event) => event.kind === 'ended' && event.name === name).length;
    // Until the last message has come back: from then on nothing happens but ticks.
    do {
      events.length = 0;
      await until(() => calls('planWindows') >= 5 && calls('auditWindows') >= 5);
    } while (calls('runWindow') > 0);
    const seen = [...events];
    const told = seen.filter((event) => event.kind === 'ended' && event.error !== '');
    assert.deepEqual(told, []);
    const names = new Set(seen.flatMap((event) => (event.kind === 'host' ? [] : [event.name])));
    assert.deepEqual([...names].sort(), Object.keys(timers).sort(), 'nothing else is called');
    let day = 0;
    for (const [name, schedule] of Object.entries(timers)) {
      const mine = seen.flatMap((event) => (event.kind === 'log' && event.name === name ? [trace(event.message)] : []));
      const bytes = call() + mine.reduce((sum, size) => sum + size, 0) / calls(name);
      t.diagnostic(`${name}: ${Math.round(bytes)} bytes a tick, ${ticksOfDay(schedule)} ticks a day`);
      day += bytes * ticksOfDay(schedule);
    }
    t.diagnostic(`${Math.round(day / 1e4) / 100} MB a day`);
    // What the host says by itself when it starts and now and then.
    assert.ok(day + 200_000 < 2_000_000, `${day} bytes a day`);
  } finally {
    await app.kill();
    await simulator.close();
    await azurite.close();
    await rm(work, { recursive: true, force: true });
  }
});

async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; tries < 3_000; tries++) {
    if (holds()) return;
    await sleep(100);
  }
  assert.fail('waited in vain');
}
