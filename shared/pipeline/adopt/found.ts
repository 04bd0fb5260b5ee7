import type { Feed, FileRecord, LakeTables, LedgerRow, StoredObject } from '../../model.ts';
import { allOf } from '../../pure/all-of.ts';
import { windowKey } from '../keys.ts';
import { OF_WINDOW } from '../lake/meet.ts';
import { filesOfLake } from '../lake/own-files.ts';
import { readTold, type ToldPorts, toldWindow } from './table-told.ts';
import type { FoundWindow } from './weigh.ts';

/** What one file says of itself. */
export interface FileStory {
  readonly window: FoundWindow['window'];
  /** 0 where it names none. */
  readonly revision: number;
  readonly file: FileRecord;
}

/** What was found of a feed: what its files say, files that are as the ledger's table says, and its rows. */
export type Found = { readonly story: FileStory } | { readonly there: string } | { readonly row: LedgerRow };

export interface FoundGroups {
  put(feed: string, found: Found): Promise<void>;
  /** Feed by feed. */
  each(): AsyncIterable<readonly [feed: string, found: readonly Found[]]>;
}

export interface FoundPorts extends ToldPorts {
  readonly tables?: LakeTables;
  /** By path and content; undefined where nothing of ours made it, `empty` where it has no rows at that. */
  story(file: StoredObject): Promise<FileStory | 'empty' | undefined>;
  /** How far the listing has come. */
  tell(files: number): void;
}

export const feedKey = ({ app, signal, source }: Feed): string => JSON.stringify([app, signal, source]);
export function feedIn(key: string): Feed {
  const [app, signal, source]: [string, Feed['signal'], string] = JSON.parse(key);
  return { app, signal, source };
}
/** Files that are read at once. */
const together = 16;

/** Lists the lake once. What the ledger's table knows is not opened, all else tells by itself. */
export async function readFiles(groups: FoundGroups, ports: FoundPorts) {
  const table = await readTold(ports, (row) => groups.put(feedKey(row.window), { row }));
  const unexplained: string[] = [];
  let [files, bytes, strangers, alike, told] = [0, 0, 0, 0, 0];
  const take = async (some: readonly StoredObject[]) => {
    const stories = await allOf(some.map((file) => ports.story(file)));
    for (const [n, story] of stories.entries()) {
      const object = some[n];
      if (typeof story === 'object') {
        await groups.put(feedKey(story.window), { story });
        continue;
      }
      strangers += 1;
      if (story !== 'empty' && object !== undefined && OF_WINDOW.test(object.name)) alike += 1;
      if (unexplained.length < 100 && object) unexplained.push(object.name);
    }
  };
  let waiting: StoredObject[] = [];
  for await (const file of filesOfLake(ports.lake)) {
    if (/(^|\/)_delta_log\//.test(file.name)) continue;
    files += 1;
    bytes += file.bytes;
    if (files % 1000 === 0) ports.tell(files);
    const known = table.feedOf(file);
    if (known !== undefined) {
      told += 1;
      await groups.put(feedKey(known), { there: file.name });
      continue;
    }
    waiting.push(file);
    if (waiting.length < together) continue;
    await take(waiting);
    waiting = [];
  }
  await take(waiting);
  ports.tell(files);
  return { files, bytes, unexplained, strangers, alike, told };
}

/** The windows of a feed, as files and the ledger's table tell of them. */
export async function windowsOf(found: readonly Found[], ports: FoundPorts): Promise<FoundWindow[]> {
  const there = new Set(found.flatMap((each) => ('there' in each ? [each.there] : [])));
  const windows = new Map<string, FoundWindow>();
  for (const each of found) {
    if (!('row' in each)) continue;
    const { row } = each;
    const files = row.files.filter(({ path }) => there.has(path));
    const told = toldWindow(row, await allOf(files.map((file) => sighted(file, ports))));
    if (told !== undefined) windows.set(windowKey(row.window), told);
  }
  for (const each of found) {
    if (!('story' in each)) continue;
    const { window, revision, file } = each.story;
    const { told, ...known } = windows.get(windowKey(window)) ?? { window, revision: 0, files: [] };
    const files = [...known.files, await sighted(file, ports)];
    // Whoever puts a file back does not bring a retired window back.
    const isRetired = told?.state === 'retired';
    const newest = Math.max(known.revision, revision);
    windows.set(windowKey(window), { ...known, files, revision: newest, ...(isRetired && { told }) });
  }
  return [...windows.values()];
}

/** Of a table's file only what readers see counts. */
export async function sighted(file: FileRecord, { tables }: Pick<FoundPorts, 'tables'>): Promise<FileRecord> {
  if (tables === undefined || file.signal === 'quarantine' || (await tables.isLive(file))) return file;
  return { ...file, rows: 0, bytes: 0 };
}
