import { createHash } from 'node:crypto';
import { shown } from '../../shared/config/secret.ts';
import type { Feed, Ledger, ObjectStore } from '../../shared/model.ts';
import { plainFolder } from '../../shared/pure/plain-name.ts';
import { appOf, componentOf, earlierNames, exportOf, isNamed } from '../../shared/source/blobs/layouts.ts';
import { type Names, rememberedName } from '../../shared/source/blobs/remembered-name.ts';
import { readDocument, writeDocument } from '../../shared/state/documents.ts';
import { usage } from '../failure.ts';

/** A folder of an app, component or workspace in an export. */
export interface AppFolder {
  readonly layout: string;
  readonly folder: string;
  /** As Azure calls it. */
  readonly appName: string;
}

export interface SettledApps {
  /** Export folder → app name, of all folders. */
  readonly apps: Readonly<Record<string, string>>;
  readonly notices: readonly string[];
}

/**
 * The same where a deployed app has the lake: its ledger remembers the names. Throws Failure where another was given.
 */
export async function settleAppsWith(
  folders: readonly AppFolder[],
  given: Readonly<Record<string, string>>,
  names: Names,
): Promise<SettledApps> {
  refuseUnknown(folders, given);
  const apps: Record<string, string> = {};
  const byExport = Map.groupBy(new Set(folders.map(({ folder }) => folder)), exportOf);
  for (const each of folders) {
    const wanted = appOf(each.folder, each.appName, given);
    const twins = byExport.get(exportOf(each.folder)) ?? [];
    const name = await rememberedName(each.layout, each.folder, wanted, names, twins);
    if (name !== wanted && isNamed(each.folder, given)) throw otherName(each, wanted, name);
    apps[each.folder] = name;
  }
  return { apps, notices: [] };
}

/** Of an app's folder and a copy of it, the name of the original is mostly the shorter. */
const byFolder = (one: AppFolder, other: AppFolder): number =>
  one.folder.length - other.folder.length || (one.folder < other.folder ? -1 : 1);

/** The lake would remember the names of the folders that were meant, for good. */
function refuseUnknown(folders: readonly AppFolder[], given: Readonly<Record<string, string>>): void {
  const [unknown] = Object.keys(given).filter(
    (each) => !folders.some(({ folder }) => isNamed(folder, { [each]: 'any' })),
  );
  if (unknown === undefined) return;
  const there = [...new Set(folders.map(({ folder }) => componentOf(folder)))];
  throw usage(
    `--app ${shown(unknown)}=…: there is no such export folder here; there ` +
      `${there.length === 0 ? 'is none' : `are ${there.slice(0, 5).join(', ')}${there.length > 5 ? ', …' : ''}`}`,
  );
}

const otherName = ({ folder }: AppFolder, wanted: string, known: string) =>
  usage(
    `--app ${shown(wanted)}: what lies in ${folder} is in this lake as ${known}, and would come twice; leave it ` +
      'out, or choose another --out',
  );

const NAME = '_insights-lake/apps.json';
const VERSION = 1;

/**
 * The names that the folders of an export go by in this lake, which remembers them: a folder keeps its name whatever is
 * said later (its rows would come twice under another), and two folders never share one unless both were given it.
 * `given`: by the user.
 */
export async function settleApps(
  folders: readonly AppFolder[],
  given: Readonly<Record<string, string>>,
  store: ObjectStore,
  ledger: Pick<Ledger, 'feeds'>,
): Promise<SettledApps> {
  refuseUnknown(folders, given);
  let listed: Promise<readonly Feed[]> | undefined;
  const feeds = () => (listed ??= Array.fromAsync(ledger.feeds()));
  for (;;) {
    const found = await readDocument(store, NAME);
    if (found !== undefined && found.value.version !== VERSION)
      throw new Error(`read ${NAME} in ${store.place}: a newer version of Insights Lake wrote it; upgrade this one`);
    const known = new Map(Object.entries((found?.value.apps ?? {}) as Readonly<Record<string, string>>));
    const names = new Map(known);
    const apps: Record<string, string> = {};
    const told: string[] = [];
    for (const each of folders.toSorted(byFolder)) {
      if (Object.hasOwn(apps, each.folder)) continue;
      const before = nameKnown(each, names);
      const twin = before === undefined ? twinOf(each, names) : undefined;
      const wanted =
        before === undefined ? await wantedOf(each, given, names, feeds) : appOf(each.folder, each.appName, given);
      const name = nameOf(each, wanted, isNamed(each.folder, given), names, before ?? twin);
      if (before === undefined && name !== wanted) told.push((twin === undefined ? noticeOf : twinNotice)(each, name));
      if (before === undefined) names.set(keyOf(each), name);
      apps[each.folder] = name;
    }
    // What is known stays as it is: names are only added.
    if (names.size === known.size) return { apps, notices: told };
    const next = { version: VERSION, apps: Object.fromEntries(names) };
    if ((await writeDocument(store, NAME, next, found?.etag)) !== undefined) return { apps, notices: told };
  }
}

const keyOf = ({ layout, folder }: Omit<AppFolder, 'appName'>): string => `${layout} ${componentOf(folder)}`;
const exportKey = ({ layout, folder }: Omit<AppFolder, 'appName'>): string => `${layout} ${exportOf(folder)}`;

/**
 * Earlier versions remembered a folder as the disk spelt it, and each spelling by itself: a folder has the name that it
 * was given as it is spelt, else that of its other spellings.
 */
function nameKnown({ layout, folder }: AppFolder, names: ReadonlyMap<string, string>): string | undefined {
  const exact = names.get(`${layout} ${componentOf(folder, (name) => name.toLowerCase())}`);
  if (exact !== undefined) return exact;
  const wanted = keyOf({ layout, folder });
  const others = [...names].filter(([key]) => plainFolder(key) === wanted);
  const [first, second] = new Map(others.map(([key, name]) => [name, key]));
  if (first === undefined || second === undefined) return first?.[0];
  const known = [first, second].map(([name, key]) => `${name} (from ${key.slice(layout.length + 1)})`).join(' and as ');
  throw usage(
    `${folder}: this lake has such a folder, spelt otherwise, as ${known}, and its rows would come once more under ` +
      'one of them; spell the folder as one of these, or choose another --out',
  );
}

/** The name of another folder with the exports of the same app: that folder, copied under another name. */
function twinOf(each: Omit<AppFolder, 'appName'>, names: ReadonlyMap<string, string>): string | undefined {
  const wanted = exportKey(each);
  return [...names].find(([key]) => {
    const at = key.indexOf(' ');
    return exportKey({ layout: key.slice(0, at), folder: key.slice(at + 1) }) === wanted;
  })?.[1];
}

/**
 * Earlier versions remembered no names, and made other ones of letters with marks as macOS spells them: what the lake
 * has by such a name, and not by today's, keeps it.
 */
async function wantedOf(
  { layout, folder, appName }: AppFolder,
  given: Readonly<Record<string, string>>,
  names: ReadonlyMap<string, string>,
  feeds: () => Promise<readonly Feed[]>,
): Promise<string> {
  const wanted = appOf(folder, appName, given);
  const earlier = isNamed(folder, given) ? [] : earlierNames(appName).filter((name) => !isHeld(name, layout, names));
  if (earlier.every((name) => name === wanted)) return wanted;
  const ofLayout = (await feeds()).filter(({ source }) => source === layout || source.startsWith(`${layout}-`));
  return [wanted, ...earlier].find((name) => ofLayout.some(({ app }) => app === name)) ?? wanted;
}

function nameOf(
  each: AppFolder,
  wanted: string,
  isGiven: boolean,
  names: ReadonlyMap<string, string>,
  known: string | undefined,
): string {
  const { layout } = each;
  if (isGiven) {
    if (known === undefined || known === wanted) return wanted;
    throw otherName(each, wanted, known);
  }
  if (known !== undefined) return known;
  if (!isHeld(wanted, layout, names)) return wanted;
  return `${wanted.slice(0, 54)}-${createHash('sha256').update(keyOf(each)).digest('hex').slice(0, 8)}`;
}

const isHeld = (wanted: string, layout: string, names: ReadonlyMap<string, string>): boolean =>
  [...names].some(([key, name]) => name === wanted && key.startsWith(`${layout} `));

const twinNotice = ({ folder }: AppFolder, name: string): string =>
  `${folder} holds exports of an app that this lake has as ${name} (the key behind the name is the same), so it goes ` +
  'by that name, and copies of blobs count once';

const noticeOf = ({ folder, appName }: AppFolder, name: string): string =>
  `another folder has the short name of ${appName} already, so ${folder} goes by ${name}; start a new lake with ` +
  `--app ${JSON.stringify(`${folder}=<name>`)} to have it go by another`;
