import type { Millis, Signal } from '../../shared/model.ts';
import { uuidOf } from './chance.ts';
import type { Cell, Row } from './row.ts';
import { VERSION } from './shop.ts';
import { APP_COLUMNS, ITEM_TYPES } from './tables.ts';
import type { Shop, Visit } from './visits.ts';

/** UTC text with seven fractional digits of `ticks` (100 ns each) after `start`. */
export const timeText = (start: Millis, ticks: number): string =>
  `${new Date(start + Math.floor(ticks / 10_000)).toISOString().slice(0, -1)}${String(ticks % 10_000).padStart(4, '0')}Z`;

const identities = new Map<string, { readonly appId: string; readonly ikey: string }>();

/** App id and instrumentation key of a made-up app. */
export function identityOf(app: string): { readonly appId: string; readonly ikey: string } {
  const known = identities.get(app) ?? { appId: uuidOf(`appId/${app}`), ikey: uuidOf(`ikey/${app}`) };
  identities.set(app, known);
  return known;
}

const BUCKETS: readonly (readonly [number, string])[] = [
  [250, '<250ms'],
  [500, '250ms-500ms'],
  [1_000, '500ms-1sec'],
  [3_000, '1sec-3sec'],
  [7_000, '3sec-7sec'],
  [15_000, '7sec-15sec'],
  [30_000, '15sec-30sec'],
];

/** `performanceBucket` of a duration in milliseconds. */
export const bucketOf = (ms: number): string => BUCKETS.find(([below]) => ms < below)?.[1] ?? '>=30sec';

/** Dynamic column: JSON text, null when there is nothing. */
export const bag = (value: Readonly<Record<string, string | number | undefined>>): Cell => {
  const text = JSON.stringify(value);
  return text === '{}' ? null : text;
};

const EMPTY: Readonly<Record<string, Cell>> = {
  string: '',
  dynamic: null,
  datetime: '',
  real: null,
  int: null,
  bool: null,
};

/** Fills every column of the signal, in the order of the table; what `own` leaves out is empty. */
export function rowOf(signal: Signal, shop: Shop, time: string, key: string, own: Row): Row {
  const { appId, ikey } = identityOf(shop.app);
  const common: Row = {
    timestamp: time,
    itemType: ITEM_TYPES[signal],
    client_Type: 'PC',
    client_IP: '0.0.0.0',
    appId,
    appName: shop.app,
    iKey: ikey,
    itemId: uuidOf(`${signal}/${key}`),
    itemCount: 1,
  };
  const all = { ...common, ...own };
  const row: Record<string, Cell> = {};
  for (const column of APP_COLUMNS[signal]) row[column.name] = all[column.name] ?? EMPTY[column.type] ?? null;
  return row;
}

function ofVisit(visit: Visit): Row {
  return {
    itemCount: visit.count,
    operation_Name: visit.page.name,
    operation_Id: visit.operationId,
    operation_SyntheticSource: visit.bot ? 'Bot' : '',
    session_Id: visit.person.session,
    user_Id: visit.person.id,
    user_AuthenticatedId: visit.person.login,
    user_AccountId: visit.person.account,
    client_City: visit.place.city,
    client_StateOrProvince: visit.place.province,
    client_CountryOrRegion: visit.place.country,
  };
}

/** Context of what a server of the shop reports about a visit. */
export const serverColumns = (visit: Visit, role: string, instance: string, sdk: string): Row => ({
  ...ofVisit(visit),
  application_Version: VERSION,
  cloud_RoleName: role,
  cloud_RoleInstance: instance,
  sdkVersion: `${sdk}:2.23.0-29`,
});

/** Context of what the visitor's browser reports. */
export const browserColumns = (visit: Visit): Row => ({
  ...ofVisit(visit),
  client_Type: 'Browser',
  client_Model: visit.device.model,
  client_OS: visit.device.os,
  client_Browser: visit.device.browser,
  sdkVersion: 'javascript:3.3.9',
});
