import type { Confirmation, DayAudit, Feed, Millis, ObjectStore } from '../../model.ts';
import { appWord } from '../../pure/app-word.ts';
import { readWhole } from '../../pure/read-whole.ts';
import { feedKey } from '../keys.ts';
import type { AuditMemory } from './audit.ts';

/**
 * What a process remembers of the audits of an app, as a file in the lake for the one that comes after it: hosts end
 * and begin processes as they like, and each would ask the ledger once more for each feed. It says nothing that the
 * ledger does not, and counts for as long as the memory of a process does; where it is gone nothing is lost.
 */
const nameOf = (app: string, feeds: readonly Feed[]): string =>
  `_insights-lake/audited/app=${appWord(app)}/${feeds.length === 1 ? feeds[0]?.signal : 'all'}.json`;

type Line = readonly [start: Millis, end: Millis, revision: number, fingerprint: string, first: Millis, last: Millis];

interface HandedOn {
  readonly signal: string;
  readonly at: Millis;
  readonly settledAt: Millis;
  readonly days: readonly { readonly day: Millis; readonly at: Millis; readonly windows: readonly Line[] }[];
}

/** What others have found meanwhile is asked for so often; and so often it is said how far a feed is settled. */
export const forget: Millis = 6 * 3_600_000;

/** Whether what is remembered of a feed still counts. */
export const isRemembered = (known: { readonly at: Millis } | undefined, now: Millis): boolean =>
  known !== undefined && known.at <= now && now < known.at + forget;

/** A process that remembers less than another has said takes that over. */
export async function takeOver(
  { app, feeds }: { readonly app: string; readonly feeds: readonly Feed[] },
  memory: AuditMemory,
  now: Millis,
  lake: ObjectStore,
): Promise<void> {
  const missing = feeds.filter((feed) => !isRemembered(memory.feeds.get(feedKey(feed)), now));
  const name = nameOf(app, feeds);
  // What this process has written itself tells it nothing.
  if (missing.length === 0 || memory.handed.has(name)) return;
  const told = await read(name, lake);
  for (const feed of missing) {
    const found = told.find(({ signal }) => signal === feed.signal);
    if (found !== undefined && isRemembered(found, now)) memory.feeds.set(feedKey(feed), rememberedOf(found));
  }
}

/**
 * As it was seen by this process, not more often than is of use: who goes on needs no file. `isFresh`: the ledger was
 * asked. What cannot be written is asked of the ledger by the next process.
 */
export async function handOn(
  { app, feeds }: { readonly app: string; readonly feeds: readonly Feed[] },
  memory: AuditMemory,
  isFresh: boolean,
  now: Millis,
  lake: ObjectStore,
): Promise<void> {
  const name = nameOf(app, feeds);
  const last = memory.handed.get(name);
  if (!isFresh && last !== undefined && last.at <= now && now < last.at + forget / 2) return;
  const all = feeds.flatMap((feed): HandedOn[] => {
    const known = memory.feeds.get(feedKey(feed));
    if (known === undefined) return [];
    const { at, settledAt, days } = known;
    return [{ signal: feed.signal, at, settledAt, days: [...days.values()].map(dayLine) }];
  });
  try {
    const seen = last?.etag ?? (await lake.head(name));
    const etag = await lake.put(name, new TextEncoder().encode(`${JSON.stringify(all)}\n`), seen);
    memory.handed.set(name, { etag, at: now });
  } catch {
    memory.handed.delete(name);
  }
}

async function read(name: string, lake: ObjectStore): Promise<readonly HandedOn[]> {
  try {
    const found: unknown = JSON.parse(new TextDecoder().decode(await readWhole(lake, name)));
    return Array.isArray(found) ? found.filter(isHandedOn) : [];
  } catch {
    return [];
  }
}

const isHandedOn = (found: Partial<HandedOn> | null): boolean =>
  typeof found?.at === 'number' &&
  typeof found.settledAt === 'number' &&
  Array.isArray(found.days) &&
  found.days.every((each) => typeof each?.day === 'number' && Array.isArray(each.windows));

const dayLine = ({ day, at, windows }: DayAudit): HandedOn['days'][number] => ({
  day,
  at,
  windows: windows.map((each): Line => [each.start, each.end, each.revision, each.fingerprint, each.first, each.last]),
});

const rememberedOf = ({ at, settledAt, days }: HandedOn) => ({
  at,
  settledAt,
  days: new Map(
    days.map(({ day, at: looked, windows }): [Millis, DayAudit] => [
      day,
      { day, at: looked, windows: windows.map(confirmationOf) },
    ]),
  ),
});

const confirmationOf = ([start, end, revision, fingerprint, first, last]: Line): Confirmation => ({
  ...{ start, end, revision },
  ...{ fingerprint, first, last },
});
