import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { memoryData } from '../../local/simulator/data.ts';
import { type Simulator, startSimulator } from '../../local/simulator/startSimulator.ts';
import { exportBlobs } from '../../local/telemetry/exportBlobs.ts';
import { telemetryRows } from '../../local/telemetry/telemetryRows.ts';
import { type Registry, startRegistry } from './registry.ts';

/**
 * `npm pack` makes the command line to install: packed here, installed by npm into an empty folder, and run there by
 * this Node and by the oldest one that README names. .ci/run brings that one: NODE_OLDEST is its path.
 */

const root = join(import.meta.dirname, '../..');
const run = promisify(execFile);
const hour = 3_600_000;
const start = Date.UTC(2026, 0, 31, 6);
const shop = { seed: 'tarball', app: 'store', perHour: 20, start, end: start + hour };

/** npm's own program: the one that started the tests, or the first on the PATH. */
function npmOf(): string | undefined {
  const given = process.env.npm_execpath;
  if (given !== undefined && /npm-cli\.js$|npx-cli\.js$/.test(given)) return join(dirname(given), 'npm-cli.js');
  const found = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'npm'));
  const path = found.find(existsSync);
  return path === undefined ? undefined : realpathSync(path);
}
const npm = npmOf();

/** Nothing of the npm that runs the tests gets into the one that installs. */
const environment = (cache: string): Record<string, string> => ({
  ...{ PATH: process.env.PATH ?? '', HOME: cache, npm_config_cache: cache },
  ...{ npm_config_audit: 'false', npm_config_fund: 'false', npm_config_update_notifier: 'false' },
});

const nodes: readonly (readonly [what: string, path: string | undefined])[] = [
  ['this Node', process.execPath],
  ['the oldest Node of README', process.env.NODE_OLDEST],
];

describe('the command line to install', { skip: npm === undefined ? 'there is no npm' : false }, () => {
  let base: string;
  let tarball: string;
  let registry: Registry;
  let simulator: Simulator;
  const call = (node: string, words: readonly string[], cwd: string) =>
    run(node, [...words], { cwd, env: environment(join(base, 'cache')), maxBuffer: 1e8 });

  before(async () => {
    base = mkdtempSync(join(tmpdir(), 'tarball-'));
    const stage = join(base, 'stage');
    await mkdir(stage);
    for (const name of ['package.json', 'README.md', 'LICENSE']) cpSync(join(root, name), join(stage, name));
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    await call(process.execPath, [tsc, '-p', join(root, 'tsconfig.build.json'), '--outDir', join(stage, 'dist')], root);
    await call(process.execPath, [npm ?? '', 'pack', '--ignore-scripts', '--pack-destination', base], stage);
    tarball = join(base, readdirSync(base).find((name) => name.endsWith('.tgz')) ?? '');
    registry = await startRegistry(root);
    const data = memoryData(telemetryRows({ ...shop, signal: 'requests' }));
    simulator = await startSimulator({ data });
    for (const { name, text } of exportBlobs({ ...shop, signals: ['requests'] })) {
      const path = join(base, 'export', name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text);
    }
  });
  after(async () => {
    registry?.close();
    await simulator?.close();
    rmSync(base, { recursive: true, force: true });
  });

  test('it is named after the version, and holds what runs, README and licence', async () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    assert.ok(tarball.endsWith(`insights-lake-${version}.tgz`), tarball);
    const { stdout } = await run('tar', ['-tzf', tarball], { maxBuffer: 1e8 });
    const folders = new Set(
      stdout
        .trim()
        .split('\n')
        .map((path) => path.split('/').slice(1, 3).join('/')),
    );
    const known = ['LICENSE', 'README.md', 'dist/cli', 'dist/functions', 'dist/shared', 'package.json'];
    assert.deepEqual([...folders].sort(), known);
  });

  for (const [what, node] of nodes)
    test(`installed into an empty folder, by ${what}, it transforms and exports`, {
      skip: node ? false : 'NODE_OLDEST names none',
    }, async () => {
      const folder = mkdtempSync(join(base, 'empty-'));
      const at = ['--registry', registry.url, '--prefix', folder];
      await call(node ?? '', [npm ?? '', 'install', tarball, ...at], folder);
      const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
      assert.deepEqual(
        Object.keys(devDependencies).filter((name) => existsSync(join(folder, 'node_modules', name))),
        [],
      );
      assert.ok(existsSync(join(folder, 'node_modules/.bin/insights-lake')));
      const main = join(folder, 'node_modules/insights-lake/dist/cli/main.js');
      const lake = async (...words: string[]) => {
        const { stdout } = await call(node ?? '', [main, ...words, '--json'], folder);
        const { exitCode, totals } = JSON.parse(stdout);
        return [exitCode, totals.rows > 0, totals.quarantined];
      };
      assert.deepEqual(await lake('transform', join(base, 'export'), '--out', './lake'), [0, true, 0]);
      const app = 'shop=01234567-89ab-cdef-0123-456789abcdef';
      const asked = ['--app', app, '--from', '2026-01-31T06:00', '--to', '2026-01-31T07:00', '--signals', 'requests'];
      assert.deepEqual(await lake('export', ...asked, '--endpoint', simulator.url, '--out', './lake'), [0, true, 0]);
      assert.deepEqual(readdirSync(join(folder, 'lake/requests')).sort(), ['app=shop', 'app=store']);
    });

  test('the oldest Node that was tried is the one that README names', {
    skip: process.env.NODE_OLDEST ? false : 'NODE_OLDEST names none',
  }, async () => {
    const { stdout } = await run(process.env.NODE_OLDEST ?? '', ['--version']);
    const [, oldest = ''] =
      /release .*\| ([\d.]+) or newer \|/.exec(readFileSync(join(root, 'README.md'), 'utf8')) ?? [];
    assert.ok(stdout.startsWith(`v${oldest}.`), `${stdout} is not ${oldest}`);
  });
});
