import type { Millis } from '../../shared/model.ts';
import { shareOf } from './chance.ts';
import type { Row } from './row.ts';

const MINUTE = 60_000;

/** Below this share of the records, the delay in minutes: from, to. */
const DELAYS: readonly (readonly [number, number, number])[] = [
  [0.97, 0.5, 4],
  [0.998, 10, 90],
  [1, 90, 24 * 60],
];

/**
 * When a record reached the service: minutes after the event, one in forty much later, one in 500 up to a day. Pure.
 */
export function deliveredAt(row: Row): Millis {
  const key = `${row.itemId}${row.timestamp}`;
  const share = shareOf(key);
  const [, from, to] = DELAYS.find(([below]) => share < below) ?? [0, 0, 0];
  return Date.parse(String(row.timestamp)) + Math.floor((from + shareOf(`${key}/delay`) * (to - from)) * MINUTE);
}
