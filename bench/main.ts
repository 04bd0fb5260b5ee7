/**
 * `npm run bench -- [part…] [flags]`: runs the measurements, each of which is a script of this folder and can be run by
 * itself.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';

const PARTS = ['throughput', 'startup', 'bounds'] as const;
type Part = (typeof PARTS)[number];

const HELP = `npm run bench -- [part…] [flags]

  throughput   what records cost on their way into files, beside JSON.parse, bare DuckDB and JavaScript: ten minutes;
               --quick: two
  startup      how long the built functions take to load (npm run build first): ten seconds; fails beyond its limit
  bounds       memory and temporary disk that one window needs at most: many minutes, 8 GB of disk, Linux

  --bounds     the part bounds as well
  --quick      throughput in three rounds in place of nine, without the thirty pairs of signal and layout
  --mb N       of requests that throughput measures, 200 at first; the rest goes with it
  --plot FILE  throughput as an SVG, as in docs/
  --json       one JSON object, a member for each part
  --help

Without a part: throughput and startup. \`node bench/bounds.ts <case…>\` measures single cases, \`node bench/hostile.ts\` input that asks for much,
\`node bench/jobs.ts\` what \`--jobs\` gains, \`node bench/listing.ts\` what it costs to sweep two million blobs.`;

const OPTIONS = {
  bounds: { type: 'boolean' },
  quick: { type: 'boolean' },
  mb: { type: 'string' },
  plot: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean' },
} as const;

function partsOf(words: readonly string[], bounds: boolean): readonly Part[] {
  const unknown = words.find((word) => !PARTS.some((part) => part === word));
  if (unknown !== undefined) throw new Error(`there is no part ${unknown}; see --help`);
  const wanted = new Set([...(words.length > 0 ? words : ['throughput', 'startup']), ...(bounds ? ['bounds'] : [])]);
  return PARTS.filter((part) => wanted.has(part));
}

/**
 * Resolves with what the part printed for `--json`; without it that is on the screen. A part that fails makes the whole
 * fail.
 */
async function run(part: Part, json: boolean, more: readonly string[]): Promise<string> {
  const own = part === 'throughput' ? more : [];
  const words = [join(import.meta.dirname, `${part}.ts`), ...(json ? ['--json'] : []), ...own];
  const child = spawn(process.execPath, words, { stdio: ['ignore', json ? 'pipe' : 'inherit', 'inherit'] });
  const ended = once(child, 'exit');
  const printed = child.stdout ? await text(child.stdout) : '';
  if ((await ended)[0] !== 0) process.exitCode = 1;
  return printed;
}

const { values, positionals } = parseArgs({ options: OPTIONS, allowPositionals: true });
if (values.help) console.log(HELP);
else {
  const results: Record<string, unknown> = {};
  const more = [
    ...(values.quick ? ['--quick'] : []),
    ...(values.mb ? ['--mb', values.mb] : []),
    ...(values.plot ? ['--plot', values.plot] : []),
  ];
  for (const part of partsOf(positionals, values.bounds ?? false)) {
    if (!values.json) console.log(`\n${part}`);
    const printed = await run(part, values.json ?? false, more);
    if (printed !== '') results[part] = JSON.parse(printed);
  }
  if (values.json) console.log(JSON.stringify(results, null, 2));
}
