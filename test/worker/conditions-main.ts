/**
 * What each condition costs, as a table: `node test/worker/conditions-main.ts [--match <text>] [--minutes 9] [--heal 15]
 * [--at-a-time 4]`. WORKER_FAST: how fast time passes; WORKER_HOST …: in the real worker (worker.ts).
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { weather } from './condition.ts';
import { conditions } from './conditions.ts';
import { MINUTE } from './scene.ts';

const { values } = parseArgs({
  options: {
    match: { type: 'string', default: '' },
    minutes: { type: 'string', default: '9' },
    heal: { type: 'string', default: '20' },
    'at-a-time': { type: 'string', default: '4' },
    only: { type: 'string' },
  },
});

const chosen = conditions.filter(({ name }) => name.includes(values.match));

/** Each in a process of its own: a scene has its own time. */
async function all(): Promise<void> {
  const waiting = [...chosen];
  const lane = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const flags = ['--only', next.name, '--minutes', values.minutes, '--heal', values.heal];
      const child = spawn(process.execPath, [import.meta.filename, ...flags], { stdio: ['ignore', 'inherit', 'pipe'] });
      let told = '';
      child.stderr.on('data', (data) => {
        told += data;
      });
      const [code] = await once(child, 'close');
      if (code !== 0) console.log(`| ${next.name} | failed: ${told.trim().split('\n').slice(-12).join(' / ')} |`);
    }
  };
  console.log(
    '| condition | calls in the worst minute | in the last | whole after | rows | errors |\n|---|--:|--:|--:|--:|---|',
  );
  await Promise.all(Array.from({ length: Number(values['at-a-time']) }, lane));
}

async function one(name: string): Promise<void> {
  const condition = conditions.find((each) => each.name === name);
  if (condition === undefined) throw new Error(`no condition ${name}`);
  const { worst, last, healed, rows, errors } = await weather(
    condition,
    Number(values.minutes) * MINUTE,
    Number(values.heal) * MINUTE,
  );
  const whole =
    healed === undefined ? 'NOT' : `${Math.floor(healed / MINUTE)} min ${Math.round((healed % MINUTE) / 1000)} s`;
  console.log(`| ${name} | ${worst} | ${last} | ${whole} | ${rows} | ${errors.slice(0, 3).join('; ')} |`);
}

await (values.only === undefined ? all() : one(values.only));
process.exit();
