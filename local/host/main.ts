import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { injectCore } from './core.ts';
import { type HostEvent, startHost } from './host.ts';
import { readHostSettings } from './settings.ts';

/**
 * Runs a function app of this language without the Azure Functions Core Tools:
 * `node local/host/main.ts [--app <folder>] [--entries <glob>] [--port <n>]`. Settings come from the environment, then
 * from `Values` of local.settings.json unless `--environment-only` is given. A parent process gets the events as
 * messages; a terminal gets lines.
 */
const { values } = parseArgs({
  options: {
    app: { type: 'string', default: '.' },
    entries: { type: 'string', default: 'functions/*.ts' },
    port: { type: 'string', default: '7071' },
    'blob-every': { type: 'string', default: '1000' },
    lock: { type: 'string', default: '600000' },
    'environment-only': { type: 'boolean', default: false },
  },
});

const line: Readonly<{ [K in HostEvent['kind']]: (event: Extract<HostEvent, { kind: K }>) => string }> = {
  started: ({ name, id }) => `${name} ${id.slice(0, 8)} started`,
  log: ({ name, id, level, message }) => `${name} ${id.slice(0, 8)} ${level}: ${message}`,
  ended: ({ name, id, ms, error }) =>
    `${name} ${id.slice(0, 8)} ${error === '' ? 'succeeded' : 'failed'} (${ms} ms) ${error}`,
  host: ({ message }) => message,
};

function report<K extends HostEvent['kind']>(event: Extract<HostEvent, { kind: K }>): void {
  if (process.send !== undefined && process.connected) process.send(event);
  else console.log(line[event.kind as K](event));
}

async function settingsFile(folder: string): Promise<Record<string, string>> {
  const text = await readFile(join(folder, 'local.settings.json'), 'utf8').catch(() => '{}');
  const parsed: unknown = JSON.parse(text);
  const found = typeof parsed === 'object' && parsed !== null && 'Values' in parsed ? parsed.Values : {};
  return Object.fromEntries(Object.entries(found ?? {}).map(([key, value]) => [key, String(value)]));
}

async function run(): Promise<void> {
  const folder = resolve(values.app);
  const core = injectCore();
  const file = values['environment-only'] ? {} : await settingsFile(folder);
  for (const [key, value] of Object.entries(file)) process.env[key] ??= value;
  const host = await startHost({
    core,
    entries: globSync(values.entries, { cwd: folder })
      .sort()
      .map((entry) => join(folder, entry)),
    settings: await readHostSettings(folder),
    env: process.env,
    port: Number(values.port),
    lock: Number(values.lock),
    blobEvery: Number(values['blob-every']),
    report,
  });
  report({ kind: 'host', message: `${host.functions.join(', ')} at ${host.url}` });
  const stop = (): void => void host.stop().then(() => process.exit(0));
  process
    .once('SIGINT', stop)
    .once('SIGTERM', stop)
    .once('disconnect', () => process.exit(0));
}

await run();
