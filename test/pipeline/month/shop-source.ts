import { type MemoryData, memoryData } from '../../../local/simulator/data.ts';
import type { Fault } from '../../../local/simulator/faults.ts';
import { type Simulator, startSimulator } from '../../../local/simulator/startSimulator.ts';
import type { Chance } from '../../../local/telemetry/chance.ts';
import type { Row } from '../../../local/telemetry/row.ts';
import { telemetryRows } from '../../../local/telemetry/telemetryRows.ts';
import type { Interval, Millis, Signal } from '../../../shared/model.ts';
import { denser } from '../../e2e/shopRows.ts';

const hour: Millis = 3_600_000;

/** The source of a month: the simulator, whose rows come in hour by hour, some up to 48 hours late, and are purged. */
export interface ShopSource {
  readonly simulator: Simulator;
  readonly data: MemoryData;
  readonly count: { rows: number; late: number; purged: number };
  /** All rows of a past that comes in at once. */
  past(range: Interval, at: Millis): void;
  /** What came in during the hour before `now`. */
  hourTo(now: Millis): void;
  /** Takes rows of an hour away. */
  purge(range: Interval): void;
  /** Ids that the source has of a stretch now, as the lake's are spelled. */
  rowsIn(signal: Signal, range: Interval): Set<string>;
  /** Only these faults from now on. */
  faults(all: readonly Fault[]): void;
}

export const timeOf = ({ timestamp }: Row): Millis => Date.parse(String(timestamp));
const idOf = (signal: Signal, row: Row): string => `${signal} ${row.itemId}`;

export async function shopSource(
  seed: string,
  signals: readonly Signal[],
  perHour: number,
  rowLimit: number,
  chance: Chance,
  now: () => Millis,
): Promise<ShopSource> {
  const data = memoryData();
  const simulator = await startSimulator({ data, rowLimit, now, seed });
  const shop = { seed, app: 'shop', perHour };
  const pending: { readonly row: Row; readonly at: Millis }[] = [];
  const count = { rows: 0, late: 0, purged: 0 };
  const made = (range: Interval) =>
    signals.flatMap((signal) => [...telemetryRows({ ...denser(shop, signal), ...range })]);
  return {
    ...{ simulator, data, count },
    past: (range, at) => data.add(made(range), at),
    hourTo: (at) => {
      for (const row of made({ start: at - hour, end: at })) {
        count.rows++;
        const delay = chance.hit(0.06) ? chance.int(1, 48 * 60) * 60_000 : 0;
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
        data
          .all(signal)
          .filter((row) => start <= timeOf(row) && timeOf(row) < end)
          .map((row) => idOf(signal, row)),
      ),
    faults: (all) => {
      simulator.clearFaults();
      for (const fault of all) simulator.fault(fault);
    },
  };
}
