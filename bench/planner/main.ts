/**
 * What a tick of the planner costs, as the app runs it: the built functions in a process of their own, called as the
 * worker calls them, with the clients that they have in Azure; storage in this process, which answers each call after
 * 5 ms and counts it. `node bench/planner/main.ts [APPS [idle|backlog]]` after `npm run build`; left out: 10, 100 and
 * 1,000 apps of ten signals, and a backlog of 100,000 windows beside 100. `idle`: a process that begins when all of its
 * feeds are at rest, and finds nothing to do. Memory is what the operating system counted at most (VmHWM) since the
 * process began. Linux. WORKER_HOST, WORKER_DIR, WORKER_APP, WORKER_NODE: by the real Functions worker. HEAP: what its
 * heap may hold, in MB; left out: 256, half of the memory of an instance of 512 MB, as V8 has it; 0: half of what this
 * machine has.
 */
import { fork } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseConfig } from '../../shared/config.ts';
import { residentPeak } from '../watch.ts';
import { allDone, atRest, backlogOf } from './slim-runs.ts';
import { startSlimStorage } from './slim-storage.ts';

const root = join(import.meta.dirname, '../..');
const hour = 3_600_000;
const { HEAP = '256' } = process.env;

/** Called once a tick; resolves with the lines that it logged. */
interface Called {
  readonly pid: number;
  tick(): Promise<readonly string[]>;
  stop(): void;
}

function settings(folder: string, apps: number, connection: string): Record<string, string> {
  const named = Array.from({ length: apps }, (_, n) => ({
    name: `app-${n}`,
    appId: `01234567-89ab-cdef-0123-${String(n).padStart(12, '0')}`,
  }));
  const document = join(folder, 'apps.json');
  writeFileSync(document, JSON.stringify({ apps: named }));
  const lake = { LAKE_CONNECTION_STRING: connection, LAKE_CONTAINER: 'lake' };
  return { AzureWebJobsStorage: connection, INSIGHTS_LAKE_CONFIG: `@${document}`, ...lake };
}

/** Time that this process sets, by a file: read twenty times a second. */
const AHEAD = `import { readFileSync } from 'node:fs';
const wall = Date.now.bind(Date);
let ahead = 0;
const look = () => { ahead = Number(readFileSync(process.env.AHEAD, 'utf8')) || ahead; };
look();
setInterval(look, 50).unref();
Date.now = () => wall() + ahead;
`;

/** Without TypeScript, which the package does without, too. */
async function startChild(folder: string, env: Record<string, string>): Promise<Called> {
  for (const [name, from] of [
    ['core', 'local/host/core.ts'],
    ['process', 'bench/planner/process.ts'],
  ] as const) {
    const text = stripTypeScriptTypes(readFileSync(join(root, from), 'utf8'));
    writeFileSync(join(folder, `${name}.mjs`), text.replace('../../local/host/core.ts', './core.mjs'));
  }
  const child = fork(join(folder, 'process.mjs'), [root], {
    env,
    cwd: root,
    execArgv: HEAP === '0' ? [] : [`--max-heap-size=${HEAP}`],
  });
  const next = () =>
    new Promise<readonly string[]>((told) => child.once('message', (lines) => told(lines as string[])));
  await next();
  return {
    pid: child.pid ?? 0,
    tick: async () => {
      const lines = next();
      child.send('tick');
      return lines;
    },
    stop: () => void child.kill(),
  };
}

async function startReal(env: Record<string, string>, host: string): Promise<Called> {
  const { start } = await import(pathToFileURL(host).href);
  let lines: string[] = [];
  const driven = await start({
    ...{ workerDir: process.env.WORKER_DIR, appDir: process.env.WORKER_APP, node: process.env.WORKER_NODE, env },
    onLog: (_: string, log?: { readonly message?: string; readonly logCategory?: string }) => {
      if (log?.logCategory !== 'System') lines.push(log?.message ?? '');
    },
  });
  return {
    pid: driven.pid,
    tick: async () => {
      lines = [];
      const { ok, error } = await driven.invoke('planWindows', {}, {});
      return ok ? lines : [...lines, `failed: ${error}`];
    },
    stop: driven.stop,
  };
}

/** What a process has used, in hundredths of a second, by Linux. */
const processorSeconds = (pid: number): number => {
  const [, text = ''] = /\) (.*)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
  const [user, system] = text.split(' ').slice(11, 13).map(Number);
  return ((user ?? 0) + (system ?? 0)) / 100;
};

async function measure(apps: number, what = ''): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'insights-lake-planner-'));
  let ahead = 0;
  const storage = await startSlimStorage(5, () => Date.now() + ahead);
  const env = {
    ...{ PATH: process.env.PATH ?? '', HOME: folder, AHEAD: join(folder, 'ahead') },
    NODE_OPTIONS: `--import=${pathToFileURL(join(folder, 'ahead.mjs')).href}`,
    ...settings(folder, apps, storage.connectionString),
  };
  writeFileSync(join(folder, 'ahead.mjs'), AHEAD);
  const pass = async (time: number) => {
    ahead += time;
    writeFileSync(env.AHEAD, String(ahead));
    await new Promise((passed) => setTimeout(passed, 200));
  };
  await pass(hour - ((Date.now() + ahead) % hour) + 60_000); // an hour has begun
  if (what === 'idle')
    atRest(
      storage,
      parseConfig(env, (path) => readFileSync(path, 'utf8')),
      Date.now() + ahead,
    );
  const { WORKER_HOST: host } = process.env;
  const app = await (host === undefined ? startChild(folder, env) : startReal(env, host));
  const tick = async (name: string): Promise<void> => {
    storage.counted();
    const [began, used] = [performance.now(), processorSeconds(app.pid)];
    const lines = await app.tick();
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    const { calls, kinds, most } = storage.counted();
    const bytes = lines.reduce((sum, line) => sum + line.length, 0);
    const peak = Math.round((await residentPeak(app.pid)) / 1e6);
    console.log(`${apps} apps, ${name}: ${calls} calls, ${seconds} s, ${bytes} bytes of log, ${peak} MB at most`);
    const spent = (processorSeconds(app.pid) - used).toFixed(1);
    if (process.env.KINDS)
      console.log(
        `  ${spent} s of the processor, ${JSON.stringify(kinds)}, ${most} at once; ${lines.at(-1)?.slice(0, 300)}`,
      );
    const fault = lines.find((line) => line.startsWith('failed'));
    if (fault !== undefined) throw new Error(fault);
  };
  try {
    await tick(what === 'idle' ? 'a process begins, all at rest' : 'the first tick');
    if (what !== 'idle') {
      await pass(hour + 900_000);
      await tick('an hour is due');
      allDone(storage.table, Date.now() + ahead);
      await pass(300_000);
      await tick('the tick after');
    }
    for (const name of ['idle', 'idle again']) {
      await pass(300_000);
      await tick(name);
    }
    if (what !== 'backlog') return;
    backlogOf(storage.table, 100_000);
    await pass(hour - 600_000);
    await tick('a backlog of 100,000 windows beside an hour that is due');
    await pass(300_000);
    await tick('the tick after that, nothing of it run');
  } finally {
    app.stop();
    storage.close();
    rmSync(folder, { recursive: true });
  }
}

const [, , chosen, more] = process.argv;
if (chosen !== undefined) await measure(Number(chosen), more);
else for (const [apps, of] of [[10], [100], [1000], [1000, 'idle'], [100, 'backlog']] as const) await measure(apps, of);
