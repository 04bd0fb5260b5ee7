import { spawn } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { BlobServiceClient } from '@azure/storage-blob';
import { type Azurite, startAzurite } from '../../local/azurite.ts';
import { memoryData } from '../../local/simulator/data.ts';
import { type Simulator, startSimulator } from '../../local/simulator/startSimulator.ts';
import { exportBlobs } from '../../local/telemetry/exportBlobs.ts';
import { telemetryRows } from '../../local/telemetry/telemetryRows.ts';
import { startResident } from './resident.ts';

/**
 * Where the commands of the pages run: a fresh folder for each block, with small exports under the names that the pages
 * use, and this machine's stand-ins for what they talk to.
 */
export interface PageRoom {
  /** Runs a block in bash, in a folder of its own; a prepared lake lies in it where the block asks for one. */
  run(block: string): Promise<{ readonly code: number; readonly out: string }>;
  close(): Promise<void>;
}

const hour = 3_600_000;
const start = Date.UTC(2026, 0, 31, 6);
const guid = '01234567-89ab-cdef-0123-456789abcdef';
/** What else a page may call, and what that does here. Whatever is not named must bear a mark. */
const programs = {
  npx:
    '[ "$1" = insights-lake ] || { echo "npx $1: mark the block as not run, and say why" >&2; exit 9; ' +
    '}\nshift\nexec insights-lake "$@"',
  az:
    'case "$*" in *"appsettings list"*) cat deployed.json.here;; *) echo "az $1: mark the block as not run" ' +
    '>&2; exit 9;; esac',
  npm: 'echo "npm $1: mark the block as not run, and say why" >&2; exit 9',
};

/** A few requests of an hour, one with a field that nobody knows, and a line that cannot be read. */
async function writeExports(folder: string): Promise<void> {
  const shop = { seed: 'pages', app: 'store', perHour: 3, start, end: start + hour, signals: ['requests'] as const };
  for (const { name, text: given } of exportBlobs(shop)) {
    const path = join(folder, 'export', name);
    const record = JSON.parse(given.split('\n')[0] ?? '');
    record.request[0].newField = 7;
    const text = `${given}${JSON.stringify(record)}\n{"cut":\n`;
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
    await mkdir(join(folder, 'old'), { recursive: true });
    await writeFile(join(folder, 'old', 'loose.blob'), text.split('\n')[0] ?? '');
    await writeFile(join(folder, 'PT1H.json'), text);
  }
  for (const name of ['my-continuous-export', 'first', 'second'])
    await cp(join(folder, 'export'), join(folder, name), { recursive: true });
}

const settingsOf = (azurite: Azurite, simulator: Simulator): Record<string, string> => ({
  AzureWebJobsStorage: azurite.connectionString,
  ...{ APP_NAME: 'shop', APP_ID: guid, QUERY_ENDPOINT: simulator.url },
  ...{ EXPORT_CONTAINER: 'exports', EXPORT_CONNECTION: 'AzureWebJobsStorage', EXPORT_TRIGGER: 'LogsAndContainerScan' },
  ...{ LAKE_CONNECTION_STRING: azurite.connectionString, LAKE_CONTAINER: 'lake' },
});

/** Of an app of its own, in each room: a lake that one block pauses is not the next one's. */
async function writeSettings(folder: string, settings: Readonly<Record<string, string>>): Promise<void> {
  const deployed = Object.entries(settings).map(([name, value]) => ({ name, value, slotSetting: false }));
  for (const name of ['deployed.json', 'deployed.json.here'])
    await writeFile(join(folder, name), JSON.stringify(deployed));
  await writeFile(join(folder, 'local.settings.json'), JSON.stringify({ Values: settings }));
}

/** As the pages write it, so that it runs here: placeholders filled in, accounts of this machine, a day for a month. */
function hereOf(block: string, { blobUrl }: Azurite, room: number): string {
  return block
    .replaceAll(/https:\/\/mylake\.(blob|dfs)\.core\.windows\.net\/telemetry/g, `${blobUrl}/telemetry-${room}`)
    .replaceAll(/https:\/\/my(lake|exports)\.(blob|dfs)\.core\.windows\.net/g, blobUrl)
    .replaceAll(/=(<app id>|…)/g, (_, what) => (what === '…' ? '=…' : `=${guid}`))
    .replaceAll(/--app (\w+)=…/g, `--app $1=${guid}`)
    .replaceAll(`pay=${guid}`, `pay=${guid.replace('0', '9')}`) // two names of one app are refused
    .replaceAll(/SHAPE_HASH_KEY=…/g, 'SHAPE_HASH_KEY=a-key-of-the-pages')
    .replaceAll(/(export .*)--from 2026-01-01 --to 2026-02-01/g, '$1--from 2026-01-31 --to 2026-02-01 --window 1d')
    .replaceAll(/<functionApp>|(--(?:resource-group|name) )…/g, (_, flag = '') => `${flag}ilake-func`)
    .replaceAll(' --endpoint http://127.0.0.1:7075', '')
    .replaceAll('./fabrikam_2b1f0c9d…', './export');
}

/** A command that looks at a lake, and not one that makes it, comes first. */
const wantsLake = (block: string): boolean =>
  /^\s*(npx )?insights-lake (status|adopt|requeue|rerun|audit|retention|drift)\b.*--out/.test(block);

export async function pageRoom(): Promise<PageRoom> {
  const base = await mkdtemp(join(tmpdir(), 'pages-'));
  const [azurite, simulator] = await Promise.all([
    startAzurite(),
    startSimulator({
      data: memoryData(
        telemetryRows({ seed: 'pages', app: 'shop', perHour: 3, start, end: start + hour, signal: 'requests' }),
      ),
    }),
  ]);
  const settings = settingsOf(azurite, simulator);
  const storage = BlobServiceClient.fromConnectionString(azurite.connectionString);
  for (const name of ['exports', 'telemetry', 'lake']) await storage.createContainer(name);
  await mkdir(join(base, 'bin'));
  const resident = await startResident({ AZURE_STORAGE_CONNECTION_STRING: azurite.connectionString });
  const query = `[ "$1" != export ] || set -- "$@" --endpoint ${simulator.url}`;
  const all = { ...programs, 'insights-lake': `${query}\n${resident.program}` };
  for (const [name, text] of Object.entries(all)) {
    await writeFile(join(base, 'bin', name), `#!/usr/bin/env bash\n${text}\n`);
    await chmod(join(base, 'bin', name), 0o755);
  }
  const given = join(base, 'given');
  await writeExports(given);
  for (const name of await readdir(join(given, 'export'), { recursive: true }))
    if (name.endsWith('.blob'))
      await storage
        .getContainerClient('exports')
        .getBlockBlobClient(name.replaceAll('\\', '/'))
        .uploadFile(join(given, 'export', name));
  await writeFile(join(given, 'shape.json'), JSON.stringify({ shape: { '*': { drop: ['client_IP'] } } }));
  const env = {
    PATH: [join(base, 'bin'), process.env.PATH].join(delimiter),
    ...{ HOME: base, TMPDIR: base },
  };
  let rooms = 0;
  let lake: Promise<string> | undefined;
  const fresh = async (): Promise<string> => {
    const folder = join(base, `room-${++rooms}`);
    await cp(given, folder, { recursive: true });
    await writeSettings(folder, { ...settings, LAKE_PREFIX: `room-${rooms}` });
    return folder;
  };
  const bash = (text: string, cwd: string) => inBash(text, cwd, env);
  const prepare = async (): Promise<string> => {
    const folder = await fresh();
    await bash('insights-lake transform ./export --out ./lake', folder);
    return join(folder, 'lake');
  };
  const prepared = (): Promise<string> => {
    lake ??= prepare();
    return lake;
  };
  return {
    run: async (block) => {
      const folder = await fresh();
      if (wantsLake(block)) await cp(await prepared(), join(folder, 'lake'), { recursive: true });
      return bash(hereOf(block, azurite, rooms), folder);
    },
    close: async () => {
      await Promise.all([azurite.close(), simulator.close(), resident.close()]);
      await rm(base, { recursive: true, force: true });
    },
  };
}

function inBash(text: string, cwd: string, env: Record<string, string>) {
  const child = spawn('bash', ['-euo', 'pipefail', '-c', text], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data) => {
      out += data;
    });
  return new Promise<{ code: number; out: string }>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? -1, out }));
  });
}
