import { readLedgerFile } from '../engine/ledger-table/read.ts';
import { failureCode } from '../lake/failure.ts';
import { createGroups } from '../lake/spool/groups.ts';
import { workFolders } from '../lake/work-folders.ts';
import type { Config, Feed, ObjectStore } from '../model.ts';
import { type AdoptPorts, type AdoptReport, adoptLake } from '../pipeline/adopt/adopt.ts';
import { feedKey } from '../pipeline/keys.ts';
import { LAKE_NAME, readLakeWord } from '../pipeline/lake/lake-word.ts';
import { faultOfLake, type MeetPorts } from '../pipeline/lake/meet.ts';
import { readRetired } from '../pipeline/retention/retired-word.ts';
import { systemClock } from './clock.ts';
import { prepareLake } from './lake.ts';
import { queryFeeds } from './query.ts';
import { createStories, rangesOf } from './stories.ts';
import { keptInLake } from './tend.ts';

export interface AdoptRequest {
  /** False: only say what it would do. */
  readonly write: boolean;
  /** Paths that files were named by, beside those that are known. */
  readonly paths: readonly string[];
  /** Files that are named like those of windows, and that no path explains, are nobody's. */
  readonly leave: boolean;
}

export interface Adopts {
  /** Gives the lake this app's ledger, from its files. */
  adopt(request: AdoptRequest, tell: (files: number) => void): Promise<Adopted>;
}

/** `fault`: why lake and ledger did not fit before; '' where they did. */
export interface Adopted {
  readonly fault: string;
  readonly report: AdoptReport;
}

type Adopting = MeetPorts & Pick<AdoptPorts, 'tables' | 'planned'>;

export const wireAdopts = (config: Config, meeting: Adopting, stateReady: () => Promise<void>): Adopts => ({
  adopt: async (request, tell) => {
    await stateReady();
    const { output, quarantine } = config;
    return adoptWith({ ...meeting, planned: plannedFeeds(config) }, [output.path], quarantine.prefix, request, tell);
  },
});

/** What is planned, but for what the lake would not keep: it is not read again. */
function plannedFeeds(config: Pick<Config, 'apps' | 'tending'>): NonNullable<AdoptPorts['planned']> {
  const kept = keptInLake(config, systemClock.now);
  return config.apps
    .flatMap(queryFeeds)
    .map(({ feed, query }) => ({ feed, from: query.from && Math.max(query.from, kept(feed.signal) ?? 0) }));
}

/** The same of one feed, and what the lake has let go of it. */
export const feedRules = (config: Pick<Config, 'apps' | 'tending'>, lake: ObjectStore) => async (feed: Feed) => ({
  planned: plannedFeeds(config).find((one) => feedKey(one.feed) === feedKey(feed)),
  retired: (await readRetired(lake, feed))?.value.through,
});

/** `own`: templates of paths that the settings have. */
export async function adoptWith(
  meeting: Adopting,
  own: readonly string[],
  quarantine: string,
  { write, paths, leave }: AdoptRequest,
  tell: (files: number) => void,
): Promise<Adopted> {
  const { tables } = meeting;
  // Where nothing is any more, and windows are to be read again, it needs a place to go to.
  if (write) await prepareLake(meeting.lake, tables);
  const lake = write ? meeting.lake : await lakeOrNothing(meeting.lake);
  const withWorkFolder = workFolders();
  const word = await readLakeWord(lake).catch(() => undefined);
  // What they say first: a file can be named by more than one.
  const templates = new Set([...own, ...paths, ...(word?.value.paths ?? [])]);
  const ports: AdoptPorts = {
    ...{ ...meeting, lake, clock: systemClock, leave, tell, templates },
    story: createStories(lake, templates, quarantine),
    rows: (file) => readLedgerFile(rangesOf(file, lake)),
    withGroups: (use) => withWorkFolder((folder) => use(createGroups(folder))),
  };
  // A word that nobody can read is a fault of the lake's, a store that is away is none.
  const fault = await faultOfLake(ports).catch((error: Error) =>
    failureCode(error) === '' ? error.message : Promise.reject(error),
  );
  return { fault, report: await adoptLake(write, ports) };
}

/** A container that is gone is looked at as an empty one: it is not made before somebody says so. */
async function lakeOrNothing(lake: ObjectStore): Promise<ObjectStore> {
  try {
    await lake.head(LAKE_NAME);
    return lake;
  } catch (error) {
    if (!/^(Container|Filesystem)NotFound$/.test(failureCode(error))) throw error;
    return { ...lake, head: async () => undefined, async *list() {} };
  }
}
