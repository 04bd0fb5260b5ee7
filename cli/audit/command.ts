import { differs, type FeedReport, type LakeAudit } from '../../shared/pipeline/audit/audit-lake.ts';
import type { WrongFile } from '../../shared/pipeline/audit/in-tables.ts';
import type { Command, Edge } from '../command.ts';
import { type ExitCode, exitCodes } from '../failure.ts';
import { accessNote, stateExits } from '../flags/notes.ts';
import { isSet, type Options } from '../flags/options.ts';
import { stateOf } from '../operations/state.ts';
import { rangeOf, signalsOf } from '../request/range.ts';
import type { Line } from '../terminal/colours.ts';
import { bytesText, countText, timeText } from '../terminal/numbers.ts';

export const auditCommand: Command = {
  name: 'audit',
  forms: [['[--settings <file>] [--out <place>]', 'whether the lake is as its ledger says']],
  about: `\
Compares the ledger with the files that are really there, and names what differs: files that somebody deleted or
altered (by length, and by hash where the store has given them another tag), files that no window knows, windows that
the ledger lacks although their files are there, time that no window covers, windows that failed, feeds that the
settings no longer plan. Of Delta tables it compares the log as well: files that readers see and should not, or should
and do not. Per app and signal it says how many windows there are and through when they are complete. It changes
nothing; with --repair the windows of files that differ run again.`,
  examples: `insights-lake audit --settings deployed.json
insights-lake audit --out ./lake --json
insights-lake audit --settings deployed.json --app shop --from 2026-01-01 --repair`,
  notes: [accessNote],
  exits: { ...stateExits, 0: 'the lake is as the ledger says', 1: 'something differs, or it could not be looked at' },
  run: audit,
};

async function audit(options: Options, { terminal, operations }: Edge): Promise<ExitCode> {
  const request = { ...rangeOf(options), signals: signalsOf(options), repair: isSet(options, 'repair') };
  const { lake, env } = stateOf(options, terminal);
  const found = await (await operations()).audit(request, lake, env);
  const exitCode = differs(found) ? exitCodes.failed : exitCodes.done;
  if (isSet(options, 'json'))
    terminal.out(`${JSON.stringify({ command: 'audit', exitCode, ...asJson(found) }, null, 2)}\n`);
  else for (const [text, tone] of linesOf(found)) terminal.out(`${text}\n`, tone);
  return exitCode;
}

const iso = (at: number): string => new Date(at).toISOString();
const span = ({ start, end }: { readonly start: number; readonly end: number }) => ({
  start: iso(start),
  end: iso(end),
});

const asJson = ({ feeds, lost, ...rest }: LakeAudit) => ({
  feeds: feeds.map(({ feed, start, end, completeThrough, gaps, ...each }) => ({
    ...feed,
    ...each,
    ...span({ start, end }),
    completeThrough: iso(completeThrough),
    gaps: gaps.map(span),
  })),
  lost: lost.map(({ feed, windows, ...range }) => ({ ...feed, windows, ...span(range) })),
  ...rest,
});

function linesOf(found: LakeAudit): readonly Line[] {
  const { feeds, unknown, lost, strangers, dead, files, bytes } = found;
  const wrong = feeds.reduce((sum, feed) => sum + feed.wrong.length, 0);
  const repaired = feeds.reduce((sum, feed) => sum + feed.repaired, 0);
  return [
    ...feeds.flatMap(feedLines),
    ...lost.map(
      ({ feed: { app, signal, source }, windows, start, end }): Line => [
        `${app} ${signal} (${source}): the ledger lacks ${countText(windows)} windows whose files are here, from ` +
          `${timeText(start)} to ${timeText(end)}`,
        'bad',
      ],
    ),
    ...strangers.map((path): Line => [`readers of the table see a file that no window knows: ${path}`, 'bad']),
    ...unknown.map((path): Line => [`no window knows the file ${path}`, 'bad']),
    [
      `${countText(files)} files, ${bytesText(bytes)}; ` +
        `${differs(found) ? 'the lake is not as it should be' : 'the lake is as its ledger says'}`,
      differs(found) ? 'bad' : 'good',
    ],
    ...(dead > 0
      ? [[`${countText(dead)} of these files are dead: no reader sees them, and they go after 7 days`] as const]
      : []),
    ...(repaired > 0 ? [[`${countText(repaired)} windows run again`] as const] : []),
    ...(unknown.length > 0
      ? [['insights-lake adopt gives such files to their windows, whose runs replace them'] as const]
      : []),
    ...(wrong > 0 && repaired === 0 ? [['with --repair the windows of these files run again'] as const] : []),
  ];
}

function feedLines(report: FeedReport): readonly Line[] {
  const { feed, windows, rows, start, end, completeThrough, open, failed, unavailable, retired, gaps, lengths, wrong } =
    report;
  const name = `${feed.app} ${feed.signal} (${feed.source})`;
  const counts = [
    `${countText(windows)} windows from ${timeText(start)} to ${timeText(end)}`,
    `complete through ${timeText(completeThrough)}`,
    `${countText(rows)} rows`,
    ...(open > 0 ? [`${countText(open)} under way`] : []),
    ...(failed > 0 ? [`${countText(failed)} failed`] : []),
    ...(unavailable > 0 ? [`${countText(unavailable)} that the source no longer keeps`] : []),
    ...(retired > 0 ? [`${countText(retired)} retired`] : []),
    ...(lengths.length > 0 ? [`windows of ${lengths.map((length) => `${length / 60_000} min`).join(', ')}`] : []),
  ];
  return [
    [`${name}: ${counts.join(', ')}`, failed > 0 ? 'bad' : undefined],
    ...gaps.map((gap): Line => [`  no window covers ${timeText(gap.start)} to ${timeText(gap.end)}`, 'bad']),
    ...wrong.map((file): Line => [`  ${wrongText(file)}`, 'bad']),
    ...(report.stopped ? [['  the settings do not name it any more: nothing new is planned', 'warn'] as const] : []),
  ];
}

function wrongText({ path, problem, expected, found }: WrongFile): string {
  if (problem === 'missing') return `missing: ${path} (${bytesText(expected)})`;
  if (problem === 'hidden') return `not in the log of its table: ${path} (${bytesText(expected)}); no reader sees it`;
  if (problem === 'shown') return `still in the log of its table: ${path}; a later run took its place`;
  if (problem === 'altered') return `altered: ${path}, other bytes of the same length`;
  return `differs: ${path} (${bytesText(found ?? 0)}, the ledger says ${bytesText(expected)})`;
}
