import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { chanceOf } from '../../local/telemetry/chance.ts';
import { telemetryRows } from '../../local/telemetry/telemetryRows.ts';
import type { Signal } from '../../shared/model.ts';
import { seedOf } from '../seeds.ts';
import { assertLake } from './assertLake.ts';
import { classicDifferences } from './compare.ts';
import { startCommand } from './process.ts';
import { lakeFiles } from './readLake.ts';
import { denser, shopBlobs } from './shopRows.ts';
import { fromBlob, type LakeRow, windowText } from './truth.ts';

/** `transform` over a Continuous Export archive on disk, killed and continued. E2E_SEED repeats a run. */
const seed = seedOf('E2E_SEED');
const HOUR = 3_600_000;
const START = Date.UTC(2024, 4, 10, 6);
const exported = { seed, app: 'store', perHour: 60, start: START, end: START + 2 * HOUR };

let folder = '';
/** The window that each record comes from: the hour folder that it was delivered to. */
const windows = new Map<string, string>();

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'e2e-transform-'));
  for (const { name, text } of shopBlobs(exported)) {
    const path = join(folder, 'archive', name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
    const [, , date, hour] = name.split('/');
    const start = Date.parse(`${date}T${hour}:00:00Z`);
    for (const line of text.trimEnd().split('\n')) {
      windows.set(JSON.parse(line).internal.data.id, windowText({ start, end: start + HOUR }));
    }
  }
});
after(() => rm(folder, { recursive: true, force: true }));

const run = (lake: string, shift = 0) =>
  startCommand(['transform', join(folder, 'archive'), '--out', lake, '--json'], folder, shift);

function truthOf(signal: Signal): LakeRow[] {
  const rows = [...telemetryRows(denser(exported, signal))];
  return rows.map((row) => fromBlob(signal, row, exported.app, windows.get(String(row.itemId)) ?? ''));
}

const assertSame = (lake: string): Promise<number> =>
  assertLake(lake, { app: exported.app, seed, truthOf, compare: classicDifferences });

/** Names and bytes of every file of the lake. */
async function bytesOf(lake: string): Promise<Map<string, string>> {
  const { files } = await lakeFiles(lake, 'parquet');
  return new Map(
    await Promise.all(
      files.map(async (file) => [file, (await readFile(join(lake, file))).toString('base64')] as const),
    ),
  );
}

test('transform of all ten signals, twice', async (t) => {
  t.diagnostic(`E2E_SEED=${seed}`);
  const lake = join(folder, 'twice');
  const first = await run(lake).ended;
  assert.equal(first.code, 0, first.err);
  await assertSame(lake);
  const before = await bytesOf(lake);
  const second = await run(lake).ended;
  assert.equal(second.code, 0, second.err);
  assert.equal(JSON.parse(second.out).totals.done, 0, 'nothing has changed, so nothing is to be done');
  assert.deepEqual(await bytesOf(lake), before);
});

// Another lake of the same archive, which knows nothing of the first.
test('transform killed and continued', async (t) => {
  t.diagnostic(`E2E_SEED=${seed}`);
  const chance = chanceOf(`transform/${seed}`);
  const lake = join(folder, 'killed');
  let starts = 0;
  let struck = 0;
  for (; struck < 8; struck++) {
    const { child, ended } = run(lake, 20_000 * starts++);
    // From the moment on when the ledger is there, windows are under way.
    const ledger = join(lake, '_insights-lake');
    const gone = new AbortController();
    const moment = async () => {
      while ((await readdir(ledger).catch(() => [])).length === 0) await sleep(5, undefined, { signal: gone.signal });
      await sleep(chance.int(0, 400), undefined, { signal: gone.signal });
    };
    await Promise.race([moment().catch(() => undefined), ended.finally(() => gone.abort())]);
    child.kill('SIGKILL');
    if ((await ended).code !== undefined) break;
  }
  assert.ok(struck > 0, 'never killed');
  const last = await run(lake, 20_000 * starts).ended;
  assert.equal(last.code, 0, last.err);
  await assertSame(lake);
  t.diagnostic(`${struck} kills`);
});
