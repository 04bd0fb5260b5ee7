import type { Feed, Interval, Ledger, Window } from '../../shared/model.ts';
import { activeWindows } from '../../shared/pipeline/grid/grid.ts';
import { countText, timeText } from '../terminal/numbers.ts';
import type { Task } from './ports.ts';

export interface Apart {
  readonly tasks: readonly Task[];
  /** What is left out, for its rows would come twice. */
  readonly incomplete: readonly string[];
}

/**
 * Leaves out windows whose time the lake has from the other source, the query API or export blobs: rows of one app and
 * signal have one source, as the settings of an app demand it, too.
 */
export async function apartFrom(tasks: readonly Task[], ledger: Ledger, swept: boolean): Promise<Apart> {
  const feeds = await Array.fromAsync(ledger.feeds());
  const kept: Task[] = [];
  const incomplete: string[] = [];
  for (const some of Map.groupBy(tasks, ({ window }) =>
    [window.app, window.signal, isQuery(window)].join('\n'),
  ).values()) {
    const [first] = some;
    if (first === undefined) continue;
    const { app, signal } = first.window;
    const others = feeds.filter(
      (feed) => feed.app === app && feed.signal === signal && isOther(feed, first.window, swept),
    );
    const taken = await rangesOf(others, rangeOf(some), ledger);
    const twice = some.filter(({ window }) => taken.some((other) => overlap(window, other)));
    kept.push(...some.filter((task) => !twice.includes(task)));
    if (twice.length > 0)
      incomplete.push(
        twiceText(twice, isQuery(first.window) ? 'export blobs' : 'the query API or an earlier transform'),
      );
  }
  return { tasks: kept, incomplete };
}

/** Earlier versions gave what `transform` brought feeds of its own, of which a sweep knows nothing. */
const isOther = (feed: Feed, window: Feed, swept: boolean): boolean =>
  isQuery(feed) !== isQuery(window) || (swept && feed.source.startsWith(`${window.source}-`));

const isQuery = ({ source }: Feed): boolean => source === 'query';
const overlap = (one: Interval, other: Interval): boolean => one.start < other.end && other.start < one.end;
const rangeOf = (tasks: readonly Task[]): Interval => ({
  start: Math.min(...tasks.map(({ window }) => window.start)),
  end: Math.max(...tasks.map(({ window }) => window.end)),
});

/** Of what was never done there is nothing in the lake. */
async function rangesOf(feeds: readonly Feed[], range: Interval, ledger: Ledger): Promise<Window[]> {
  const found: Window[] = [];
  for (const feed of feeds)
    for (const { window, files } of await activeWindows(feed, range, ledger)) if (files.length > 0) found.push(window);
  return found;
}

function twiceText(tasks: readonly Task[], other: string): string {
  const [{ app, signal }, { start, end }] = [tasks[0]?.window ?? { app: '', signal: '' }, rangeOf(tasks)];
  return (
    `${countText(tasks.length)} windows of ${app} ${signal} between ${timeText(start)} and ${timeText(end)} are ` +
    'left out, for the lake has ' +
    `that time from ${other}, and rows would be there twice; choose another --out, or give the app another name`
  );
}
