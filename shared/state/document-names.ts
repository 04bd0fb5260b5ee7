/** Where in a store the documents of a ledger are. Pure. */
import { createHash } from 'node:crypto';
import type { Feed, Interval, Millis } from '../model.ts';

export const LEDGER_FOLDER = '_insights-lake/ledger/';
/** How the ledger knows its lake. */
export const MARK_NAME = `${LEDGER_FOLDER}mark.json`;
export const SWEPT_NAME = `${LEDGER_FOLDER}swept.json`;

/** Beside the ledger's folder, whose folders are apps. */
export const DRIFT_FOLDER = '_insights-lake/drift/';

/** A component can have any length and sign in its path. */
export const componentKey = (component: string): string =>
  createHash('sha256').update(component).digest('hex').slice(0, 32);
export const appNameDocument = (component: string): string => `_insights-lake/apps/${componentKey(component)}.json`;

export const feedFolder = ({ app, source, signal }: Feed): string =>
  `${LEDGER_FOLDER}app=${word(app)}/source=${word(source)}/signal=${word(signal)}/`;

export const progressName = (feed: Feed): string => `${feedFolder(feed)}progress.json`;
export const entryName = (feed: Feed, window: Interval): string =>
  `${feedFolder(feed)}windows/${windowWord(window)}.json`;
export const markName = (feed: Feed, window: Interval): string => `${feedFolder(feed)}open/${windowWord(window)}.json`;
export const entryOfMark = (name: string): string => name.replace('/open/', '/windows/');

/** Beside the folders of apps lie those of days, of the ledger's table. */
export const isOfApp = (folder: string): boolean => folder.startsWith(`${LEDGER_FOLDER}app=`);

/** The feed that feedFolder made this name of. */
export function feedOfFolder(folder: string): Feed {
  const [app = '', source = '', signal = ''] = [...folder.matchAll(/=([^/]*)/g)].map((found) =>
    decodeURIComponent(found[1] ?? ''),
  );
  return { app, source, signal: signal as Feed['signal'] };
}

/** Start of the window whose entry has this name. */
export function startInName(name: string): Millis {
  const spelled = name.slice(name.lastIndexOf('/') + 1).split('_')[0] ?? '';
  return Date.parse(spelled.replace(/T(\d\d)(\d\d)/, 'T$1:$2:'));
}

/**
 * Beginnings of names of windows, which together are those of all that start in the range, and of no more others than
 * need be: a folder can hold those of years, and each name that is listed is looked at.
 */
export function startPrefixes({ start = -Infinity, end = Infinity }: Partial<Interval>): string[] {
  if (end <= start) return [];
  if (!isTime(start) || !isTime(end - 1)) return [''];
  const [first, last] = [dayWord(start), dayWord(end - 1)];
  const differ = [...first].findIndex((sign, at) => sign !== last[at]);
  const common = differ < 0 ? first : first.slice(0, differ);
  const days = Math.floor((end - 1) / day) - Math.floor(start / day) + 1;
  if (common.length >= 'YYYY-MM-'.length || days > 3) return [common];
  return Array.from({ length: days }, (_, n) => dayWord(start + n * day));
}

const day: Millis = 86_400_000;
const dayWord = (time: Millis): string => new Date(time).toISOString().slice(0, 'YYYY-MM-DD'.length);
/** Of four digits in its year. */
const isTime = (time: Millis): boolean => time >= 0 && time < Date.UTC(9999, 11, 31);

/** What audits know of a day; named like a window of it, so that `startInName` holds. */
export const auditFolder = (feed: Feed): string => `${feedFolder(feed)}audits/`;
export const auditName = (feed: Feed, day: Millis): string =>
  `${auditFolder(feed)}${windowWord({ start: day, end: day + 86_400_000 })}.json`;

/** Sorts by time; without colons, which Windows does not allow. */
const windowWord = ({ start, end }: Interval): string =>
  [start, end].map((time) => new Date(time).toISOString().replaceAll(':', '')).join('_');

/** A word that every store can have in a name: letters, digits, `_` and `-` as they are, all else as `%` and UTF-8. */
function word(text: string): string {
  return text.replace(/[^A-Za-z0-9_-]/gu, (char) =>
    [...new TextEncoder().encode(char)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  );
}
