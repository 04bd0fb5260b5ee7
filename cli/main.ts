#!/usr/bin/env node
// The first thing that runs, on whatever Node is there: nothing may be imported before the version is checked.
// Node 22.15 is the first with zstd, in which Parquet files are packed.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 15)) {
  process.stderr.write(
    `insights-lake: needs Node 22.15 or newer, this is ${process.versions.node}; install one, or run it with npx ` +
      `in its checkout\n`,
  );
  process.exitCode = 2;
} else {
  const { main } = await import('./process.ts');
  process.exitCode = await main(process.argv.slice(2));
}

export {};
