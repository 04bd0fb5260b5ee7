/**
 * Lives of a lake of real files in Azurite, Parquet, CSV and tables: rows come, move, go and cannot be read; a run dies
 * at a call of its own; the ledger is dropped, halved, or one from before; then `adopt` with the real readers of files.
 * Each life goes on in the lake of the one before. LIVES=all: a death at every call, of each damage; else a few.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import zlib from 'node:zlib';
import { parquetReadObjects } from 'hyparquet';
import { type Azurite, startAzurite } from '../../../local/azurite.ts';
import { parseConfig } from '../../../shared/config.ts';
import { defaultPathTemplate } from '../../../shared/lake/path-template.ts';
import type { ObjectStore, Output } from '../../../shared/model.ts';
import { rerunWindows } from '../../../shared/pipeline/ask/rerun.ts';
import { auditLake } from '../../../shared/pipeline/audit/audit-lake.ts';
import { createMemoryLedger } from '../../../shared/state/ledger-memory.ts';
import { openStore } from '../../../shared/wire/clients.ts';
import { asTheyAre, localPorts } from '../../../shared/wire/local.ts';
import { createStories, windowFiles } from '../../../shared/wire/stories.ts';
import {
  assertWhole,
  begun,
  copyOfLedger,
  day,
  hour,
  type Ledger,
  type Making,
  type Row,
  type Settings,
  worldOn,
} from './damaged-world.ts';

const isWhole = process.env.LIVES === 'all';
let azurite: Azurite;
before(async () => {
  azurite = await startAzurite({ inMemory: true });
});
after(() => azurite.close());

const kinds: Readonly<Record<string, Settings>> = {
  parquet: { size: day, format: 'parquet', partition: 'hour', delta: false },
  csv: { size: day, format: 'csv', partition: 'hour', delta: false },
  delta: { size: day, format: 'parquet', partition: 'day', delta: true },
};

const app = { APP_NAME: 'shop', APP_ID: '00000000-0000-0000-0000-000000000001', QUERY_FROM: '2026-01-01' };
const wordOf = /id_\w+?_x/g;
const record = ({ id, at }: Row): string =>
  JSON.stringify({
    request: [{ id: 'r', name: 'GET' }],
    internal: { data: { id: `id_${id}_x` } },
    context: { data: { eventTime: new Date(at).toISOString() } },
  });

function makingIn(lake: ObjectStore, settings: Settings): Making {
  const path = defaultPathTemplate(settings.partition);
  const output: Output = {
    ...{ format: settings.format, gzip: false, partition: settings.partition, path },
    ...(settings.delta && { table: 'delta' as const }),
  };
  const { engine, discard, withWorkFolder, hash, path: pathOf } = localPorts(output, asTheyAre);
  const bytesOf = async (name: string) => Buffer.concat(await Array.fromAsync(lake.read(name)));
  return {
    ...{ engine, discard, withWorkFolder, hash, path: pathOf },
    story: createStories(lake, new Set([path]), '_quarantine'),
    inLake: windowFiles(lake, new Set([path]), '_quarantine', settings.delta ? ({} as never) : undefined),
    chunks: (rows) => {
      const bad = rows.filter(({ id }) => id.startsWith('bad'));
      const good = rows.filter((row) => !bad.includes(row));
      const bytes = Buffer.from(good.map((row) => `${record(row)}\n`).join(''));
      const segments = [{ blob: 'a', offset: 0, position: 0, length: bytes.length }];
      const faults = bad.map(({ id }, n) => {
        const text = Buffer.from(`{ id_${id}_x`);
        return { blob: 'a', offset: bytes.length + 100 * n, length: text.length, reason: 'not JSON', bytes: text };
      });
      return [{ bytes, layout: 'continuous', columns: [], segments, faults }];
    },
    words: async (name) => {
      const bytes = await bytesOf(name);
      if (!name.endsWith('.parquet'))
        return bytes
          .toString()
          .split('\n')
          .flatMap((line) => [...new Set(line.match(wordOf) ?? [])])
          .map((word) => word.slice(3, -2));
      const rows = await parquetReadObjects({
        file: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer,
        columns: ['itemId'],
        compressors: { ZSTD: (input) => zlib.zstdDecompressSync(input) },
      });
      return rows.map(({ itemId }) => String(itemId).slice(3, -2));
    },
  };
}

/**
 * The rows of a life: every day has some; what came in the life before has moved or gone; others cannot be read. No day
 * has as many as in the life before: by that one is confirmed of which only the files tell.
 */
const rowsOf = (life: number): Row[] =>
  [0, 1, 2, 3].flatMap((n) => [
    { id: `d${n}a`, at: begun + n * day + 3 * hour },
    ...Array.from({ length: (n + life) % 4 }, (_, each) => ({
      id: `d${n}l${life}r${each}`,
      at: begun + n * day + ((life * 5 + each * 7) % 24) * hour,
    })),
    ...((n + life) % 3 === 1 ? [{ id: `bad${n}l${life}`, at: begun + n * day }] : []),
  ]);

const damages: Readonly<Record<string, (ledger: Ledger, before: Ledger) => Promise<Ledger>>> = {
  dropped: async () => createMemoryLedger(),
  halved: (ledger) => copyOfLedger(ledger, (_, n) => n % 2 === 0, false),
  'from before': async (_, before) => before,
  kept: async (ledger) => ledger,
};

for (const [kind, settings] of Object.entries(kinds))
  test(`${kind}: lives of a lake whose ledger is lost again and again while runs die`, async (t) => {
    const { connectionString } = azurite;
    const env = {
      AzureWebJobsStorage: connectionString,
      LAKE_CONNECTION_STRING: connectionString,
      LAKE_CONTAINER: kind,
    };
    const lake = openStore(parseConfig({ ...env, ...app }, () => '').lake);
    await lake.prepare();
    const making = makingIn(lake, settings);
    const truth = { rows: rowsOf(0) as readonly Row[] };
    const time = { now: begun + 4 * day };
    let ledger: Ledger = createMemoryLedger();
    const enter = () => worldOn({ lake, ledger }, truth, time, settings, making);
    let world = enter();
    await world.meet();
    await world.plan();
    await world.deliver();
    let deaths = 0;
    const names = Object.keys(damages);
    for (let life = 1; life <= (isWhole ? 200 : 3); life++) {
      const earlier = await copyOfLedger(ledger);
      truth.rows = rowsOf(life);
      time.now += 13 * hour;
      await world.meet();
      const all = { app: '', signals: [], faulty: false, missing: false, begin: true, start: begun, end: time.now };
      await rerunWindows(all, world.opens);
      await world.plan();
      const died = await world.dieAt(isWhole ? Math.floor(life / names.length) : (life * 7) % 23);
      deaths += Number(died);
      const name = names[(life - 1) % names.length] ?? 'kept';
      ledger = (await damages[name]?.(ledger, earlier)) ?? ledger;
      world = enter();
      const told = `life ${life}, ledger ${name}`;
      if (name !== 'kept') await assert.rejects(world.meet(), /insights-lake adopt/, told);
      if (name !== 'kept') await world.adopt();
      await world.meet();
      const everything = { app: '', signals: [], start: 0, end: Number.MAX_SAFE_INTEGER };
      const ports = { ...world.opens, lake, named: world.named, ...(world.run.tables && { tables: world.run.tables }) };
      for (let night = 0; night < 3; night++) {
        time.now += 13 * hour;
        await world.plan();
        await world.audit();
        await world.deliver();
        await auditLake({ ...everything, repair: true }, ports);
        await world.plan();
        await world.deliver();
      }
      await assertWhole(world, truth, told);
      if (isWhole && !died && life % names.length === 0) break;
    }
    t.diagnostic(`${deaths} runs died`);
    assert.ok(deaths > 1, `${deaths} deaths`);
  });
