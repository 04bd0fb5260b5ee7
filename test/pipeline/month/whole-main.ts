/**
 * `node test/pipeline/month/whole-main.ts [DAYS] [plain|delta] [app|workspace] [SEED] [SIGNALS]`: all that whole.ts
 * has, for 30 days of all ten signals unless told otherwise. Without the test runner, which takes a third of the time.
 */
import { SIGNALS } from '../../../local/telemetry/tables.ts';
import { wholeMonth } from './whole.ts';

const [, , days = '30', form = 'plain', source = 'app', seed = '7', given] = process.argv;
const signals = SIGNALS.filter((signal) => given === undefined || given.split(',').includes(signal));
const what = { seed, days: Number(days), table: form === 'delta', workspace: source === 'workspace', perHour: 3 };
const began = process.cpuUsage();
const told = await wholeMonth({ ...what, signals });
const { user, system } = process.cpuUsage(began);
console.log(JSON.stringify({ ...what, signals: signals.length, ...told, cpu: Math.round((user + system) / 1e6) }));
