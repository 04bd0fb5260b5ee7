/** Where in the lake a file goes: a function of what it holds, and of nothing else. Pure. */
import type { Format, Millis, Signal, Window } from '../model.ts';
import { appWord } from '../pure/app-word.ts';
import { compactTime } from './compact-time.ts';
import { defaultPathTemplate, extension, isToken, MAX_PATH, type Token, templateStem } from './path-template.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** What a file holds. */
export interface FileIdentity {
  readonly window: Window;
  /** Whose schema the file has; differs from the window's for a record that lay in another signal's folder. */
  readonly signal: Signal;
  /** Start of the partition: a full UTC hour, midnight where the template has no {HH}. */
  readonly partition: Millis;
  /** From 1. */
  readonly part: number;
  readonly format: Format;
  readonly gzip: boolean;
}

/**
 * The path below the lake's prefix. `template` must be one in which pathTemplateFaults finds no fault. Part 1 has no
 * number, part n gets `_n` before the extension. A file of another signal than its window's has the window's signal in
 * its source word (`continuous-from-requests`), so that it meets no file of that other signal's own window.
 */
export function filePath(template: string, file: FileIdentity): string {
  const { window, signal, partition, part } = file;
  const stem = templateStem(template, file);
  if (stem === undefined) throw new Error(`path ${template}: must end with .{ext} or .${extension(file)}`);
  const grid = stem.includes('{HH}') ? HOUR : DAY;
  if (partition % grid !== 0)
    throw new Error(`path ${template}: partition ${partition} does not start on a full ${grid / HOUR} h`);
  if (!Number.isInteger(part) || part < 1) throw new Error(`path ${template}: part ${part} must be 1 or more`);
  const stray = signal === window.signal ? '' : `-from-${window.signal}`;
  const values = tokenValues(window, signal, `${sourceWord(window.source)}${stray}`, partition);
  const filled = stem.replace(/\{(\w+)\}/g, (text, word: string) => (isToken(word) ? (values[word] ?? text) : text));
  const path = `${filled}${part === 1 ? '' : `_${part}`}.${extension(file)}`;
  if (path.length > MAX_PATH)
    throw new Error(
      `path ${path.slice(0, 80)}…: ${path.length} characters, the limit is ${MAX_PATH}; shorten the setting`,
    );
  return path;
}

/**
 * Where the only file of that window lies when its rows are of its own time; undefined where that is more than one
 * partition, or the path has a fault, which its run will tell.
 */
export function expectedPath(template: string, window: Window, form: Pick<FileIdentity, 'format' | 'gzip'>) {
  const size = template.includes('{HH}') ? HOUR : DAY;
  const partition = Math.floor(window.start / size) * size;
  if (window.end > partition + size) return undefined;
  try {
    return filePath(template, { ...form, window, signal: window.signal, partition, part: 1 });
  } catch {
    return undefined;
  }
}

/** A row that is further from its window lies in the window's own partition. */
const FAR = { before: 31 * DAY, after: 2 * DAY };

/**
 * What the paths of all files that a window can have in that signal's folder begin with: one beginning where the app
 * and the signal stand before the date, else one for each day that its rows can be of, so that no listing is of the
 * whole lake.
 */
export function windowPrefixes(template: string, window: Window, signal: Signal, far = FAR): readonly string[] {
  const form = { format: 'parquet', gzip: false } as const;
  const stem = template.replace(/\.(\{ext\}|(parquet|ndjson|csv)(\.gz)?)$/, '.{ext}');
  const days: string[] = [];
  for (
    let day = Math.max(0, Math.floor((window.start - far.before) / DAY) * DAY);
    day < window.end + far.after;
    day += DAY
  ) {
    const hours = stem.includes('{HH}') ? [day, day + 11 * HOUR, day + 23 * HOUR] : [day];
    const paths = hours.map((at) => filePath(stem, { ...form, window, signal, partition: Math.max(0, at), part: 1 }));
    days.push(paths.map((path) => path.slice(0, path.lastIndexOf('.'))).reduce(commonStart));
  }
  const [date = 0, ...names] = [/\{(yyyy|MM|dd)\}/, /\{app\}/, /\{signal\}/].map((token) => stem.search(token));
  return names.every((at) => at < date) ? [days.reduce(commonStart)] : [...new Set(days)];
}

/** What the paths of all files of an app and a signal begin with: all of the lake's where the date comes first. */
export function feedPrefix(template: string, app: string, signal: Signal): string {
  const filled = template.replaceAll('{signal}', signal).replaceAll('{app}', appWord(app));
  const open = filled.search(/\{\w+\}/);
  return open < 0 ? filled : filled.slice(0, open);
}

function commonStart(one: string, other: string): string {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length += 1;
  return one.slice(0, length);
}

/** The same in a lake of tables: one grid of folders, and a name that no other revision has. */
export const tableFilePath = (file: Omit<FileIdentity, 'format' | 'gzip'> & { readonly revision: number }): string =>
  filePath(`{signal}/app={app}/date={yyyy}-{MM}-{dd}/{source}_{start}_{end}_r${file.revision}.{ext}`, {
    ...file,
    format: 'parquet',
    gzip: false,
  });

/** Where the unreadable lines of a window go. Readers such as Spark skip folders that start with `_`. */
export function quarantinePath(window: Window, prefix = '_quarantine'): string {
  const { signal, start } = window;
  const partition = Math.floor(start / HOUR) * HOUR;
  const file = { window, signal, partition, part: 1, format: 'ndjson', gzip: false } as const;
  return `${prefix}/${filePath(defaultPathTemplate('hour'), file)}`;
}

function tokenValues(
  window: Window,
  signal: Signal,
  source: string,
  partition: Millis,
): Partial<Record<Token, string>> {
  const day = new Date(partition).toISOString();
  return {
    signal,
    app: appWord(window.app),
    source,
    yyyy: day.slice(0, 4),
    MM: day.slice(5, 7),
    dd: day.slice(8, 10),
    HH: day.slice(11, 13),
    start: compactTime(window.start),
    end: compactTime(window.end),
  };
}

/** A word with at most one dash: so `-from-<signal>` can be told from it. */
function sourceWord(source: string): string {
  if (/^[A-Za-z][A-Za-z0-9]*(-[A-Za-z0-9]+)?$/.test(source)) return source;
  throw new Error(`path of source ${JSON.stringify(source)}: must be letters and digits with at most one dash between`);
}
