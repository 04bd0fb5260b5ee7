import { parseArgs } from 'node:util';
import { live } from './live.ts';
import { type Say, show } from './show.ts';
import { withStage } from './stage.ts';

/**
 * `npm start`; with `--keep` `npm run dev`. Exit code 0 when all is complete, 1 when not or when it could not run, 130
 * after Ctrl-C.
 */
const began = performance.now();

const say: Say = (text) => console.log(`${((performance.now() - began) / 1000).toFixed(1).padStart(6)} s  ${text}`);

function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (stop.signal.aborted) process.exit(130); // twice: at once; what runs in other processes ends with this one
      process.exitCode = 130;
      stop.abort();
    });
  }
  return stop.signal;
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { keep: { type: 'boolean', default: false } } });
  const abort = stopSignal();
  console.log(
    values.keep
      ? 'Insights Lake, running over made-up telemetry. Nothing leaves this machine.'
      : 'Insights Lake, from an empty folder to a lake, with trouble on the way: about a minute. Nothing leaves ' +
          'this machine.',
  );
  const complete = await withStage({ live: values.keep, now: Date.now() }, (stage) =>
    (values.keep ? live : show)(stage, say, abort),
  );
  if (!abort.aborted) process.exitCode = complete ? 0 : 1;
}

process.stdout.on('error', () => process.exit(1)); // whoever read it is gone; other processes end too

main().catch((error: unknown) => {
  if (process.exitCode === 130) return;
  console.error(`The demonstration stopped: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
