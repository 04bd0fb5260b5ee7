import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Chance, chanceOf } from '../../../local/telemetry/chance.ts';
import type {
  BackfillTurn,
  BudgetLimits,
  Feed,
  Millis,
  RetentionRules,
  Signal,
  Window,
} from '../../../shared/model.ts';
import { createMemoryBackfills } from '../../../shared/state/backfills-memory.ts';
import { createMemoryHealth } from '../../../shared/state/health-memory.ts';
import { createMemoryLedger } from '../../../shared/state/ledger-memory.ts';
import { createMemorySeats } from '../../../shared/state/seats-memory.ts';
import { type Instance, startInstance } from './instance.ts';
import { type MonthClock, monthClock } from './month-clock.ts';
import { seenLake } from './seen-lake.ts';
import { type ShopSource, shopSource } from './shop-source.ts';

export const hour: Millis = 3_600_000;
export const day: Millis = 24 * hour;
export const start = Date.UTC(2026, 1, 20);
/** So much of the past a backfill brings in. */
export const past: Millis = 4 * day;
/** Rows of an answer at most: many windows are asked for in parts. */
const rowLimit = 25;
/** BUDGET_IN_FLIGHT and BUDGET_RATE: tight enough that runs and audits wait for each other. */
const budget: BudgetLimits = { inFlight: 2, rate: 36 };

export interface MonthOptions {
  readonly seed: string;
  readonly signals: readonly Signal[];
  readonly days: number;
  readonly table: boolean;
  /** The app is a component of a workspace. */
  readonly workspace: boolean;
  readonly perHour: number;
}

/** A message of either queue. */
export type Message = { readonly at: Millis } & (
  | { readonly window: Window; readonly backfill: boolean }
  | { readonly turn: BackfillTurn }
);

/** What all instances share, and what the month changes. */
export interface World {
  readonly options: MonthOptions;
  readonly chance: Chance;
  readonly clock: MonthClock;
  readonly source: ShopSource;
  readonly lake: ReturnType<typeof seenLake>;
  readonly ledger: ReturnType<typeof createMemoryLedger>;
  readonly health: ReturnType<typeof createMemoryHealth>;
  readonly backfills: ReturnType<typeof createMemoryBackfills>;
  readonly seats: ReturnType<typeof createMemorySeats>;
  readonly budget: BudgetLimits;
  readonly feeds: readonly Feed[];
  readonly work: string;
  readonly rowLimit: number;
  readonly messages: Message[];
  /** Until when the API had asked for quiet in answers that only a process heard that died of them. */
  readonly unheard: Millis[];
  readonly count: Record<string, number>;
  readonly now: Millis;
  lakeAway: boolean;
  /** Questions that are under way, of all instances, and the most that ever were. */
  asking: number;
  mostAsking: number;
  /** Rules of LAKE_RETENTION, with LAKE_RETIRE=remove. */
  rules: RetentionRules;
  /** QUERY_WINDOW. */
  window: Millis;
}

/** One hundred and one hours have a window that kills whoever reads it whole. */
export const isHeavy = ({ signal, start: from, end }: Window): boolean =>
  signal === 'traces' && end - from >= hour && Math.floor(from / hour) % 101 === 7;

export async function startWorld(options: MonthOptions): Promise<World> {
  const { seed, signals, table, perHour, days, workspace } = options;
  const chance = chanceOf(`whole month/${seed}`);
  const tableFrom = start + Math.floor(days * 8) * hour;
  const late = days < 10 ? 0.15 : 0.06;
  const source = { seed, signals, perHour, rowLimit, late, workspace: workspace ? { tableFrom } : undefined };
  const clock = monthClock(start, () => chance.next());
  return {
    ...{ options, chance, clock, lake: seenLake(table), ledger: createMemoryLedger(), health: createMemoryHealth() },
    ...{ backfills: createMemoryBackfills(), seats: createMemorySeats(), budget, messages: [], unheard: [], rowLimit },
    source: await shopSource(source, chance, clock.now),
    feeds: signals.map((signal): Feed => ({ app: 'shop', signal, source: 'query' })),
    work: mkdtempSync(join(tmpdir(), 'month-')),
    count: {
      runs: 0,
      halved: 0,
      deaths: 0,
      lost: 0,
      audited: 0,
      idle: 0,
      repaired: 0,
      retired: 0,
      vandals: 0,
      held: 0,
      paused: 0,
      asked: 0,
      throttled: 0,
    },
    get now() {
      return clock.now();
    },
    ...{ lakeAway: false, asking: 0, mostAsking: 0, rules: {}, window: days < 10 ? hour : 3 * hour },
  };
}

/**
 * Both instances take messages at the same time, until then at the latest; who dies is begun anew, and half of what it
 * had comes back.
 */
export async function deliver(world: World, instances: Instance[], until: Millis): Promise<void> {
  const { messages, chance, count, clock } = world;
  const take = (): Message | undefined => {
    if (world.now >= until) return undefined;
    const at = messages.findIndex((message) => message.at <= world.now);
    return at < 0 ? undefined : messages.splice(at, 1)[0];
  };
  const work = async (n: number): Promise<void> => {
    for (let message = take(); message !== undefined; message = take()) {
      const instance = instances[n];
      if (instance === undefined) return;
      try {
        await instance.handle(message);
      } catch (error) {
        if (!instance.isDead()) throw error;
        count.deaths = (count.deaths ?? 0) + 1;
        instances[n] = startInstance(world);
        if (chance.hit(0.5)) messages.push({ ...message, at: world.now + hour / 6 });
      }
    }
  };
  await clock.passing(() => Promise.all(instances.map((_, n) => work(n))));
}

/** What readers see of a window, and what the source has of it. */
export async function differs(world: World, window: Window): Promise<boolean> {
  const entry = (await world.ledger.read(window))?.value;
  const visible = new Set(world.lake.files());
  const inLake = new Set(
    (entry?.files ?? []).flatMap(({ path }) => (visible.has(path) ? world.lake.rowsIn(path) : [])),
  );
  const there = world.source.rowsIn(window.signal, window);
  return inLake.size !== there.size || [...there].some((row) => !inLake.has(row));
}
