import type { Command, Edge } from '../command.ts';
import { type ExitCode, exitCodes } from '../failure.ts';
import { accessNote, stateExits } from '../flags/notes.ts';
import { isSet, type Options } from '../flags/options.ts';
import { stateOf } from '../operations/state.ts';
import { rangeOf, signalsOf } from '../request/range.ts';
import { countText } from '../terminal/numbers.ts';

export const rerunCommand: Command = {
  name: 'rerun',
  forms: [['[--settings <file>] [--out <place>]', 'the windows of a range again']],
  about: `\
Has windows run again although their source is as it was: after another shape, or a new version. First it says how many
that are, and what reading them took the last time; with --start they are due. Their files are replaced when the run has
come to its end, and they run beside the live windows, a few at a time.`,
  examples: `insights-lake rerun --settings deployed.json --app shop --from 2026-01-01 --to 2026-02-01
insights-lake rerun --settings deployed.json --from 2026-01-01 --missing
insights-lake rerun --settings deployed.json --from 2026-01-01 --faulty --start`,
  notes: [
    `\
With --missing only windows that are not done run: those that failed, that the source did not keep, and query windows of
the range that the ledger lacks. A long past is brought in by insights-lake backfill, beside the live windows.`,
    accessNote,
  ],
  exits: { ...stateExits, 0: 'the windows are due again, or were counted' },
  run: rerun,
};

async function rerun(options: Options, { terminal, operations }: Edge): Promise<ExitCode> {
  const [faulty, missing, begin] = [isSet(options, 'faulty'), isSet(options, 'missing'), isSet(options, 'start')];
  const request = { ...rangeOf(options), signals: signalsOf(options), faulty, missing, begin };
  const { lake, env } = stateOf(options, terminal);
  const found = await (await operations()).rerun(request, lake, env);
  if (isSet(options, 'json')) {
    terminal.out(`${JSON.stringify({ command: 'rerun', exitCode: 0, started: begin, ...found }, null, 2)}\n`);
    return exitCodes.done;
  }
  const { windows, chosen, open, retired, missing: lacked, rows, asked } = found;
  const who = lake === undefined ? 'the app runs them' : 'run the command that made the lake again, and it runs them';
  terminal.out(
    `${countText(chosen)} of ${countText(windows)} windows ${begin ? 'are due again' : 'would run again'}: ` +
      `${countText(rows)} rows, ${countText(asked)} requests or blobs the last time` +
      `${lacked > 0 ? `; ${countText(lacked)} of them the ledger lacks, and their requests are guessed` : ''}` +
      `${open > 0 ? `; ${countText(open)} are under way anyway` : ''}` +
      `${retired > 0 ? `; ${countText(retired)} are retired (LAKE_RETENTION) and stay so` : ''}` +
      `${chosen > 0 ? `; ${begin ? who : 'with --start they do'}` : ''}\n`,
  );
  return exitCodes.done;
}
