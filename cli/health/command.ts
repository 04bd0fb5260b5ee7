import type { HealthOrder, HealthReport } from '../../shared/model.ts';
import type { Command, Edge } from '../command.ts';
import { type ExitCode, exitCodes } from '../failure.ts';
import { isSet, type Options, textOf } from '../flags/options.ts';
import { settingsFor } from '../operations/state.ts';
import { timeText } from '../terminal/numbers.ts';

const usage = '[--settings <file>] [--reason <text>] [--dry-run]';

const exits: Required<Command>['exits'] = {
  0: 'done, or it was so already',
  1: 'the state of the app could not be read or written',
  2: 'wrong usage or settings; nothing was done',
  130: 'interrupted (Ctrl-C)',
};

/** What is done to the health of a lake by hand. */
export const pauseCommand: Command = {
  name: 'pause',
  forms: [[usage, 'nothing more into the lake for now']],
  about: `\
Nothing is brought into the lake of the app any more, until it is resumed: for a restore of its account, or work on its
container. Runs under way come to their end. Events and time folders are remembered, nothing is planned; what was held
is delivered with resume, oldest first. After seven days paused it is disabled. (An app pauses its lake itself while
writes fail, and resumes it when they succeed.)`,
  examples: `insights-lake pause --settings deployed.json --dry-run
insights-lake pause --settings deployed.json --reason "the account is restored until Friday"`,
  exits,
  run: (options, edge) => give('pause', options, edge),
};

export const resumeCommand: Command = {
  name: 'resume',
  forms: [[usage, 'go on with a lake that was paused']],
  about: `\
Windows are brought into the lake again: with the next tick of the planner, oldest first. It makes no difference who
paused or disabled the lake. Where it still cannot be written, the app pauses it again.`,
  examples: `insights-lake resume --settings deployed.json`,
  exits,
  run: (options, edge) => give('resume', options, edge),
};

export const disableCommand: Command = {
  name: 'disable',
  forms: [[usage, 'nothing more into the lake, for good']],
  about: `As pause, and the lake is not even probed, until somebody resumes it.`,
  examples: `insights-lake disable --settings deployed.json --reason "the lake is retired"`,
  exits,
  run: (options, edge) => give('disable', options, edge),
};

async function give(order: HealthOrder, options: Options, { terminal, operations }: Edge): Promise<ExitCode> {
  const env = settingsFor(options, terminal);
  if (isSet(options, 'dry-run')) return preview(order, options, terminal, await (await operations()).health(env));
  const report = await (await operations()).order(order, textOf(options, 'reason') ?? '', env);
  if (isSet(options, 'json'))
    terminal.out(`${JSON.stringify({ command: order, exitCode: 0, ...asJson(report) }, null, 2)}\n`);
  else terminal.out(`${linesOf(report).join('\n')}\n`);
  return exitCodes.done;
}

const becomes = { pause: 'paused', resume: 'active', disable: 'disabled' } as const;

/** What the order would change, and nothing is changed. */
function preview(order: HealthOrder, options: Options, terminal: Edge['terminal'], report: HealthReport): ExitCode {
  const [before, after] = [report.state, becomes[order]];
  const json = { command: order, exitCode: 0, dryRun: true, before, after };
  const what = before === after ? `${order} changes nothing` : `${order} makes it ${after}`;
  if (isSet(options, 'json')) terminal.out(`${JSON.stringify(json, null, 2)}\n`);
  else terminal.out(`${[...linesOf(report), `${what}; leave --dry-run out to do it`].join('\n')}\n`);
  return exitCodes.done;
}

const iso = (at: number): string => (at === 0 ? '' : new Date(at).toISOString());

const asJson = ({ state, since, by, reason, disabledAt, commits, succeeded }: HealthReport) => ({
  ...{ state, since: iso(since), by, reason },
  ...{ disabledAt: iso(disabledAt), commits, succeeded },
});

function linesOf({ state, since, by, reason, disabledAt, commits, succeeded }: HealthReport): readonly string[] {
  const when = since === 0 ? '' : ` since ${timeText(since)}, ${by === 'hand' ? 'by hand' : 'by itself'}`;
  return [
    `the lake is ${state}${when}${reason === '' ? '' : `: ${reason}`}`,
    ...(disabledAt === 0 ? [] : [`it is disabled at ${timeText(disabledAt)} unless it is resumed before`]),
    ...(commits === 0 ? [] : [`of the last ${commits} writes of an hour ${succeeded} succeeded`]),
  ];
}
