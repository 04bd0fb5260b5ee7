import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BlobServiceClient } from '@azure/storage-blob';
import { startAzurite } from '../../local/azurite.ts';
import { type RunningApp, startApp } from '../../local/demo/app.ts';
import { startSimulator } from '../../local/simulator/startSimulator.ts';
import { type Chance, chanceOf } from '../../local/telemetry/chance.ts';
import { clockModule, environment } from '../e2e/process.ts';
import { soakCommands } from './commands.ts';
import { soakSource } from './exports.ts';
import { damage, differences } from './lake.ts';
import { rowsSeen } from './seen.ts';
import { webRows } from './web.ts';

const HOUR = 3_600_000;
const day = 24 * HOUR;

/** Settings that may change between two starts of an app. */
const changing: readonly (readonly [string, readonly string[]])[] = [
  ['LAKE_FORMAT', ['parquet', 'ndjson', 'csv']],
  ['LAKE_PARTITION', ['hour', 'day']],
  ['QUERY_WINDOW', ['1h', '2h', '6h', '1d']],
  ['EXPORT_WINDOW', ['1h', '6h', '1d']],
  ['EXPORT_REFRESH', ['0m', '1m']],
  ['LAKE_PATH', ['', '{signal}/app={app}/y={yyyy}/{MM}-{dd}T{HH}/{source}_{start}_{end}.{ext}']],
  ['PLAN_LIMIT', ['3', '240']],
];

/** A deployed app from its beginning on: killed, begun again with other settings, beside commands that steer it. */
export async function soakAppLife(base: string, seed: string, until: number, tell: (text: string) => void) {
  const chance = chanceOf(`app/${seed}`);
  const today = Math.floor(Date.now() / day) * day;
  const source = await soakSource(base, [today - 2 * day, today - day], chance, true);
  const range = { start: today - 2 * day + 3 * HOUR, end: today - 2 * day + 11 * HOUR };
  const web = webRows(seed, range);
  const simulator = await startSimulator({ data: web.data, seed });
  const azurite = await startAzurite({ inMemory: true });
  const blobs = BlobServiceClient.fromConnectionString(azurite.connectionString);
  await blobs.getContainerClient('exports').create();
  const stored = mirror(blobs, source.root());
  const lake = join(base, 'lake');
  const table = chance.hit(0.35);
  const env = (): Record<string, string> => ({
    ...{ AzureWebJobsStorage: azurite.connectionString, LAKE_FOLDER: lake, TMPDIR: base, LEASE: '10s' },
    ...{ APP_NAME: 'web', APP_ID: '11111111-2222-3333-4444-555555555555', QUERY_ENDPOINT: simulator.url },
    ...{ SIGNALS: 'traces,customEvents', QUERY_FROM: iso(range.start), QUERY_UNTIL: iso(range.end) },
    ...{ EXPORT_CONTAINER: 'exports', EXPORT_CONNECTION: 'AzureWebJobsStorage', EXPORT_EMPTIED: 'follow' },
    ...{ EXPORT_TRIGGER: 'LogsAndContainerScan', PLAN_PATIENCE: '1m', BUDGET_RATE: '20000' },
    ...{ PLAN_SCHEDULE: '*/3 * * * * *', SWEEP_SCHEDULE: '*/4 * * * * *', AUDIT_SCHEDULE: '*/5 * * * * *' },
    ...{ LAKE_SCHEDULE: '*/7 * * * * *', ...(table ? { LAKE_TABLE: 'delta' } : chosen(chance)) },
  });
  const settings = join(base, 'settings.json');
  const commands = soakCommands(base, chance, tell);
  const apps: RunningApp[] = [];
  const end = async (): Promise<void> => {
    for (const each of apps.splice(0)) await each.kill();
  };
  /** One or two instances; each has a clock of its own, and now and then settings, as while others are rolled out. */
  const begin = async (): Promise<void> => {
    let values = env();
    for (let n = chance.hit(0.5) ? 2 : 1; n > 0; n--) {
      if (chance.hit(0.5)) values = env();
      tell(`  begun: ${JSON.stringify(Object.fromEntries(changing.map(([name]) => [name, values[name]])))}`);
      await writeFile(settings, JSON.stringify({ IsEncrypted: false, Values: values }));
      const shift = chance.pick([0, 0, 0, -120_000, 1_800_000]);
      tell(`  an instance, its clock off by ${shift / 1000} s`);
      const clock = { NODE_OPTIONS: `--import=${clockModule}`, CLOCK_SHIFT_MS: String(shift) };
      const app = startApp(
        { ...environment(values), ...clock },
        join(base, 'app.log'),
        () => {},
        (error) => tell(`  ${error.message}`),
      );
      apps.push(app);
      await app.ready;
    }
  };
  const look = async (): Promise<void> => {
    const resumed = await commands.whole(['resume', '--settings', settings]);
    assert.equal(resumed.code, 0, resumed.out + resumed.err);
    for (let second = 0; ; second += 3) {
      const truth = new Map([...source.truth(), ...web.truth()]);
      const faults = await rowsSeen(lake, table).then(
        (rows) => differences(rows, truth),
        (error: unknown) => [String(error)],
      );
      if (faults.length === 0) return tell(`  as the source after ${second} s`);
      assert.ok(second < 600, `${faults.length} rows differ after ${second} s: ${faults.slice(0, 20).join('\n')}`);
      await sleep(3000);
    }
  };
  /** Whoever paused a backfill or cancelled one has what is left of it planned by the horizon all the same. */
  const steerBackfill = async (): Promise<void> => {
    const status = await commands.whole(['backfill', 'status', '--settings', settings, '--json']);
    if (status.code !== 0) return;
    const { backfills } = JSON.parse(status.out) as { backfills: readonly { id: string }[] };
    if (backfills.length === 0) return;
    const what = chance.pick(['pause', 'resume', 'cancel'] as const);
    const { id } = chance.pick(backfills);
    await commands.atOnce([['backfill', what, '--settings', settings, '--id', id]], 0.3, async () => {});
  };
  tell(`app ${seed}: ${table ? 'tables' : 'plain'}`);
  try {
    await stored();
    await begin();
    for (let steps = 1; Date.now() < until && steps <= 24; steps++) {
      for (let n = chance.int(0, 3); n > 0; n--) tell(`  ${await source.change()}`);
      await stored();
      if (chance.hit(0.3)) tell(`  ${web.change(chance)}`);
      if (chance.hit(0.1)) tell(`  ${await damage(lake, chance)}`);
      if (chance.hit(0.3)) {
        await end();
        await begin();
      }
      if (chance.hit(0.2)) await steerBackfill();
      const all = Array.from({ length: chance.int(0, 2) }, () => steering(settings, range, chance));
      await commands.atOnce(all, 0.4, () => sleep(chance.int(500, 4000)));
      if (steps % 8 === 0) await look();
    }
    await look();
  } finally {
    await end();
    await simulator.close();
    await azurite.close();
  }
}

const iso = (at: number): string => new Date(at).toISOString();
const chosen = (chance: Chance): Record<string, string> => {
  const found = Object.fromEntries(changing.map(([name, values]) => [name, chance.pick(values)]));
  return found.LAKE_PARTITION === 'day' ? { ...found, LAKE_PATH: '' } : found;
};

function steering(settings: string, range: { readonly start: number; readonly end: number }, chance: Chance): string[] {
  const given = ['--settings', settings];
  const within = ['--from', iso(range.start), '--to', iso(range.end)];
  return chance.pick([
    ['audit', ...given],
    ['audit', ...given, '--repair'],
    ['requeue', ...given],
    ['rerun', ...given, ...within, '--start'],
    ['rerun', ...given, '--missing', ...within, '--start'],
    ['adopt', ...given],
    ['adopt', ...given, '--write'],
    ['retention', ...given, '--keep', '400d', '--remove'],
    ['backfill', 'start', ...given, ...within, '--only', chance.pick(['missing', 'failed', 'all'])],
    ['backfill', 'status', ...given],
    ['sweep', '--enqueue', ...given],
    ['backfill', 'plan', ...given, ...within],
    ['rerun', ...given, ...within, '--signals', 'traces', '--start'],
    ['audit', ...given, ...within, '--repair', '--json'],
    ['pause', ...given, '--reason', 'soak'],
    ['pause', ...given, '--dry-run'],
    ['resume', ...given],
    ['disable', ...given],
    ['sweep', '--enqueue', ...given, '--from', within[1] ?? '', '--to', within[3] ?? ''],
    ['check', ...given],
    ['status', ...given],
    ['drift', ...given],
  ]);
}

/** Brings what has changed below a folder into the container. */
function mirror(blobs: BlobServiceClient, root: string) {
  const known = new Map<string, string>();
  return async (): Promise<void> => {
    const found = await readdir(root, { recursive: true, withFileTypes: true });
    for (const entry of found.filter((each) => each.isFile())) {
      const path = join(entry.parentPath, entry.name);
      const text = await readFile(path);
      const name = relative(root, path);
      if (known.get(name) === text.toString('base64')) continue;
      await blobs.getContainerClient('exports').getBlockBlobClient(name).uploadData(text);
      known.set(name, text.toString('base64'));
    }
  };
}
