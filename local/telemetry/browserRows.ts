import { chanceOf } from './chance.ts';
import { bag, browserColumns, bucketOf, rowOf, serverColumns, timeText } from './columns.ts';
import type { Row } from './row.ts';
import type { Shop, Visit } from './visits.ts';

/** Pages that a person looks at: not the API, not bots. */
const isLookedAt = (visit: Visit): boolean =>
  visit.page.method === 'GET' && !visit.page.name.includes('api/') && !visit.bot;

/** How a visit's page was loaded, in whole milliseconds as browsers report. */
function loadOf(visit: Visit) {
  const chance = chanceOf(`${visit.key}/load`);
  const [network, send, receive, processing] = [
    chance.int(1, 60),
    Math.ceil(visit.durationTicks / 10_000),
    chance.int(1, 30),
    chance.int(80, 2_500),
  ];
  return {
    network,
    send,
    receive,
    processing,
    total: network + send + receive + processing,
    measured: chance.hit(0.8),
  };
}

/** Browsers report milliseconds, and do so once the page has loaded. */
const afterLoad = (visit: Visit): string =>
  timeText(visit.minute, Math.floor(visit.ticks / 10_000 + loadOf(visit).total) * 10_000);

export function pageViewRows(shop: Shop, visit: Visit): Row[] {
  if (!isLookedAt(visit)) return [];
  const { total } = loadOf(visit);
  return [
    rowOf('pageViews', shop, afterLoad(visit), visit.key, {
      ...browserColumns(visit),
      id: visit.operationId.slice(0, 16),
      operation_ParentId: visit.operationId,
      name: `${visit.page.title} – Lakeside`,
      url: visit.url,
      duration: total,
      performanceBucket: bucketOf(total),
      customDimensions: bag({ refUri: 'https://search.example.org/?q=canoe&lang=en' }),
      customMeasurements: bag({ 'cart.value': Number(chanceOf(visit.key).next().toFixed(4)) }),
    }),
  ];
}

export function browserTimingRows(shop: Shop, visit: Visit): Row[] {
  const load = loadOf(visit);
  if (!isLookedAt(visit) || !load.measured) return [];
  return [
    rowOf('browserTimings', shop, afterLoad(visit), visit.key, {
      ...browserColumns(visit),
      operation_ParentId: visit.operationId,
      name: `${visit.page.title} – Lakeside`,
      url: visit.url,
      networkDuration: load.network,
      sendDuration: load.send,
      receiveDuration: load.receive,
      processingDuration: load.processing,
      totalDuration: load.total,
      performanceBucket: bucketOf(load.total),
    }),
  ];
}

export function customEventRows(shop: Shop, visit: Visit): Row[] {
  const chance = chanceOf(`${visit.key}/event`);
  if (visit.page.event === '' || visit.resultCode >= '400' || !chance.hit(0.6)) return [];
  const total = chance.int(500, 90_000) / 100;
  return [
    rowOf('customEvents', shop, timeText(visit.minute, visit.ticks + visit.durationTicks), visit.key, {
      ...serverColumns(visit, 'shop-web', visit.instance, 'aspnet5c'),
      operation_ParentId: visit.requestId,
      name: visit.page.event,
      customDimensions: bag({
        sku: `LK-${chance.int(100, 999)}`,
        currency: chance.pick(['CHF', 'EUR', 'JPY']),
        note: chance.hit(0.1) ? 'à la "carte", 100 %\t{now}' : undefined,
        lines: chance.hit(0.2) ? JSON.stringify([{ sku: 'LK-101', qty: 2 }]) : undefined,
      }),
      customMeasurements: bag({ total, articles: chance.int(1, 7) }),
    }),
  ];
}
