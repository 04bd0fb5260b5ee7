import { existsSync } from 'node:fs';
import type { Ledger, LedgerEntry, Millis, ObjectStore, Window } from '../../shared/model.ts';
import type { Contents } from '../../shared/source/blobs/loose/contents.ts';
import { identify, LEAST_BEGINNING, type Sums, sumsOfAll } from '../../shared/source/blobs/loose/identify.ts';
import { exitCodes, Failure } from '../failure.ts';
import { countText } from '../terminal/numbers.ts';
import type { ArchiveWindow } from './archive.ts';
import { type Assigned, assignLoose, type LooseFound, type LooseRecord } from './assign-loose.ts';
import { forgottenText } from './loose-forgotten.ts';
import { freshWindows } from './loose-fresh.ts';
import { legacyWindows } from './loose-legacy.ts';
import { type LooseWindow, readLoose, writeLoose } from './loose-registry.ts';
import { touchedWindows } from './loose-touched.ts';
import { type Passed, unlessClosed } from './walk.ts';

/** A loose file with records of a signal; `path`: below what was named. */
export interface LookedInto {
  readonly path: string;
  readonly place: string;
  readonly contents: Contents;
}

export interface LooseRequest {
  readonly app: string;
  /** Small files that lie within so much time share lake files. */
  readonly length: Millis;
  /** What is given is the whole truth: files of a window that are not there any more are forgotten. */
  readonly replace: boolean;
  /** Told what cannot be read, or has vanished. */
  readonly closed: Passed['closed'];
  readonly abort: AbortSignal;
}

export interface LoosePlan {
  readonly windows: readonly ArchiveWindow[];
  /** Windows that are done, of files that are as they were: nothing is to be read. */
  readonly done: readonly LedgerEntry[];
  /** Windows of which no file has become shorter, however it is packed now. */
  readonly whole: readonly Window[];
  readonly notices: readonly string[];
  readonly incomplete: readonly string[];
}

export type Found = LooseFound & LookedInto;

/**
 * The windows of loose files. The lake remembers which there are (one document, replaced as a whole and only as it was
 * read: two commands at once never bring a file twice); a window keeps its time and its files whatever becomes of their
 * content.
 */
export async function looseWindows(
  given: readonly LookedInto[],
  request: LooseRequest,
  store: ObjectStore,
  ledger: Ledger,
): Promise<LoosePlan> {
  if (given.length === 0) return { windows: [], done: [], whole: [], notices: [], incomplete: [] };
  for (;;) {
    const known = await readLoose(store);
    const legacy = await legacyWindows(request.app, known.windows, ledger);
    const records = known.windows.flatMap(({ files }) => files);
    const assigned = assignLoose(records, await identifyAll(given, records, request), existsSync);
    // What cannot be opened is no reason to take out what it brought before.
    const replace = request.replace && request.closed.size === 0;
    const touched = await touchedWindows(known.windows, assigned, { ...request, replace }, ledger);
    const fresh = await freshWindows(assigned.fresh, records, request, legacy);
    const made = fresh.map(({ after: { window } }) => window);
    const forgotten = await forgottenText(made, known.windows, ledger);
    if (forgotten !== '') {
      // Another command may have brought them meanwhile.
      if ((await readLoose(store)).etag !== known.etag) continue;
      throw new Failure(exitCodes.destination, forgotten);
    }
    const after = new Map<LooseWindow, LooseWindow>(touched.map((each) => [each.before, each.after]));
    const next = [...known.windows.map((each) => after.get(each) ?? each), ...fresh.map(({ after: made }) => made)];
    if (!(await writeLoose(store, next, known))) continue;
    return {
      windows: [...touched.filter(({ state }) => state === 'run'), ...fresh].map(archiveWindow),
      done: touched.flatMap(({ entry }) => (entry === undefined ? [] : [entry])),
      whole: touched.flatMap(({ before, whole }) => (whole ? [before.window] : [])),
      notices: noticesOf(assigned),
      incomplete: touched.flatMap(({ lacking }) => (lacking === '' ? [] : [lacking])),
    };
  }
}

/** A window to be read: `paths` says where each of its files lies now. */
export interface ReadyWindow {
  readonly after: LooseWindow;
  readonly paths: ReadonlyMap<LooseRecord, string>;
}

const archiveWindow = ({ after: { window, layout, files }, paths }: ReadyWindow): ArchiveWindow => ({
  window,
  layout,
  files: files.flatMap((file) => {
    const path = paths.get(file);
    return path === undefined ? [] : [{ name: file.path, path }];
  }),
  bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
});

/**
 * Twice where there may be a file that begins with another: their beginnings can be hashed only when their lengths are
 * known. Kept are those that are another's text: what thousands of files that begin alike keep grows with them only.
 */
async function identifyAll(
  given: readonly LookedInto[],
  records: readonly LooseRecord[],
  { closed, abort }: LooseRequest,
): Promise<readonly Found[]> {
  const known = (file: LookedInto, beginnings: readonly number[]): Promise<Found | undefined> =>
    unlessClosed(file.place, closed, async () => ({ ...file, ...(await identify(file.place, beginnings, abort)) }));
  const found: Found[] = [];
  for (const file of given) found.push(...listed(await known(file, [])));
  const others = [...records, ...found.map((file) => ({ ...file, stem: file.heads.at(-1) }))];
  const texts = new Set(others.map(({ bytes, hash }) => `${bytes} ${hash}`));
  const lengths = new Map<string, Set<number>>();
  for (const { head, stem = head, bytes } of others)
    if (head !== '') lengths.set(stem, (lengths.get(stem) ?? new Set()).add(bytes));
  const isText = ([bytes, hash]: readonly [number, string]) => texts.has(`${bytes} ${hash}`);
  const telling = (sums: Sums): Sums => ({ ...sums, beginnings: new Map([...sums.beginnings].filter(isText)) });
  const again = async (file: Found): Promise<readonly Found[]> => {
    const shorter = sumsOfAll(file).flatMap(({ heads, bytes }) =>
      heads.flatMap((head) => [...(lengths.get(head) ?? [])].filter((length) => length < bytes)),
    );
    if (shorter.every((length) => length <= LEAST_BEGINNING)) return [file];
    const all = listed(await known(file, shorter));
    return all.map((each) => ({ ...each, ...telling(each), ...(each.before && { before: telling(each.before) }) }));
  };
  const whole: Found[] = [];
  for (const file of found) whole.push(...(await again(file)));
  return whole;
}

const listed = <T>(one: T | undefined): readonly T[] => (one === undefined ? [] : [one]);

function noticesOf({ copies, replaced }: Assigned<LooseRecord, Found>): string[] {
  const some = (files: readonly Found[]): string =>
    `${files
      .slice(0, 3)
      .map(({ path }) => path)
      .join(', ')}${files.length > 3 ? ', …' : ''}`;
  const counted = (files: readonly Found[], one: string, many: string): string[] =>
    files.length === 0 ? [] : [`${countText(files.length)} ${files.length === 1 ? one : many}: ${some(files)}`];
  return [
    ...counted(copies, 'file holds what another holds, and counts once', 'files hold what others hold, and count once'),
    ...counted(
      replaced,
      'file has other content than before, which takes the place of the old',
      'files have other content than before, which takes the place of the old',
    ),
  ];
}
