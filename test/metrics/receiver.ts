import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One value as a receiver got it. */
export interface Received {
  readonly name: string;
  readonly unit: string;
  readonly kind: 'gauge' | 'sum' | 'histogram' | 'customMetric';
  /** Of a histogram the sum. */
  readonly value: number;
  readonly count: number;
  readonly attributes: Readonly<Record<string, string>>;
}

/** What Application Insights is sent, and what a collector of OpenTelemetry is, on this machine. */
export async function startReceiver() {
  const insights: Received[] = [];
  const otlp: Received[] = [];
  const resources: Record<string, string>[] = [];
  const authorizations: string[] = [];
  let status = 200;
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece);
    const body = Buffer.concat(pieces);
    authorizations.push(String(request.headers.authorization ?? ''));
    if (status !== 200) return response.writeHead(status).end('{"error":"refused"}');
    if (request.url === '/v2.1/track') insights.push(...trackItems(JSON.parse(body.toString('utf8'))));
    if (request.url === '/v1/metrics') {
      const found = metricsIn(body);
      otlp.push(...found.values);
      resources.push(found.resource);
    }
    return response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    insights,
    otlp,
    resources,
    authorizations,
    answer: (code: number) => {
      status = code;
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface TrackItem {
  readonly name: string;
  readonly iKey: string;
  readonly data: {
    readonly baseType: string;
    readonly baseData: {
      readonly metrics: readonly { readonly name: string; readonly value: number; readonly count: number }[];
      readonly properties: Readonly<Record<string, string>>;
    };
  };
}

const trackItems = (items: readonly TrackItem[]): readonly Received[] =>
  items.flatMap(({ data: { baseData } }) =>
    baseData.metrics.map(({ name, value, count }) => ({
      ...{ name, unit: '', kind: 'customMetric' as const, value, count },
      attributes: baseData.properties,
    })),
  );

/** A field of a protobuf message: its number, and its bytes or its 64 bits. */
interface Field {
  readonly number: number;
  readonly bytes: Buffer;
  readonly varint: number;
}

function* fieldsOf(bytes: Buffer): Generator<Field> {
  let at = 0;
  const varint = (): number => {
    let [value, scale] = [0, 1];
    for (;;) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
      scale *= 128;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const number = Math.floor(tag / 8);
    const wire = tag % 8;
    if (wire === 0) yield { number, varint: varint(), bytes: Buffer.alloc(0) };
    else {
      const length = wire === 2 ? varint() : wire === 1 ? 8 : 4;
      yield { number, varint: 0, bytes: bytes.subarray(at, at + length) };
      at += length;
    }
  }
}

const all = (bytes: Buffer, number: number): readonly Buffer[] =>
  [...fieldsOf(bytes)].filter((field) => field.number === number).map((field) => field.bytes);
const textIn = (bytes: Buffer, number: number): string => all(bytes, number)[0]?.toString('utf8') ?? '';

const attributesIn = (bytes: Buffer, number: number): Readonly<Record<string, string>> =>
  Object.fromEntries(all(bytes, number).map((pair) => [textIn(pair, 1), textIn(all(pair, 2)[0] ?? pair, 1)]));

/** An ExportMetricsServiceRequest, by the numbers of opentelemetry-proto. */
function metricsIn(body: Buffer): { readonly values: readonly Received[]; readonly resource: Record<string, string> } {
  const [resourceMetrics = Buffer.alloc(0)] = all(body, 1);
  const values = all(resourceMetrics, 2)
    .flatMap((scope) => all(scope, 2))
    .flatMap((metric) =>
      ([5, 7, 9] as const).flatMap((number) =>
        all(metric, number).flatMap((data) =>
          all(data, 1).map((point) => ({
            name: textIn(metric, 1),
            unit: textIn(metric, 3),
            ...(number === 9 ? histogramIn(point) : numberIn(point, number === 5 ? 'gauge' : 'sum')),
          })),
        ),
      ),
    );
  return { values, resource: { ...attributesIn(all(resourceMetrics, 1)[0] ?? Buffer.alloc(0), 1) } };
}

function numberIn(point: Buffer, kind: 'gauge' | 'sum') {
  const [double] = all(point, 4);
  const [whole] = all(point, 6);
  const value = double?.readDoubleLE() ?? Number(whole?.readBigInt64LE() ?? 0n);
  return { kind, value, count: 1, attributes: attributesIn(point, 7) };
}

const histogramIn = (point: Buffer) => ({
  kind: 'histogram' as const,
  value: all(point, 5)[0]?.readDoubleLE() ?? 0,
  count: Number(all(point, 4)[0]?.readBigUInt64LE() ?? 0n),
  attributes: attributesIn(point, 9),
});
