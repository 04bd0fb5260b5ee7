import { statusRequest } from '../../shared/status/request.ts';
import type { Status } from '../../shared/status/schema.ts';
import type { Command, Edge } from '../command.ts';
import { type ExitCode, exitCodes } from '../failure.ts';
import { accessNote, stateExits } from '../flags/notes.ts';
import { isSet, type Options } from '../flags/options.ts';
import { stateOf } from '../operations/state.ts';
import { rangeOf, signalsOf } from '../request/range.ts';
import { statusLines } from './lines.ts';

export const statusCommand: Command = {
  name: 'status',
  forms: [['[--settings <file>] [--out <place>]', 'how the lake stands, and what needs a person']],
  about: `\
Says until when the lake is complete, which feeds are late or failing and why, and shows a strip of time for each app
and signal: the last 30 days, or the range that is asked for. It is what the status page of a deployed app shows
(docs/status.md). What can be done about it: rerun, requeue, resume.`,
  examples: `insights-lake status --settings deployed.json --app shop
insights-lake status --out ./lake --json`,
  notes: [accessNote],
  exits: {
    ...stateExits,
    0: 'nothing is late, failed or paused',
    1: 'a feed is late or failed, the lake is paused, or not the one of its ledger',
  },
  run: status,
};

/** Between two looks of --watch. */
const every = 30_000;

async function status(options: Options, { terminal, operations, abort }: Edge): Promise<ExitCode> {
  const { lake, env } = stateOf(options, terminal);
  const { start, end, app } = rangeOf(options);
  const iso = (at: number) => (Number.isFinite(at) ? new Date(at).toISOString() : undefined);
  const asked = () => ({
    ...statusRequest({ from: iso(start), to: iso(end) }, terminal.now()),
    ...{ app, signals: signalsOf(options) },
  });
  for (;;) {
    const found = await (await operations()).status(asked(), lake, env);
    const exitCode = isWell(found) ? exitCodes.done : exitCodes.failed;
    if (isSet(options, 'json')) terminal.out(`${JSON.stringify({ command: 'status', exitCode, ...found }, null, 2)}\n`);
    else for (const [text, tone] of statusLines(found, terminal.columns)) terminal.out(`${text}\n`, tone);
    if (!isSet(options, 'watch')) return exitCode;
    await terminal.sleep(every, abort);
    if (abort.aborted) return exitCodes.interrupted;
  }
}

const isWell = ({ verdict }: Status): boolean => verdict.state === 'complete' || verdict.state === 'empty';
