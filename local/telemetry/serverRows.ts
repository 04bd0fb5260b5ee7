import { chanceOf } from './chance.ts';
import { bag, bucketOf, rowOf, serverColumns, timeText } from './columns.ts';
import type { Cell, Row } from './row.ts';
import { API_INSTANCES, HOST, TARGETS } from './shop.ts';
import { type Call, callsOf, type Shop, type Visit } from './visits.ts';

const EXTRACTED = "(Name:'Requests', Ver:'1.1')";
const SHOP_ASSEMBLY = 'Shop.Web, Version=4.7.1.0, Culture=neutral, PublicKeyToken=null';

const webColumns = (visit: Visit, sdk: string): Row => serverColumns(visit, 'shop-web', visit.instance, sdk);

const apiInstance = (visit: Visit): string => chanceOf(`${visit.key}/api`).pick(API_INSTANCES);

/** Duration and its bucket from ticks. */
const lasting = (ticks: number): Row => ({ duration: ticks / 10_000, performanceBucket: bucketOf(ticks / 10_000) });

/** The stock service, seen from inside: the call's id is its parent. */
function stockRequest(shop: Shop, visit: Visit, call: Call): Row {
  return rowOf('requests', shop, timeText(visit.minute, call.ticks + 2_000), `${visit.key}/${call.id}`, {
    ...serverColumns(visit, 'shop-api', apiInstance(visit), 'web'),
    id: `${call.id.slice(8)}${call.id.slice(0, 8)}`,
    operation_ParentId: call.id,
    operation_Name: 'GET api/stock',
    name: 'GET api/stock',
    source: `cid-v1:${shop.app}`,
    url: TARGETS.stock.data,
    success: call.ok,
    resultCode: call.ok ? '200' : '503',
    ...lasting(Math.max(call.durationTicks - 4_000, 1)),
  });
}

export function requestRows(shop: Shop, visit: Visit): Row[] {
  const chance = chanceOf(`${visit.key}/request`);
  const own = rowOf('requests', shop, timeText(visit.minute, visit.ticks), visit.key, {
    ...webColumns(visit, 'aspnet5c'),
    id: visit.requestId,
    operation_ParentId: visit.operationId,
    name: visit.page.name,
    url: visit.url,
    success: Number(visit.resultCode) < 400,
    resultCode: visit.resultCode,
    ...lasting(visit.durationTicks),
    customDimensions: bag({ AspNetCoreEnvironment: 'Production', '_MS.ProcessedByMetricExtractors': EXTRACTED }),
    customMeasurements: chance.hit(0.3)
      ? bag({ responseBytes: chance.int(300, 90_000), 'render time': chance.int(1, 4_000) / 100 })
      : null,
  });
  return [own, ...callsOf(visit).flatMap((call) => (call.kind === 'stock' ? [stockRequest(shop, visit, call)] : []))];
}

export function dependencyRows(shop: Shop, visit: Visit): Row[] {
  return callsOf(visit).map((call) => {
    const { type, target, name, data } = TARGETS[call.kind];
    const http = type === 'HTTP' ? { resultCode: call.ok ? '200' : '503' } : {};
    return rowOf('dependencies', shop, timeText(visit.minute, call.ticks), `${visit.key}/${call.id}`, {
      ...webColumns(visit, 'rdddsc'),
      id: call.id,
      operation_ParentId: visit.requestId,
      type,
      target,
      name,
      data,
      success: call.ok,
      ...http,
      ...lasting(call.durationTicks),
      customDimensions: call.kind === 'queue' ? bag({ 'messaging.system': 'servicebus', MessageId: call.id }) : null,
    });
  });
}

const frame = (method: string, level: number, line: number) => ({
  assembly: SHOP_ASSEMBLY,
  method,
  level,
  line,
  // Frames without symbols carry no file name.
  ...(line > 0 ? { fileName: `/src/Shop.Web/${method.split('.').at(-2)}.cs` } : {}),
});

/** Outer exception and its cause, each with its stack. */
function detailsOf(id: number, outer: string, outerMessage: string, inner: string, innerMessage: string): Cell {
  return JSON.stringify([
    {
      id: String(id),
      outerId: '0',
      type: outer,
      message: outerMessage,
      parsedStack: [frame('Shop.Web.Orders.Pay', 0, 118)],
    },
    {
      id: String(id + 1),
      outerId: String(id),
      type: inner,
      message: innerMessage,
      parsedStack: [frame('System.Net.Http.Send', 0, 0), frame('Shop.Web.Bank.Charge', 1, 42)],
    },
  ]);
}

export function exceptionRows(shop: Shop, visit: Visit): Row[] {
  const chance = chanceOf(`${visit.key}/exception`);
  const handled = chance.hit(0.02);
  if (visit.resultCode !== '500' && !handled) return [];
  const outer = handled ? 'System.TimeoutException' : 'Shop.OrderFailedException';
  const message = handled
    ? 'The cache did not answer in 00:00:01.'
    : `Order ${chance.int(1, 9_999)} "failed"\n→ try again`;
  const inner = {
    type: 'System.Net.Http.HttpRequestException',
    message: 'Response status code does not indicate success: 503.',
  };
  const at = visit.ticks + Math.floor(visit.durationTicks * 0.9);
  return [
    rowOf('exceptions', shop, timeText(visit.minute, at), visit.key, {
      ...webColumns(visit, 'aspnet5c'),
      operation_ParentId: visit.requestId,
      problemId: `${outer} at Shop.Web.Orders.Pay`,
      handledAt: handled ? 'UserCode' : 'Platform',
      type: outer,
      message,
      assembly: SHOP_ASSEMBLY,
      method: 'Shop.Web.Orders.Pay',
      outerType: outer,
      outerMessage: message,
      outerAssembly: SHOP_ASSEMBLY,
      outerMethod: 'Shop.Web.Orders.Pay',
      innermostType: inner.type,
      innermostMessage: inner.message,
      innermostAssembly: 'System.Net.Http, Version=9.0.0.0',
      innermostMethod: 'System.Net.Http.Send',
      severityLevel: handled ? 2 : 3,
      details: detailsOf(chance.int(1_000, 900_000), outer, message, inner.type, inner.message),
      customDimensions: bag({ CategoryName: 'Shop.Web.Orders', RequestPath: new URL(visit.url).pathname }),
    }),
  ];
}

/** Log lines: template, message, severity. */
const LINES: readonly (readonly [string, (n: number) => string, number])[] = [
  ['Executing endpoint {EndpointName}', () => "Executing endpoint 'Shop.Web.Products.Details (Shop.Web)'", 1],
  ['Cart {CartId} holds {Count} articles', (n) => `Cart ${n} holds ${(n % 7) + 1} articles`, 0],
  [
    'Slow query ({Elapsed} ms): {Sql}',
    (n) => `Slow query (${n} ms): SELECT *\r\nFROM [Orders] WHERE [Note] = N'Grüße "🛶"'`,
    2,
  ],
  ['Mail to {Address} not delivered', (n) => `Mail to kunde${n}@example.com not delivered`, 3],
];

export function traceRows(shop: Shop, visit: Visit): Row[] {
  const chance = chanceOf(`${visit.key}/traces`);
  return Array.from({ length: chance.int(0, 4) }, (_, index) => {
    const [template, message, severityLevel] = chance.pick(LINES);
    const number = chance.int(100, 9_999);
    const at = visit.ticks + Math.floor((visit.durationTicks * (index + 1)) / 6);
    return rowOf('traces', shop, timeText(visit.minute, at), `${visit.key}/${index}`, {
      ...webColumns(visit, 'il'),
      operation_ParentId: visit.requestId,
      message: message(number),
      severityLevel,
      customDimensions: bag({
        '{OriginalFormat}': template,
        CategoryName: 'Shop.Web.Orders',
        'http.host': HOST,
        Scope: severityLevel === 0 ? JSON.stringify({ cart: { id: number, lines: [1, 2] } }) : undefined,
      }),
    });
  });
}
