/**
 * Metrics to Application Insights, where they are rows of `customMetrics`. Microsoft's own exporter is a beta that
 * weighs as much again as all of OpenTelemetry here and asks two other hosts for its own purposes; what is sent is the
 * same (see docs/decisions.md).
 */

import { createPipelineFromOptions, createPipelineRequest, type HttpClient } from '@azure/core-rest-pipeline';
import {
  AggregationTemporality,
  DataPointType,
  type MetricData,
  type PushMetricExporter,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import { isLoopback, shownAddress } from '../net/direct.ts';
import { beginningWithoutSecrets } from '../pure/known-secrets.ts';

/** Where to. */
export interface Ingestion {
  readonly url: string;
  readonly key: string;
  /** What a token must be for. */
  readonly scope: string;
  /** It proves who asks, where the key is not enough. */
  readonly http: HttpClient;
}

/** Of a connection string of Application Insights; undefined: it names no component. */
export function connectionOf(text: string): Pick<Ingestion, 'url' | 'key' | 'scope'> | undefined {
  const parts = new Map(
    text.split(';').map((part) => {
      const at = part.indexOf('=');
      return [part.slice(0, at).trim().toLowerCase(), part.slice(at + 1).trim()] as const;
    }),
  );
  const key = parts.get('instrumentationkey');
  if (!key) return undefined;
  const suffix = parts.get('endpointsuffix');
  const location = parts.get('location');
  const ofSuffix = suffix && `https://${location ? `${location}.` : ''}dc.${suffix}`;
  const base = parts.get('ingestionendpoint') || ofSuffix || 'https://dc.services.visualstudio.com';
  const audience = parts.get('aadaudience') || 'https://monitor.azure.com';
  return { key, url: `${base.replace(/\/+$/, '')}/v2.1/track`, scope: `${audience.replace(/\/+$/, '')}/.default` };
}

/** Items that one request carries at most. */
const together = 500;

export function applicationInsights({ url, key, http }: Ingestion): PushMetricExporter {
  const pipeline = createPipelineFromOptions({ retryOptions: { maxRetries: 2 } });
  const isOpen = url.startsWith('http:') && !isLoopback(url);
  const send = async (items: readonly object[]): Promise<void> => {
    if (isOpen) throw new Error(`send metrics to ${shownAddress(url)}: the key would travel in the clear; use https`);
    const headers = { 'content-type': 'application/json', accept: 'application/json' };
    const request = createPipelineRequest({ url, method: 'POST', body: JSON.stringify(items), timeout: 20_000 });
    for (const [name, value] of Object.entries(headers)) request.headers.set(name, value);
    request.allowInsecureConnection = url.startsWith('http://');
    const { status, bodyAsText } = await pipeline.sendRequest(http, request);
    // 206: some items were refused, and why.
    if (status === 200) return;
    const said = beginningWithoutSecrets(bodyAsText ?? '').slice(0, 300);
    throw new Error(`send metrics to ${shownAddress(url)}: it answered ${status} ${said}`);
  };
  return {
    export: (metrics, done) => {
      const items = itemsOf(metrics, key);
      const sendAll = async () => {
        for (let at = 0; at < items.length; at += together) await send(items.slice(at, at + together));
      };
      sendAll().then(
        () => done({ code: 0 }),
        (error: unknown) => done({ code: 1, error: error instanceof Error ? error : new Error(String(error)) }),
      );
    },
    // What is sent is what came since the last time: the service adds it up.
    selectAggregationTemporality: () => AggregationTemporality.DELTA,
    forceFlush: async () => {},
    shutdown: async () => {},
  };
}

/** One item for each value, as the service takes them. Pure. */
export function itemsOf({ resource, scopeMetrics }: ResourceMetrics, key: string): readonly object[] {
  const tags = {
    'ai.cloud.role': String(resource.attributes['service.name'] ?? ''),
    'ai.cloud.roleInstance': String(resource.attributes['service.instance.id'] ?? ''),
    'ai.application.ver': String(resource.attributes['service.version'] ?? ''),
  };
  return scopeMetrics.flatMap(({ metrics }) =>
    metrics.flatMap((metric) =>
      valuesOf(metric).map(({ at, value, attributes }) => ({
        name: 'Microsoft.ApplicationInsights.Metric',
        time: new Date(at[0] * 1000 + at[1] / 1e6).toISOString(),
        iKey: key,
        sampleRate: 100,
        tags,
        data: {
          baseType: 'MetricData',
          baseData: { ver: 2, metrics: [{ name: metric.descriptor.name, ...value }], properties: attributes },
        },
      })),
    ),
  );
}

function valuesOf(metric: MetricData) {
  if (metric.dataPointType === DataPointType.HISTOGRAM)
    return metric.dataPoints.map(({ endTime, value: { sum, count, min, max }, attributes }) => ({
      at: endTime,
      value: { value: sum ?? 0, count, min, max },
      attributes,
    }));
  if (metric.dataPointType === DataPointType.EXPONENTIAL_HISTOGRAM) return [];
  return metric.dataPoints.map(({ endTime, value, attributes }) => ({
    at: endTime,
    value: { value, count: 1 },
    attributes,
  }));
}
