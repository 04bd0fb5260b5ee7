import { relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LedgerEntry, Millis, Signal } from '../../shared/model.ts';
import type { HostEvent } from '../host/host.ts';
import { EXPORT_FOLDERS, type ExportBlob } from '../telemetry/exportBlobs.ts';
import { SIGNALS } from '../telemetry/tables.ts';
import { blobsOf, dropBlobs } from './exports.ts';
import { places } from './folder.ts';
import { allEntries, isDone } from './ledger.ts';
import { comparisonTable, shortfalls, table } from './report.ts';
import type { Stage } from './stage.ts';
import type { Story } from './story.ts';
import { cutShort, deliverTwice, runHalfWay } from './trouble.ts';
import { ask, compare, exampleQuery } from './verify.ts';

export type Say = (text: string) => void;

/** So long without a window becoming done, it gives up. A window that failed is tried again after a minute. */
const patience: Millis = 100_000;

/** The demonstration of `npm start`. Resolves with true when every row of both sources is in the lake, once. */
export async function show(stage: Stage, say: Say, abort: AbortSignal): Promise<boolean> {
  const { story, azurite } = stage;
  const blobs = blobsOf(story, 0, Date.now());
  const late = blobs.filter((_, index) => index % 10 === 9);
  await dropBlobs(
    azurite.connectionString,
    blobs.filter((blob) => !late.includes(blob)),
  );
  say(`${blobs.length - late.length} blobs of a Continuous Export of app ${story.store.app} lie in a container`);

  const onEvent = firstRows(say);
  const page = await stage.startFunctions(onEvent);
  say(`the functions of the app are running; how it stands: ${page}`);
  const over = new AbortController();
  const until = AbortSignal.any([abort, over.signal]);
  let open = 4;
  const troubles = [
    cutAnAnswer(stage, say, until),
    killHalfWay(stage, onEvent, say, until),
    repeatAMessage(stage, say, until),
    addLateBlobs(stage, late, say, until),
  ].map((trouble) => trouble.then(() => open--));
  const finished = untilDone(stage, expectedWindows(story, blobs), say, abort, () => open === 0).finally(() =>
    over.abort(),
  );
  const [entries] = await Promise.all([finished, ...troubles]);
  if (abort.aborted) return false;
  return report(stage, blobs, entries, page, say);
}

function firstRows(say: Say): (event: HostEvent) => void {
  let told = false;
  return (event) => {
    if (told || event.kind !== 'log' || !/"written":[1-9]/.test(event.message)) return;
    told = true;
    say(`the first rows are in the lake`);
  };
}

async function cutAnAnswer({ simulator }: Stage, say: Say, abort: AbortSignal): Promise<void> {
  const fault = simulator.fault(cutShort);
  while (fault.hits === 0 && !abort.aborted) await pause(50, abort);
  if (!abort.aborted) say('trouble: the query API cut an answer short (traces); the run asks again in halves');
}

async function killHalfWay(
  stage: Stage,
  onEvent: (event: HostEvent) => void,
  say: Say,
  abort: AbortSignal,
): Promise<void> {
  await runHalfWay(stage.simulator, abort);
  if (abort.aborted) return;
  await stage.killFunctions();
  say('trouble: the functions were killed in the middle of a run (dependencies)');
  await stage.startFunctions(onEvent);
  say('the functions are running again; the run is repeated when its lease ends');
}

async function repeatAMessage({ azurite }: Stage, say: Say, abort: AbortSignal): Promise<void> {
  const text = await deliverTwice(azurite.connectionString, 'insights-lake-windows', abort);
  if (abort.aborted) return;
  const { signal, start } = JSON.parse(text);
  say(`trouble: a message is delivered twice (${signal}, ${start})`);
}

async function addLateBlobs(
  { azurite }: Stage,
  late: readonly ExportBlob[],
  say: Say,
  abort: AbortSignal,
): Promise<void> {
  await pause(10_000, abort);
  if (abort.aborted) return;
  await dropBlobs(azurite.connectionString, late);
  say(`trouble: ${late.length} more blobs arrive in hours that were done`);
}

/** `signal app start`, of the hours asked for and of the hour folders of the blobs. */
function expectedWindows({ shop, store, asked }: Story, blobs: readonly ExportBlob[]): Set<string> {
  const signals = Object.entries(EXPORT_FOLDERS).map(([signal, folder]) => [folder, signal as Signal] as const);
  const expected = new Set<string>();
  for (const signal of SIGNALS)
    for (let at = asked.start; at < asked.end; at += 3_600_000) expected.add(`${signal} ${shop.app} ${at}`);
  for (const { name } of blobs) {
    const [, folder, date, hour] = name.split('/');
    const signal = signals.find(([one]) => one === folder)?.[1];
    expected.add(`${signal} ${store.app} ${Date.parse(`${date}T${hour}:00:00Z`)}`);
  }
  return expected;
}

async function untilDone(
  stage: Stage,
  expected: ReadonlySet<string>,
  say: Say,
  abort: AbortSignal,
  troublesAreOver: () => boolean,
): Promise<LedgerEntry[]> {
  let [best, changed, told] = [-1, Date.now(), Date.now()];
  for (; ; await pause(1_000, abort)) {
    const entries = await allEntries(stage.ledger);
    const done = entries.filter(isDone);
    const open = expected.difference(
      new Set(done.map(({ window }) => `${window.signal} ${window.app} ${window.start}`)),
    );
    if ((troublesAreOver() && open.size === 0 && done.length === entries.length) || abort.aborted) return entries;
    if (done.length > best) [best, changed] = [done.length, Date.now()];
    if (Date.now() > changed + patience) return entries;
    if (Date.now() < told + 5_000) continue;
    told = Date.now();
    const failed = entries.filter(({ state }) => state === 'failed');
    const errors =
      failed.length > 0 ? `; ${failed.length} failed and will be tried again: ${failed[0]?.error.slice(0, 200)}` : '';
    say(`${expected.size - open.size} of ${expected.size} windows are done${errors}`);
  }
}

async function report(
  { story, simulator }: Stage,
  blobs: readonly ExportBlob[],
  entries: LedgerEntry[],
  page: string,
  say: Say,
): Promise<boolean> {
  const comparisons = await compare(story, blobs, places.lake, entries);
  const unfinished = entries.filter((entry) => !isDone(entry));
  const wrong = [...shortfalls(comparisons), ...unfinished.slice(0, 5).map(openWindow)];
  if (unfinished.length > 5) wrong.push(`and ${unfinished.length - 5} windows more that are not done`);
  say(
    `compared by the ids of all rows, at the sources and in the files (${simulator.requests.length} queries were ` +
      `asked)\n`,
  );
  console.log(`${comparisonTable(comparisons)}\n`);
  const lake = relative('.', places.lake);
  if (wrong.length > 0) {
    console.log(
      `Not complete:\n${wrong.map((line) => `- ${line}`).join('\n')}\nThe log of the functions: ` +
        `${relative('.', places.log)}`,
    );
    return false;
  }
  const query = exampleQuery(lake);
  console.log(
    `Complete, and nothing twice. The files are in ${lake}; DuckDB, pandas or Spark read them:\n\n${indented(query)}\n`,
  );
  console.log(`${table(await ask(query))}\n`);
  console.log(
    'What you saw, window by window, with its trouble: npm run dev keeps the app running, and its status page ' +
      `at\n\n  ${page}\n`,
  );
  console.log(`From your own app (sign in with az login; needs Reader on it):\n\n  ${exportLine(story)}\n`);
  return true;
}

const openWindow = ({ window, state, error }: LedgerEntry): string =>
  `${window.signal} ${window.app} ${new Date(window.start).toISOString()} is ${state} ${error}`.trim();

const indented = (text: string): string => text.replace(/^/gm, '  ');

function exportLine({ asked }: Story): string {
  const day = (at: Millis): string => new Date(at).toISOString().slice(0, 10);
  return (
    `npx insights-lake export --app shop=<app id> --from ${day(asked.end - 86_400_000)} --to ${day(asked.end)} ` +
    '--out ./lake'
  );
}

const pause = (ms: Millis, abort: AbortSignal): Promise<void> =>
  sleep(ms, undefined, { signal: abort }).catch(() => undefined);
