import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { DuckDBInstance } from '@duckdb/node-api';
import { startAzurite } from '../../local/azurite.ts';
import { keptPorts } from '../../local/demo/free-port.ts';
import { comparisonTable, shortfalls } from '../../local/demo/report.ts';
import { environment, settingsOf, storyAt } from '../../local/demo/story.ts';
import { type Comparison, compare, isComplete } from '../../local/demo/verify.ts';
import { exportBlobs } from '../../local/telemetry/exportBlobs.ts';
import { SIGNALS } from '../../local/telemetry/tables.ts';
import { telemetryRows } from '../../local/telemetry/telemetryRows.ts';
import { parseConfig } from '../../shared/config.ts';

/** The demonstration says "=": here is what makes it say so, and what does not. */

const story = (() => {
  const whole = storyAt(Date.UTC(2026, 0, 2, 12, 34));
  const { start } = whole.asked;
  return { ...whole, asked: { start, end: start + 120_000 }, exported: { start, end: start + 60_000 } };
})();
const blobs = [...exportBlobs({ ...story.store, ...story.exported })];
const idsOf = (signal: Comparison['signal']) =>
  [...telemetryRows({ ...story.shop, ...story.asked, signal })].map((row) => String(row.itemId));
const idsInBlobs = (folder: string) =>
  blobs
    .filter(({ name }) => name.includes(`/${folder}/`))
    .flatMap(({ text }) =>
      text
        .trim()
        .split('\n')
        .map((line): string => JSON.parse(line).internal.data.id),
    );

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'demo-'));
});
after(() => rm(folder, { recursive: true, force: true }));

async function write(lake: string, signal: string, app: string, ids: readonly string[]): Promise<void> {
  const place = join(lake, signal, `app=${app}`, 'hour=01');
  await mkdir(place, { recursive: true });
  const duckdb = await DuckDBInstance.create();
  const connection = await duckdb.connect();
  const list = ids.map((id) => `('${id}')`).join(',');
  await connection.run(`COPY (SELECT * FROM (VALUES ${list}) AS ids(itemId)) TO '${place}/${ids.length}.parquet'`);
  connection.closeSync();
  duckdb.closeSync();
}

test('a lake is complete when each id of both sources is in it once', async () => {
  const lake = join(folder, 'complete');
  await write(lake, 'requests', 'shop', idsOf('requests'));
  await write(lake, 'requests', 'store', idsInBlobs('Requests'));
  const [requests, dependencies] = await compare(story, blobs, lake, []);
  assert.ok(requests && requests.atSource > 20 && isComplete(requests));
  assert.ok(dependencies && dependencies.inLake === 0 && dependencies.missing > 20 && !isComplete(dependencies));
});

test('a missing row, a strange one and one that is there twice are told, also where the counts agree', async () => {
  const lake = join(folder, 'wrong');
  const [first = '', ...others] = [...idsOf('traces'), ...idsInBlobs('Messages')];
  await write(lake, 'traces', 'shop', [...others, 'strange']);
  const found = (await compare(story, blobs, lake, [])).find(({ signal }) => signal === 'traces');
  assert.ok(found && first !== '');
  assert.deepEqual([found.missing, found.strange, found.duplicates, found.inLake - found.atSource], [1, 1, 0, 0]);
  await write(lake, 'traces', 'store', others.slice(0, 3));
  const twice = (await compare(story, blobs, lake, [])).find(({ signal }) => signal === 'traces');
  assert.equal(twice?.duplicates, 3);
});

const one: Comparison = {
  signal: 'requests',
  windows: 3,
  atSource: 1234,
  inLake: 1234,
  missing: 0,
  strange: 0,
  duplicates: 0,
  files: 2,
  bytes: 2_500_000,
};

test('the table shows each signal and all of them', () => {
  assert.equal(
    comparisonTable([one, { ...one, signal: 'traces', inLake: 1235, duplicates: 1, bytes: 300 }]),
    [
      '  signal    windows  rows at the source     rows in the lake  files    size',
      '  requests        3               1,234  =             1,234      2  2.5 MB',
      '  traces          3               1,234  ≠             1,235      2    1 kB',
      '  all             6               2,468  ≠             2,469      4  2.5 MB',
    ].join('\n'),
  );
});

test('what is wrong is named by signal', () => {
  assert.deepEqual(shortfalls([one, { ...one, signal: 'traces', missing: 2, strange: 1, duplicates: 4 }]), [
    'traces: 2 rows are missing, 1 are strange, 4 are there twice',
  ]);
});

test('what one demonstration left the next finds at the same address; where that is taken, it says so', async () => {
  const file = join(folder, 'ports.json');
  const ports = await keptPorts(file, 3);
  assert.equal(new Set(ports).size, 3);
  assert.deepEqual(await keptPorts(file, 3), ports);
  const azurite = await startAzurite({ ports });
  try {
    assert.ok(azurite.tableUrl.startsWith(`http://127.0.0.1:${ports[2]}/`));
    await assert.rejects(keptPorts(file, 3), /port \d+ of this machine.* is taken.*npm run reset/);
  } finally {
    await azurite.close();
  }
});

test('the settings of the demonstration are settings that the app accepts, and ask nobody but this machine', () => {
  const around = { connectionString: 'UseDevelopmentStorage=true', endpoint: 'http://127.0.0.1:1', lake: folder };
  for (const live of [false, true]) {
    const settings = settingsOf(storyAt(Date.UTC(2026, 0, 2, 12, 34)), around, live);
    const config = parseConfig(environment(settings, folder));
    assert.deepEqual(config.apps[0]?.query?.signals, SIGNALS);
    assert.equal(new URL(config.apps[0]?.query?.url ?? '').hostname, '127.0.0.1');
    assert.equal(config.apps[0]?.query?.from, Date.UTC(2026, 0, 2, 8));
    assert.equal(config.lake.kind, 'folder');
  }
});

test('settings of a real app do not leak into the demonstration', () => {
  process.env.LAKE_ACCOUNT_URL = 'https://real.blob.core.windows.net';
  process.env.QUERY_KEY = 'real';
  assert.deepEqual(
    Object.keys(environment({}, folder)).filter((name) => /^(LAKE|QUERY)_/.test(name)),
    [],
  );
});
