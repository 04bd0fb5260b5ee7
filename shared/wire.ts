import { readFileSync } from 'node:fs';
import { faultMessage } from './config/faults.ts';
import { functionTimeout } from './config/function-timeout.ts';
import { unfollowedReferences } from './config/unknown-settings.ts';
import { parseConfig, type ReadFile } from './config.ts';
import type { Config, DriftSighting, Millis, Window } from './model.ts';
import { troubleWithin } from './net/trouble.ts';
import { arriveHeld, arriveInWindow } from './pipeline/arrive.ts';
import { type RequeueOutcome, type RequeueRequest, requeueWindows } from './pipeline/ask/requeue.ts';
import { rerunWindows } from './pipeline/ask/rerun.ts';
import { createTurns } from './pipeline/backfill/after-live.ts';
import { watchedLake } from './pipeline/health/watched.ts';
import { putGuard } from './pipeline/names/hold.ts';
import { createNames } from './pipeline/names/names.ts';
import { createInvoke } from './pipeline/outage/invoke.ts';
import { type RunOutcome, runWindow, unrun } from './pipeline/run.ts';
import { createRecall } from './pipeline/running/recall.ts';
import { allOf } from './pure/all-of.ts';
import { hashOf } from './pure/hash-of.ts';
import type { StatusPorts } from './status/answer.ts';
import { type Adopts, feedRules, wireAdopts } from './wire/adopt.ts';
import { backfillOrder, underWay, type WiredBackfills, wireBackfills } from './wire/backfill.ts';
import { ledgerPlaceOf, openHealth, openHints, openLake, openLedger, storageClock } from './wire/clients.ts';
import { systemClock } from './wire/clock.ts';
import { placeOfBlob, type Sweeps, wireExports, wireSweeps } from './wire/exports.ts';
import { type Healths, wireHealth } from './wire/health.ts';
import { prepareLake, tablesOf } from './wire/lake.ts';
import { type LedgerTables, wireLedgerTable } from './wire/ledger-table.ts';
import { localPorts } from './wire/local.ts';
import { guardedLake, lakeFault, lakeMet, meetPorts, refuseStranger } from './wire/meet.ts';
import { processFault } from './wire/node.ts';
import { createPlanner, type PlanOutcome, sharedTicks, sweepsOwed } from './wire/plan.ts';
import { type Audits, keptOrAssumed, namedApps, queryApis, wireAudits } from './wire/query.ts';
import { checkConditions, untilItWorks } from './wire/ready.ts';
import { sourceOf } from './wire/source.ts';
import { wireStatus } from './wire/status.ts';
import { lakeLook, windowFiles, windowNames } from './wire/stories.ts';
import { beyondLake, keptInLake, type Tends, wireTends } from './wire/tend.ts';

/** The app, put together from its settings: what the triggers call. */
export interface Wired extends Sweeps, Audits, Adopts, Healths, Tends, WiredBackfills, LedgerTables {
  readonly config: Config;
  plan(): Promise<PlanOutcome>;
  /** The sweep that is due once ticks can be made again; undefined where none is. */
  sweepOwed(): ReturnType<Sweeps['sweep']>;
  /** `past`: it is a backfill's, and lets live windows go first. */
  run(window: Window, past?: boolean): Promise<RunOutcome>;
  /** Brings the window of that blob up to date; undefined when the blob is none of an export's. */
  arrive(blobName: string): Promise<RunOutcome | undefined>;
  /** Has windows run again that set something aside or failed. */
  requeue(request: RequeueRequest): Promise<RequeueOutcome>;
  /** What the status page and its API ask and do. */
  readonly statusPorts: StatusPorts;
  /** Fields that nobody knows, as they were first seen. */
  drift(): Promise<readonly DriftSighting[]>;
}

let made: Wired | undefined;

/**
 * The app of this process, from its environment. Throws all faults of the settings, on every call, until they are
 * mended; and where Node is too old.
 */
export function wired(): Wired {
  const fault = processFault(process);
  if (fault !== undefined) throw new Error(fault);
  const readFile = (path: string) => readFileSync(path, 'utf8');
  const timeout = functionTimeout(process.env, readFile);
  made ??= wire(ownConfig(readFile), timeout, ((timeout ?? 30 * 60_000) * 2) / 3);
  return made;
}

/** Of the environment of this process. What a terminal cannot follow the app must have been given. */
function ownConfig(readFile: ReadFile): Config {
  const faults = unfollowedReferences(process.env);
  if (faults.length > 0) throw new Error(faultMessage('settings', faults));
  return parseConfig(process.env, readFile);
}

/**
 * `timeout`: how long the host lets an invocation run before it kills it; undefined: without end. `outage`: how long an
 * invocation waits for a state that is away before it fails. `atTerminal`: what fails there tells nothing of the lake.
 */
export function wire(config: Config, timeout?: Millis, outage: Millis = 0, atTerminal = false): Wired {
  const watched = watchedLake(openLake(config));
  const ledger = openLedger(config.state, config.lake, (feed) => names.originOf(feed));
  const names = createNames(namedApps(config), ledger, systemClock.now);
  const templates = new Set([config.output.path]);
  const meeting = meetPorts(watched.lake, ledger, ledgerPlaceOf(config.state, config.lake), templates);
  const { met, still } = lakeMet(meeting, () =>
    prepareLake(watched.lake, tablesOf(config, watched.lake), async () => ledger),
  );
  const lake = guardedLake(watched.lake, still);
  const [hints, clock] = [openHints(config.state), systemClock];
  const blobs = config.exports && wireExports(config.exports, storageClock.now, ledger);
  const apis = queryApis(config, timeout);
  const source = sourceOf(config, apis, blobs?.source, names);
  const { planLimit: limit, patience, lease } = config;
  const tables = tablesOf(config, lake);
  const lost = lakeLook({ lake, clock, ...(tables && { tables }) }, templates, config.quarantine.prefix, {
    ready: () => lakeReady(),
    rules: feedRules(config, lake),
  });
  const ports = {
    lake,
    ...(tables && { tables }),
    lost,
    ledger,
    hints,
    clock,
    source,
    limit,
    patience,
    lease,
    refresh: config.exports?.refresh ?? 0,
    isBeyond: beyondLake(config, clock.now),
    keptFrom: keptInLake(config, clock.now),
    ...{ names, originOf: names.originOf, reads: names.reads, readFrom: names.readFrom, others: names.others },
    mayPut: putGuard({ ledger, ...names }),
    sourceNow: storageClock.now,
  };
  const local = localPorts(config.output, { ...config, dedupe: config.exports?.dedupe ?? 'id' });
  const refused = new Map<string, Millis>();
  const memory = { refused, recall: createRecall() };
  const kept = keptOrAssumed(config.apps, clock.now);
  /** What is read keeps its rows, whatever name the window lies under. */
  const readBy = (window: Window, origin?: string) => ({
    ...window,
    app: names.reader(window, origin) ?? window.app,
  });
  const inLake = windowFiles(lake, templates, config.quarantine.prefix, tables);
  const named = windowNames(templates, config.quarantine.prefix);
  const run = {
    ...ports,
    ...local,
    named,
    keptSince: (window: Window, origin?: string) => kept.keptSince(readBy(window, origin)),
    ...memory,
    inLake,
  };
  const stateReady = untilItWorks(() => allOf([ledger.prepare(), hints.prepare()]));
  const engineReady = untilItWorks(() => checkConditions(local.engine));
  const lakeReady = async (): Promise<void> => {
    await stateReady();
    await allOf([met(), engineReady()]);
  };
  // Who sits at a terminal leaves what was held to the planner.
  const woke = () => atTerminal || ticks.woke();
  const health = wireHealth(openHealth(config.state, config.lake), watched, lakeReady, stateReady, !atTerminal, woke);
  const ready = async (): Promise<void> => {
    await allOf([stateReady(), health.reach()]);
  };
  // Memory and temporary disk are bounded for one run: runs of one process follow each other, whatever their trigger.
  const turns = createTurns(clock);
  const lookOfTick = async () => {
    const seen = await health.look();
    if (seen.state === 'active') await health.reach();
    return seen;
  };
  const invoke = createInvoke(run, { ...health, lakeReady, refuseStranger, timeout, outage, troubleWithin });
  const runOne = (window: Window, past = false): Promise<RunOutcome> =>
    invoke(
      async (given) => {
        const outcome = await runWindow(window, given);
        if (outcome.state === 'done' && outcome.counts.read > 0) kept.saw(readBy(window, outcome.origin));
        return outcome;
      },
      async (error) => ({ ...unrun('held', window, undefined), error }),
      past ? turns.past : turns.live,
    );
  const { tend, wired: backfills } = wireBackfills(config, apis, {
    ...{ ...run, run: (window: Window) => runOne(window, true), isFree: turns.isFree },
    ...{ look: health.look, stateReady, outage },
  });
  const planTick = createPlanner(config, { ...ports, tidy: run }, tend);
  const sweeps = wireSweeps(config, ports, blobs?.sightings, ready, health.look);
  const ticks = sharedTicks((atOnce) => planTick(lookOfTick, atOnce));
  return {
    config,
    ...backfills,
    health: health.health,
    order: health.order,
    statusPorts: wireStatus(
      { ...config, whole: config },
      {
        ...{ ledger, names, now: clock.now, health: health.health, order: health.order, ready: stateReady },
        fault: () => lakeFault(meeting),
        rerun: (request) => refuseStranger(lakeReady()).then(() => rerunWindows(request, ports)),
        backfills: underWay(backfills),
        backfill: backfillOrder(backfills),
      },
    ),
    ...sweeps,
    ...wireAudits(config, apis, run, ready, health.look, ((timeout ?? 30 * 60_000) * 2) / 3),
    ...wireTends(config, { ...run, hash: hashOf }, ((timeout ?? 30 * 60_000) * 2) / 3, ready, health.look),
    ...wireAdopts(config, { ...meeting, ...(tables && { tables }) }, stateReady),
    ...sweepsOwed(ticks.plan, sweeps.sweep, clock.now),
    ...wireLedgerTable(config, run, ready, health.look),
    drift: async () => {
      await refuseStranger(lakeReady());
      return Array.fromAsync(ledger.drift());
    },
    requeue: async (request) => {
      await refuseStranger(lakeReady());
      return requeueWindows(request, ports);
    },
    run: runOne,
    arrive: async (blobName) => {
      const place = placeOfBlob(blobName, config);
      if (place === undefined) return undefined;
      const { cell, hour, name } = place;
      blobs?.source.met(name);
      return invoke(
        async ({ rest, ...given }) => {
          await rest?.();
          return arriveInWindow(cell, hour, given);
        },
        (why) => arriveHeld(cell, hour, why, ports),
        turns.live,
      );
    },
  };
}
