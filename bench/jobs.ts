/**
 * `node bench/jobs.ts [--mb 200] [--windows 8] [--rounds 3] [--large] [--built] [--json]`: what `transform` takes of a folder of
 * exports with one job and with two (and more, as the machine has cores), each a process of the command line, in turn.
 * `--large`: one window holds half of the bytes. `--built`: the built commands, as users run them (`npm run build`). What counts on an idle machine is the wall clock; `speedup` is one
 * job's by that of so many. Besides: seconds of the processor, of the main thread and of the busiest other one, which
 * tell on a busy machine what holds it up; and the memory at its highest. Linux.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { link, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { exportText, writeText } from './telemetry.ts';
import { residentPeak } from './watch.ts';

const MB = 1_000_000;
/** Of a process in `/proc/…/stat`: clock ticks a second, as Linux has them everywhere. */
const TICKS = 100;
const HOURS = ['00', '01', '02', '03', '04', '05', '06', '07', '08', '09', '10', '11', '12', '13', '14', '15'];

const { values: flags } = parseArgs({
  options: {
    mb: { type: 'string', default: '200' },
    windows: { type: 'string', default: '8' },
    rounds: { type: 'string', default: '3' },
    large: { type: 'boolean', default: false },
    built: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});

export interface Sample {
  readonly jobs: number;
  readonly wall: number;
  readonly seconds: number;
  readonly main: number;
  readonly busiest: number;
  readonly memory: number;
}

const secondsIn = (stat: string): number => {
  const [user = 0, system = 0] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
    .map(Number);
  return (user + system) / TICKS;
};

/** Seconds of the processor that a process has had, those of threads that have ended among them. */
async function look(pid: number, threads: Map<string, number>): Promise<number> {
  const folder = `/proc/${pid}`;
  for (const thread of await readdir(`${folder}/task`).catch(() => [])) {
    const seconds = secondsIn(await readFile(`${folder}/task/${thread}/stat`, 'utf8').catch(() => ''));
    threads.set(thread, Math.max(seconds, threads.get(thread) ?? 0));
  }
  return secondsIn(await readFile(`${folder}/stat`, 'utf8').catch(() => ''));
}

async function sample(input: string, lake: string, jobs: number): Promise<Sample> {
  const main = join(import.meta.dirname, '..', flags.built ? 'dist/cli/main.js' : 'cli/main.ts');
  const words = [main, 'transform', input, '--out', lake, '--window', '1h', '--jobs', String(jobs), '--json'];
  const began = performance.now();
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'ignore', 'pipe'] });
  const pid = child.pid ?? 0;
  let told = '';
  child.stderr.on('data', (piece: Buffer) => {
    told += piece;
  });
  const ended = once(child, 'exit').then(([code]) => Number(code));
  const threads = new Map<string, number>();
  let [seconds, memory]: number[] = [0, 0];
  for (let code: number | undefined; code === undefined; ) {
    code = await Promise.race([ended, sleep(25, undefined)]);
    seconds = Math.max(seconds ?? 0, await look(pid, threads));
    memory = Math.max(memory ?? 0, await residentPeak(pid));
    if (code !== undefined && code !== 0) throw new Error(`transform ended with ${code}: ${told}`);
  }
  const wall = (performance.now() - began) / 1000;
  const own = threads.get(String(pid)) ?? 0;
  const others = [...threads].filter(([thread]) => thread !== String(pid)).map(([, each]) => each);
  return { jobs, wall, seconds: seconds ?? 0, main: own, busiest: Math.max(0, ...others), memory: memory ?? 0 };
}

/** A folder of exports with so many hour folders of a blob each; those of one size hold the same. */
async function makeExport(folder: string, bytes: number, windows: number, large: boolean): Promise<string> {
  const input = join(folder, `bench_${'0'.repeat(32)}`);
  const made = new Map<number, string>();
  for (let at = 0; at < windows; at++) {
    const part = large ? (at === windows - 1 ? 1 / 2 : 1 / 2 / (windows - 1)) : 1 / windows;
    const hour = join(input, 'Requests', '2024-05-10', HOURS[at] ?? '23');
    await mkdir(hour, { recursive: true });
    const blob = join(hour, `a_20240510_${HOURS[at]}0000.blob`);
    const same = made.get(part);
    if (same === undefined) await writeText(blob, exportText(bytes * part));
    else await link(same, blob);
    made.set(part, blob);
  }
  return input;
}

const median = (samples: readonly Sample[]): Sample | undefined =>
  samples.toSorted((one, other) => one.wall - other.wall)[Math.floor(samples.length / 2)];

const folder = await mkdtemp(join(tmpdir(), 'bench-jobs-'));
try {
  const windows = Math.min(Number(flags.windows), HOURS.length);
  const input = await makeExport(folder, Number(flags.mb) * MB, windows, flags.large);
  const jobs = [...new Set([1, 2, availableParallelism()])];
  const samples: Sample[] = [];
  for (let round = 0; round < Number(flags.rounds); round++)
    for (const each of jobs) {
      const lake = join(folder, `lake-${each}`);
      samples.push(await sample(input, lake, each));
      await rm(lake, { recursive: true });
    }
  const medians = jobs.flatMap((each) => median(samples.filter((one) => one.jobs === each)) ?? []);
  const alone = medians[0]?.wall ?? 0;
  const results = medians.map((each) => ({ ...each, speedup: Math.round((alone / each.wall) * 100) / 100 }));
  if (flags.json) console.log(JSON.stringify(results, null, 2));
  else {
    console.log('| jobs | seconds | speedup | processor | main thread | busiest other thread | peak memory |');
    console.log('|--:|--:|--:|--:|--:|--:|--:|');
    for (const { jobs: of, wall, speedup, seconds, main, busiest, memory } of results)
      console.log(
        `| ${of} | ${wall.toFixed(1)} | ${speedup} | ${seconds.toFixed(1)} s | ${main.toFixed(1)} s | ` +
          `${busiest.toFixed(1)} s | ${Math.round(memory / MB)} MB |`,
      );
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
