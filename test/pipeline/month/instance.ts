import { randomUUID } from 'node:crypto';
import { createEngine, engineDefaults } from '../../../shared/engine/engine.ts';
import { openDeltaLake } from '../../../shared/lake/delta/lake-tables.ts';
import { contentPieces } from '../../../shared/lake/local-content.ts';
import { workFolders } from '../../../shared/lake/work-folders.ts';
import type { Content, Output, QuerySettings, Window } from '../../../shared/model.ts';
import { type AuditOutcome, auditWindows, createAuditMemory } from '../../../shared/pipeline/audit/audit.ts';
import { auditFiles, type FeedFiles } from '../../../shared/pipeline/audit/lake-slice.ts';
import { orderBackfill, startBackfill } from '../../../shared/pipeline/backfill/steer.ts';
import { takeNext } from '../../../shared/pipeline/backfill/take.ts';
import { tendBackfills } from '../../../shared/pipeline/backfill/tend.ts';
import { createBudget } from '../../../shared/pipeline/budget.ts';
import { createGate, type Gate } from '../../../shared/pipeline/health/gate.ts';
import { watchedLake } from '../../../shared/pipeline/health/watched.ts';
import { brakeFor, createBrake } from '../../../shared/pipeline/outage/brake.ts';
import { type FeedPlan, heldFeed, planFeed } from '../../../shared/pipeline/plan.ts';
import { keptFrom, retiredBefore } from '../../../shared/pipeline/retention/due.ts';
import { type FeedRetired, retireWindows } from '../../../shared/pipeline/retention/retire.ts';
import { runWindow } from '../../../shared/pipeline/run.ts';
import { createRecall } from '../../../shared/pipeline/running/recall.ts';
import { hashOf } from '../../../shared/pure/hash-of.ts';
import { columnsOf } from '../../../shared/signals/columns-of.ts';
import { noShaping } from '../../../shared/signals/shape.ts';
import { budgeted } from '../../../shared/source/query/budgeted.ts';
import { createAsk } from '../../../shared/source/query/client.ts';
import type { Ask } from '../../../shared/source/query/reply.ts';
import { createQuerySource } from '../../../shared/source/query/source.ts';
import { createSurvey } from '../../../shared/source/query/survey/survey.ts';
import { expectedOf, pathsOf } from '../../../shared/wire/lake.ts';
import { day, hour, isHeavy, type Message, past, start, type World } from './whole-world.ts';

/** One process of the app: real source, engine and pipeline, with what wire.ts gives them but clock and stores. */
export interface Instance {
  readonly gate: Gate;
  isDead(): boolean;
  /** Dies with the next change but so many. */
  fuse(changes: number): void;
  plan(): Promise<readonly FeedPlan[]>;
  handle(message: Message): Promise<void>;
  audit(): Promise<AuditOutcome>;
  tend(): Promise<{ readonly retired: readonly FeedRetired[]; readonly files: readonly FeedFiles[] }>;
  backfill(order: 'start' | 'pause' | 'resume' | 'cancel'): Promise<void>;
}

class Killed extends Error {}

const changing: ReadonlySet<string> = new Set(['write', 'plan', 'halve', 'hinted', 'put', 'remove', 'send', 'rest']);

const id = '11111111-1111-1111-1111-111111111111';
const settingsOf = ({ source, options, window }: World): QuerySettings => ({
  url: `${source.simulator.url}/v1/${options.workspace ? 'workspaces' : 'apps'}/${id}/query`,
  schema: options.workspace ? { kind: 'workspace', resourceId: source.resourceId } : { kind: 'app' },
  ...{ scope: '', auth: { kind: 'none' }, signals: options.signals, window },
  ...{ lag: hour / 6, from: start, until: undefined, retention: 90 * day },
});

export function startInstance(world: World): Instance {
  const { clock, count, options } = world;
  let [left, dead] = [Number.POSITIVE_INFINITY, false];
  const step = (): void => {
    dead ||= left-- <= 0;
    if (dead) throw new Killed('this process is gone');
  };
  const mortal = <T extends object>(port: T): T =>
    new Proxy(port, {
      get: (target, key) => {
        const value = Reflect.get(target, key);
        if (typeof value !== 'function' || !changing.has(String(key))) return value;
        return async (...args: unknown[]) => {
          step();
          return value.apply(target, args);
        };
      },
    });
  const watched = watchedLake({
    ...mortal(world.lake),
    head: async (name) => {
      unlessAway();
      return world.lake.head(name);
    },
    put: async (...args) => {
      unlessAway();
      step();
      return world.lake.put(...args);
    },
  });
  function unlessAway(): void {
    if (world.lakeAway) throw new Error('the account is gone (AccountIsDisabled)');
  }
  const { lake } = watched;
  const ledger = mortal(world.ledger);
  const gate = createGate({
    ...{ store: world.health, clock },
    probe: async () =>
      lake.put('_insights-lake/probe', new TextEncoder().encode('{}'), await lake.head('_insights-lake/probe')),
  });
  const output: Output = {
    ...{ format: 'parquet', gzip: false, partition: 'day' },
    path: '{signal}/app={app}/date={yyyy}-{MM}-{dd}/{source}_{start}_{end}.{ext}',
    ...(options.table && { table: 'delta' as const }),
  };
  const tables = options.table
    ? openDeltaLake({ lake, clock, newId: randomUUID, columns: (signal) => columnsOf(signal) })
    : undefined;
  const hints = {
    prepare: async () => {},
    send: async (window: Window, delay: number, backfill = false) => {
      step();
      world.messages.push({ window, backfill, at: world.now + delay });
    },
  };
  const queue = {
    prepare: async () => {},
    pass: async (turn: { readonly id: string; readonly slot: number; readonly turn: number }) => {
      step();
      // Some windows an hour: a backfill goes on for days.
      world.messages.push({ turn, at: turn.turn % (2 * options.signals.length) === 0 ? world.now + hour : world.now });
    },
  };
  const client = createAsk(settingsOf(world), undefined, clock);
  /** Each answer takes a second or so; who is gone asks nothing. */
  const slow: Ask = async (question) => {
    if (dead) step();
    world.asking += 1;
    world.mostAsking = Math.max(world.mostAsking, world.asking);
    try {
      await clock.sleep(200 + 1600 * clock.random());
      if (dead) step();
      return await client(question);
    } finally {
      world.asking -= 1;
    }
  };
  const told = mortal(world.seats);
  const seats: typeof told = {
    ...told,
    rest: (until) =>
      told.rest(until).catch((error: unknown) => {
        world.unheard.push(until);
        throw error;
      }),
  };
  const ask = budgeted(slow, createBudget({ seats, clock, holder: randomUUID(), limits: world.budget }), clock);
  const brake = createBrake(clock);
  const api = { settings: settingsOf(world), ask, clock };
  const survey = createSurvey(api);
  const inner = createQuerySource({ ...api, survey, audited: true, limits: { rows: world.rowLimit } });
  const memory = createAuditMemory();
  const inLake = (signal: Window['signal']) => keptFrom(signal, world.rules, world.now);
  const ports = {
    ...{ ledger, lake, clock, hints, lease: hour / 2, refresh: 0, patience: hour / 2, limit: 240 },
    ...(tables && { tables }),
    engine: createEngine({ ...engineDefaults, output, shaping: noShaping }),
    source: {
      open: async (window: Window, abort: AbortSignal) => {
        if (isHeavy(window)) left = 0;
        step();
        return inner.open(window, abort);
      },
    },
    path: pathsOf(output, '_quarantine'),
    expected: expectedOf(output),
    hash: (content: Content) => hashOf(contentPieces(content)),
    discard: async () => {},
    withWorkFolder: workFolders(world.work),
    recall: createRecall(),
    refused: new Map<string, number>(),
    keptSince: () => world.now - 90 * day,
    keptFrom: inLake,
    isBeyond: (window: Window) => window.end <= retiredBefore(window, inLake(window.signal) ?? 0),
  };
  const backfillPorts = { ledger, clock, store: world.backfills, queue, keptFrom: inLake };
  const isActive = async () => (await gate.look()).state === 'active';

  async function run(window: Window) {
    watched.take();
    const allowed = { start: world.now, end: world.now + hour / 2 };
    const outcome = await runWindow(window, { ...ports, allowed, rest: brake.wait }).catch((error: unknown) => {
      brake.told('failed');
      throw error;
    });
    brake.told(brakeFor(outcome));
    count.runs = (count.runs ?? 0) + 1;
    if (outcome.state === 'halved') count.halved = (count.halved ?? 0) + 1;
    const { wrote, error } = watched.take();
    const failed = outcome.state === 'failed' ? error : undefined;
    if (wrote || failed !== undefined) await gate.tell(failed);
    return outcome;
  }

  return {
    gate,
    isDead: () => dead,
    fuse: (changes) => {
      left = changes;
    },
    plan: async () => {
      const { state, since } = await gate.look();
      if (state !== 'active') return Promise.all(world.feeds.map((feed) => heldFeed(feed, ledger)));
      const running = await tendBackfills(backfillPorts, ports.patience, since);
      const plans: FeedPlan[] = [];
      for (const feed of world.feeds) {
        const from = Math.max(start, inLake(feed.signal) ?? 0);
        const tiling = { size: world.window, lag: hour / 6, until: undefined };
        const more = { resumedAt: since, goesOn: (id: string) => running.has(id), tidy: ports };
        plans.push(await planFeed(feed, tiling, from, { ...ports, ...more }));
      }
      return plans;
    },
    handle: async (message) => {
      if (!(await isActive())) {
        count.held = (count.held ?? 0) + 1;
        return;
      }
      if ('window' in message) return void (await run(message.window));
      const taken = await takeNext(message.turn, backfillPorts);
      if (taken === undefined) return;
      await run(taken.window);
      await queue.pass(taken.next);
    },
    audit: async () => {
      if (!(await isActive())) return { feeds: [], asked: 0, errors: [] };
      const app = { app: 'shop', feeds: world.feeds, survey, retention: 90 * day };
      const more = { recheck: 50 * hour, horizon: 30 * day, purged: 'follow' as const, memory, time: hour / 3 };
      return auditWindows([app], { ...ports, ...more }, new AbortController().signal);
    },
    tend: async () => {
      if (!(await isActive())) return { retired: [], files: [] };
      const request = { app: '', signals: [], remove: true, all: false };
      const retired = await retireWindows(request, { ...ports, rules: world.rules });
      const files = await auditFiles(true, { ...ports, hash: hashOf });
      return { retired, files };
    },
    backfill: async (order) => {
      const range = { start: start - past, end: start };
      const request = { app: 'shop', signals: options.signals, ...range, choice: 'missing' as const, concurrency: 2 };
      const scope = { window: world.window, from: start, keptSince: world.now - 90 * day };
      if (order === 'start') await startBackfill(request, 'the-past', scope, backfillPorts);
      else await orderBackfill('the-past', order, backfillPorts);
    },
  };
}
