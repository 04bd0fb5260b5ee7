import type { Window } from '../../../shared/model.ts';
import type { Truth } from '../../pipeline/world.ts';

/** What the processes of processes.test.ts bring into the lake. */

const MINUTE = 60_000;

/** Of a minute: they are never halved, however often their runs die. */
export const windowsOf: readonly Window[] = [0, 1, 2, 3].flatMap((n) =>
  ['shop', 'ä b'].map(
    (app): Window => ({ app, signal: 'requests', source: 'query', start: n * MINUTE, end: (n + 1) * MINUTE }),
  ),
);

/** Rows by partition; one window has none. */
export const truthOf = ({ app, start }: Window): Truth =>
  start === 3 * MINUTE && app === 'shop'
    ? {}
    : { 0: [`${app} ${start} a`, `${app} ${start} b`], 1: [`${app} ${start} c`] };
