import assert from 'node:assert/strict';
import { execFile, fork } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { crc32, inflateRawSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import { publishedManifest, released, runs } from '../../infra/runs.ts';
import type { Startup } from '../../infra/startup.ts';
import { type ZipEntry, zipOf } from '../../infra/zip.ts';
import { startAzurite } from '../../local/azurite.ts';
import type { HostEvent } from '../../local/host/host.ts';
import { telemetryData } from '../../local/simulator/data.ts';
import { startSimulator } from '../../local/simulator/startSimulator.ts';
import { SIGNALS } from '../../local/telemetry/tables.ts';
import { telemetryRows } from '../../local/telemetry/telemetryRows.ts';
import fc from '../seeds.ts';

const root = join(import.meta.dirname, '..', '..');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** Reads an archive by its directory at the end, as every reader does. */
function unzip(archive: Buffer): { readonly name: string; readonly content: Buffer; readonly mode: number }[] {
  const end = archive.lastIndexOf(Buffer.from('PK\x05\x06'));
  const files = [];
  for (let at = archive.readUInt32LE(end + 16); archive.subarray(at, at + 4).toString('latin1') === 'PK\x01\x02'; ) {
    const [nameLength, offset] = [archive.readUInt16LE(at + 28), archive.readUInt32LE(at + 42)];
    const name = archive.subarray(at + 46, at + 46 + nameLength).toString();
    const start = offset + 30 + archive.readUInt16LE(offset + 26) + archive.readUInt16LE(offset + 28);
    const content = inflateRawSync(archive.subarray(start, start + archive.readUInt32LE(at + 20)));
    assert.equal(archive.subarray(offset, offset + 4).toString('latin1'), 'PK\x03\x04');
    assert.equal(archive.subarray(offset + 30, offset + 30 + nameLength).toString(), name);
    assert.equal(archive.readUInt32LE(at + 16), crc32(content));
    assert.equal(archive.readUInt32LE(at + 24), content.length);
    files.push({ name, content, mode: archive.readUInt32LE(at + 38) >>> 16 });
    at += 46 + nameLength;
  }
  assert.equal(files.length, archive.readUInt16LE(end + 10));
  return files;
}

const contents = fc.dictionary(fc.string({ minLength: 1, maxLength: 30 }), fc.uint8Array({ maxLength: 300 }), {
  maxKeys: 12,
});

test('an archive holds what went in, whatever the order, and always in the same bytes', () => {
  fc.assert(
    fc.property(contents, (given) => {
      const entries: ZipEntry[] = Object.entries(given).map(([name, content]) => ({ name, content }));
      const archive = zipOf(entries);
      assert.deepEqual(zipOf(entries.toReversed()), archive);
      const found = unzip(archive);
      assert.deepEqual(
        new Map(found.map(({ name, content }) => [name, [...content]])),
        new Map(entries.map(({ name, content }) => [name, [...content]])),
      );
      assert.ok(found.every(({ mode }) => mode === 0o100644));
    }),
    { numRuns: 30 },
  );
});

const ofKusto = (file: string) => `@kusto/language-service-next/${file}`;

test('of node_modules the package has what runs on a server, and the terms of use', () => {
  const kept = [
    'zod/index.js',
    '@azure/storage-blob/dist/esm/index.js',
    '@azure/storage-blob/dist/commonjs/index.js',
    '@azure/storage-blob/package.json',
    '@azure/msal-node/dist/index.mjs',
    '@azure/msal-browser/LICENSE',
    '@duckdb/node-bindings-linux-x64/libduckdb.so',
    '@duckdb/node-bindings-linux-x64/duckdb.node',
    '@kusto/language-service-next/bridge.min.js',
    '@kusto/language-service-next/Kusto.Language.Bridge.min.js',
    'x/LICENSE.md',
    'x/lib/maps.js',
  ];
  const left = [
    'zod/index.d.ts',
    'zod/index.d.cts',
    'zod/src/index.ts',
    'zod/index.js.map',
    'zod/README.md',
    '.bin/semver',
    '.package-lock.json',
  ]
    .concat(['@azure/storage-blob/dist/browser/index.js', '@typespec/ts-http-runtime/dist/react-native/index.js'])
    .concat(
      ['bridge.js', 'bridge.meta.min.js', 'Kusto.Language.Bridge.js', 'Kusto.Language.Bridge.meta.js'].map(ofKusto),
    )
    .concat(['@azure/msal-browser/dist/index.mjs', '@azure/core-xml/dist/workerd/index.js']);
  assert.deepEqual(
    kept.filter((path) => !runs(path)),
    [],
  );
  assert.deepEqual(left.filter(runs), []);
});

test('the package’s own package.json has no scripts and no tools', () => {
  const { scripts, devDependencies, ...published } = {
    scripts: undefined,
    devDependencies: undefined,
    ...publishedManifest(manifest),
  };
  assert.deepEqual([scripts, devDependencies], [undefined, undefined]);
  assert.deepEqual(published, {
    ...published,
    main: manifest.main,
    type: 'module',
    dependencies: manifest.dependencies,
  });
});

test('a release has all that its pages lead to', () => {
  const docs = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'));
  const pages = ['SECURITY.md', 'CHANGELOG.md', ...docs.map((name) => `docs/${name}`)];
  assert.deepEqual(pages.filter(released), pages);
  const broken = pages.flatMap((page) =>
    [...readFileSync(join(root, page), 'utf8').matchAll(/\]\((?!https?:|#)([^)#]+)/g)]
      .map(([, link = '']) => join(dirname(page), link).replaceAll('\\', '/'))
      .filter((target) => !released(target) || !existsSync(join(root, target)))
      .map((target) => `${page} → ${target}`),
  );
  assert.deepEqual(broken, []);
  for (const path of ['infra/package.ts', 'insights-lake.json', 'local.settings.json', 'package.json'])
    assert.equal(released(path), false, path);
});

test('figures.md states the limits that npm run package holds to', () => {
  const script = readFileSync(join(root, 'infra', 'package.ts'), 'utf8');
  const [, unpacked, packed] = /unpacked: (\d+)_000_000, packed: (\d+)_000_000/.exec(script) ?? [];
  const docs = readFileSync(join(root, 'docs', 'figures.md'), 'utf8');
  assert.ok(docs.includes(`${unpacked} MB unpacked and ${packed} MB as a zip`), `${unpacked} and ${packed}`);
});

let app: string;

describe('the package', () => {
  before(async () => {
    app = mkdtempSync(join(tmpdir(), 'package-'));
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    await promisify(execFile)(
      process.execPath,
      [tsc, '-p', 'tsconfig.build.json', '--noCheck', '--outDir', join(app, 'dist')],
      {
        cwd: root,
      },
    );
    rmSync(join(app, 'dist', 'cli'), { recursive: true });
    cpSync(join(root, 'host.json'), join(app, 'host.json'));
    writeFileSync(join(app, 'package.json'), JSON.stringify(publishedManifest(manifest)));
    // As npm ci --omit=dev would leave it.
    const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
    const needed = Object.keys(packages).filter((path) => path.startsWith('node_modules/') && !packages[path].dev);
    const modules = join(root, 'node_modules');
    const filter = (source: string) =>
      !source.endsWith('/node_modules') && runs(relative(modules, source).replaceAll('\\', '/'));
    for (const path of needed)
      if (existsSync(join(root, path))) cpSync(join(root, path), join(app, path), { recursive: true, filter });
  });
  after(() => rmSync(app, { recursive: true, force: true, maxRetries: 3 }));

  test('it loads in an empty folder, and every file of functions/ registers its function', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [join(root, 'infra', 'startup.ts'), app], {
      cwd: app,
    });
    const { functions }: Startup = JSON.parse(stdout);
    const http = ['status', 'statusJson', 'statusWindow'].concat(
      ['Backfill', 'Disable', 'Pause', 'Rerun', 'Resume'].map((order) => `steer${order}`),
    );
    const others = [
      'auditWindows',
      'planWindows',
      'runBackfill',
      'runWindow',
      'sweepBlobs',
      'tendLake',
      'transformBlob',
    ];
    assert.deepEqual(functions.toSorted(), [...others, ...http].toSorted());
  });

  test('it runs there: what the source has is in the lake', async () => {
    const shop = { seed: 'package', app: 'shop', perHour: 100 };
    const [start, end] = [Date.UTC(2024, 4, 10, 12), Date.UTC(2024, 4, 10, 13)];
    const azurite = await startAzurite();
    const simulator = await startSimulator({ data: telemetryData(shop) });
    const lake = join(app, 'lake');
    const settings = {
      AzureWebJobsStorage: azurite.connectionString,
      APP_NAME: 'shop',
      APP_ID: '11111111-2222-3333-4444-555555555555',
      QUERY_ENDPOINT: simulator.url,
      QUERY_FROM: new Date(start).toISOString(),
      QUERY_UNTIL: new Date(end).toISOString(),
      PLAN_SCHEDULE: '* * * * * *',
      LAKE_FOLDER: lake,
    };
    try {
      await untilDone(settings, SIGNALS.length);
      const db = await (await DuckDBInstance.create()).connect();
      for (const signal of SIGNALS) {
        const files = `'${join(lake, signal)}/**/*.parquet'`;
        const [[count] = []] = (await db.runAndReadAll(`SELECT count(*) FROM read_parquet(${files})`)).getRows();
        assert.equal(Number(count), [...telemetryRows({ ...shop, signal, start, end })].length, signal);
      }
      db.closeSync();
    } finally {
      await Promise.all([simulator.close(), azurite.close()]);
    }
  });
});

/** Runs the packaged app under our own function host until so many windows are done. */
async function untilDone(settings: Readonly<Record<string, string>>, windows: number): Promise<void> {
  const flags = ['--app', app, '--entries', 'dist/functions/*.js', '--port', '0'];
  const env = { PATH: process.env.PATH, TMPDIR: tmpdir(), ...settings };
  const child = fork(join(root, 'local', 'host', 'main.ts'), flags, {
    cwd: app,
    env,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let [done, said] = [0, ''];
  child.stderr?.on('data', (data) => {
    said += data;
  });
  try {
    await new Promise<void>((resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`the host ended with ${code}: ${said}`)));
      child.on('message', (event: HostEvent) => {
        if (event.kind === 'ended' && event.error !== '') reject(new Error(event.error));
        if (event.kind === 'log' && event.message.includes('"event":"run","state":"done"')) done += 1;
        if (done === windows) resolve();
      });
    });
  } finally {
    child.removeAllListeners('exit').kill('SIGKILL');
  }
}
