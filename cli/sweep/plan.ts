import { basename } from 'node:path';
import type { Cut, Feed, Ledger, LedgerEntry, Place, Source, Window } from '../../shared/model.ts';
import { activeWindows } from '../../shared/pipeline/grid/grid.ts';
import { tileRange } from '../../shared/pipeline/grid/tile-range.ts';
import { verdictOf } from '../../shared/pipeline/verdict.ts';
import { withoutClosed } from '../../shared/source/blobs/closed-folders.ts';
import { copiesText, NO_COPIES, together } from '../../shared/source/blobs/copies/without-copies.ts';
import { type ExportStore, signalFolders } from '../../shared/source/blobs/folders.ts';
import { createSightings } from '../../shared/source/blobs/sightings.ts';
import { createBlobSource } from '../../shared/source/blobs/source.ts';
import { openPlace } from '../../shared/wire/open-place.ts';
import type { AppFolder } from '../deliver/app-names.ts';
import type { LakeRequest, SweepHere, Task, Tell } from '../deliver/ports.ts';
import { bytesText, countText } from '../terminal/numbers.ts';

/** Of a command what is to be listed. */
export type SweepRange = Omit<SweepHere, 'command' | keyof LakeRequest>;

export interface SweepPlan {
  readonly source: Source;
  readonly tasks: readonly Task[];
  /** Windows that the ledger has as the container does. */
  readonly known: ReadonlyMap<string, LedgerEntry>;
  readonly notices: readonly string[];
  /** Folders that could not be opened, and what else was left. */
  readonly incomplete: readonly string[];
  /** What is only known when the windows have run. */
  readonly later: () => readonly string[];
}

/** As the deployed app has it by default: a record that is cut short in a younger folder waits for the next run. */
const lookback = 72 * 3_600_000;

/** The folders of apps, components and workspaces in an export container. */
export async function exportFolders(container: Place): Promise<AppFolder[]> {
  const found: AppFolder[] = [];
  const { store, ...named } = await storeOf(container);
  // What cannot be opened is told when the container is listed.
  const open = withoutClosed(store, () => {});
  for await (const { layout, folder, appName } of signalFolders({ ...named, store: open, apps: {}, wanted: {} }))
    found.push({ layout, folder, appName });
  return found;
}

/** The windows of an export container. The listing is streamed: memory holds the windows, not the blobs. */
export async function sweepPlan(
  request: SweepRange,
  ledger: Ledger,
  now: () => number,
  keyOf: (window: Window) => string,
  abort: AbortSignal,
  tell: Tell,
): Promise<SweepPlan> {
  const settings = {
    containers: [await storeOf(request.container)],
    apps: request.apps,
    remember: true,
    grows: ({ end }: Window) => now() < end + lookback,
  };
  const view = createSightings({
    ...settings,
    window: request.window,
    signals: request.signals,
    from: undefined,
    until: undefined,
  });
  const tasks: Task[] = [];
  const known = new Map<string, LedgerEntry>();
  const told = new Set<string>();
  let [blobs, bytes, archived] = [0, 0, 0];
  const entriesOf = entriesByFeed(request, ledger, keyOf);
  const cut: Cut = async (feed, part) =>
    tileRange(
      part,
      request.window,
      [...(await entriesOf(feed)).values()].map(({ window }) => window),
    );
  const failures: string[] = [];
  let found = NO_COPIES;
  const odd = ({ kind, what }: { kind: string; what: string }) => {
    if (kind === 'missing') throw new Error(`list ${what}: there is no such container`);
    if (kind === 'failed') failures.push(what);
    else told.add(what);
  };
  for await (const sighting of view.sightings(request, cut, abort, odd)) {
    const { window } = sighting;
    blobs += sighting.blobs;
    bytes += sighting.bytes;
    if (sighting.archived > 0) archived += 1;
    tell(`listed ${countText(blobs)} blobs, ${bytesText(bytes)}, in ${countText(tasks.length + 1)} windows`);
    const entry = (await entriesOf(window)).get(keyOf(window));
    const verdict = verdictOf(entry?.fingerprint ?? '', sighting);
    if (verdict !== 'run' && entry?.state === 'done' && !entry.again) known.set(keyOf(window), entry);
    if (verdict === 'run' || entry !== undefined) tasks.push({ window, weight: Math.max(sighting.bytes, 1) });
  }
  // Nothing to do, and a reason: the container as a whole does not answer.
  if (tasks.length === 0 && failures[0] !== undefined) throw new Error(failures[0]);
  return {
    source: createBlobSource({ ...settings, onCopies: (copies) => (found = together(found, copies)) }),
    tasks,
    known,
    notices: noticesOf([...told], archived),
    incomplete: failures,
    later: () => [copiesText(found)].filter(Boolean),
  };
}

const noticesOf = (unknown: readonly string[], archived: number): string[] => [
  ...(unknown.length > 0
    ? [
        `${countText(unknown.length)} folders or kinds of blobs that are no signal left out: ` +
          unknown.slice(0, 3).join(', '),
      ]
    : []),
  ...(archived > 0
    ? [`${countText(archived)} windows hold archived blobs, which cannot be read and are left out`]
    : []),
];

/** What a folder on disk is called counts when it is the download of a container that Azure made. */
async function storeOf(place: Place): Promise<ExportStore> {
  const name = place.kind === 'container' ? place.container : basename(place.folder);
  return {
    store: await openPlace(place),
    container: /^(insights-logs|am)-./i.test(name) || place.kind === 'container' ? name : '',
  };
}

/**
 * One feed's at a time, without the names of their data files: of windows that are done only the counts are told, and
 * what quarantine says of them.
 */
function entriesByFeed(range: SweepRange, ledger: Ledger, keyOf: (window: Window) => string) {
  let [held, entries] = ['', new Map<string, LedgerEntry>()];
  return async ({ app, signal, source }: Feed): Promise<ReadonlyMap<string, LedgerEntry>> => {
    if (held !== `${app} ${signal} ${source}`) {
      const found = await activeWindows({ app, signal, source }, range, ledger);
      const nameless = (entry: LedgerEntry) => ({
        ...entry,
        files: entry.files.map((file) => ({ ...file, path: file.signal === 'quarantine' ? file.path : '' })),
      });
      entries = new Map(found.map((entry) => [keyOf(entry.window), nameless(entry)]));
    }
    held = `${app} ${signal} ${source}`;
    return entries;
  };
}
