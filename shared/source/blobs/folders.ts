import type { Interval, Millis, ObjectStore, Signal } from '../../model.ts';
import { appOf, type ExportLayout, MOST_ABOVE, TABLES, TYPE_FOLDERS } from './layouts.ts';

/** A container (or folder) of export blobs. */
export interface ExportStore {
  readonly store: ObjectStore;
  /**
   * What it is called: the successors of Continuous Export say there which signal it holds. '' when that says nothing.
   */
  readonly container: string;
}

/** A folder whose time folders hold a signal of an app. */
export interface SignalFolder {
  readonly layout: ExportLayout;
  readonly app: string;
  readonly signal: Signal;
  /** Of the app, the component or the workspace; no slash at the end. */
  readonly folder: string;
  /** As Azure calls it. */
  readonly appName: string;
  /** Ends in `/`. */
  readonly path: string;
  /** Its time folders are written in upper case: a store knows the difference. */
  readonly upper: boolean;
}

export interface FolderSearch extends ExportStore {
  /** Export folder → app name. */
  readonly apps: Readonly<Record<string, string>>;
  /** Only these are looked for; what is left out counts as any. */
  readonly wanted: Partial<Pick<SignalFolder, 'layout' | 'app' | 'signal'>>;
  /** Told the folder (or container) of each kind that is no signal. */
  readonly unknown?: (what: string) => void;
  /** Told each folder of an app that is met, wanted or not, where what it is called may have been changed. */
  readonly met?: (folder: string) => void;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/**
 * Levels from `resourceId=/` or `WorkspaceResourceId=/` down to the component or workspace:
 * SUBSCRIPTIONS/x/RESOURCEGROUPS/x/…
 */
const RESOURCE_LEVELS = 8;
const APP_FOLDER = /^(?<app>.+)_(?:[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i;
const RESOURCE_ROOTS: readonly { readonly layout: ExportLayout; readonly root: string; readonly category: RegExp }[] = [
  { layout: 'diagnostics', root: 'resourceid=', category: /^insights-logs-(.+)$/i },
  { layout: 'dataExport', root: 'workspaceresourceid=', category: /^am-(.+)$/i },
];

/**
 * The folders of signals in a container. One request per folder on the way; a container whose name tells that it holds
 * none costs none.
 */
export async function* signalFolders(search: FolderSearch): AsyncIterable<SignalFolder> {
  if (mayHold(search)) yield* foldersBelow(search, '', 0);
}

/** Azure names a container after the one category that it puts there. */
export function mayHold({ container, wanted }: FolderSearch): boolean {
  const named = namedAfter(container);
  if (named === undefined) return true;
  return agrees(wanted.layout, named.layout) && (named.signal === undefined || agrees(wanted.signal, named.signal));
}

/** What a container is named after; undefined where its name does not tell. */
export function namedAfter(container: string): { readonly layout: ExportLayout; readonly signal?: Signal } | undefined {
  const named = RESOURCE_ROOTS.find(({ category }) => category.test(container));
  const signal = named && signalIn(container, named.category);
  return named && { layout: named.layout, ...(signal && { signal }) };
}

const agrees = <T>(wanted: T | undefined, found: T): boolean => wanted === undefined || wanted === found;
const signalIn = (name: string, category: RegExp) => TABLES.get((category.exec(name)?.[1] ?? '').toLowerCase());

async function* foldersBelow(search: FolderSearch, parent: string, depth: number): AsyncIterable<SignalFolder> {
  const folders: string[] = [];
  for await (const folder of search.store.folders(parent)) folders.push(folder);
  for (const path of folders) {
    const name = lastOf(path);
    const app = APP_FOLDER.exec(name)?.groups?.app;
    const resource = RESOURCE_ROOTS.find(({ root }) => root === name.toLowerCase());
    if (app !== undefined) yield* typeFolders(search, path, app);
    else if (resource) yield* resourceFolders(search, path, resource);
    else if (depth < MOST_ABOVE && !name.includes('=')) yield* foldersBelow(search, path, depth + 1);
  }
}

async function* typeFolders(
  { store, apps, wanted, unknown, met }: FolderSearch,
  folder: string,
  appName: string,
): AsyncIterable<SignalFolder> {
  met?.(folder.slice(0, -1));
  const app = appOf(folder.slice(0, -1), appName, apps);
  if (!agrees(wanted.layout, 'continuous') || !agrees(wanted.app, app)) return;
  for await (const path of store.folders(folder)) {
    const signal = TYPE_FOLDERS.get(lastOf(path).toLowerCase());
    if (signal === undefined) unknown?.(path);
    else if (agrees(wanted.signal, signal))
      yield { layout: 'continuous', app, folder: folder.slice(0, -1), appName, signal, path, upper: false };
  }
}

async function* resourceFolders(
  { store, apps, container, wanted, unknown }: FolderSearch,
  root: string,
  { layout, category }: (typeof RESOURCE_ROOTS)[number],
): AsyncIterable<SignalFolder> {
  const above = [container, ...root.split('/')].findLast((name) => category.test(name)) ?? '';
  const signal = signalIn(above, category);
  if (signal === undefined) return unknown?.(above === '' || above === container ? container || root : root);
  if (!agrees(wanted.layout, layout) || !agrees(wanted.signal, signal)) return;
  let level: string[] = [root];
  for (let depth = 0; depth < RESOURCE_LEVELS; depth++) {
    const next: string[] = [];
    for (const folder of level) for await (const path of store.folders(folder)) next.push(path);
    level = next;
  }
  for (const path of level) {
    const [folder, appName] = [path.slice(0, -1), lastOf(path)];
    const app = appOf(folder, appName, apps);
    if (!agrees(wanted.app, app)) continue;
    const years = new Set<string>();
    for await (const year of store.folders(path)) years.add(lastOf(year).slice(0, 2));
    for (const year of years) yield { layout, app, folder, appName, signal, path, upper: year === 'Y=' };
  }
}

const lastOf = (path: string) => path.slice(path.lastIndexOf('/', path.length - 2) + 1, -1);

/** The prefixes to list for a range of folder time: a whole day at once, else hour by hour. */
export function timePrefixes(folder: SignalFolder, range: Interval): string[] {
  const prefixes: string[] = [];
  for (let at = range.start; at < range.end; ) {
    const whole = at % DAY === 0 && at + DAY <= range.end;
    prefixes.push(folder.path + cased(folder, timeFolder(folder.layout, at, whole)));
    at += whole ? DAY : HOUR;
  }
  return prefixes;
}

const cased = ({ upper }: SignalFolder, time: string): string => (upper ? time.toUpperCase() : time);

function timeFolder(layout: ExportLayout, at: Millis, wholeDay: boolean): string {
  const [year, month, day, hour] = new Date(at).toISOString().split(/[-T:]/);
  if (layout === 'continuous') return `${year}-${month}-${day}/${wholeDay ? '' : `${hour}/`}`;
  return `y=${year}/m=${month}/d=${day}/${wholeDay ? '' : `h=${hour}/`}`;
}

/** Midnights of the days of a range for which there is a folder. One request of Continuous Export, else one a month. */
export async function daysIn(folder: SignalFolder, range: Interval, store: ObjectStore): Promise<Millis[]> {
  const days: Millis[] = [];
  const levels = folder.layout === 'continuous' ? 1 : 3;
  const look = async (path: string, before: string, level: number): Promise<void> => {
    for await (const found of store.folders(path)) {
      const words = `${before}${lastOf(found).replace(/^[ymd]=/i, '')}`;
      const start = Date.parse(words.length === 4 ? `${words}-01-01` : words.length === 7 ? `${words}-01` : words);
      // A year is a range as a month is: those that end before the range or start after it hold nothing of it.
      const longest = { 4: 366 * DAY, 7: 31 * DAY }[words.length] ?? DAY;
      if (!/^\d{4}(-\d\d){0,2}$/.test(words) || !(start < range.end && start + longest > range.start)) continue;
      if (level === levels) days.push(start);
      else await look(found, `${words}-`, level + 1);
    }
  };
  await look(folder.path, '', 1);
  return days;
}
