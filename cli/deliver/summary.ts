import type { Millis } from '../../shared/model.ts';
import type { Line, Tone } from '../terminal/colours.ts';
import { bytesText, countText, spanText } from '../terminal/numbers.ts';
import { tableLines } from '../terminal/table.ts';
import type { Came, SignalTotals, TaskResult, Totals } from './outcomes.ts';
import { MOST_REASONS, partTexts } from './pages.ts';
import type { Delivery, Request } from './ports.ts';
import { failureLine, type Left, type Results, windowsText, windowText } from './run-tasks.ts';

/** What `--json` prints. Documented in docs/cli.md; fields are added, never changed. */
export interface Summary {
  readonly command: string;
  readonly destination: string;
  readonly format: string;
  readonly exitCode: number;
  readonly seconds: number;
  readonly totals: Totals & { readonly untried: number };
  readonly signals: readonly SignalTotals[];
  readonly failures: readonly {
    readonly app: string;
    readonly signal: string;
    readonly start: string;
    readonly end: string;
    readonly error: string;
  }[];
  /** Apps, or tables of one, that were left after they had refused; `signal` null: all of the app. */
  readonly left: readonly {
    readonly app: string;
    readonly signal: string | null;
    readonly failed: number;
    readonly untried: number;
    readonly reason: string;
  }[];
  /** Why lines are in quarantine, the first few reasons. */
  readonly reasons: readonly string[];
  readonly notices: readonly string[];
  /** What may be missing in the lake for reasons that lie in the input. */
  readonly incomplete: readonly string[];
}

export function summaryOf(
  request: Request,
  delivery: Delivery,
  results: Results,
  exitCode: number,
  elapsed: Millis,
): Summary {
  const { came, untried } = results;
  return {
    command: request.command,
    destination: delivery.place,
    format: request.output.format,
    exitCode,
    seconds: Math.round(elapsed / 100) / 10,
    totals: { ...came.totals, untried },
    signals: came.signals,
    failures: came.failures.map(({ task: { window }, outcome }) => ({
      app: window.app,
      signal: window.signal,
      start: new Date(window.start).toISOString(),
      end: new Date(window.end).toISOString(),
      error: outcome.error,
    })),
    left: results.left.map(({ signal = null, ...rest }) => ({ ...rest, signal })),
    reasons: came.reasons.slice(0, MOST_REASONS),
    notices: delivery.notices,
    incomplete: [...delivery.incomplete, ...partTexts(came.parts), ...keptTexts(came), ...barrenTexts(came)],
  };
}

const heads = ['app', 'signal', 'windows', 'done', 'rows', 'deduplicated', 'quarantined', 'files', 'bytes'];

/** The summary for people: a table by signal, and below it what to know and to do. */
export function summaryLines(summary: Summary, results: Results): Line[] {
  const row = (app: string, signal: string, totals: Totals): string[] => [
    app,
    signal,
    countText(totals.windows),
    countText(totals.done),
    countText(totals.rows),
    countText(totals.deduplicated),
    countText(totals.quarantined),
    countText(totals.files),
    bytesText(totals.bytes),
  ];
  const rows = [...summary.signals.map((feed) => row(feed.app, feed.signal, feed)), row('total', '', summary.totals)];
  const table = tableLines([heads, ...rows], 2).map((text, at): Line => (at === 0 ? [text, 'faint'] : [text]));
  return [...table, [''], ...closing(summary, results)];
}

const shown = 20;

function closing(summary: Summary, results: Results): Line[] {
  const { totals, destination, seconds } = summary;
  const said = results.stopped === 'interrupted' ? 'interrupted' : 'ended';
  const failures = results.came.failures.filter((result) => !isLeft(result, results.left)).map(failureLine);
  const untried = totals.untried - results.left.reduce((sum, { untried: windows }) => sum + windows, 0);
  const all = (texts: readonly string[], tone?: Tone): Line[] => texts.map((text) => [text, tone]);
  const some = (texts: readonly string[], most: number, more: (count: number) => string): string[] => [
    ...texts.slice(0, most),
    ...(texts.length > most ? [more(texts.length - most)] : []),
  ];
  return [
    [
      `${said} after ${spanText(seconds * 1000)}; files are in ${destination}`,
      summary.exitCode === 0 ? 'good' : undefined,
    ],
    ...(totals.filtered > 0 ? all([`filtered by conditions of --shape: ${countText(totals.filtered)}`]) : []),
    ...(totals.quarantined > 0
      ? all(
          [`quarantined, below ${destination}/_quarantine: ${countText(totals.quarantined)}${whyText(summary)}`],
          'warn',
        )
      : []),
    ...all(summary.notices, 'warn'),
    ...all(
      some(summary.incomplete, shown, (count) => `… and ${countText(count)} more`),
      'bad',
    ),
    ...all(
      some(failures, 10, (count) => `… and ${windowsText(count)} more failed`),
      'bad',
    ),
    ...all(results.left.map(leftLine), 'bad'),
    ...(untried > 0 ? all([`${windowsText(untried)} not tried`], 'bad') : []),
    ...(totals.untried > 0 || totals.failed > 0 ? all(['run the same command again to go on']) : []),
  ];
}

const whyText = ({ reasons }: Summary): string => (reasons.length > 0 ? ` (${reasons.join(' | ')})` : '');

function keptTexts({ kept, someKept }: Came): string[] {
  const more = kept - someKept.length;
  return [
    ...someKept.map(({ task, outcome }) => `${windowText(task)} stays as it is: ${outcome.error}`),
    ...(more > 0 ? [`${windowsText(more)} more ${more === 1 ? 'stays as it is' : 'stay as they are'}`] : []),
  ];
}

function barrenTexts({ barren, someBarren }: Came): string[] {
  const some = someBarren.map(({ task }) => windowText(task)).join(', ');
  const more = barren > someBarren.length ? ', …' : '';
  return barren === 0 ? [] : [`${windowsText(barren)} without any record that can be read: ${some}${more}`];
}

const isLeft = ({ task: { window }, outcome: { refused } }: TaskResult, left: readonly Left[]): boolean =>
  refused !== undefined &&
  left.some(({ app, signal }) => app === window.app && (signal === undefined || signal === window.signal));

/** The reason once, whatever number of windows it cost. */
const leftLine = ({ app, signal, failed: count, untried, reason }: Left): string =>
  `${app}${signal === undefined ? '' : ` ${signal}`} was left after ${count} refusals, ${windowsText(untried)} of ` +
  `it not tried: ${reason}`;
