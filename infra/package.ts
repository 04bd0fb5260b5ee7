/**
 * `npm run package` makes, in .package:
 * - app/: what gets published: the compiled functions and their dependencies, with the native parts for Linux on x64
 *   whatever this machine is. Nothing is compiled in Azure.
 * - insights-lake.zip: the same as one file, for whoever uploads it.
 * - insights-lake-<version>.tgz: the command line, for npm to install.
 * - insights-lake-<version>.zip: a release: these two files, the Bicep that belongs to it, the same compiled, and how
 *   to deploy. Made where there is a Bicep compiler.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findBicep, howToGetBicep } from './compiler.ts';
import { entriesOf, filesIn, releaseEntries } from './release.ts';
import { publishedManifest, runs } from './runs.ts';
import type { Startup } from './startup.ts';
import { type ZipEntry, zipOf } from './zip.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const target = join(root, '.package');
const app = join(target, 'app');

/**
 * Bytes on disk and in the archive; docs/figures.md states them. Every cold start fetches the package, so growth is a
 * decision.
 */
const limits = { unpacked: 25_000_000, packed: 7_000_000 };

const read = (...path: readonly string[]): string => readFileSync(join(root, ...path), 'utf8');

/** Runs npm: the one that started this script, so that it needs no shell; flags from outside do not reach it. */
function npm(folder: string, ...args: readonly string[]): void {
  const cli = process.env.npm_execpath;
  if (!cli) throw new Error('package: start it with npm run package');
  const { status } = spawnSync(process.execPath, [cli, ...args], { cwd: folder, stdio: 'inherit' });
  if (status !== 0) throw new Error(`package: npm ${args.join(' ')} failed; what it said is above`);
}

function buildApp(): void {
  npm(root, 'exec', '--no', '--', 'tsc', '-p', 'tsconfig.build.json', '--outDir', join(app, 'dist'));
  rmSync(join(app, 'dist', 'cli'), { recursive: true, force: true });
  for (const file of ['host.json', 'package.json', 'package-lock.json']) cpSync(join(root, file), join(app, file));
  // The settings document, where INSIGHTS_LAKE_CONFIG=@insights-lake.json names one.
  if (existsSync(join(root, 'insights-lake.json')))
    cpSync(join(root, 'insights-lake.json'), join(app, 'insights-lake.json'));
  npm(
    app,
    'ci',
    '--omit=dev',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--os=linux',
    '--cpu=x64',
    '--libc=glibc',
  );
  const modules = join(app, 'node_modules');
  for (const name of filesIn(modules)) if (!runs(name)) rmSync(join(modules, name));
  rmSync(join(app, 'package-lock.json'));
  writeFileSync(
    join(app, 'package.json'),
    `${JSON.stringify(publishedManifest(JSON.parse(read('package.json'))), null, 2)}\n`,
  );
}

/** Throws when the package has outgrown its limits, with what weighs most. */
function checkSize(entries: readonly ZipEntry[], packed: number): void {
  const unpacked = entries.reduce((sum, { content }) => sum + content.length, 0);
  console.log(
    `package: ${entries.length} files, ${megabytes(unpacked)} unpacked, ${megabytes(packed)} as a zip, in ${target}`,
  );
  if (unpacked <= limits.unpacked && packed <= limits.packed) return;
  const heavy = entries.toSorted((one, other) => other.content.length - one.content.length).slice(0, 5);
  const names = heavy.map(({ name, content }) => `${name} ${megabytes(content.length)}`).join(', ');
  const most = `${megabytes(limits.unpacked)} unpacked and ${megabytes(limits.packed)} as a zip`;
  throw new Error(
    `package: more than ${most}; leave out what does not run (infra/runs.ts), or raise the limits here. Heaviest: ` +
      `${names}`,
  );
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

/** Loads the functions as a worker would: one of each file. Throws what they say when they do not load. */
function checkLoading(): void {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'infra', 'startup.ts'), app], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`package: its functions do not load: ${stderr.trim()}`);
  const { functions, load, first }: Startup = JSON.parse(stdout);
  const files = readdirSync(join(root, 'functions')).map((name) => name.replace(/\.ts$/, ''));
  const silent = files.filter((name) => !functions.includes(name));
  if (silent.length > 0) throw new Error(`package: nothing registers as ${silent.join(', ')}`);
  console.log(
    `package: ${functions.join(', ')} load in ${load} ms; clients and engine, at the first call, in ${first} ms`,
  );
}

async function build(): Promise<void> {
  rmSync(target, { recursive: true, force: true });
  mkdirSync(app, { recursive: true });
  buildApp();
  checkLoading();
  const entries = entriesOf(app, filesIn(app));
  const packed = zipOf(entries);
  writeFileSync(join(target, 'insights-lake.zip'), packed);
  checkSize(entries, packed.length);
  const compiler = findBicep(process.env);
  if (compiler === undefined) return console.log(`package: no release is made, since there is ${howToGetBicep}`);
  const { version } = JSON.parse(read('package.json'));
  npm(root, 'run', 'build'); // the command line is packed as npm pack does it
  npm(root, 'pack', '--ignore-scripts', '--pack-destination', target);
  const tarball = `insights-lake-${version}.tgz`;
  const release = `insights-lake-${version}.zip`;
  writeFileSync(
    join(target, release),
    zipOf([
      { name: 'insights-lake.zip', content: packed },
      ...entriesOf(target, [tarball]),
      ...(await releaseEntries(root, compiler)),
    ]),
  );
  console.log(`package: release ${release}`);
}

try {
  await build();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
