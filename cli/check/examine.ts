import { readFileSync } from 'node:fs';
import { azureNames } from '../../shared/config/azure-names.ts';
import { backfillQueueOf } from '../../shared/config/bindings.ts';
import type { Env } from '../../shared/config/flat.ts';
import { isReference, lackingPrefix, nearlyRead } from '../../shared/config/unknown-settings.ts';
import { parseConfig } from '../../shared/config.ts';
import { failureCode } from '../../shared/lake/failure.ts';
import type { Config, ObjectStore, Place } from '../../shared/model.ts';
import { faultOfLake } from '../../shared/pipeline/lake/meet.ts';
import { createNames } from '../../shared/pipeline/names/names.ts';
import { ledgerPlaceOf, openBackfillQueue, openHints, openLedger, openStore } from '../../shared/wire/clients.ts';
import { systemClock } from '../../shared/wire/clock.ts';
import { engineOf } from '../../shared/wire/local.ts';
import { namedApps } from '../../shared/wire/query.ts';
import { tooOld } from '../request/too-old.ts';
import type { Examine, Finding, Level, Subject } from './check.ts';
import { examineSource } from './examine-source.ts';

/** Written, overwritten and removed again, to see whether that works. */
const trial = '_insights-lake/check';
/** Storage refuses what is signed 15 minutes off; long before that, windows end too early or too late. */
const tolerance = 60_000;
const patience = 10_000;

const finding = (subject: Subject, level: Level, text: string): Finding => ({ subject, level, text });
const messageOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replace(/\s+/g, ' ');

/** All at once, since what cannot be reached takes its time; told in the order of the list. */
export const examine: Examine = async function* (env, abort) {
  const references = Object.entries(env).filter(([, value]) => isReference(value));
  for (const [name] of references)
    yield finding(
      'settings',
      'warn',
      `${name}: a reference into Key Vault, which only the app can follow; what it opens fails here`,
    );
  for (const text of [...nearlyRead(env, azureNames), ...lackingPrefix(env)]) yield finding('settings', 'warn', text);
  const config = configOf(env);
  if (Array.isArray(config)) {
    yield* config;
    return;
  }
  const { place } = config.quarantine;
  yield finding('settings', 'ok', described(config));
  yield* examineRetention(config);
  const looks = [
    examineClock(addressesOf(config)),
    examineConditions(config),
    ...config.apps.map((app) => examineSource(app, abort)),
    ...(config.exports ? [examineExports(config.exports.places, config.apps.length > 0)] : []),
    attempt('lake', () => examineLake(opened(config.lake))),
    ...(place ? [attempt('lake', () => examineLake(opened(place)))] : []),
    attempt('state', () => examineTable(config)),
    examineNames(config),
    attempt('state', () => examineQueue(config)),
  ];
  for (const look of looks) yield* await look;
};

/** The settings, or a finding for each fault. A file that INSIGHTS_LAKE_CONFIG names is looked for from this folder. */
function configOf(env: Env): Config | Finding[] {
  try {
    return parseConfig(env, (path) => readFileSync(path, 'utf8'));
  } catch (error) {
    const [head = '', ...faults] = (error instanceof Error ? error.message : String(error)).split('\n');
    const lines = faults.length > 0 ? faults : [head];
    return lines.map((line) => finding('settings', 'fail', line.replace(/^(- |settings: )/, '')));
  }
}

function described({ apps, exports, output }: Config): string {
  const asked = apps.flatMap(({ name, query }) => (query ? [`${name} (${query.signals.length} signals)`] : []));
  const blobs = exports ? [`${exports.places.length} export container${exports.places.length === 1 ? '' : 's'}`] : [];
  return `complete: ${[...asked, ...blobs].join(', ')} → ${output.format} by ${output.partition}`;
}

/** What is planned from, and is older than what the source keeps. */
function examineRetention({ apps }: Config): Finding[] {
  const now = systemClock.now();
  return apps.flatMap(({ name, query }) => {
    const { from = now, until = now, retention } = query ?? {};
    const old = tooOld({ start: from, end: until }, retention, now);
    return old === undefined ? [] : [finding('settings', 'ok', `${name}: ${old}`)];
  });
}

/** The parser of KQL tells whether a condition of the settings is one. */
async function examineConditions({ output, shape, quarantine }: Config): Promise<Finding[]> {
  const conditions = Object.values(shape.signals).filter(({ where }) => where.length > 0).length;
  if (conditions === 0) return [];
  let faults: readonly string[] = [];
  const looked = await attempt('settings', async () => {
    faults = await engineOf(output, { shape, quarantine, dedupe: 'id' }).conditionFaults();
    return `conditions on the rows of ${conditions} signal${conditions === 1 ? '' : 's'}: understood`;
  });
  return faults.length === 0 ? looked : faults.map((text) => finding('settings', 'fail', text));
}

async function attempt(subject: Subject, look: () => Promise<string>): Promise<Finding[]> {
  try {
    return [finding(subject, 'ok', await look())];
  } catch (error) {
    return [finding(subject, 'fail', messageOf(error))];
  }
}

/** Clients look at connection strings themselves, and say what they miss without saying where. */
function opened(lake: Place): ObjectStore {
  try {
    return openStore(lake);
  } catch (error) {
    throw new Error(
      `the lake cannot be opened: ${messageOf(error)}; copy LAKE_CONNECTION_STRING anew from the account's access keys`,
    );
  }
}

/** What the app does at its start, then a file of its own: put, overwritten, listed, removed. */
async function examineLake(lake: ObjectStore): Promise<string> {
  await lake.prepare();
  const content = new TextEncoder().encode('Insights Lake checks whether it may write here.\n');
  const first = await lake.put(trial, content, await lake.head(trial));
  const second = first && (await lake.put(trial, content, first));
  if (second === undefined)
    throw new Error(`${lake.place}: somebody else wrote ${trial} at the same moment; check again`);
  for await (const { name } of lake.list(trial)) if (name === trial) break;
  if (!(await lake.remove(trial, second)))
    throw new Error(`${lake.place}: ${trial} changed while it was removed; check again`);
  return `${lake.place}: files can be written, overwritten, listed and removed`;
}

async function examineTable({ state, lake }: Config): Promise<string> {
  const store = opened(lake); // which lake it is, is part of its keys
  const ledger = openLedger(state, lake);
  await ledger.prepare();
  // A lake that cannot be read has a line of its own.
  const fault = await faultOfLake({ lake: store, ledger, here: ledgerPlaceOf(state, lake) }).catch(() => '');
  if (fault !== '') throw new Error(fault);
  let feeds = 0;
  for await (const _ of ledger.feeds()) feeds++;
  return `table ${state.table}: can be written and read; knows ${feeds} feeds of this lake`;
}

/** Apps that this lake knows by another name; that the table cannot be read is said elsewhere. */
async function examineNames(config: Config): Promise<Finding[]> {
  try {
    const names = createNames(namedApps(config), openLedger(config.state, config.lake), systemClock.now);
    await names.look();
    const found = Map.groupBy(
      names.renamed(),
      ({ feed, now }) => `${now} is the app that this lake knows as ${feed.app}`,
    );
    return [...found].map(([text, feeds]) => {
      const signals = feeds.map(({ feed }) => feed.signal).join(', ');
      const what = 'their rows go on from where the old name ended, and nothing of it comes twice';
      return finding('state', 'warn', `${text} (${signals}): ${what}; set the old name again unless that is meant`);
    });
  } catch {
    return [];
  }
}

async function examineQueue({ state }: Config): Promise<string> {
  await openHints(state).prepare();
  await openBackfillQueue(state).prepare();
  return `queues ${state.queue} and ${backfillQueueOf(state.queue)}: are there`;
}

/**
 * A line for all containers of which the same is to be said. Those of diagnostic settings and data export come with
 * their first record: of several, one may be missing. Beside a query source (`besides`) all may: the app reports it,
 * and goes on with that.
 */
async function examineExports(places: readonly Place[], besides: boolean): Promise<Finding[]> {
  const seen = await Promise.all(places.map((place) => lookInto(place, besides || places.length > 1)));
  const groups = Map.groupBy(seen, ({ level, code }) => `${level} ${code}`);
  return [...groups.values()].flatMap(([first, ...others]) => {
    const more = others.length === 0 ? '' : `; the same with ${others.length} more`;
    return first ? [finding('exports', first.level, `${first.text}${more}`)] : [];
  });
}

async function lookInto(place: Place, mayLack: boolean): Promise<{ level: Level; code: string; text: string }> {
  try {
    const store = openStore(place);
    for await (const _ of store.list('')) return { level: 'ok', code: '', text: `${store.place}: can be read` };
    const text = `${store.place}: can be read, and is empty; check container and folder if blobs should be there`;
    return { level: 'warn', code: 'empty', text };
  } catch (error) {
    const code = failureCode(error);
    return { level: code === 'ContainerNotFound' && mayLack ? 'warn' : 'fail', code, text: messageOf(error) };
  }
}

/** Where a clock may be asked for. An address that is no good is told where it is used. */
function addressesOf({ lake, apps }: Config): string[] {
  const asked = apps.flatMap(({ query }) => (query ? [query.url] : []));
  try {
    return [openStore(lake).place, ...asked];
  } catch {
    return asked;
  }
}

/** The clock of this machine against that of the first service that answers, to a second. */
async function examineClock(places: readonly string[]): Promise<Finding[]> {
  for (const origin of new Set(
    places.filter((place) => URL.canParse(place) && /^https?:/.test(place)).map((url) => new URL(url).origin),
  )) {
    const asked = Date.now();
    const answer = await fetch(origin, {
      method: 'HEAD',
      redirect: 'manual',
      signal: AbortSignal.timeout(patience),
    }).catch(() => undefined);
    const theirs = Date.parse(answer?.headers.get('date') ?? '');
    if (Number.isNaN(theirs)) continue;
    const seconds = Math.round(((asked + Date.now()) / 2 - theirs) / 1000);
    const text = `this machine is ${Math.abs(seconds)} s ${seconds < 0 ? 'behind' : 'ahead of'} ${origin}`;
    if (Math.abs(seconds) * 1000 <= tolerance) return [finding('clock', 'ok', text)];
    return [
      finding(
        'clock',
        'warn',
        `${text}; set its clock: windows are cut by it, and storage refuses what is 15 minutes off`,
      ),
    ];
  }
  return [finding('clock', 'warn', 'no service tells its time; see the lines below')];
}
