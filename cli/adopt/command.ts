import type { AdoptedFeed, AdoptReport } from '../../shared/pipeline/adopt/adopt.ts';
import type { Adopted } from '../../shared/wire/adopt.ts';
import type { Command, Edge } from '../command.ts';
import { type ExitCode, exitCodes } from '../failure.ts';
import { accessNote, stateExits } from '../flags/notes.ts';
import { isSet, type Options, textsOf } from '../flags/options.ts';
import { stateOf } from '../operations/state.ts';
import { bytesText, countText, timeText } from '../terminal/numbers.ts';
import { paced } from '../terminal/progress.ts';

export const adoptCommand: Command = {
  name: 'adopt',
  forms: [['[--settings <file>] [--out <place>]', 'a ledger for a lake, from its files']],
  about: `\
Gives a lake a ledger again, from the files that are there: after the ledger was lost, restored from a copy or belongs
to another lake, or when another app takes the lake over. It says what it found and would do, and changes nothing before
--write. Then windows that the ledger lacks are in it as done; those that differ from their files run again, and so does
what two grids of windows cover twice. Nothing of the lake is changed by it. Stop every other app of the lake first.
Interrupted, run it again.`,
  examples: `insights-lake adopt --settings deployed.json
insights-lake adopt --settings deployed.json --write
insights-lake adopt --out ./lake --write`,
  notes: [accessNote],
  exits: stateExits,
  run: adopt,
};

async function adopt(options: Options, { terminal, operations }: Edge): Promise<ExitCode> {
  const { lake, env } = stateOf(options, terminal);
  const tell = paced(terminal);
  const told = (files: number) => tell(`looked at ${countText(files)} files`);
  const write = isSet(options, 'write');
  const request = { write, paths: textsOf(options, 'path'), leave: isSet(options, 'leave') };
  const found = await (await operations()).adopt(request, lake, env, told);
  const exitCode = write && !found.report.written ? exitCodes.usage : exitCodes.done;
  if (isSet(options, 'json'))
    terminal.out(`${JSON.stringify({ command: 'adopt', exitCode, ...asJson(found) }, null, 2)}\n`);
  else terminal.out(`${linesOf(found).join('\n')}\n`);
  return exitCode;
}

const span = ({ start, end }: { readonly start: number; readonly end: number }) => ({
  start: new Date(start).toISOString(),
  end: new Date(end).toISOString(),
});

const asJson = ({ fault, report: { feeds, ...rest } }: Adopted) => ({
  fault,
  ...rest,
  feeds: feeds.map(({ feed, same, lost, due, again, retired, rows, twice, gaps, ...more }) => ({
    ...feed,
    ...{ same, new: more.new, due, again, lost, retired, rows },
    twice: twice.map(span),
    gaps: gaps.map(span),
  })),
});

function linesOf({ fault, report }: Adopted): readonly string[] {
  const { feeds, files, bytes, told, unexplained, strangers, written } = report;
  const more = strangers - unexplained.length;
  return [
    fault === '' ? 'lake and ledger belong together' : `found: ${fault}`,
    ...feeds.flatMap(feedLines),
    ...unexplained.slice(0, 20).map((path) => `no window explains the file ${path}`),
    ...(strangers > 20 ? [`and ${countText(Math.max(more, strangers - 20))} more such files`] : []),
    `${countText(files)} files, ${bytesText(bytes)}`,
    ...(told > 0 ? [`${countText(told)} of them are as the ledger's table says`] : []),
    written ? 'the ledger is the one of this lake now' : endOf(report, fault),
  ];
}

function endOf({ feeds, alike }: AdoptReport, fault: string): string {
  if (alike > 0)
    return (
      `nothing was changed: ${countText(alike)} files that nothing explains are named as files of windows are; were ` +
      'they of this lake, their rows would come twice. Say how they were named (--path, the LAKE_PATH or --path of ' +
      'then), or that they are not the lake’s (--leave)'
    );
  const isRight = fault === '' && feeds.every(({ changed }) => changed === 0);
  return isRight ? 'nothing is to be done' : 'nothing was changed; --write does it';
}

function feedLines(counts: AdoptedFeed): readonly string[] {
  const { feed, twice, gaps, gapCount } = counts;
  const told = [
    `${countText(counts.same)} windows are as the ledger says`,
    ...(counts.new > 0 ? [`${countText(counts.new)} are new to it, with ${countText(counts.rows)} rows`] : []),
    ...(counts.again > 0 ? [`${countText(counts.again)} run again`] : []),
    ...(counts.lost > 0 ? [`of ${countText(counts.lost)} no file is left`] : []),
    ...(counts.retired > 0 ? [`${countText(counts.retired)} are retired, by the lake's rules of then`] : []),
    ...(counts.due > 0 ? [`${countText(counts.due)} are still to be read`] : []),
  ];
  const some = gaps.slice(0, 20).map((gap) => `  no window covers ${timeText(gap.start)} to ${timeText(gap.end)}`);
  return [
    `${feed.app} ${feed.signal} (${feed.source}): ${told.join(', ')}`,
    ...twice.slice(0, 20).map((window) => `  covered twice: ${timeText(window.start)} to ${timeText(window.end)}`),
    ...(feed.source === 'query' ? some : []),
    ...(feed.source === 'query' && gapCount > 20 ? [`  and ${countText(gapCount - 20)} more such gaps`] : []),
  ];
}
