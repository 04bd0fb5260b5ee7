/** Two deployments with settings of their own at one ledger, whose ticks go side by side, call by call. */
import type { Chance } from '../../../local/telemetry/chance.ts';
import type { BackfillTurn, Feed, Ledger, Millis, Window } from '../../../shared/model.ts';
import { RangeRefused, startBackfill } from '../../../shared/pipeline/backfill/steer.ts';
import { takeNext } from '../../../shared/pipeline/backfill/take.ts';
import { createFeedMemory, type FeedTask, planMany } from '../../../shared/pipeline/many/plan-many.ts';
import { oldName } from '../../../shared/pipeline/many/stopped.ts';
import { putGuard } from '../../../shared/pipeline/names/hold.ts';
import { createNames, type NamedApp } from '../../../shared/pipeline/names/names.ts';
import { planFeed } from '../../../shared/pipeline/plan.ts';
import { shareRows } from '../../../shared/pure/origin.ts';
import { createMemoryBackfills } from '../../../shared/state/backfills-memory.ts';
import { createMemoryLedger } from '../../../shared/state/ledger-memory.ts';
import { hour, signals, start } from './named.ts';

export type Settings = readonly (readonly [app: string, origin: string])[];
/** Called before each call to the ledger, by the name of the method. */
export type Step = (method: string) => Promise<void>;

const feedOf = (app: string): Feed => ({ app, signal: 'requests', source: 'query' });

export function twoDeployments() {
  let now = start + 30 * hour;
  const clock = { now: () => now, random: () => 0.5, sleep: async () => {} };
  const shared = createMemoryLedger();

  /** A process of a deployment: what it remembers lives as long as it does. `calls`: how many it has made. */
  const deployment = (settings: Settings, step: Step = async () => {}) => {
    const told = { calls: 0 };
    const apps = settings.map(([app, origin]): NamedApp => ({ app, origin, signals }));
    const registered = new Set<string>();
    const passed = async (method: string) => {
      told.calls += 1;
      await step(method);
    };
    const register = async (feed: Feed) => {
      if (registered.has(feed.app)) return;
      await passed('register');
      await shared.opening(feed, names.originOf(feed));
      registered.add(feed.app);
    };
    const ledger: Ledger = {
      ...shared,
      read: async (window) => {
        await passed('read');
        return shared.read(window);
      },
      write: async (entry, ...rest) => {
        await register(entry.window);
        await passed('write');
        return shared.write(entry, ...rest);
      },
      halve: async (...asked) => {
        await passed('halve');
        return shared.halve(...asked);
      },
      async *list(...asked) {
        await passed('list');
        yield* shared.list(...asked);
      },
      async *open(feed) {
        await passed('open');
        return yield* shared.open(feed);
      },
      progress: async (feed) => {
        await passed('progress');
        return shared.progress(feed);
      },
      plan: async (feed, ...rest) => {
        await register(feed);
        await passed('plan');
        return shared.plan(feed, ...rest);
      },
      opening: async (feed, origin) => {
        await passed('opening');
        await shared.opening(feed, origin ?? names.originOf(feed));
      },
      async *openings() {
        await passed('openings');
        yield* shared.openings();
      },
    };
    const names = createNames(apps, ledger, clock.now);
    const hints = { prepare: async () => {}, send: async () => {} };
    const { others, isSaid, originOf } = names;
    const ports = { ledger, hints, clock, patience: hour, limit: 7, others, isSaid, originOf };
    const tick = async (size: Millis, from?: Millis) => {
      names.saw(await Array.fromAsync(ledger.openings()));
      const by = (look: () => Promise<void>): typeof ports => ({
        ...ports,
        others: async (feed, afresh) => {
          if (afresh) await look();
          return names.others(feed);
        },
      });
      const taskOf = (feed: Feed, plan: FeedTask['plan']): FeedTask => ({ feed, plan, nextDue: () => 0 });
      const tiling = { size, lag: 0, until: undefined };
      const tasks = [
        ...apps.map(({ app }) => taskOf(feedOf(app), (_, look) => planFeed(feedOf(app), tiling, from, by(look)))),
        ...names.renamed().map(({ feed }) => taskOf(feed, (_, look) => oldName(feed, by(look)))),
      ];
      const { errors } = await planMany(tasks, createFeedMemory(), now, () => names.look(true));
      if (errors.length > 0) throw new Error(errors.join('; '));
    };
    /** What is open is read by whoever knows from where, by chance or all of it. */
    const run = async (isRun: (window: Window) => boolean = () => true) => {
      for await (const feed of shared.feeds())
        for (const { window } of await Array.fromAsync(shared.open(feed))) {
          const seen = isRun(window) ? await shared.read(window) : undefined;
          const origin = seen && (await names.readFrom(seen.value));
          if (seen === undefined || origin === undefined) continue;
          const done = { ...seen.value, origin, state: 'done' as const, again: false, doneAt: now };
          await shared.write({ ...done, fingerprint: 'rows:1', revision: seen.value.revision + 1 }, seen.etag);
        }
    };
    /** Six hours before all others, of one of its apps. */
    const backfill = async (app: string) => {
      const passed: BackfillTurn[] = [];
      const queue = { prepare: async () => {}, pass: async (turn: BackfillTurn) => void passed.push(turn) };
      const { reads, homes, reader } = names;
      const mayPut = putGuard({ ledger, others, isSaid, reader });
      const more = { store: createMemoryBackfills(), queue, reads, homes, mayPut };
      const range = { start: start - 6 * hour, end: start, choice: 'missing' as const, concurrency: 1 };
      const scope = { window: hour, from: start, keptSince: undefined };
      await startBackfill({ app, signals, ...range }, 'one', scope, { ...ports, ...more }).catch((error) => {
        if (!(error instanceof RangeRefused)) throw error;
      });
      for (let turn = passed.shift(); turn !== undefined; turn = passed.shift()) {
        const again = turn;
        // Nobody waits here between two tries; a message comes again.
        const taken = await takeNext(turn, { ...ports, ...more }).catch((error) => {
          if (!/all the time/.test(String(error))) throw error;
          passed.push(again);
          return undefined;
        });
        if (taken !== undefined) await queue.pass(taken.next);
      }
    };
    return { tick, run, backfill, told };
  };

  /** Half-hours of these apps that are there twice, or not, up to now. */
  const faults = async (origins: readonly string[], first = start): Promise<readonly string[]> => {
    const found: string[] = [];
    const all = (await Promise.all((await Array.fromAsync(shared.feeds())).map(entriesOf))).flat();
    for (const origin of origins) {
      const own = all.filter((entry) => shareRows(entry.origin ?? '', origin));
      for (let at = first; at < Math.floor(now / hour) * hour; at += hour / 2) {
        const there = own.filter(({ window }) => window.start <= at && at < window.end);
        const where = there.map(({ window, state }) => `${window.app} ${state}`).join(' ');
        if (there.length !== 1) found.push(`${origin} ${(at - start) / hour}: ${there.length} ${where}`);
      }
    }
    return found;
  };
  const entriesOf = async (feed: Feed) =>
    (await Array.fromAsync(shared.list(feed))).filter(({ state }) => state !== 'halved');

  const later = (by: Millis) => {
    now += by;
  };
  return { ledger: shared, clock, deployment, faults, later };
}

/** Runs what is given side by side; `chance` says whose call to the ledger comes next. */
export async function sideBySide(chance: Chance, tasks: readonly ((step: Step) => Promise<unknown>)[]): Promise<void> {
  const waiting: (() => void)[] = [];
  let left = tasks.length;
  const step: Step = () => new Promise((resolve) => waiting.push(resolve));
  const all = tasks.map((task) =>
    task(step).finally(() => {
      left -= 1;
    }),
  );
  while (left > 0) {
    await new Promise(setImmediate);
    const at = chance.int(0, Math.max(0, waiting.length - 1));
    waiting.splice(at, 1)[0]?.();
  }
  await Promise.all(all);
}
