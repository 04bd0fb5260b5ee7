/**
 * On Azurite, with the wired app: the deployment that brings this version also names files otherwise, or has the lake
 * elsewhere. What the version before left knows nothing of templates, or of a lake's word, or of tags of files.
 * REPLACED=all: every change of every lake; else one of each.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import zlib from 'node:zlib';
import { TableClient } from '@azure/data-tables';
import { parquetReadObjects } from 'hyparquet';
import { type Azurite, startAzurite } from '../../local/azurite.ts';
import { memoryData } from '../../local/simulator/data.ts';
import { startSimulator } from '../../local/simulator/startSimulator.ts';
import { parseConfig } from '../../shared/config.ts';
import { openLedger, openStore } from '../../shared/wire/clients.ts';
import { wire } from '../../shared/wire.ts';
import { run } from '../cli/real.ts';
import { shopRows } from './shopRows.ts';

const HOUR = 3_600_000;
const hours = 4;
const start = Math.floor(Date.now() / HOUR) * HOUR - 30 * HOUR;
const rowsOf = (seed: string, perHour: number) =>
  shopRows({ seed, app: 'shop', perHour, start, end: start + hours * HOUR });
let [one, two]: Azurite[] = [];
before(async () => {
  [one, two] = await Promise.all([startAzurite({ inMemory: true }), startAzurite({ inMemory: true })]);
});
after(() => Promise.all([one?.close(), two?.close()]));

type Env = Readonly<Record<string, string>>;
const own = 'own/{app}/{signal}/{yyyy}-{MM}-{dd}/{HH}/{source}_{start}_{end}.{ext}';
const other = '{yyyy}/{MM}/{dd}/{HH}/{signal}/{app}/{source}_{start}_{end}.{ext}';

/** The ids of rows, all that lie in the lake. */
async function idsIn(env: Env): Promise<string[]> {
  const lake = openStore(parseConfig(env, () => '').lake);
  const ids: string[] = [];
  for await (const { name } of lake.list('')) {
    if (name.startsWith('_')) continue;
    const bytes = Buffer.concat(await Array.fromAsync(lake.read(name)));
    if (name.endsWith('.parquet')) {
      const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
      const compressors = { ZSTD: (input: Uint8Array) => zlib.zstdDecompressSync(input) };
      const rows = await parquetReadObjects({ file, columns: ['itemId'], compressors });
      ids.push(...rows.map(({ itemId }) => String(itemId)));
    } else
      ids.push(
        ...bytes
          .toString()
          .split('\n')
          .flatMap((line) => (line === '' ? [] : String(JSON.parse(line).itemId))),
      );
  }
  return ids.sort();
}

async function bringIn(env: Env): Promise<void> {
  const app = wire(parseConfig(env, () => ''));
  const { state, lake } = parseConfig(env, () => '');
  const ledger = openLedger(state, lake);
  for (let ticks = 0; ticks < 2; ticks++) {
    assert.deepEqual((await app.plan()).errors, []);
    for await (const feed of ledger.feeds())
      for await (const { window } of ledger.open(feed)) {
        const { state: was, error } = await app.run(window);
        assert.ok(['done', 'unchanged', 'early'].includes(was), `${was}: ${error}`);
      }
  }
}

/** As earlier versions left it. */
async function asBefore(env: Env, has: 'a word without templates' | 'no word'): Promise<void> {
  const { state, lake } = parseConfig(env, () => '');
  const [store, ledger] = [openStore(lake), openLedger(state, lake)];
  const name = '_insights-lake/lake.json';
  const etag = await store.head(name);
  if (has === 'no word') {
    await store.remove(name, etag ?? '');
    const table = TableClient.fromConnectionString(env.AzureWebJobsStorage ?? '', env.STATE_TABLE ?? '', {
      allowInsecureConnection: true,
    });
    for await (const { partitionKey = '', rowKey = '', ...row } of table.listEntities())
      if ('adopting' in row || 'lakeId' in row || /mark|^lake/.test(rowKey))
        await table.deleteEntity(partitionKey, rowKey);
    assert.equal(await ledger.mark(), undefined);
  } else {
    const { paths, markTag, ...word } = JSON.parse(Buffer.concat(await Array.fromAsync(store.read(name))).toString());
    assert.equal(paths.length, 1);
    await store.put(name, Buffer.from(JSON.stringify({ ...word, product: '0.0.9' })), etag);
  }
  for await (const feed of ledger.feeds())
    for await (const { window } of ledger.list(feed)) {
      const seen = (await ledger.read(window)) ?? assert.fail();
      const files = seen.value.files.map(({ etag: _, hash: __, ...file }) => file);
      await ledger.write({ ...seen.value, files }, seen.etag);
    }
}

let [n, tried] = [0, 0];
for (const format of ['parquet', 'ndjson'])
  for (const has of ['a word without templates', 'no word'] as const)
    for (const change of ['path', 'path and format', 'another container', 'another account'])
      if (process.env.REPLACED === 'all' || tried++ % 5 === 0)
        test(`${format}, ${has}; with the update: ${change}`, async () => {
          const data = memoryData(rowsOf('1', 6));
          const simulator = await startSimulator({ data });
          const word = `moved${++n}`;
          const before: Env = {
            ...{ AzureWebJobsStorage: one?.connectionString ?? '', STATE_TABLE: word, WINDOW_QUEUE: word },
            ...{ APP_NAME: 'shop', APP_ID: '11111111-2222-3333-4444-555555555555', SIGNALS: 'requests' },
            QUERY_ENDPOINT: simulator.url,
            QUERY_FROM: new Date(start).toISOString(),
            QUERY_UNTIL: new Date(start + hours * HOUR).toISOString(),
            ...{ QUERY_WINDOW: '1h', LAKE_FORMAT: format, LAKE_PATH: own },
            ...{ LAKE_CONNECTION_STRING: one?.connectionString ?? '', LAKE_CONTAINER: word },
          };
          const changes: Readonly<Record<string, Env>> = {
            path: { LAKE_PATH: other },
            'path and format': {
              LAKE_PATH: other,
              LAKE_FORMAT: format === 'ndjson' ? 'parquet' : 'ndjson',
              QUERY_WINDOW: '2h',
            },
            'another container': { LAKE_CONTAINER: `${word}b` },
            'another account': { LAKE_CONNECTION_STRING: two?.connectionString ?? '', LAKE_PATH: other },
          };
          const wanted = () =>
            data
              .all('requests')
              .map(({ itemId }) => String(itemId))
              .sort();
          try {
            await bringIn(before);
            assert.deepEqual(await idsIn(before), wanted());
            await asBefore(before, has);
            const there = { ...before, ...changes[change] };
            data.add(rowsOf('late', 2));
            data.purge('requests', ({ itemId }) => /[0-4]$/.test(String(itemId)));
            const isElsewhere = change.startsWith('another');
            await bringIn(there);
            const asked = ['rerun', '--app', 'shop', '--from', new Date(start).toISOString(), '--start'];
            const { code, err } = await run(asked, there);
            assert.equal(code, 0, err);
            await bringIn(there);
            assert.deepEqual(await idsIn(there), wanted());
            const audited = await run(['audit'], there);
            assert.equal(audited.code, 0, audited.out + audited.err);
            if (isElsewhere) assert.ok((await idsIn(before)).length > 0, 'the lake of before stays as it is');
          } finally {
            await simulator.close();
          }
        });
