import type { Millis } from '../../shared/model.ts';
import { type Chance, chanceOf } from './chance.ts';
import { bag, bucketOf, rowOf, timeText } from './columns.ts';
import type { Row } from './row.ts';
import { COUNTERS, INSTANCES, VERSION } from './shop.ts';
import type { Shop } from './visits.ts';

/** One measurement that no visit caused. */
export interface Beat {
  readonly key: string;
  readonly minute: Millis;
  readonly chance: Chance;
}

export const beatAt = (shop: Shop, minute: Millis, index: number, of: string): Beat => {
  const key = `${shop.seed}/${shop.app}/${of}/${minute}/${index}`;
  return { key, minute, chance: chanceOf(key) };
};

const server = (chance: Chance, sdk: string): Row => ({
  application_Version: VERSION,
  cloud_RoleName: 'shop-web',
  cloud_RoleInstance: chance.pick(INSTANCES),
  sdkVersion: sdk,
});

const timeOf = ({ minute, chance }: Beat): string => timeText(minute, chance.int(0, 599_999_999));

const METRICS = ['Server response time', 'Dependency duration', 'HeartbeatState', 'cart.size', 'dispatchRate'] as const;

/** Whole thousandths, so that sums and means are the same in every reader's arithmetic. */
const round = (value: number): number => Math.round(value * 1_000) / 1_000;

export function customMetricRow(shop: Shop, beat: Beat): Row {
  const time = timeOf(beat);
  const { chance } = beat;
  const name = chance.pick(METRICS);
  const valueCount = name === 'dispatchRate' ? 1 : chance.int(1, 60);
  const valueMin = name === 'HeartbeatState' ? 0 : round(chance.about(20) - 5);
  const valueMax = valueCount === 1 ? valueMin : name === 'HeartbeatState' ? 0 : round(valueMin + chance.about(80));
  const valueSum = valueCount === 1 ? valueMin : round(((valueMin + valueMax) / 2) * valueCount);
  return rowOf('customMetrics', shop, time, beat.key, {
    ...server(chance, 'm-agg2:2.23.0-29'),
    operation_SyntheticSource: name === 'HeartbeatState' ? 'HeartbeatState' : '',
    name,
    value: valueSum,
    valueCount,
    valueSum,
    valueMin,
    valueMax,
    valueStdDev: valueCount === 1 ? 0 : round((valueMax - valueMin) / 4),
    customDimensions: bag({
      '_MS.AggregationIntervalMs': '60000',
      '_MS.MetricId': `metric/${name}`,
      'Request.Success': 'True',
    }),
  });
}

export function performanceCounterRow(shop: Shop, beat: Beat): Row {
  const time = timeOf(beat);
  const { chance } = beat;
  const { category, counter, instance, high } = chance.pick(COUNTERS);
  return rowOf('performanceCounters', shop, time, beat.key, {
    ...server(chance, 'pc:2.23.0-29'),
    name: counter,
    category,
    counter,
    instance,
    value: high > 1_000 ? chance.int(0, high) : round(chance.next() * high),
    customDimensions: chance.hit(0.5) ? bag({ CustomPerfCounter: 'true' }) : null,
  });
}

const LOCATIONS = ['West Europe', 'Southeast Asia', 'South Central US', 'UK South'] as const;

export function availabilityRow(shop: Shop, beat: Beat): Row {
  const time = timeOf(beat);
  const { chance } = beat;
  const success = !chance.hit(0.05);
  const duration = chance.int(300_000, 9_000_000) / 10_000;
  const run = chance.hex(32);
  return rowOf('availabilityResults', shop, time, beat.key, {
    id: run,
    operation_Id: run,
    operation_ParentId: run,
    operation_SyntheticSource: 'Application Insights Availability Monitoring',
    sdkVersion: 'gsm:1.0.0',
    name: 'shop-home',
    location: chance.pick(LOCATIONS),
    success,
    message: success ? 'Passed' : "'503 - Service Unavailable' does not match the expected status '200 - OK'.",
    size: chance.int(900, 40_000),
    duration,
    performanceBucket: bucketOf(duration),
    customDimensions: bag({
      WebtestLocationId: 'emea-nl-ams-azr',
      FullTestResultAvailable: 'true',
      SourceId: `sid://${shop.app}/shop-home`,
    }),
    customMeasurements: bag({ ttfb: chance.int(1, 90) }),
  });
}
