import type { DriftSighting } from '../../shared/model.ts';
import type { Command, Edge } from '../command.ts';
import { type ExitCode, exitCodes } from '../failure.ts';
import { accessNote, stateExits } from '../flags/notes.ts';
import { isSet, type Options } from '../flags/options.ts';
import { stateOf } from '../operations/state.ts';
import { countText, timeText } from '../terminal/numbers.ts';

export const driftCommand: Command = {
  name: 'drift',
  forms: [['[--settings <file>] [--out <place>]', 'fields that nobody knows']],
  about: `\
Names the fields in records that neither the schema nor the documentation of their source know, newest first: when a run
first saw them, app, source, signal, path, and in how many rows of that run. Their values are in the column extra.`,
  examples: `insights-lake drift --settings deployed.json
insights-lake drift --out ./lake --json`,
  notes: [accessNote],
  exits: stateExits,
  run: drift,
};

/** The fields that nobody knows, as the ledger of an app or of a lake first saw them. */
async function drift(options: Options, { terminal, operations }: Edge): Promise<ExitCode> {
  const { lake, env } = stateOf(options, terminal);
  const found = [...(await (await operations()).drift(lake, env))].sort(
    (a, b) => b.firstSeen - a.firstSeen || (a.path < b.path ? -1 : 1),
  );
  const fields = found.map((each) => ({ ...each, firstSeen: new Date(each.firstSeen).toISOString() }));
  if (isSet(options, 'json')) terminal.out(`${JSON.stringify({ command: 'drift', exitCode: 0, fields }, null, 2)}\n`);
  else terminal.out(`${found.length === 0 ? 'every field is known' : found.map(line).join('\n')}\n`);
  return exitCodes.done;
}

const line = ({ app, source, signal, path, count, firstSeen }: DriftSighting): string =>
  `${timeText(firstSeen)}  ${app}  ${source}  ${signal}  ${path}  ${countText(count)} row${count === 1 ? '' : 's'}`;
