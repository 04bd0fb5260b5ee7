import type { DayTally, Feed, Interval, Millis, ShownState } from '../model.ts';
import { isLate, letteredStretches } from './cells.ts';
import { faultNeeds, healthNeeds } from './health-needs.ts';
import type { Need } from './schema.ts';
import type { FeedFacts, StatusFacts } from './status.ts';
import { near, plural, spanWords } from './verdict.ts';

/** A window may be so much later than its lag, and is not called late: two ticks of the planner, a queue, a run. */
export const lateAfter: Millis = 30 * 60_000;

const FEEDS_SHOWN = 20;
const GROUPS_SHOWN = 30;
const iso = (at: Millis): string => new Date(at).toISOString();

/** What a person should look at, the worst first. Feeds that fail for one reason are one need. */
export function needsOf(
  feeds: readonly FeedFacts[],
  facts: Pick<StatusFacts, 'now' | 'health' | 'fault'>,
): readonly Need[] {
  const planned = feeds.filter(({ state }) => state !== 'stopped');
  return [
    ...faultNeeds(facts),
    ...healthNeeds(planned, facts),
    ...failedNeeds(planned),
    ...lateNeeds(planned, facts),
    ...missingNeeds(planned),
    ...countNeeds(feeds),
    ...stoppedNeeds(feeds),
    ...renamedNeeds(feeds),
  ];
}

/** The same error but for names and numbers of windows. */
const reasonOf = (error: string): string =>
  error.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z?/g, '<time>').replace(/[0-9a-f-]{8,}/gi, '<id>');

function failedNeeds(feeds: readonly FeedFacts[]): readonly Need[] {
  const failing = feeds.flatMap((each) => {
    const failure = each.tallies.find((tally) => tally.failure !== undefined)?.failure;
    return failure === undefined ? [] : [{ ...each, failure }];
  });
  const groups = [...Map.groupBy(failing, ({ feed, failure }) => withoutNames(reasonOf(failure.error), feed)).values()];
  return groups.slice(0, GROUPS_SHOWN).flatMap((group): Need[] => {
    const [first] = group;
    if (first === undefined) return [];
    const windows = group.reduce((sum, { tallies }) => sum + count(tallies, 'failed'), 0);
    const start = Math.min(...group.map(({ failure }) => failure.start));
    return [
      {
        kind: 'failed',
        text:
          `${plural(windows, 'window')} of ${namesOf(group)} failed, the first of ${near(first.failure.start)}, ` +
          `tried ${plural(first.failure.attempts, 'time')}`,
        advice: first.failure.error,
        ...shown(group),
        window: { ...first.feed, at: iso(first.failure.start) },
        action: { order: 'rerun', body: rerunBody(group, { start, end: lastEnd(group) }) },
      },
    ];
  });
}

const withoutNames = (text: string, { app, signal }: Feed): string =>
  text.replaceAll(app, '<app>').replaceAll(signal, '<signal>');

function lateNeeds(feeds: readonly FeedFacts[], { now, health }: Pick<StatusFacts, 'now' | 'health'>): readonly Need[] {
  const isHeld = health !== undefined && health.state !== 'active';
  const late = feeds.filter(({ state }) => state === 'late');
  const [first] = late;
  if (first === undefined) return [];
  const from = Math.min(...late.map(({ reached, tallies }) => reached?.watermark || (tallies[0]?.day ?? now)));
  const start = first.tallies.flatMap(({ stretches }) => stretches).find((each) => isLate(each, first.time))?.start;
  return [
    {
      kind: 'late',
      text:
        `${plural(late.length, 'feed')} (${namesOf(late)}) behind for longer than expected: ` +
        `${spanWords(now - from)} at the most`,
      advice: isHeld
        ? `The lake is ${health.state}: what is due runs when it is resumed, oldest first.`
        : 'Look whether planWindows and runWindow run (docs/operations.md); a backlog after an outage is worked off ' +
          'oldest first.',
      ...shown(late),
      ...(start !== undefined && { window: { ...first.feed, at: iso(start) } }),
    },
  ];
}

/** Time that no window covers, within what was planned. */
function missingNeeds(feeds: readonly FeedFacts[]): readonly Need[] {
  const missing = feeds.flatMap((each) => {
    const stretches = each.tallies.flatMap((tally) => tally.stretches);
    // What follows the last window is late, not left out.
    const last = Math.max(0, ...stretches.map(({ end }) => end));
    const time = { ...each.time, expected: { ...each.time.expected, end: Math.min(each.time.expected.end, last) } };
    const gaps = letteredStretches(stretches, time).filter(({ letter }) => letter === 'n');
    return gaps.length === 0 ? [] : [{ ...each, gap: gaps[0] as Interval }];
  });
  const [first] = missing;
  if (first === undefined) return [];
  return [
    {
      kind: 'missing',
      text: `No window covers ${near(first.gap.start)} to ${near(first.gap.end)} of ${namesOf(missing)}`,
      advice: 'Time between windows was never planned. A backfill of that range reads it.',
      ...shown(missing),
      action: {
        order: 'backfill',
        body: { app: first.feed.app, signals: [first.feed.signal], from: iso(first.gap.start), to: iso(first.gap.end) },
      },
    },
  ];
}

function countNeeds(feeds: readonly FeedFacts[]): readonly Need[] {
  const gone = feeds.filter(({ tallies }) => count(tallies, 'unavailable') > 0);
  const aside = feeds.filter(({ tallies }) => tallies.some(({ sums }) => sums.quarantined > 0));
  const windows = gone.reduce((sum, { tallies }) => sum + count(tallies, 'unavailable'), 0);
  const rows = aside.reduce(
    (sum, { tallies }) => sum + tallies.reduce((all, { sums }) => all + sums.quarantined, 0),
    0,
  );
  const needs: Need[] = [];
  if (windows > 0)
    needs.push({
      kind: 'unavailable',
      text: `The source no longer keeps ${plural(windows, 'window')} of ${namesOf(gone)}`,
      advice: 'They are older than its tables keep rows (QUERY_RETENTION); nothing can be read of them any more.',
      ...shown(gone),
    });
  if (rows > 0)
    needs.push({
      kind: 'quarantine',
      text: `${plural(rows, 'record')} of ${namesOf(aside)} could not be read and lie in quarantine`,
      advice:
        'insights-lake inspect shows them with the reason; after a fix, insights-lake requeue reads their windows ' +
        'again.',
      ...shown(aside),
    });
  return needs;
}

function stoppedNeeds(feeds: readonly FeedFacts[]): readonly Need[] {
  const stopped = feeds.filter(({ state }) => state === 'stopped');
  if (stopped.length === 0) return [];
  const open = stopped.reduce(
    (sum, { tallies }) =>
      sum + count(tallies, 'failed') + count(tallies, 'due') + count(tallies, 'running') + count(tallies, 'again'),
    0,
  );
  const left =
    open === 0 ? '' : `, and ${plural(open, 'window')} that ${open === 1 ? 'was' : 'were'} planned will not run`;
  return [
    {
      kind: 'stopped',
      text: `The settings do not name ${namesOf(stopped)} any more: nothing new is planned${left}`,
      advice: 'Put them back into the settings, and they go on where they were; or leave what is there as it is.',
      ...shown(stopped),
    },
  ];
}

function renamedNeeds(feeds: readonly FeedFacts[]): readonly Need[] {
  const renamed = feeds.filter(({ now }) => now !== undefined);
  if (renamed.length === 0) return [];
  const names = [...new Set(renamed.map(({ feed, now }) => `${feed.app} is ${now}`))];
  const more = names.length > 3 ? ` and ${names.length - 3} more` : '';
  return [
    {
      kind: 'stopped',
      text: `Apps go by another name now: ${names.slice(0, 3).join(', ')}${more}`,
      advice:
        'Under the new name their rows come from where the old one ended; what the old one brought stays, and is ' +
        'audited as before.',
      ...shown(renamed),
    },
  ];
}

const count = (tallies: readonly DayTally[], state: ShownState): number =>
  tallies.reduce((sum, { sums }) => sum + sums.windows[state], 0);

const shown = (feeds: readonly FeedFacts[]): Pick<Need, 'feeds' | 'count'> => ({
  feeds: feeds.slice(0, FEEDS_SHOWN).map(({ feed }) => ({ ...feed })),
  count: feeds.length,
});

function namesOf(feeds: readonly { readonly feed: Feed }[]): string {
  const names = feeds.slice(0, 3).map(({ feed: { app, signal } }) => `${app} ${signal}`);
  return feeds.length > 3 ? `${names.join(', ')} and ${feeds.length - 3} more` : names.join(', ');
}

const lastEnd = (feeds: readonly FeedFacts[]): Millis =>
  Math.max(...feeds.flatMap(({ tallies }) => tallies.flatMap(({ stretches }) => stretches.map(({ end }) => end))));

/** Of several apps: all of them, which a rerun of failed windows alone does no harm. */
function rerunBody(feeds: readonly FeedFacts[], { start, end }: Interval): Record<string, unknown> {
  const apps = [...new Set(feeds.map(({ feed }) => feed.app))];
  const signals = [...new Set(feeds.map(({ feed }) => feed.signal))];
  return { ...(apps.length === 1 && { app: apps[0] }), signals, from: iso(start), to: iso(end), faulty: true };
}
