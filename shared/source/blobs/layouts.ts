import type { Millis, Signal, Window } from '../../model.ts';
import { plainFolder } from '../../pure/plain-name.ts';
import { misreadAs } from '../../signals/misread.ts';
import { type SignalTable, signalTables } from '../../signals/tables.ts';

export type ExportLayout = 'continuous' | 'diagnostics' | 'dataExport';

/** What the name of an export blob says. */
export interface BlobPlace {
  readonly layout: ExportLayout;
  /** Where the app's exports are: `fabrikam_2b1f…`, or the path to the component or workspace; no slash at the end. */
  readonly folder: string;
  /** As written in the folder: of the app, the component or the workspace. */
  readonly appName: string;
  readonly signal: Signal;
  /** Start of the hour folder. */
  readonly hour: Millis;
  /** The hour folder with what is before it, ending in `/`. */
  readonly folderPrefix: string;
}

const byName = (namesOf: (table: SignalTable) => readonly string[]): ReadonlyMap<string, Signal> =>
  new Map(
    Object.values(signalTables).flatMap((table) =>
      namesOf(table).map((name) => [name.toLowerCase(), table.signal] as const),
    ),
  );

/** Type folders of Continuous Export in lower case. */
export const TYPE_FOLDERS = byName(({ folders }) => folders);

/**
 * Workspace tables in lower case: categories of diagnostic settings and of data export, and the `Type` of their
 * records.
 */
export const TABLES = byName(({ table }) => [table]);

interface Shape {
  readonly layout: ExportLayout;
  /** With the groups folder, app, kind, y, m, d, h; `prefix` ends with the hour folder. */
  readonly pattern: RegExp;
  readonly kinds: ReadonlyMap<string, Signal>;
  /** Containers that Azure makes for this layout hold no other. */
  readonly container?: RegExp;
}

/**
 * Folders above an app's folder (or above `resourceId=`, the category among them) that are looked through. Names with
 * `=` do not count: those are partitions of a lake in the same container.
 */
export const MOST_ABOVE = 4;

const ABOVE = `(?:[^/=]+/){0,${MOST_ABOVE}}?`;
const KEY = '[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const NAMED = `(?<app>[^/]+)_(?:${KEY})`;
const DAY_AND_HOUR = '(?<y>\\d{4})-(?<m>\\d\\d)-(?<d>\\d\\d)/(?<h>\\d\\d)/';
const TIME = 'y=(?<y>\\d{4})/m=(?<m>\\d\\d)/d=(?<d>\\d\\d)/h=(?<h>\\d\\d)/';
const APPENDED = '(?:m=\\d\\d/)?PT\\d+[HM](?:_\\d+)?\\.json$';

/** Append blobs below the id of a resource, of a container for each table. */
function appended(container: string, id: string, resource: string): RegExp {
  const above = `(?:[^/=]+/){0,2}?${container}(?<kind>[^/=]+)/(?:[^/=]+/)?`;
  const folder = `${above}${id}/(?:[^/]+/){6}${resource}/(?<app>[^/]+)`;
  return new RegExp(`^(?<prefix>(?<folder>${folder})/${TIME})${APPENDED}`, 'i');
}

const SHAPES: readonly Shape[] = [
  {
    layout: 'continuous',
    pattern: new RegExp(`^(?<prefix>(?<folder>${ABOVE}${NAMED})/(?<kind>[^/]+)/${DAY_AND_HOUR}).*[^/]$`, 'i'),
    kinds: TYPE_FOLDERS,
  },
  {
    layout: 'diagnostics',
    pattern: appended('insights-logs-', 'resourceId=', 'components'),
    kinds: TABLES,
    container: /^insights-logs-./i,
  },
  {
    layout: 'dataExport',
    pattern: appended('am-', 'WorkspaceResourceId=', 'workspaces'),
    kinds: TABLES,
    container: /^am-./i,
  },
];

/**
 * Reads the name of an export blob (contracts.md section 3); undefined when it is none, or of a kind that is no signal.
 * Successors of Continuous Export keep the kind in the name of the container: give it where `name` is relative to it
 * (an archive on disk has it as a folder). Folders count without regard to case.
 */
export function recogniseBlob(name: string, container = ''): BlobPlace | undefined {
  const whole = container === '' ? '' : `${container}/`;
  const named = SHAPES.find((shape) => shape.container?.test(container));
  for (const { layout, pattern, kinds } of named ? [named] : SHAPES) {
    // Continuous Export says nothing in its container, so there the name is taken as it is.
    const before = layout === 'continuous' ? '' : whole;
    const found = pattern.exec(before + name)?.groups;
    const signal = found && kinds.get((found.kind ?? '').toLowerCase());
    const hour = found && hourOf(found);
    if (!found || !signal || hour === undefined) continue;
    const { folder = '', prefix = '', app = '' } = found;
    return {
      layout,
      folder: folder.slice(before.length),
      appName: app,
      signal,
      hour,
      folderPrefix: prefix.slice(before.length),
    };
  }
  return undefined;
}

/** A folder that an export begins with: `{appName}_{ikey}`, or the container of one of the layouts after it. */
const EXPORT_FOLDER = new RegExp(`_(?:${KEY})$|^(?:insights-logs|am)-.`, 'i');

/**
 * A blob's name from the export's own folder on: what is above it differs from container to container, and from disk to
 * disk.
 */
export function exportName(name: string, container = ''): string {
  const words = `${container}/${name}`.split('/');
  for (let first = words.length - 2; first >= 0; first--) {
    const own = words.slice(first).join('/');
    if (EXPORT_FOLDER.test(words[first] ?? '') && recogniseBlob(own) !== undefined) return own;
  }
  return name;
}

/** Undefined for days and hours that no calendar has. */
function hourOf({ y, m, d, h }: Record<string, string>): Millis | undefined {
  const text = `${y}-${m}-${d}T${h}:00:00.000Z`;
  const hour = Date.parse(text);
  return Number.isFinite(hour) && new Date(hour).toISOString() === text ? hour : undefined;
}

/** An app's short name, `[a-z0-9][a-z0-9-]*` of at most 63, from what Azure calls it. */
export function shortName(name: string): string {
  const short = plainShort(name.normalize('NFC'));
  // Azure lets an app be called 007 or null; in a folder that would be no name to readers
  return misreadAs(short) === undefined ? short : `app-${short}`.slice(0, 63);
}

function plainShort(name: string): string {
  const plain = name.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  return plain.replace(/^-/, '').slice(0, 63).replace(/-$/, '') || 'app';
}

/** What earlier versions called such an app: after the letters as one disk or another spells them. */
export const earlierNames = (name: string): readonly string[] => [
  ...new Set([name, name.normalize('NFC'), name.normalize('NFD')].map(plainShort)),
];

/**
 * The short name of the app whose exports are in `folder`: as `apps` names it (by its whole path or by its last part,
 * without regard to case), else after what Azure calls it.
 */
export const appOf = (folder: string, appName: string, apps: Readonly<Record<string, string>>): string =>
  nameIn(folder, apps) ?? shortName(appName);

/** Whether `apps` names the folder itself. */
export const isNamed = (folder: string, apps: Readonly<Record<string, string>>): boolean =>
  nameIn(folder, apps) !== undefined;

function nameIn(folder: string, apps: Readonly<Record<string, string>>): string | undefined {
  const last = folder.slice(folder.lastIndexOf('/') + 1);
  for (const wanted of [folder, last]) {
    // As it is spelt first: what earlier versions took for two folders may have two names.
    if (Object.hasOwn(apps, wanted)) return apps[wanted];
    const plain = plainFolder(wanted);
    const named = Object.entries(apps).find(([key]) => plainFolder(key.replace(/^\/+|\/+$/g, '')) === plain);
    if (named) return named[1];
  }
  return undefined;
}

/**
 * What tells an app's folder from another's, wherever it lies: `{appName}_{ikey}`, or the path of the resource; in
 * small letters. However a disk spells it, unless `spelling` says what counts as one.
 */
export function componentOf(folder: string, spelling: (name: string) => string = plainFolder): string {
  const plain = spelling(folder.replace(/\/+$/, ''));
  const resource = plain.search(/(?:workspace)?resourceid=/);
  return resource >= 0 ? plain.slice(resource) : plain.slice(plain.lastIndexOf('/') + 1);
}

/**
 * What tells one export from another, wherever it lies and whatever its folder was called since: the key of the app,
 * which no other has, or the path of the resource.
 */
export function exportOf(folder: string): string {
  const component = componentOf(folder);
  return /^[^/]*(_[0-9a-f]{32})$/.exec(component)?.[1] ?? component;
}

/**
 * The window that a blob belongs to: on the fixed UTC grid of `window`, which is an hour or a multiple that divides a
 * day.
 */
export function exportWindowOf(
  place: BlobPlace,
  settings: { readonly window: Millis; readonly apps: Readonly<Record<string, string>> },
): Window {
  const start = Math.floor(place.hour / settings.window) * settings.window;
  const app = appOf(place.folder, place.appName, settings.apps);
  return { app, signal: place.signal, source: place.layout, start, end: start + settings.window };
}
