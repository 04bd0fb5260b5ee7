import type { Command, Edge } from '../command.ts';
import { type ExitCode, exitCodes } from '../failure.ts';
import { accessNote, stateExits } from '../flags/notes.ts';
import { isSet, type Options } from '../flags/options.ts';
import { stateOf } from '../operations/state.ts';
import { rangeOf, signalsOf } from '../request/range.ts';
import { countText } from '../terminal/numbers.ts';

export const requeueCommand: Command = {
  name: 'requeue',
  forms: [['[--settings <file>] [--out <place>]', 'windows that failed, or with quarantined records, again']],
  about: `\
Has windows run again whose last run failed, or quarantined records: after a fix, or a new version. Their source
need not have changed. Their files are replaced when the run has come to its end.`,
  examples: `insights-lake requeue --settings deployed.json --app shop --from 2026-01-01
insights-lake requeue --out ./lake && insights-lake transform ./export --out ./lake`,
  notes: [accessNote],
  exits: { ...stateExits, 0: 'the windows are due again' },
  run: requeue,
};

async function requeue(options: Options, { terminal, operations }: Edge): Promise<ExitCode> {
  const request = { ...rangeOf(options), signals: signalsOf(options) };
  const { lake, env } = stateOf(options, terminal);
  const { windows, quarantined, failed } = await (await operations()).requeue(request, lake, env);
  if (isSet(options, 'json'))
    terminal.out(`${JSON.stringify({ command: 'requeue', exitCode: 0, windows, quarantined, failed }, null, 2)}\n`);
  else {
    const who = lake === undefined ? 'the app runs them' : 'run the command that made the lake again, and it runs them';
    terminal.out(
      `${countText(quarantined + failed)} of ${countText(windows)} windows are due again ` +
        `(${countText(quarantined)} with quarantined records, ${countText(failed)} failed); ${who}\n`,
    );
  }
  return exitCodes.done;
}
