/**
 * `npm run package`: builds the folder .package, which is what gets published: the compiled functions and their dependencies, with the
 * native parts for Linux on x64 whatever this machine is. Nothing is compiled in Azure.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const target = join(root, '.package');

/** Runs npm: the one that started this script, so that it needs no shell; flags from outside do not reach it. */
function npm(folder: string, ...args: readonly string[]): void {
  const cli = process.env.npm_execpath;
  if (!cli) throw new Error('package: start it with npm run package');
  const { status } = spawnSync(process.execPath, [cli, ...args], { cwd: folder, stdio: 'inherit' });
  if (status !== 0) throw new Error(`package: npm ${args.join(' ')} failed; what it said is above`);
}

function sizeOf(folder: string): number {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => statSync(join(folder, name)))
    .reduce((sum, file) => sum + (file.isFile() ? file.size : 0), 0);
}

function published(): object {
  const { name, version, license, type, main, engines, dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return { name, version, license, private: true, type, main, engines, dependencies };
}

function build(): void {
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target);
  npm(root, 'exec', '--no', '--', 'tsc', '-p', 'tsconfig.build.json', '--outDir', join(target, 'dist'));
  rmSync(join(target, 'dist', 'cli'), { recursive: true, force: true });
  for (const file of ['host.json', 'package.json', 'package-lock.json']) cpSync(join(root, file), join(target, file));
  // The settings document, where INSIGHTS_LAKE_CONFIG=@insights-lake.json names one.
  if (existsSync(join(root, 'insights-lake.json'))) cpSync(join(root, 'insights-lake.json'), join(target, 'insights-lake.json'));
  npm(target, 'ci', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund', '--os=linux', '--cpu=x64', '--libc=glibc');
  rmSync(join(target, 'package-lock.json'));
  writeFileSync(join(target, 'package.json'), `${JSON.stringify(published(), null, 2)}\n`);
  console.log(`package: ${(sizeOf(target) / 1e6).toFixed(0)} MB in ${target}`);
}

try {
  build();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
