import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  InstrumentType,
  MeterProvider,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics';
import type { Millis } from '../model.ts';
import { applicationInsights, type Ingestion } from './application-insights.ts';
import { recorder } from './meter.ts';
import type { Point } from './points.ts';

/** Where metrics go. */
export interface Targets {
  readonly ingestion: Ingestion | undefined;
  /** By OpenTelemetry's own protocol (HTTP, protobuf); where to is what the `OTEL_EXPORTER_OTLP_…` variables say. */
  readonly otlp: boolean;
  readonly service: { readonly name: string; readonly version: string; readonly instance: string };
  /** Between two exports. */
  readonly every: Millis;
  /** Told of every export that fails: what was recorded since the last one is gone. */
  readonly report: (error: Error) => void;
}

export interface Exporting {
  record(points: readonly Point[]): void;
  /** Sends what was recorded; rejects never. */
  flush(): Promise<void>;
}

export async function startExport({ ingestion, otlp, service, every, report }: Targets): Promise<Exporting> {
  const exporters: PushMetricExporter[] = [];
  if (ingestion !== undefined) exporters.push(applicationInsights(ingestion));
  if (otlp) {
    const { OTLPMetricExporter } = await import('@opentelemetry/exporter-metrics-otlp-proto');
    exporters.push(new OTLPMetricExporter());
  }
  const own = resourceFromAttributes({
    'service.name': service.name,
    'service.version': service.version,
    'service.instance.id': service.instance,
  });
  const provider = new MeterProvider({
    resource: own.merge(detectResources({ detectors: [envDetector] })),
    readers: exporters.map(
      (exporter) =>
        new PeriodicExportingMetricReader({
          exporter: told(exporter, report),
          exportIntervalMillis: every,
          exportTimeoutMillis: Math.min(every, 30_000),
        }),
    ),
  });
  return {
    record: recorder(provider.getMeter('insights-lake', service.version)),
    flush: () => provider.forceFlush().catch(report),
  };
}

/**
 * What fails is told. A gauge is sent when it was recorded, and not again: a feed that is no longer among the furthest
 * behind, or an instance whose timer went elsewhere, must not show for ever what was so once.
 */
function told(exporter: PushMetricExporter, report: (error: Error) => void): PushMetricExporter {
  const temporality = exporter.selectAggregationTemporality?.bind(exporter);
  return {
    export: (metrics, done) =>
      exporter.export(metrics, (result) => {
        if (result.error !== undefined) report(result.error);
        done({ code: 0 });
      }),
    forceFlush: () => exporter.forceFlush(),
    shutdown: () => exporter.shutdown(),
    selectAggregationTemporality: (type) =>
      type === InstrumentType.GAUGE
        ? AggregationTemporality.DELTA
        : (temporality?.(type) ?? AggregationTemporality.CUMULATIVE),
  };
}
