import type { Counter, Gauge, Histogram, Meter } from '@opentelemetry/api';
import type { Point } from './points.ts';
import { METRICS, type Metric, type MetricName } from './table.ts';

/** Records points with the instruments of a meter, each made when it is first needed. */
export function recorder(meter: Meter): (points: readonly Point[]) => void {
  const made = new Map<MetricName, (point: Point) => void>();
  const make = (name: MetricName): ((point: Point) => void) => {
    const { kind, unit, about }: Metric = METRICS[name];
    const options = { unit, description: about };
    if (kind === 'counter') {
      const counter: Counter = meter.createCounter(name, options);
      return ({ value, attributes }) => counter.add(value, attributes);
    }
    const instrument: Gauge | Histogram =
      kind === 'gauge' ? meter.createGauge(name, options) : meter.createHistogram(name, options);
    return ({ value, attributes }) => instrument.record(value, attributes);
  };
  return (points) => {
    for (const point of points) {
      const record = made.get(point.metric) ?? make(point.metric);
      made.set(point.metric, record);
      record(point);
    }
  };
}
