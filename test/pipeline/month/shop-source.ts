import { memoryData } from '../../../local/simulator/data.ts';
import type { Fault } from '../../../local/simulator/faults.ts';
import type { LoggedRequest } from '../../../local/simulator/request.ts';
import { type Simulator, startSimulator } from '../../../local/simulator/startSimulator.ts';
import { resourceIdOf } from '../../../local/telemetry/asCells.ts';
import type { Chance } from '../../../local/telemetry/chance.ts';
import type { Row } from '../../../local/telemetry/row.ts';
import { WORKSPACE_TABLES } from '../../../local/telemetry/tables.ts';
import { telemetryRows } from '../../../local/telemetry/telemetryRows.ts';
import type { Interval, Millis, Signal } from '../../../shared/model.ts';
import { denser } from '../../e2e/shopRows.ts';

const hour: Millis = 3_600_000;

/** The source of a month: the simulator, whose rows come in hour by hour, some up to 48 hours late, and are purged. */
export interface ShopSource {
  readonly simulator: Simulator;
  readonly count: { rows: number; late: number; purged: number };
  /** All rows of a past that comes in at once. */
  past(range: Interval, at: Millis): void;
  /** What came in during the hour before `now`. */
  hourTo(now: Millis): void;
  /** Takes rows of an hour away. */
  purge(range: Interval): void;
  /** The resource id of the component, where it reports to a workspace with others; else ''. */
  readonly resourceId: string;
  /** All rows that are of the app. */
  rows(signal: Signal): readonly Row[];
  /** Ids that the source has of a stretch now, as the lake's are spelled. */
  rowsIn(signal: Signal, range: Interval): Set<string>;
  /** Only these faults from now on. */
  faults(all: readonly Fault[]): void;
  /**
   * What the server saw since the last call: the most requests in any 30 s, those that came although it had asked for
   * so much quiet with a 429, and how often it did. `unheard`: until when it had asked for some that only a process
   * heard of that died of it.
   */
  asked(
    quiet: Millis,
    unheard: readonly Millis[],
  ): { readonly most: number; readonly rash: readonly string[]; readonly throttled: number };
}

export const timeOf = ({ timestamp }: Row): Millis => Date.parse(String(timestamp));
const idOf = (signal: Signal, row: Row): string => `${signal} ${row.itemId}`;

export interface SourceOptions {
  readonly seed: string;
  readonly signals: readonly Signal[];
  readonly perHour: number;
  readonly rowLimit: number;
  /** The share of rows that come late, by up to 48 hours. */
  readonly late: number;
  /**
   * The app is a component of a workspace to which another one reports as well; the table of its last signal comes
   * with the first row of its kind, then.
   */
  readonly workspace: { readonly tableFrom: Millis } | undefined;
}

export async function shopSource(options: SourceOptions, chance: Chance, now: () => Millis): Promise<ShopSource> {
  const { seed, signals, perHour, rowLimit, workspace } = options;
  const data = memoryData();
  const simulator = await startSimulator({ data, rowLimit, now, seed });
  const pending: { readonly row: Row; readonly at: Millis }[] = [];
  const count = { rows: 0, late: 0, purged: 0 };
  const last = signals.at(-1);
  const isMissing = (signal: Signal) => workspace !== undefined && signal === last && now() < workspace.tableFrom;
  const made = (range: Interval) =>
    (workspace ? ['shop', 'other'] : ['shop']).flatMap((app) =>
      signals.flatMap((signal) =>
        isMissing(signal) ? [] : [...telemetryRows({ ...denser({ seed, app, perHour }, signal), ...range })],
      ),
    );
  const own = (signal: Signal) => data.all(signal).filter(({ appName }) => appName === 'shop');
  const table = last === undefined ? '' : WORKSPACE_TABLES[last];
  const [sample] = telemetryRows({ seed, app: 'shop', perHour: 3600, signal: 'traces', start: 0, end: hour });
  const counter = requestCounter();
  return {
    ...{ simulator, data, count, rows: own },
    resourceId: workspace && sample ? resourceIdOf(sample) : '',
    // What was counted is not needed any more.
    asked: (quiet, unheard) => counter((simulator.requests as LoggedRequest[]).splice(0), quiet, unheard),
    past: (range, at) => data.add(made(range), at),
    hourTo: (at) => {
      for (const row of made({ start: at - hour, end: at })) {
        count.rows++;
        const delay = chance.hit(options.late) ? chance.int(1, 48 * 60) * 60_000 : 0;
        if (delay > 0) count.late++;
        pending.push({ row, at: timeOf(row) + delay });
      }
      const come = pending.filter((each) => each.at < at).sort((one, other) => one.at - other.at);
      for (const each of come) data.add([each.row], each.at);
      pending.splice(0, pending.length, ...pending.filter((each) => each.at >= at));
    },
    purge: ({ start, end }) => {
      const third = chance.int(0, 9);
      for (const signal of signals)
        count.purged += data.purge(signal, (row) => {
          const at = timeOf(row);
          return start <= at && at < end && String(row.itemId).charCodeAt(3) % 10 <= third;
        });
    },
    rowsIn: (signal, { start, end }) =>
      new Set(
        own(signal)
          .filter((row) => start <= timeOf(row) && timeOf(row) < end)
          .map((row) => idOf(signal, row)),
      ),
    faults: (all) => {
      simulator.clearFaults();
      if (last !== undefined && isMissing(last))
        simulator.fault({ kind: 'noTable', table, when: ({ query }) => new RegExp(`\\b${table}\\b`).test(query) });
      for (const fault of all) simulator.fault(fault);
    },
  };
}

const half: Millis = 30_000;
/** What was on its way comes, and so long others have not heard of it. */
const heard: Millis = 7_000;

/** Counts as the service does, from one call to the next. */
function requestCounter() {
  let recent: Millis[] = [];
  let [from, to] = [0, 0];
  return (requests: readonly LoggedRequest[], quiet: Millis, unheard: readonly Millis[]) => {
    let [most, throttled] = [0, 0];
    const rash: string[] = [];
    for (const { at, status } of requests) {
      recent = [...recent.filter((each) => each > at - half), at];
      most = Math.max(most, recent.length);
      if (at > from && at < to) rash.push(`${at - from} ms later, ${to - at} ms too early`);
      if (status !== 429) continue;
      throttled++;
      if (unheard.some((until) => Math.abs(until - at - quiet) < 1)) continue;
      [from, to] = [at > to ? at + heard : from, Math.max(to, at + quiet)];
    }
    return { most, rash, throttled };
  };
}
