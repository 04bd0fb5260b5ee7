import { faultMessage } from '../../shared/config/faults.ts';
import type { App, LedgerEntry, Millis, Source } from '../../shared/model.ts';
import { countEvery, meetLake } from '../../shared/pipeline/lake/meet.ts';
import type { Names } from '../../shared/pipeline/names/names.ts';
import { dayOf } from '../../shared/status/day-tally.ts';
import { systemClock } from '../../shared/wire/clock.ts';
import { prepareLake, tablesOf } from '../../shared/wire/lake.ts';
import { asTheyAre, engineOf, localPorts } from '../../shared/wire/local.ts';
import { guardedLake, lakeMet, meetPorts } from '../../shared/wire/meet.ts';
import { openPlace } from '../../shared/wire/open-place.ts';
import { lakeLook, windowFiles } from '../../shared/wire/stories.ts';
import { exportPlan } from '../export/plan.ts';
import { exitCodes, Failure, usage } from '../failure.ts';
import { ledgerOfLake } from '../operations/lake-ledger.ts';
import { placeThere } from '../operations/lake-there.ts';
import { exportFolders, sweepPlan } from '../sweep/plan.ts';
import { archiveOf } from '../transform/archive.ts';
import { transformPlan } from '../transform/plan.ts';
import { type AppFolder, settleApps, settleAppsWith } from './app-names.ts';
import { agreeOnOutput, lastOwnerDied } from './beside-ledger.ts';
import { worthwhile } from './jobs.ts';
import { blame, observedBegin, observedSource, observedStore } from './observe.ts';
import { originsOf } from './other-name.ts';
import { apartFrom, refuseOther } from './other-source.ts';
import type { Prepare } from './ports.ts';
import { recordTable } from './record-table.ts';
import { keyOf, type Plan, windowRunner } from './run-window.ts';
import { shapeMarks } from './shape-marks.ts';
import { allTasks, type FeedTasks, listedTasks } from './tasks.ts';

/**
 * Short, for a killed command is mostly run again at once; renewed every third of it. Overtaking a live run costs work,
 * no rows.
 */
const lease = 15_000;
/** Puts the pipeline together for a command: the ledger in the destination, the source by the request. */
export const prepare: Prepare = async (request, onRead, abort, tell, jobs) => {
  const { shape, keepBytes, dedupe } = request;
  const making = { ...asTheyAre, shape, dedupe, quarantine: { ...asTheyAre.quarantine, keepBytes } };
  const local = localPorts(request.output, making);
  const faults = await local.engine.conditionFaults();
  if (faults.length > 0) throw usage(faultMessage(request.command, faults));
  const blamed = blame(request.command === 'transform');
  const lake = observedStore(await openPlace(request.lake), blamed);
  const archive = request.command === 'transform' ? await archiveOf(request, abort) : undefined;
  const tables = tablesOf(request, lake);
  const named = request.command === 'export' ? (await query()).namedApps(request) : [];
  const originOf = originsOf(named);
  const templates = new Set([request.output.path]);
  const { ledger, here, ofApp, orphaned, meet, word } = await onDestination(async () => {
    const found = () => ledgerOfLake(request.lake, lake, request.settings, originOf);
    await prepareLake(lake, tables, async () => (await found()).ledger);
    const { ledger, here, ofApp } = await found();
    // A ledger in the lake counts with every command: a copy from before is told from it, however young.
    const meet = () => meetLake(meetPorts(lake, ledger, here, templates), ofApp ? countEvery : 0);
    await meetLake(meetPorts(lake, ledger, here), Number.POSITIVE_INFINITY);
    if (!ofApp) await agreeOnOutput(lake, request.output, shapeMarks(shape));
    const word = await meet();
    // What an app runs is its own affair: its claims are respected.
    return { ledger, here, ofApp, meet, word, orphaned: (await lastOwnerDied(lake)) && !ofApp };
  });
  const given = request.command === 'export' ? {} : request.apps;
  const settle = (folders: readonly AppFolder[]) =>
    ofApp ? settleAppsWith(folders, given, ledger) : settleApps(folders, given, lake, ledger);
  const planned = await planOf();
  const seen = { lake, clock: systemClock, ...(tables && { tables }) };
  const lost = lakeLook(seen, templates, '_quarantine', { ready: async () => {} });
  const beside = { ledger, lake, clock: systemClock, orphaned, lost };
  const { tasks, incomplete } = await onDestination(() =>
    apartFrom(planned.tasks, beside, request.command === 'sweep'),
  );
  const all = allTasks(tasks);
  const plan = { ...planned, incomplete: [...(planned.incomplete ?? []), ...incomplete] };
  const source = observedSource(plan.source, blamed, abort);
  // What the query API answers is not kept waiting; of blobs a thread reads one window after the other.
  const alone = request.command !== 'export';
  const { begin, close } = engineOf(request.output, making, worthwhile(jobs, request, all), alone);
  // A ledger in the lake goes with it; that of an app stays, and would have the rest of a lake that was emptied.
  const { still } = lakeMet(meetPorts(lake, ledger, here, templates), async () => undefined, word);
  const ports = {
    ...local,
    engine: { ...local.engine, begin: observedBegin(begin, onRead) },
    lake: ofApp ? guardedLake(lake, still) : lake,
    ...(tables && { tables }),
    inLake: windowFiles(lake, templates, '_quarantine', tables),
    ledger,
    source,
    clock: systemClock,
    lease,
    lost,
    ready: (claimed: LedgerEntry) => refuseOther(claimed, { ...beside, orphaned: false }),
    ...(plan.readFrom && { readFrom: plan.readFrom }),
    ...(request.command === 'export' && (await keptSince(request.apps))),
  };
  const run = windowRunner({ plan, orphaned, isInLake: !ofApp, blamed, ports, abort });
  const ran = new Set<Millis>();
  return {
    place: lake.place.replace(/\/$/, ''),
    tasks: all,
    get notices() {
      return [...plan.notices, ...(plan.later?.() ?? [])];
    },
    incomplete: plan.incomplete,
    run: async (window) => {
      const outcome = await run(window);
      if (outcome.state !== 'unchanged') ran.add(dayOf(window.start));
      return outcome;
    },
    // An app writes the table of its ledger by itself.
    record: async () => (ofApp || abort.aborted ? '' : recordTable(all, ran, ports)),
    close: async () => {
      await close();
      await meet().catch(() => undefined); // the next command counts, too
    },
  };

  async function planOf(): Promise<Plan & { readonly tasks: readonly FeedTasks[] }> {
    if (request.command === 'transform') {
      const found = archive ?? (await archiveOf(request, abort));
      const made = await onDestination(() => transformPlan(request, found, lake, ledger, abort, settle));
      return { ...made, tasks: listedTasks(made.tasks) };
    }
    if (request.command === 'export') {
      const { names, ...made } = await onDestination(() => exportPlan(request, named, ledger, ofApp, tell));
      return { ...made, readFrom: names.readFrom, source: await querySources(request.apps, names) };
    }
    await placeThere(request.container, 'sweep: --container');
    try {
      const { apps, notices } = await settle(await exportFolders(request.container));
      const swept = await sweepPlan({ ...request, apps }, ledger, systemClock.now, keyOf, abort, tell);
      const tasks = listedTasks(swept.tasks);
      return { ...swept, tasks, notices: [...swept.notices, ...notices], done: 'compare', replace: request.replace };
    } catch (error) {
      if (error instanceof Failure) throw error;
      const text = error instanceof Error ? error.message : String(error);
      throw new Failure(blamed.of(text).side === 'destination' ? exitCodes.destination : exitCodes.source, text, {
        cause: error,
      });
    }
  }
};

async function onDestination<T>(use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure(exitCodes.destination, error instanceof Error ? error.message : String(error), { cause: error });
  }
}

/** What asks the query API is loaded for commands that do. */
const query = () => import('../../shared/wire/query.ts');

async function keptSince(apps: readonly App[]) {
  const { keptSince } = await query();
  return { keptSince: keptSince(apps, systemClock.now) };
}

async function querySources(apps: readonly App[], names: Names): Promise<Source> {
  const byApp = (await query()).querySources(apps);
  return {
    open: async (window, abort, origin) => {
      const source = byApp.get(names.reader(window, origin) ?? '');
      if (source === undefined) throw new Error(`open ${window.app}: no such app is asked for`);
      return source.open(window, abort);
    },
  };
}
