import type { Confirmation, DayAudit, Feed, Interval, LedgerEntry, Look, Millis, Survey, Window } from '../../model.ts';
import { type AskPorts, enqueue } from '../ask/ask.ts';
import { isAtRest } from '../entry.ts';
import { feedKey, windowKey } from '../keys.ts';
import { staysAsRead } from '../names/bound.ts';
import type { Others } from '../names/names.ts';
import { keptTallies, wrongDays } from '../tally/check.ts';
import { auditedDay, daysOf } from './audit-days.ts';
import { gapsIn } from './gaps.ts';
import { forget, handOn, takeOver } from './handed-on.ts';
import { judge, vanished, type WindowVerdict } from './judge.ts';
import { limitedTo } from './limited.ts';
import { lookAtAll } from './looks.ts';
import { type Settled, type SettledPorts, settleFeed } from './settled.ts';
import { dayLength, type Task, taskOf } from './task.ts';

/** One app of the query API: what audits ask, and how far back that makes sense. */
export interface AuditedApp {
  readonly app: string;
  readonly feeds: readonly Feed[];
  readonly survey: Survey;
  /** How long the source keeps its rows; what is older is not looked at. */
  readonly retention: Millis;
}

/** `recheck` is also how far back every audit looks. */
export interface AuditPorts extends AskPorts, SettledPorts {
  /** So far back an audit looks once a day. */
  readonly horizon: Millis;
  /** Rows that were purged at the source leave the lake, or stay in it. */
  readonly purged: 'follow' | 'keep';
  /** Messages that go out at once for one feed; the planner sends the others as there is room. */
  readonly limit: number;
  /** How long an audit may take; left out: as long as it takes. */
  readonly time?: Millis;
  /** What a window is compared with, where that is another app than its name stands for; left out: nothing is. */
  readonly appOf?: (entry: LedgerEntry) => Pick<AuditedApp, 'survey' | 'retention'> | undefined;
  /** What other names of a feed's app have brought; left out: nothing. */
  readonly others?: (feed: Feed) => Promise<Others | undefined>;
  /** Left out: it asks each time. */
  readonly memory?: AuditMemory;
}

/** What a process knows from the audits before. */
export interface AuditMemory {
  /** What audits have written or read, and when that, and how far feeds are settled, was last asked; by feed. */
  readonly feeds: Map<string, { readonly days: Map<Millis, DayAudit>; readonly at: Millis; settledAt: Millis }>;
  /** Files that this process has handed on, each with its tag and when. */
  readonly handed: Map<string, { readonly etag: string | undefined; readonly at: Millis }>;
}

export const createAuditMemory = (): AuditMemory => ({ feeds: new Map(), handed: new Map() });

/**
 * What an audit found in one feed. Each window that was looked at is one of `same`, `enqueued`, `open`, `kept` and
 * `gone`.
 */
export interface FeedAudit {
  readonly feed: Feed;
  readonly windows: number;
  readonly same: number;
  /** Their source differs from what the lake has: they run again. */
  readonly enqueued: readonly Interval[];
  /** On their way, running or failed: they are read as they are by then. */
  readonly open: number;
  /** The source has fewer rows than the lake, which stays as it is (`purged` is keep). */
  readonly kept: number;
  /**
   * The source has no rows any more of this and all earlier time: it does not keep them so long. The lake stays as it
   * is.
   */
  readonly gone: number;
  /** From an app that the settings do not read any more: not looked at. Not among `windows`. */
  readonly unread: readonly Interval[];
  /** Time between windows that no window covers. */
  readonly gaps: readonly Interval[];
  /**
   * How far nothing will change any more; undefined before the first window is planned, and where this process has said
   * it in the last hours.
   */
  readonly settled: Settled | undefined;
}

export interface AuditOutcome {
  readonly feeds: readonly FeedAudit[];
  /** Requests to the query API. */
  readonly asked: number;
  /** Why apps could not be audited; the others were. */
  readonly errors: readonly string[];
}

/**
 * Looks at every query window that can still change: what the source has of it now is compared with what was read into
 * the lake. Those that differ run again, and no others. The last days are looked at every time, older ones once a day;
 * an outage of any length is made up.
 */
export async function auditWindows(
  apps: readonly AuditedApp[],
  ports: AuditPorts,
  abort: AbortSignal,
): Promise<AuditOutcome> {
  const [feeds, errors]: [FeedAudit[], string[]] = [[], []];
  let asked = 0;
  const ends = ports.clock.now() + (ports.time ?? Number.POSITIVE_INFINITY);
  for (const [n, app] of apps.entries()) {
    // One whose API does not answer leaves time for the others.
    const left = (ends - ports.clock.now()) / (n === apps.length - 1 ? 1 : 2);
    const limited = limitedTo(left, ports.clock, abort);
    try {
      const audited = await auditApp(app, ports, limited.abort);
      feeds.push(...audited.feeds);
      asked += audited.asked;
      errors.push(...audited.errors);
    } catch (error) {
      if (abort.aborted) throw error;
      errors.push(`audit ${app.app}: ${limited.late() || (error instanceof Error ? error.message : error)}`);
    } finally {
      limited.close();
    }
  }
  return { feeds, asked, errors };
}

async function auditApp(app: AuditedApp, ports: AuditPorts, abort: AbortSignal) {
  const { memory, lake } = ports;
  if (memory !== undefined) await takeOver(app, memory, ports.clock.now(), lake);
  const tasks: Task[] = [];
  for (const feed of app.feeds) tasks.push(await taskOf(feed, app.retention, ports));
  // From before the question: what changes after it is found the next time.
  const ours = ports.clock.now();
  const { seen, asked, now = ours, errors } = await lookAtAll(app, tasks, ports, abort);
  // Late rows come by the source's clock: where ours is ahead, less is settled than it says.
  const at = Math.min(ours, now);
  await mendTallies(
    tasks.filter(({ fresh }) => fresh),
    ports,
  );
  const feeds: FeedAudit[] = [];
  const isFresh = tasks.some(({ fresh }) => fresh);
  let isNews = isFresh;
  for (const task of tasks) {
    const told = await actOn(task, seen, at, ports);
    feeds.push(told.feed);
    isNews ||= told.isNews;
  }
  if (memory !== undefined && isNews) await handOn(app, memory, isFresh, ours, lake);
  return { feeds, asked, errors };
}

/** What runs and planner keep of the days is checked by the way. */
async function mendTallies(tasks: readonly Task[], { ledger }: AuditPorts): Promise<void> {
  const days = tasks.flatMap(({ whole }) => whole.days);
  if (days.length === 0) return;
  const range = { start: Math.min(...days), end: Math.max(...days) + dayLength };
  const kept = await keptTallies(ledger.tallies(range));
  for (const { feed, whole } of tasks) {
    const wrong = wrongDays(feed, whole.days, whole.entries, kept);
    if (wrong.length > 0) await ledger.tally(feed, wrong);
  }
}

/** `isNews`: more is remembered of the feed than before. */
async function actOn(
  task: Task,
  seen: ReadonlyMap<Window, Look>,
  at: Millis,
  ports: AuditPorts,
): Promise<{ readonly feed: FeedAudit; readonly isNews: boolean }> {
  const { feed, days, known, entries, done, whole } = task;
  const confirmed = confirmationsIn(known.values());
  const looked = done.flatMap((entry) => {
    const look = seen.get(entry.window);
    const earlier = confirmed.get(windowKey(entry.window));
    return look ? [{ entry, ...look, verdict: judge(entry, earlier, look.fingerprint) }] : [];
  });
  // Each source keeps its rows as long as it keeps them.
  const bySource = Map.groupBy(looked, ({ entry }) => ports.reads?.(entry)).values();
  const gone = new Set([...bySource].flatMap((some) => [...vanished(some, at)]));
  const count = { same: 0, open: 0, kept: 0, gone: 0 };
  const enqueued: Interval[] = [];
  const agreeing = new Map<LedgerEntry, string>();
  for (const { entry, fingerprint, verdict } of looked) {
    const todo = gone.has(entry) ? 'gone' : whatToDo(verdict, ports.purged);
    if (todo !== 'run') count[todo] += 1;
    if (todo === 'same') agreeing.set(entry, fingerprint);
    if (todo !== 'run') continue;
    // It has run since: the next audit looks at it.
    const skip = (now: LedgerEntry) => now.revision !== entry.revision || !isAtRest(now);
    const later = enqueued.length >= ports.limit;
    if (await enqueue(entry.window, ports, { skip, later })) enqueued.push(entry.window);
    else count.open += 1;
  }
  const [due, compared] = [new Set(days), new Set(looked.map(({ entry }) => entry))];
  const others = entries.filter(
    (entry) => due.has(daysOf(entry.window)) && !compared.has(entry) && entry.state !== 'retired',
  );
  const unread = others.filter((entry) => staysAsRead(entry, ports.reads)).map(({ window }) => window);
  // What its source does not keep any more is at rest, and not looked at.
  const asked = new Set(done);
  count.open += others.filter((entry) => asked.has(entry) || !isAtRest(entry)).length;
  const audited = days.map((day) => auditedDay(day, at, agreeing, known.get(day)));
  const news = audited.filter(({ isNews }) => isNews).map(({ audit }) => audit);
  if (news.length > 0) await ports.ledger.recordAudits(feed, news);
  const now = new Map([...confirmed, ...confirmationsIn(audited.map(({ audit }) => audit))]);
  const remembered = ports.memory?.feeds.get(feedKey(feed));
  const isTold = remembered !== undefined && remembered.settledAt <= at && at < remembered.settledAt + forget;
  // What was found was written within the last hours, by whatever process, and how far that settles the feed was said.
  const isRecent = news.length === 0;
  const settled = isTold || isRecent ? undefined : await settleFeed(feed, now, at, { ...ports, entries: whole });
  if (remembered !== undefined) {
    for (const audit of news) remembered.days.set(audit.day, audit);
    if (settled !== undefined) remembered.settledAt = at;
  }
  const told: FeedAudit = {
    feed,
    windows: enqueued.length + sum(Object.values(count)),
    ...count,
    ...{ enqueued, unread },
    gaps: await gapsIn(feed, entries, ports),
    settled,
  };
  return { feed: told, isNews: news.length > 0 || settled !== undefined };
}

const confirmationsIn = (days: Iterable<DayAudit>): ReadonlyMap<string, Confirmation> =>
  new Map([...days].flatMap(({ windows }) => windows.map((each) => [windowKey(each), each])));

const sum = (all: readonly number[]): number => all.reduce((one, other) => one + other, 0);

function whatToDo(verdict: WindowVerdict, purged: AuditPorts['purged']): 'same' | 'run' | 'kept' {
  if (verdict === 'same') return 'same';
  return verdict === 'fewer' && purged === 'keep' ? 'kept' : 'run';
}
