import { readFileSync } from 'node:fs';
import { parseConfig } from '../../shared/config.ts';
import type { Config, DriftSighting, ObjectStore } from '../../shared/model.ts';
import { requeueWindows } from '../../shared/pipeline/ask/requeue.ts';
import { type RerunRequest, rerunWindows } from '../../shared/pipeline/ask/rerun.ts';
import { auditLake } from '../../shared/pipeline/audit/audit-lake.ts';
import { readLakeWord } from '../../shared/pipeline/lake/lake-word.ts';
import { retireWindows } from '../../shared/pipeline/retention/retire.ts';
import { hashOf } from '../../shared/pure/hash-of.ts';
import { noShaping } from '../../shared/signals/shape.ts';
import { NotInSettings } from '../../shared/wire/backfill.ts';
import { openLedger } from '../../shared/wire/clients.ts';
import { systemClock } from '../../shared/wire/clock.ts';
import { tablesOf } from '../../shared/wire/lake.ts';
import { wireStatus } from '../../shared/wire/status.ts';
import { windowNames } from '../../shared/wire/stories.ts';
import { wire } from '../../shared/wire.ts';
import { chosenOutput } from '../deliver/beside-ledger.ts';
import { exitCodes, Failure, usage } from '../failure.ts';
import { rangeInLake } from '../status/lake-range.ts';
import { commandWords } from '../terminal/command-words.ts';
import { adoptHere } from './adopt-here.ts';
import { knownApp } from './known-app.ts';
import { ledgerThere } from './lake-ledger.ts';
import type { Operations } from './ports.ts';

type Env = Parameters<Operations['enqueue']>[1];

/** An audit writes nothing: of columns and paths it needs no more. */
const tableOutput = { format: 'parquet', gzip: false, partition: 'day', path: '', table: 'delta' } as const;

/** On the state of an app by its settings, or of a lake that the command line made. */
export const operations: Operations = {
  enqueue: (request, env, abort, tell) => onState(() => appOf(env).sweepRange(request, abort, tell)),
  status: (request, lake, env) =>
    onState(async () => {
      if (lake === undefined) return (await appWith(env, request.app)).statusPorts.status(request);
      const { ledger, ofApp } = await ledgerThere(lake, 'status', request.app);
      const { now } = systemClock;
      const rerun = (order: RerunRequest) => rerunWindows(order, { ledger, clock: systemClock });
      const ports = wireStatus({ apps: [], exports: undefined, lake }, { ledger, now, rerun, ready: async () => {} });
      const found = await ports.status(await rangeInLake(request, ledger));
      const needs = found.needs.map((need) => ({ ...need, advice: commandWords(need.advice) }));
      return ofApp ? found : { ...found, needs };
    }),
  requeue: (request, lake, env) =>
    onState(async () =>
      lake === undefined
        ? (await appWith(env, request.app)).requeue(request)
        : requeueWindows(request, { ...(await ledgerThere(lake, 'requeue', request.app)), clock: systemClock }),
    ),
  rerun: (request, lake, env) =>
    onState(async () =>
      lake === undefined
        ? (await appWith(env, request.app)).rerun(request)
        : rerunWindows(request, { ...(await ledgerThere(lake, 'rerun', request.app)), clock: systemClock }),
    ),
  audit: (request, lake, env) =>
    onState(async () => {
      if (lake === undefined) return (await appWith(env, request.app)).auditLake(request);
      const { ledger, store } = await ledgerThere(lake, 'audit', request.app);
      const tables = await tablesIn(store);
      const { path } = (await chosenOutput(store)) ?? {};
      return auditLake(request, {
        ...{ ledger, lake: store, clock: systemClock, hash: hashOf },
        named: windowNames(
          [...(path ? [path] : []), ...((await readLakeWord(store))?.value.paths ?? [])],
          '_quarantine',
        ),
        ...(tables && { tables }),
      });
    }),
  retire: (request, rules, lake, env) =>
    onState(async () => {
      if (lake === undefined) return (await appWith(env, request.app)).retire(request, rules);
      const { ledger, store } = await ledgerThere(lake, 'retention', request.app);
      const tables = await tablesIn(store);
      const ports = { ledger, lake: store, clock: systemClock, rules: rules ?? {}, ...(tables && { tables }) };
      return retireWindows(request, ports);
    }),
  backfill: (use, env) => onState(() => use(appOf(env).backfills)),
  order: (order, reason, env) => onState(() => appOf(env).order(order, reason)),
  health: (env) => onState(() => appOf(env).health()),
  adopt: (request, lake, env, tell) =>
    onState(() => (lake === undefined ? appOf(env).adopt(request, tell) : adoptHere(lake, request, tell))),
  drift: (lake, env) =>
    onState(async () => {
      if (lake === undefined) return appOf(env).drift();
      const found: DriftSighting[] = [];
      for await (const each of (await ledgerThere(lake, 'drift')).ledger.drift()) found.push(each);
      return found;
    }),
};

const tablesIn = async (store: ObjectStore) =>
  (await chosenOutput(store))?.table === 'delta'
    ? tablesOf({ output: tableOutput, shape: noShaping }, store)
    : undefined;

/** Of the app with these settings, which knows an app of that name. */
async function appWith(env: Env, app = ''): Promise<ReturnType<typeof wire>> {
  const config = configOf(env);
  const named = config.apps.map(({ name }) => name);
  await knownApp(app, named, openLedger(config.state, config.lake));
  return atTerminal(config);
}

const appOf = (env: Env): ReturnType<typeof wire> => atTerminal(configOf(env));
const atTerminal = (config: Config): ReturnType<typeof wire> => wire(config, undefined, 0, true);

function configOf(env: Env): Config {
  try {
    return parseConfig(env, (path) => readFileSync(path, 'utf8'));
  } catch (error) {
    throw usage(error instanceof Error ? error.message : String(error));
  }
}

async function onState<T>(use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (error) {
    if (error instanceof NotInSettings) throw usage(error.message);
    if (error instanceof Failure || !(error instanceof Error) || error.name === 'AbortError') throw error;
    throw new Failure(exitCodes.failed, error.message, { cause: error });
  }
}
