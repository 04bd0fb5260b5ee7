import { memoryData } from '../../local/simulator/data.ts';
import type { Chance } from '../../local/telemetry/chance.ts';
import type { Row } from '../../local/telemetry/row.ts';
import type { Interval } from '../../shared/model.ts';
import { shopRows } from '../e2e/shopRows.ts';

export const signals = ['traces', 'customEvents'] as const;

/** What the query API has of an app `web`; some of it comes later, some goes. */
export function webRows(seed: string, range: Interval) {
  const rows = shopRows({ seed, app: 'web', perHour: 12, ...range }).filter((row) =>
    ['trace', 'customEvent'].includes(String(row.itemType)),
  );
  const waiting = rows.filter((_, n) => n % 3 === 0);
  const data = memoryData(rows.filter((_, n) => n % 3 !== 0));
  const text = (row: Row, signal: string): string =>
    `web ${signal} ${String(signal === 'traces' ? row.message : row.name)}`;
  return {
    data,
    change: (chance: Chance): string => {
      if (chance.hit(0.6)) {
        const late = waiting.splice(0, chance.int(1, 8));
        data.add(late);
        return `${late.length} late rows`;
      }
      const gone = data.purge(chance.pick(signals), () => chance.hit(0.05));
      return `${gone} rows purged`;
    },
    truth: (): Map<string, number> => {
      const all = new Map<string, number>();
      for (const signal of signals)
        for (const row of data.all(signal)) all.set(text(row, signal), (all.get(text(row, signal)) ?? 0) + 1);
      return all;
    },
  };
}
