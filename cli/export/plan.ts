import type { Feed, Interval, Ledger, LedgerEntry } from '../../shared/model.ts';
import { eachActive } from '../../shared/pipeline/grid/grid.ts';
import { addWindow, type Stretch, tileStretches } from '../../shared/pipeline/grid/stretch.ts';
import type { NamedApp, Names } from '../../shared/pipeline/names/names.ts';
import { systemClock } from '../../shared/wire/clock.ts';
import { namesInRange, ownWindows } from '../deliver/other-name.ts';
import type { ExportRequest, Tell } from '../deliver/ports.ts';
import { keyOf, type Plan } from '../deliver/run-window.ts';
import { type FeedTasks, rangeTasks } from '../deliver/tasks.ts';
import { usage } from '../failure.ts';
import { countText } from '../terminal/numbers.ts';

export interface ExportPlan extends Omit<Plan, 'source'> {
  readonly tasks: readonly FeedTasks[];
  readonly names: Names;
}

/** Telemetry is accepted that much later than it happened. */
const latest = 2 * 86_400_000;
/** No window is longer. */
const longest = 86_400_000;
/** So many entries of the ledger are kept; one that is not is read again when its window's turn comes. */
const mostKnown = 10_000;

/** The windows that bring a range into the lake: those that its ledger has, and what lies between them. */
export async function exportPlan(
  { apps, range, again }: ExportRequest,
  named: readonly NamedApp[],
  ledger: Ledger,
  ofApp: boolean,
  tell: Tell,
): Promise<ExportPlan> {
  const known = new Map<string, LedgerEntry>();
  const own = ownWindows(named);
  const tasks: FeedTasks[] = [];
  let looked = 0;
  for (const { name, query } of apps)
    for (const signal of query?.signals ?? []) {
      const feed = { app: name, signal, source: 'query' };
      if (ofApp) await stayBehind(feed, range, ledger);
      const taken: Stretch[] = [];
      for await (const entry of eachActive(feed, range, ledger)) {
        own.note(entry);
        addWindow(taken, entry.window);
        if (known.size < mostKnown) known.set(keyOf(entry.window), entry);
        tell(`looked up ${countText(++looked)} windows in the ledger, through ${name} ${signal}`);
      }
      tasks.push(...rangeTasks(feed, tileStretches(range, query?.window ?? longest, taken)));
    }
  const names = await namesInRange(named, range, own, ledger, systemClock.now);
  const fresh = systemClock.now() - range.end < latest;
  const notices = fresh
    ? ['telemetry can arrive two days late: run it with --again two days after the end of the range to be complete']
    : [];
  return { tasks, names, known, notices, done: again ? 'repeat' : 'leave', replace: false };
}

/** What the app has still to plan is planned from where it has come to: it would leave out what lies before. */
async function stayBehind(feed: Feed, range: Interval, ledger: Ledger): Promise<void> {
  const horizon = (await ledger.progress(feed))?.value.horizon;
  if (horizon === undefined || range.end <= horizon) return;
  const reached = new Date(horizon).toISOString();
  throw usage(
    `export: this lake has a deployed app, which has planned ${feed.app} ${feed.signal} through ${reached} and ` +
      `goes on from there by itself; give --to ${reached} or earlier`,
  );
}
