/**
 * What each condition costs, and how fast it heals: `node test/worker/conditions-main.ts` measures all of them and
 * writes the table of docs/operations.md. Counted in virtual time, so the same on every machine; it takes 10 s for each
 * on an idle one, a quarter of an hour for all. `--match <pattern>`: those alone, the other rows stay. `--missing`:
 * those that have no row. `--apps 10`: the column of ten apps, which takes twice as long. `--dry`: only prints.
 * `--trace`: how each call of a function ended. `--lane 0/2`: every second one, for two processes.
 */
import { parseArgs } from 'node:util';
import { startAzurite } from '../../local/azurite.ts';
import { struckConnections } from '../front/connections.ts';
import { startTokenEndpoint } from '../front/token-endpoint.ts';
import { conditions } from './conditions.ts';
import { type Cell, cellOf, measured, writeCells } from './conditions-page.ts';
import { virtualTime } from './virtual-time.ts';

const { values } = parseArgs({
  options: {
    match: { type: 'string', default: '' },
    apps: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '10' },
    heal: { type: 'string', default: '60' },
    lane: { type: 'string', default: '0/1' },
    dry: { type: 'boolean', default: false },
    trace: { type: 'boolean', default: false },
    missing: { type: 'boolean', default: false },
  },
});

const [lane = 0, lanes = 1] = values.lane.split('/').map(Number);
const chosen = conditions
  .filter(({ name }) => new RegExp(values.match).test(name) && !(values.missing && measured(name)))
  .filter((_, n) => n % lanes === lane);
const minute = 60_000;
/** The library asks for another five minutes before a token ends. */
const life = 6 * minute;
const azurite = await startAzurite({ inMemory: true });
const connections = struckConnections();
const { letPass } = virtualTime();
const tokens = await startTokenEndpoint(life, 'SECRET');
Object.assign(process.env, tokens.env);
const { weather } = await import('./weather.ts');
const [lasts, most] = [Number(values.minutes) * minute, Number(values.heal) * minute];
const shared = { azurite, connections, tokens, lasts, most, letPass, ...(values.trace && { tell: console.log }) };
for (const [n, condition] of chosen.entries())
  for (const apps of values.apps.split(',').map(Number)) {
    const began = process.hrtime.bigint();
    const scene = { ...shared, name: `s${lane}x${n}x${apps}`, apps, hours: apps === 1 ? 5 : 1 };
    const cell: Cell = await weather(condition, scene).then(
      (found) => cellOf(found, apps),
      (error: Error) => ({ apps, text: `failed | ${(error.stack ?? String(error)).replace(/\s+/g, ' ')}`, told: '' }),
    );
    const seconds = Number((process.hrtime.bigint() - began) / 1_000_000_000n);
    console.log(`| ${condition.name} | ${apps} apps | ${cell.text} | ${cell.told} | ${seconds} s`);
    if (!values.dry) writeCells(condition.name, cell);
  }
process.exit();
