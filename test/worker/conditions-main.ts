/**
 * What each condition costs, as rows of a table: `node test/worker/conditions-main.ts [--match <pattern>] [--hours 5]
 * [--minutes 15] [--heal 90] [--lane 0/1]`. Calls are counted in virtual time: the same on every machine.
 */
import { parseArgs } from 'node:util';
import { startAzurite } from '../../local/azurite.ts';
import { conditions } from './conditions.ts';
import { virtualTime } from './virtual-time.ts';

const { values } = parseArgs({
  options: {
    match: { type: 'string', default: '' },
    hours: { type: 'string', default: '5' },
    minutes: { type: 'string', default: '15' },
    heal: { type: 'string', default: '90' },
    lane: { type: 'string', default: '0/1' },
  },
});

const [lane = 0, lanes = 1] = values.lane.split('/').map(Number);
const chosen = conditions
  .filter(({ name }) => new RegExp(values.match).test(name))
  .filter((_, n) => n % lanes === lane);
const azurite = await startAzurite();
const { letPass } = virtualTime();
const { weather } = await import('./weather.ts');
const minute = 60_000;
const [hours, lasts, most] = [Number(values.hours), Number(values.minutes) * minute, Number(values.heal) * minute];
for (const [n, condition] of chosen.entries()) {
  const { name } = condition;
  const row = await weather(condition, { azurite, name: `s${n}`, hours, lasts, most, letPass }).then(
    ({ worst, last, healed, rows, errors }) => {
      const whole = healed === undefined ? 'NOT' : (healed / minute).toFixed(1);
      return [worst, last, whole, rows, errors.slice(0, 3).join('; ')];
    },
    (error: Error) => [`failed: ${(error.stack ?? String(error)).replace(/\s+/g, ' ')}`],
  );
  console.log(`| ${[name, ...row].join(' | ')} |`);
}
process.exit();
