import type { Ledger, ObjectStore } from '../../shared/model.ts';
import { createFileSource } from '../../shared/source/blobs/loose/files.ts';
import { type AppFolder, type SettledApps, settleApps } from '../deliver/app-names.ts';
import type { Task, TransformRequest } from '../deliver/ports.ts';
import { keyOf, type Plan } from '../deliver/run-window.ts';
import { type Archive, type ArchiveWindow, lakeFolder } from './archive.ts';
import { incompleteTexts, noticeTexts } from './aside.ts';
import { looseWindows } from './loose.ts';
import { placeOf } from './places.ts';
import { placedWindows } from './placing.ts';

export interface TransformPlan extends Plan {
  readonly windows: readonly ArchiveWindow[];
  readonly tasks: readonly Task[];
}

/** The windows that an archive on disk makes, in the grid of the lake. */
export async function transformPlan(
  request: TransformRequest,
  { placed, loose, aside }: Archive,
  store: ObjectStore,
  ledger: Ledger,
  abort: AbortSignal,
  settle: (folders: readonly AppFolder[]) => Promise<SettledApps> = (folders) =>
    settleApps(folders, request.apps, store, ledger),
): Promise<TransformPlan> {
  const { window: length, app = 'archive', replace } = request;
  const folders = placed.flatMap((path) => placeOf(path) ?? []);
  const { apps, notices: named } = await settle(folders);
  const found = await placedWindows(placed, { length, apps, skip: lakeFolder(request) }, ledger, aside);
  const {
    windows,
    done,
    whole: covered,
    notices,
    incomplete,
  } = await looseWindows(loose, { app, length, replace, closed: aside.closed, abort }, store, ledger);
  const all = [...found, ...windows];
  // What cannot be opened is no reason to take out what it brought before.
  const whole = replace && aside.closed.size === 0;
  const idle = request.app !== undefined && loose.length === 0 ? [idleName(request.app)] : [];
  return {
    windows: all,
    source: createFileSource(all),
    tasks: [
      ...all.map(({ window, bytes }) => ({ window, weight: Math.max(bytes, 1) })),
      ...done.map(({ window }) => ({ window, weight: 1 })),
    ],
    known: new Map(done.map((entry) => [keyOf(entry.window), entry])),
    notices: [...noticeTexts(aside), ...notices, ...named, ...idle],
    incomplete: [...incompleteTexts(aside), ...(replace && !whole ? [NOT_WHOLE] : []), ...incomplete],
    done: 'compare',
    replace: whole,
    whole: new Set(covered.map(keyOf)),
    looked: new Set([...windows, ...done].map(({ window }) => keyOf(window))),
  };
}

const NOT_WHOLE =
  '--replace was left out: it says that the input is the whole truth, and what cannot be opened is missing from it';

const idleName = (app: string): string =>
  `--app ${app} names loose files, and there are none: what lies in the folder of an app goes by its name there; ` +
  `give --app "<export folder>=${app}" to have it go by another`;
