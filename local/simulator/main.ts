/** The simulator from a terminal: `node local/simulator/main.ts --port 0 --app shop`. */
import { parseArgs } from 'node:util';
import { telemetryData } from './data.ts';
import { startSimulator } from './startSimulator.ts';
import { REAL_LIMITS } from './throttle.ts';

const HELP = `Answers the queries of Insights Lake with made-up telemetry of a web shop, as the query API would.

  --port <n>         port on 127.0.0.1; default 0, any free one
  --app <name>       the app whose telemetry it is; default shop
  --seed <text>      another seed, another story; default 1
  --per-hour <n>     visits in an average hour; default 1000
  --late             rows appear minutes to a day after they happened
  --text             cells as strings, as the Application Insights endpoint has answered
  --row-limit <n>    rows of an answer at most; default 500000
  --byte-limit <n>   bytes of an answer at most; default 64000000
  --throttle         the service's limits: 200 requests in 30 s, 5 at once
  --help`;

const OPTIONS = {
  port: { type: 'string', default: '0' },
  app: { type: 'string', default: 'shop' },
  seed: { type: 'string', default: '1' },
  'per-hour': { type: 'string', default: '1000' },
  late: { type: 'boolean', default: false },
  text: { type: 'boolean', default: false },
  'row-limit': { type: 'string', default: '500000' },
  'byte-limit': { type: 'string', default: '64000000' },
  throttle: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

function whole(name: string, text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new Error(`--${name} must be a whole number, was '${text}'; see --help`);
  return Number(text);
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help) return console.log(HELP);
  const shop = { seed: values.seed, app: values.app, perHour: whole('per-hour', values['per-hour']) };
  const simulator = await startSimulator({
    port: whole('port', values.port),
    data: telemetryData(shop, Date.now, values.late),
    cells: values.text ? 'text' : 'native',
    rowLimit: whole('row-limit', values['row-limit']),
    byteLimit: whole('byte-limit', values['byte-limit']),
    ...(values.throttle ? { throttle: REAL_LIMITS } : {}),
  });
  console.log(simulator.url);
  const stop = () => void simulator.close();
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
});
