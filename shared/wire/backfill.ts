import { randomUUID } from 'node:crypto';
import { usualRetention } from '../config/query.ts';
import type {
  Backfill,
  BackfillReport,
  BackfillRequest,
  Backfills,
  BackfillTurn,
  BackfillWish,
  Clock,
  Config,
  LakeHealth,
  Ledger,
  Millis,
  OriginOf,
  Signal,
  Window,
} from '../model.ts';
import { whileWaiting } from '../net/waits.ts';
import { planBackfill } from '../pipeline/backfill/estimate.ts';
import { backfillFacts, backfillPlanFacts } from '../pipeline/backfill/facts.ts';
import {
  type BackfillScope,
  leftOut,
  orderBackfill,
  RangeRefused,
  reportBackfill,
  startBackfill,
} from '../pipeline/backfill/steer.ts';
import { type BackfillPorts, type Taking, takeNext } from '../pipeline/backfill/take.ts';
import { tendBackfills } from '../pipeline/backfill/tend.ts';
import type { Names } from '../pipeline/names/names.ts';
import { isStoreFailure, outlast } from '../pipeline/outage/outlast.ts';
import type { RunOutcome } from '../pipeline/run.ts';
import type { BackfillOrder } from '../status/answer.ts';
import { BadRequest } from '../status/request.ts';
import { openBackfillQueue, openBackfills } from './clients.ts';
import type { QueryApi } from './query.ts';

export interface WiredBackfills {
  readonly backfills: Backfills;
  /** Runs the next window of a backfill; undefined when there was none for this message. */
  backfillTurn(turn: BackfillTurn): Promise<RunOutcome | undefined>;
}

interface Ports extends Pick<BackfillPorts, 'lost'> {
  readonly ledger: Ledger;
  readonly clock: Clock;
  run(window: Window): Promise<RunOutcome>;
  /** Whether live windows leave room for one of the past. */
  isFree(): Promise<boolean>;
  keptFrom(signal: Signal): Millis | undefined;
  readonly others: NonNullable<BackfillPorts['others']>;
  readonly originOf: OriginOf;
  readonly reads: NonNullable<BackfillPorts['reads']>;
  readonly names: Pick<Names, 'homes'>;
  readonly mayPut: NonNullable<BackfillPorts['mayPut']>;
  look(): Promise<LakeHealth>;
  stateReady(): Promise<void>;
  /** How long a call waits for a state that is away: a message that is given up is missed for PLAN_PATIENCE. */
  readonly outage: Millis;
}

/** What is asked for is not in the settings. */
export class NotInSettings extends Error {
  readonly field: string;

  constructor(field: string, message: string) {
    super(message);
    this.name = 'NotInSettings';
    this.field = field;
  }
}

/** Live windows are not late for a backfill: it leaves them all of the budget but so many requests under way. */
const usual = 2;
/** While live windows need a process, a turn comes back to it after so long. */
const later: Millis = 10_000;

export function wireBackfills(config: Config, apis: ReadonlyMap<string, QueryApi>, ports: Ports) {
  const { ledger, clock, look, run, keptFrom, others, originOf, reads, mayPut, lost } = ports;
  const { homes } = ports.names;
  const queue = openBackfillQueue(config.state);
  const store = openBackfills(config.state, config.lake);
  const own: BackfillPorts = {
    ledger,
    clock,
    store,
    queue,
    keptFrom,
    others,
    originOf,
    reads,
    homes,
    mayPut,
    ...(lost && { lost }),
  };
  const prepared = async (): Promise<void> => {
    await ports.stateReady();
    await queue.prepare();
  };
  const report = (backfill: Backfill): Promise<BackfillReport> => reportBackfill(backfill, own);
  const wired: WiredBackfills = {
    backfills: {
      plan: async (wish) => {
        await prepared();
        const { request, scope, api } = resolved(wish, config, apis, clock);
        const { rate } = config.budget;
        const all = { ...ports, homes, survey: api.survey, rate };
        const plan = planBackfill(request, scope, all, new AbortController().signal);
        return whileWaiting('the ledger and the source, which count windows', plan);
      },
      start: async (wish) => {
        await prepared();
        const { request, scope } = resolved(wish, config, apis, clock);
        const time = new Date(clock.now()).toISOString().slice(0, 19).replace(/[:-]/g, '');
        const id = `${time}-${randomUUID().slice(0, 4)}`;
        const begun = await startBackfill(request, id.toLowerCase(), scope, own);
        const remark = leftOut(request, begun, scope, own);
        return { ...(await report(begun)), ...(remark !== '' && { remark }) };
      },
      order: async (id, order) => {
        await prepared();
        return report(await orderBackfill(id, order, own));
      },
      status: async () => {
        await ports.stateReady();
        const all: BackfillReport[] = [];
        for await (const each of own.store.list()) all.push(await report(each));
        return all;
      },
    },
    backfillTurn: async (turn) => {
      const began = clock.now();
      // Each try reads a day of the ledger, and looks into the lake once: nobody waits for it to the second.
      const longest = 30_000;
      const there = <T>(call: () => Promise<T>, share = 1): Promise<T> =>
        outlast(call, isStoreFailure, began + ports.outage * share, clock, { longest });
      // Live windows first: it comes back to whoever has time.
      if (!(await ports.isFree())) {
        await there(() => queue.pass(turn, later));
        return undefined;
      }
      const taking: Taking = {};
      const taken = await there(async () => {
        // The planner sends it again when the lake is resumed.
        const { state } = await look();
        return state === 'active' ? takeNext(turn, own, taking) : undefined;
        // A try makes several calls, of a minute each at most: the last one is to end before functionTimeout does.
      }, 1 / 2);
      if (taken === undefined) return undefined;
      const outcome = await run(taken.window);
      if (outcome.state !== 'held') await there(() => queue.pass(taken.next));
      return outcome;
    },
  };
  const tend = (resumedAt: number, began: number) => tendBackfills(own, config.patience, resumedAt, began);
  return { wired, tend };
}

function resolved(wish: BackfillWish, config: Config, apis: ReadonlyMap<string, QueryApi>, clock: Clock) {
  const apps = config.apps.filter(({ query }) => query !== undefined);
  const named = wish.app === '' && apps.length === 1 ? apps[0] : apps.find(({ name }) => name === wish.app);
  const api = apis.get(named?.name ?? '');
  if (named?.query === undefined || api === undefined)
    throw new NotInSettings(
      'app',
      'backfill: name one of the apps of the query API: ' +
        `${apps.map(({ name }) => name).join(', ') || 'the settings have none'}`,
    );
  const { signals, window, from, retention } = named.query;
  const wanted = wish.signals.length === 0 ? signals : wish.signals;
  const unknown = wanted.filter((signal) => !signals.includes(signal));
  if (unknown.length > 0)
    throw new NotInSettings(
      'signals',
      `backfill ${named.name}: the settings do not export ${unknown.join(', ')} of it (SIGNALS)`,
    );
  // One request at least is left to live windows.
  const concurrency = Math.max(1, Math.min(wish.concurrency ?? usual, config.budget.inFlight - 1));
  const request: BackfillRequest = { ...wish, app: named.name, signals: wanted, concurrency };
  const keptSince = retention === undefined ? undefined : clock.now() - retention;
  // Not known, it is only said: the source may have more.
  const doubtfulBefore = retention === undefined ? clock.now() - usualRetention : undefined;
  const scope: BackfillScope = { window, from, keptSince, doubtfulBefore };
  return { request, scope, api };
}

/** For the status page: those that are not over, as `backfillFacts` spells them. */
export const underWay =
  ({ backfills }: WiredBackfills) =>
  async () =>
    (await backfills.status()).filter(({ state }) => state === 'running' || state === 'paused').map(backfillFacts);

/** For its API: says what it would be, or begins it. Throws BadRequest where the order is what is wrong. */
export const backfillOrder =
  ({ backfills }: WiredBackfills) =>
  async ({ begin, ...range }: BackfillOrder): Promise<object> => {
    const wish: BackfillWish = { ...range, choice: 'missing', concurrency: undefined };
    try {
      return begin ? backfillFacts(await backfills.start(wish)) : backfillPlanFacts(await backfills.plan(wish));
    } catch (error) {
      if (error instanceof NotInSettings) throw new BadRequest(error.field, error.message);
      if (error instanceof RangeRefused) throw new BadRequest('from', error.message);
      throw error;
    }
  };
