import type { Millis } from '../../shared/model.ts';
import { chanceOf, shareOf, uuidOf } from './chance.ts';
import {
  type CallKind,
  DEVICES,
  type Device,
  INSTANCES,
  PAGES,
  type Page,
  PLACES,
  type Place,
  TARGETS,
} from './shop.ts';

/** Which telemetry: the same three always tell the same story. */
export interface Shop {
  readonly seed: string | number;
  readonly app: string;
  /** Visits in an average hour; every other signal follows in proportion. */
  readonly perHour: number;
}

/**
 * One operation of the shop, from which requests, dependencies, exceptions, traces, page views, timings and events
 * follow.
 */
export interface Visit {
  /** Decides everything about it. */
  readonly key: string;
  readonly minute: Millis;
  /** Start, in ticks of 100 ns from the minute. */
  readonly ticks: number;
  readonly durationTicks: number;
  readonly page: Page;
  readonly url: string;
  readonly resultCode: string;
  /** How many visits this one stands for: 1, or 2 or 4 where adaptive sampling set in. */
  readonly count: number;
  readonly operationId: string;
  readonly requestId: string;
  readonly instance: string;
  readonly bot: boolean;
  readonly person: { readonly id: string; readonly session: string; readonly login: string; readonly account: string };
  readonly place: Place;
  readonly device: Device;
}

export interface Call {
  readonly kind: CallKind;
  readonly id: string;
  readonly ticks: number;
  readonly durationTicks: number;
  readonly ok: boolean;
}

export const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/**
 * Share of the average at that minute: a slow night, a long evening, quiet Sundays, and now and then a burst of ten
 * minutes.
 */
export function rhythm(shop: Shop, minute: Millis): number {
  const daily = 1 + 0.7 * Math.sin(((minute % DAY) / DAY - 0.42) * 2 * Math.PI);
  const weekly = new Date(minute).getUTCDay() === 0 ? 0.6 : 1;
  return daily * weekly * (isBurst(shop, minute) ? 5 : 1);
}

export const isBurst = (shop: Shop, minute: Millis): boolean =>
  shareOf(`${shop.seed}/${shop.app}/burst/${Math.floor(minute / (10 * MINUTE))}`) < 0.03;

/**
 * How many of something that happens `perHour` times in an average hour fall into that minute; whole, and right on
 * average.
 */
export const countAt = (shop: Shop, minute: Millis, perHour: number, of: string): number =>
  Math.floor((perHour / 60) * rhythm(shop, minute) + shareOf(`${shop.seed}/${shop.app}/${of}/${minute}`));

const WEIGHTED = PAGES.flatMap((page) => Array<Page>(page.weight).fill(page));

function visitAt(shop: Shop, minute: Millis, index: number, burst: boolean): Visit {
  const key = `${shop.seed}/${shop.app}/${minute}/${index}`;
  const chance = chanceOf(key);
  const page = chance.pick(WEIGHTED);
  const who = chance.int(1, 400);
  const bot = chance.hit(0.02);
  const trouble = chance.next();
  return {
    key,
    minute,
    ticks: chance.int(0, 599_999_999),
    durationTicks: Math.round(chance.about(page.median, burst ? 0.8 : 0.5) * 10_000),
    page,
    url: `https://shop.example.net${page.path.replace('#', String(chance.int(1, 9_999)))}`,
    resultCode: trouble < 0.01 ? '500' : trouble < 0.03 ? '404' : page.method === 'POST' ? '302' : '200',
    count: burst ? 4 : chance.hit(0.1) ? chance.pick([2, 4]) : 1,
    operationId: chance.hex(32),
    requestId: chance.hex(16),
    instance: chance.pick(INSTANCES),
    bot,
    person: {
      id: bot ? 'us-tx-sn1-azr' : `u${who.toString(36)}${shop.app}`,
      // A session lasts at most an hour.
      session: bot ? '' : uuidOf(`${shop.seed}/${who}/${Math.floor(minute / HOUR)}`).slice(0, 22),
      login: who % 3 === 0 ? `kunde${who}@example.com` : '',
      account: who % 30 === 0 ? `ACME "${who}" GmbH` : '',
    },
    place: chance.pick(PLACES),
    device: chance.pick(DEVICES),
  };
}

/** The visits that begin in that minute. */
export function visitsOf(shop: Shop, minute: Millis): Visit[] {
  const burst = isBurst(shop, minute);
  return Array.from({ length: countAt(shop, minute, shop.perHour, 'visits') }, (_, index) =>
    visitAt(shop, minute, index, burst),
  );
}

/** What the visit called, one after the other, within the next minute. */
export function callsOf(visit: Visit): Call[] {
  const chance = chanceOf(`${visit.key}/calls`);
  let ticks = visit.ticks;
  return visit.page.calls.map((kind, index, all) => {
    ticks += chance.int(1_000, 20_000);
    const durationTicks = Math.round(chance.about(TARGETS[kind].median) * 10_000);
    const call = {
      kind,
      id: chance.hex(16),
      ticks,
      durationTicks,
      ok: !(visit.resultCode === '500' && index === all.length - 1),
    };
    ticks += durationTicks;
    return call;
  });
}
