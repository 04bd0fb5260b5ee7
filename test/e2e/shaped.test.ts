import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { BlobServiceClient } from '@azure/storage-blob';
import { type Azurite, startAzurite } from '../../local/azurite.ts';
import { injectCore } from '../../local/host/core.ts';
import { memoryData } from '../../local/simulator/data.ts';
import { type Simulator, startSimulator } from '../../local/simulator/startSimulator.ts';
import { asExportRecord } from '../../local/telemetry/asExportRecord.ts';
import type { Row } from '../../local/telemetry/row.ts';
import { telemetryRows } from '../../local/telemetry/telemetryRows.ts';
import { startInstance } from './instance.ts';
import { blobsLeft, entitiesLeft } from './left.ts';
import { environment } from './process.ts';

/**
 * Shaping and a quarantine in a container of its own: the functions of the app against Azurite, with what is hidden
 * looked for in every byte that they leave anywhere.
 */
const START = Date.UTC(2024, 4, 10);
const HOUR = 3_600_000;
const KEY = 'a key that nobody knows';
const FOLDER = `store_${'0123456789abcdef'.repeat(2)}`;
const BLOB = `${FOLDER}/Requests/2024-05-10/00/a_20240510_000000.blob`;
const APPENDED =
  'resourceId=/SUBSCRIPTIONS/S/RESOURCEGROUPS/G/PROVIDERS/MICROSOFT.INSIGHTS/COMPONENTS/PAY/' +
  'y=2024/m=05/d=10/h=00/m=00/PT1H.json';
const window = { app: 'shop', signal: 'requests' as const, source: 'query', start: START, end: START + HOUR };

let folder = '';
let azurite: Azurite;
let simulator: Simulator;

/** Requests whose user, address and mail are nobody else's. */
function rowsOf(app: string): Row[] {
  const rows = telemetryRows({ seed: 'shaped', app, perHour: 20, signal: 'requests', start: START, end: START + HOUR });
  return [...rows].map((row, n) => ({
    ...row,
    name: `seen-${app}-${n}.`,
    client_IP: `hidden-address-${app}-${n}.`,
    user_Id: `hidden-user-${app}-${n}.`,
    customDimensions: JSON.stringify({ Mail: `hidden-mail-${app}-${n}.`, tenant: `tenant-${n}` }),
  }));
}

/** As diagnostic settings spell them. */
const flat = ({ timestamp, name, client_IP, user_Id, customDimensions }: Row) => ({
  ...{ time: timestamp, Type: 'AppRequests', Name: name, ClientIP: client_IP, UserId: user_Id, Success: 'odd' },
  Properties: JSON.parse(String(customDimensions)),
});

const bad = (app: string) => [
  `{"Type":"AppRequests","ClientIP":"hidden-line-${app}`,
  `hidden-words-${app}`,
  '{"ClientIP":"hidden-kind"}',
];

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'e2e-shaped-'));
  azurite = await startAzurite();
  simulator = await startSimulator({ data: memoryData(rowsOf('shop')) });
  const lines = [...bad('store').slice(1), ...rowsOf('store').map((row) => JSON.stringify(asExportRecord(row)))];
  const appended = [...rowsOf('pay').map((row) => JSON.stringify(flat(row))), ...bad('pay')];
  await put('exports', BLOB, lines.join('\n'));
  await put('insights-logs-apprequests', APPENDED, appended.join('\n'));
});
after(async () => {
  await simulator?.close();
  await azurite?.close();
  await rm(folder, { recursive: true, force: true });
});

const blobs = () => BlobServiceClient.fromConnectionString(azurite.connectionString);

async function put(container: string, name: string, text: string): Promise<void> {
  await blobs().getContainerClient(container).createIfNotExists();
  await blobs().getContainerClient(container).getBlockBlobClient(name).upload(text, Buffer.byteLength(text));
}

const hiding = { '*': { drop: ['client_IP'], hash: ['user_Id'], dimensions: { deny: ['mail'] } } };
const settingsOf = (
  lake: string,
  shape: object,
  more: Readonly<Record<string, string>> = {},
): Record<string, string> => ({
  AzureWebJobsStorage: azurite.connectionString,
  INSIGHTS_LAKE_CONFIG: JSON.stringify({
    shape,
    exports: { container: ['exports', 'insights-logs-apprequests'], connection: 'AzureWebJobsStorage' },
  }),
  SHAPE_HASH_KEY: KEY,
  APP_NAME: 'shop',
  APP_ID: '11111111-2222-3333-4444-555555555555',
  SIGNALS: 'requests',
  QUERY_ENDPOINT: simulator.url,
  QUERY_FROM: new Date(START).toISOString(),
  QUERY_UNTIL: new Date(START + HOUR).toISOString(),
  EXPORT_REFRESH: '0m',
  EXPORT_FROM: new Date(START).toISOString(),
  EXPORT_UNTIL: new Date(START + HOUR).toISOString(),
  LAKE_CONNECTION_STRING: azurite.connectionString,
  LAKE_CONTAINER: lake,
  LAKE_PREFIX: 'telemetry',
  LAKE_FORMAT: 'ndjson',
  QUARANTINE_CONTAINER: `${lake}-unreadable`,
  QUARANTINE_PREFIX: 'unreadable',
  STATE_TABLE: lake,
  WINDOW_QUEUE: lake,
  TMPDIR: folder,
  ...more,
});

const entriesOf = (text: string): readonly Readonly<Record<string, unknown>>[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

test('what is hidden is in no blob, no entity and no log; quarantine has its own container and no bytes', async () => {
  const env = settingsOf('hidden', {
    ...hiding,
    requests: { where: "name !endswith '-1.'", rename: { name: 'title' } },
  });
  Object.assign(process.env, env);
  const core = injectCore();
  for (const name of ['planWindows', 'runWindow', 'transformBlob']) await import(`../../functions/${name}.ts`);
  const lines: string[] = [];
  const invoke = (name: string, data: object) => {
    const trigger = core.functions.get(name)?.trigger.name ?? '';
    return core.invoke(
      name,
      { invocationId: '1', inputData: [{ name: trigger, data }], triggerMetadata: {} },
      (_, line) => lines.push(line),
    );
  };
  const reference = { Connection: 'AzureWebJobsStorage', ContainerName: 'exports', BlobName: BLOB };
  const modelBindingData = { version: '1.0', source: 'AzureStorageBlobs', contentType: 'application/json' };
  const run = (app: string, source: string) => {
    const { start, end, signal } = window;
    return invoke('runWindow', {
      string: JSON.stringify({ app, signal, source, start: new Date(start), end: new Date(end) }),
    });
  };
  await invoke('planWindows', { json: '{}' });
  await invoke('transformBlob', {
    modelBindingData: { ...modelBindingData, content: Buffer.from(JSON.stringify(reference)) },
  });
  await invoke('runWindow', {
    string: JSON.stringify({ sweep: { from: new Date(START), to: new Date(START + HOUR) } }),
  });
  await run('pay', 'diagnostics');
  await run('shop', 'query');

  const runs = lines.map((line) => JSON.parse(line)).filter(({ event }) => event === 'run');
  const counts = Object.fromEntries(
    runs.map(({ app, read, filtered, written, quarantined }) => [app, { read, filtered, written, quarantined }]),
  );
  const total = (app: string) => rowsOf(app).length;
  const expected = (app: string, quarantined: number) => ({
    read: total(app),
    filtered: 1,
    written: total(app) - 1,
    quarantined,
  });
  assert.deepEqual(counts, { store: expected('store', 2), pay: expected('pay', 3), shop: expected('shop', 0) });

  const [lake, quarantine] = [await blobsLeft(azurite, 'hidden'), await blobsLeft(azurite, 'hidden-unreadable')];
  const ledger = await entitiesLeft(azurite, 'hidden');
  assert.deepEqual(
    [...quarantine.keys()],
    [
      'telemetry/unreadable/requests/app=pay/date=2024-05-10/hour=00/diagnostics_20240510T0000Z_20240510T0100Z.ndjson',
      'telemetry/unreadable/requests/app=store/date=2024-05-10/hour=00/continuous_20240510T0000Z_20240510T0100Z.ndjson',
    ],
  );
  assert.deepEqual(
    [...lake.keys()].map((name) => name.split('/date=')[0]),
    ['pay', 'shop', 'store'].map((app) => `telemetry/requests/app=${app}`),
  );
  const fields = [...quarantine.values()].flatMap(entriesOf).map((entry) => Object.keys(entry).join());
  assert.deepEqual(fields, Array(5).fill('window,blob,offset,length,reason'));
  const kept = ledger
    .filter(({ rowsRead }) => Number(rowsRead) > 0)
    .map(({ quarantined, rowsFiltered }) => [quarantined, rowsFiltered].map(Number));
  assert.deepEqual(kept.map(String).toSorted(), ['0,1', '2,1', '3,1']);

  const rows = [...lake.values()].flatMap(entriesOf);
  for (const app of ['store', 'pay', 'shop']) {
    for (const [n] of rowsOf(app).entries()) {
      const row = rows.find(({ title }) => title === `seen-${app}-${n}.`);
      assert.equal(
        row?.user_Id,
        n === 1 ? undefined : createHmac('sha256', KEY).update(`hidden-user-${app}-${n}.`).digest('hex'),
      );
      assert.deepEqual(row?.customDimensions, n === 1 ? undefined : { tenant: `tenant-${n}` });
    }
  }
  const everything = [...lake.values(), ...quarantine.values(), JSON.stringify(ledger), ...lines].join('\n');
  assert.deepEqual(
    [...new Set(everything.match(/hidden-[a-z]+/g) ?? [])].filter((word) => word !== 'hidden-unreadable'),
    [],
  );
  assert.ok(!everything.includes(KEY));
});

const variants: readonly (readonly [
  what: string,
  name: string,
  shape: object,
  more: Readonly<Record<string, string>>,
  bytes: boolean,
])[] = [
  ['unless their owner says so', 'kept', hiding, { QUARANTINE_BYTES: 'keep' }, true],
  ['nor where the owner says so, without any shape', 'omitted', {}, { QUARANTINE_BYTES: 'omit' }, false],
  [
    'but where nothing is hidden',
    'open',
    { '*': { where: "operation_Name <> 'x'", rename: { url: 'address' } } },
    {},
    true,
  ],
];
for (const [what, name, shape, more, bytes] of variants) {
  test(`bytes of unreadable lines are not kept, ${what}`, async () => {
    const app = await startInstance(environment(settingsOf(name, shape, more)));
    try {
      const outcome = await app.arrive(BLOB);
      assert.equal(outcome?.error, '');
      assert.equal(outcome?.counts.quarantined, 2);
      assert.ok(
        outcome?.files.some(
          ({ path, signal }) => signal === 'quarantine' && path.startsWith('unreadable/requests/app=store/'),
        ),
      );
    } finally {
      await app.kill();
    }
    const [lake, quarantine] = [await blobsLeft(azurite, name), await blobsLeft(azurite, `${name}-unreadable`)];
    assert.ok([...lake.keys()].every((path) => path.startsWith('telemetry/requests/')));
    assert.deepEqual([...quarantine.values()].join('').includes('hidden-words-store'), bytes);
  });
}
