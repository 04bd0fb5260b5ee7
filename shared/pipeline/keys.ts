import type { Feed, Interval } from '../model.ts';

/** Feeds, and windows of one feed, as keys of what a process remembers. */
export const feedKey = ({ app, signal, source }: Feed): string => `${app}\n${signal}\n${source}`;
export const windowKey = ({ start, end }: Interval): string => `${start} ${end}`;
