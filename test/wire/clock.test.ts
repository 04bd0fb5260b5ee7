/** A machine whose clock is ahead, where nobody tells it the query API's: storage's own tells what time is over. */
import assert from 'node:assert/strict';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, mock, test } from 'node:test';
import { BlobServiceClient } from '@azure/storage-blob';
import { type Azurite, startAzurite } from '../../local/azurite.ts';
import { memoryData } from '../../local/simulator/data.ts';
import { type Simulator, startSimulator } from '../../local/simulator/startSimulator.ts';
import { parseConfig } from '../../shared/config.ts';
import { wire } from '../../shared/wire.ts';
import { shopRows } from '../e2e/shopRows.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const CONTAINER = 'insights-logs-apprequests';
const real = Date.now();
const hour = Math.floor(real / HOUR) * HOUR;
let azurite: Azurite;
let simulator: Simulator;
let proxy: Server;

before(async () => {
  azurite = await startAzurite();
  const rows = shopRows({ seed: '1', app: 'shop', perHour: 20, start: hour - 3 * HOUR, end: hour + 2 * HOUR });
  simulator = await startSimulator({ data: memoryData(rows) });
  proxy = createServer((asked, answer) => {
    const sent = request(`${simulator.url}${asked.url}`, { method: asked.method, headers: asked.headers }, (came) => {
      const { date: _, ...headers } = came.headers;
      answer.sendDate = false;
      answer.writeHead(came.statusCode ?? 502, headers);
      came.pipe(answer);
    });
    asked.pipe(sent);
  }).listen(0, '127.0.0.1');
  await BlobServiceClient.fromConnectionString(azurite.connectionString).getContainerClient(CONTAINER).create();
});
after(async () => {
  mock.timers.reset();
  proxy.close();
  await simulator.close();
  await azurite.close();
});

const settings = () => ({
  AzureWebJobsStorage: azurite.connectionString,
  LAKE_CONNECTION_STRING: azurite.connectionString,
  LAKE_CONTAINER: 'lake',
  APP_NAME: 'shop',
  APP_ID: '11111111-2222-3333-4444-555555555555',
  QUERY_ENDPOINT: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
  QUERY_LAG: '0m',
  QUERY_FROM: new Date(hour - 3 * HOUR).toISOString(),
  SIGNALS: 'requests,traces',
  EXPORT_CONTAINER: CONTAINER,
  EXPORT_CONNECTION: 'AzureWebJobsStorage',
  EXPORT_REFRESH: '0m',
  LAKE_FORMAT: 'ndjson',
});

test('four days ahead: no window is planned before it has ended, and no tail of a blob is given up', async () => {
  const now = () => performance.timeOrigin + performance.now();
  /** Hours that have ended: one more where the test meets the end of another. */
  const hours = () => Math.floor((now() - hour) / HOUR) + 3;
  const ours = mock.method(Date, 'now', () => now() + 4 * DAY);
  try {
    const app = wire(parseConfig(settings(), () => ''));
    await app.drift(); // Any call to storage tells its time.
    const least = hours();
    const { feeds, errors } = await app.plan();
    assert.deepEqual(errors, []);
    const ended = feeds.filter(({ feed }) => feed.source === 'query');
    assert.equal(ended.length, 2);
    for (const { planned, horizon } of ended)
      assert.ok(planned >= least && planned <= hours() && horizon <= now(), `${planned}, ${new Date(horizon)}`);
    const [y, m, d, h] = new Date(hour).toISOString().split(/[-T:]/);
    const component = 'SUBSCRIPTIONS/S/RESOURCEGROUPS/R/PROVIDERS/MICROSOFT.INSIGHTS/COMPONENTS/STORE';
    const name = `resourceId=/${component}/y=${y}/m=${m}/d=${d}/h=${h}/m=00/PT1H.json`;
    const record = (n: number) =>
      `${JSON.stringify({ time: new Date(hour).toISOString(), Id: `${n}`, Name: 'GET /', Type: 'AppRequests' })}\n`;
    const blob = BlobServiceClient.fromConnectionString(azurite.connectionString)
      .getContainerClient(CONTAINER)
      .getAppendBlobClient(name);
    await blob.create();
    const [whole, half] = [record(1), record(2)];
    await blob.appendBlock(whole + half.slice(0, 40), whole.length + 40);
    const first = await app.arrive(name);
    assert.deepEqual([first?.state, first?.counts.written, first?.counts.quarantined], ['done', 1, 0]);
    await blob.appendBlock(half.slice(40), half.length - 40);
    const second = await app.arrive(name);
    assert.deepEqual([second?.state, second?.counts.written, second?.counts.quarantined], ['done', 2, 0]);
  } finally {
    ours.mock.restore();
  }
});
