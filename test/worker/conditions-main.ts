/**
 * What each condition costs, as rows of a table: `node test/worker/conditions-main.ts [--match <text>] [--minutes 7]
 * [--heal 20] [--lane 0/1]`. WORKER_FAST: how fast time passes; WORKER_HOST …: in the real worker (worker.ts).
 */
import { parseArgs } from 'node:util';
import { weather } from './condition.ts';
import { conditions } from './conditions.ts';
import { MINUTE, sceneStorage } from './scene.ts';

const { values } = parseArgs({
  options: {
    match: { type: 'string', default: '' },
    minutes: { type: 'string', default: '7' },
    heal: { type: 'string', default: '20' },
    lane: { type: 'string', default: '0/1' },
  },
});

const [lane = 0, lanes = 1] = values.lane.split('/').map(Number);
const chosen = conditions.filter(({ name }, n) => n % lanes === lane && name.includes(values.match));
const azurite = await sceneStorage();
for (const [n, condition] of chosen.entries()) {
  const { name } = condition;
  const storage = { azurite, name: `s${n}` };
  await weather(condition, Number(values.minutes) * MINUTE, Number(values.heal) * MINUTE, storage).then(
    ({ worst, last, healed, rows, errors }) => {
      const whole = healed === undefined ? 'NOT' : (healed / MINUTE).toFixed(1);
      console.log(`| ${name} | ${worst} | ${last} | ${whole} | ${rows} | ${errors.slice(0, 3).join('; ')} |`);
    },
    (error: unknown) => console.log(`| ${name} | failed: ${String(error).replace(/\s+/g, ' ')} |`),
  );
}
await azurite.close();
process.exit();
