import type { Millis, ObjectStore, Window } from '../../model.ts';
import { appOf, type ExportLayout, MOST_ABOVE, TABLES, TYPE_FOLDERS } from './layouts.ts';

/** A folder whose time folders hold the window's signal. */
interface SignalFolder {
  readonly layout: ExportLayout;
  readonly app: string;
  /** Ends in `/`. */
  readonly path: string;
  /** Its time folders are written in upper case: a store knows the difference. */
  readonly upper: boolean;
}

export interface FolderSettings {
  readonly store: ObjectStore;
  /** What the store's container is called: the successors of Continuous Export say there which signal it is. '' when nothing. */
  readonly container: string;
  /** Export folder → app name. */
  readonly apps: Readonly<Record<string, string>>;
}

interface Search extends FolderSettings {
  readonly window: Window;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Levels from `resourceId=/` or `WorkspaceResourceId=/` down to the component or workspace: SUBSCRIPTIONS/x/RESOURCEGROUPS/x/… */
const RESOURCE_LEVELS = 8;
const APP_FOLDER = /^(?<app>.+)_(?:[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i;
const RESOURCE_ROOTS: readonly { readonly layout: ExportLayout; readonly root: string; readonly category: RegExp }[] = [
  { layout: 'diagnostics', root: 'resourceid=', category: /^insights-logs-(.+)$/i },
  { layout: 'dataExport', root: 'workspaceresourceid=', category: /^am-(.+)$/i },
];

/** The prefixes to list for the blobs of a window, and for nothing else. One request per folder on the way. */
export async function windowPrefixes(settings: FolderSettings, window: Window): Promise<readonly string[]> {
  const prefixes: string[] = [];
  for await (const found of signalFolders({ ...settings, window }, '', 0)) {
    if (found.app === window.app)
      prefixes.push(...timeFolders(found.layout, window).map((time) => found.path + (found.upper ? time.toUpperCase() : time)));
  }
  return prefixes;
}

async function* signalFolders(search: Search, parent: string, depth: number): AsyncIterable<SignalFolder> {
  const folders: string[] = [];
  for await (const folder of search.store.folders(parent)) folders.push(folder);
  for (const path of folders) {
    const name = lastOf(path);
    const app = APP_FOLDER.exec(name)?.groups?.app;
    const resource = RESOURCE_ROOTS.find(({ root }) => root === name.toLowerCase());
    if (app !== undefined) yield* typeFolders(search, path, app);
    else if (resource) yield* resourceFolders(search, path, resource);
    else if (depth < MOST_ABOVE && !name.includes('=')) yield* signalFolders(search, path, depth + 1);
  }
}

async function* typeFolders({ store, apps, window }: Search, folder: string, appName: string): AsyncIterable<SignalFolder> {
  const app = appOf(folder.slice(0, -1), appName, apps);
  if (window.source !== 'continuous' || window.app !== app) return;
  for await (const path of store.folders(folder)) {
    if (TYPE_FOLDERS.get(lastOf(path).toLowerCase()) === window.signal) yield { layout: 'continuous', app, path, upper: false };
  }
}

async function* resourceFolders(
  { store, apps, container, window }: Search,
  root: string,
  { layout, category }: (typeof RESOURCE_ROOTS)[number],
): AsyncIterable<SignalFolder> {
  const above = [container, ...root.split('/')].findLast((name) => category.test(name)) ?? '';
  const signal = TABLES.get((category.exec(above)?.[1] ?? '').toLowerCase());
  if (window.source !== layout || signal !== window.signal) return;
  let level: string[] = [root];
  for (let depth = 0; depth < RESOURCE_LEVELS; depth++) {
    const next: string[] = [];
    for (const folder of level) for await (const path of store.folders(folder)) next.push(path);
    level = next;
  }
  for (const path of level) {
    const years = new Set<string>();
    for await (const year of store.folders(path)) years.add(lastOf(year).slice(0, 2));
    const app = appOf(path.slice(0, -1), lastOf(path), apps);
    for (const year of years) yield { layout, app, path, upper: year === 'Y=' };
  }
}

const lastOf = (path: string) => path.slice(path.lastIndexOf('/', path.length - 2) + 1, -1);

/** A whole day is listed at once, else hour by hour. */
function timeFolders(layout: ExportLayout, window: Window): string[] {
  const folders: string[] = [];
  for (let at = window.start; at < window.end; ) {
    const whole = at % DAY === 0 && at + DAY <= window.end;
    folders.push(timeFolder(layout, at, whole));
    at += whole ? DAY : HOUR;
  }
  return folders;
}

function timeFolder(layout: ExportLayout, at: Millis, wholeDay: boolean): string {
  const [year, month, day, hour] = new Date(at).toISOString().split(/[-T:]/);
  if (layout === 'continuous') return `${year}-${month}-${day}/${wholeDay ? '' : `${hour}/`}`;
  return `y=${year}/m=${month}/d=${day}/${wholeDay ? '' : `h=${hour}/`}`;
}
