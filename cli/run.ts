import { nearestWord } from '../shared/config/near.ts';
import { settingsJsonSchema } from '../shared/config/schema.ts';
import { check, type Examine } from './check.ts';
import { drift } from './drift.ts';
import { type ExitCode, exitCodes, Failure, usage } from './failure.ts';
import { helpTexts } from './help.ts';
import { inspect } from './inspect.ts';
import { enqueue, type Operations, requeue } from './operate.ts';
import { flags, isCommand, isSet, type Options, optionsOf } from './options.ts';
import type { Prepare, Request, Terminal } from './ports.ts';
import { paced, progressOn } from './progress.ts';
import { exportRequest, transformRequest } from './request.ts';
import { type Results, runTasks } from './run-tasks.ts';
import { summaryOf, summaryText } from './summary.ts';
import { isEnqueue, sweepCommand } from './sweep-request.ts';

export interface Edge {
  readonly terminal: Terminal;
  readonly prepare: Prepare;
  readonly examine: Examine;
  readonly operations: Operations;
  readonly version: string;
  /** Windows that run at once. */
  readonly parallel: Readonly<Record<Request['command'], number>>;
  /** Ctrl-C. */
  readonly abort: AbortSignal;
}

/** Runs a command line; resolves with the exit code. Whatever goes wrong ends in one line on stderr. */
export async function runCommand(words: readonly string[], edge: Edge): Promise<ExitCode> {
  const { terminal, abort } = edge;
  try {
    return await answer(words, edge);
  } catch (error) {
    if (abort.aborted) return exitCodes.interrupted;
    if (!(error instanceof Failure)) throw error;
    terminal.err(`insights-lake: ${error.message}\n`);
    return error.exitCode;
  }
}

async function answer(words: readonly string[], edge: Edge): Promise<ExitCode> {
  const [command = '', ...rest] = words;
  const say = (text: string): ExitCode => {
    edge.terminal.out(`${text}\n`);
    return exitCodes.done;
  };
  if (command === '--version' || command === '-v') return say(edge.version);
  if (command === 'help' || command === '--help' || command === '-h') return say(helpText(rest[0] ?? ''));
  if (command === '') throw usage('no command is given; see insights-lake help');
  if (!isCommand(command)) throw usage(`${unknownCommand(command)}; see insights-lake help`);
  const options = optionsOf(command, rest);
  if (isSet(options, 'help')) return say(helpText(command));
  if (command === 'settings-schema') return say(JSON.stringify(settingsJsonSchema(), null, 2));
  if (command === 'check') return check(options, edge.terminal, edge.examine, edge.abort);
  if (command === 'inspect') return inspect(options, edge.terminal, edge.abort);
  if (command === 'drift') return drift(options, edge.terminal, edge.operations);
  if (command === 'requeue') return requeue(options, edge.terminal, edge.operations);
  if (command === 'sweep' && isEnqueue(options)) return enqueue(options, edge.terminal, edge.operations, edge.abort);
  return deliver(requestOf[command](options, edge.terminal), options, edge);
}

const requestOf = { transform: transformRequest, export: exportRequest, sweep: sweepCommand } as const;

function unknownCommand(word: string): string {
  const near = nearestWord(word, Object.keys(flags));
  return `there is no command ${JSON.stringify(word)}${near ? `; did you mean ${near}?` : ''}`;
}

function helpText(command: string): string {
  const text = helpTexts[command];
  if (text === undefined) throw usage(unknownCommand(command));
  return text;
}

async function deliver(
  request: Request,
  options: Options,
  { terminal, prepare, parallel, abort }: Edge,
): Promise<ExitCode> {
  const started = terminal.now();
  let onRead = (_records: number, _bytes: number): void => {};
  const delivery = await prepare(request, (records, bytes) => onRead(records, bytes), abort, paced(terminal));
  try {
    const weight = delivery.tasks.reduce((sum, task) => sum + task.weight, 0);
    const progress = progressOn(terminal, delivery.tasks.length, weight);
    onRead = progress.read;
    const results = await runTasks(delivery, parallel[request.command], terminal, progress, abort);
    progress.close();
    const exitCode = exitCodeOf(results);
    const summary = summaryOf(request, delivery, results, exitCode, terminal.now() - started);
    terminal.out(`${isSet(options, 'json') ? JSON.stringify(summary, null, 2) : summaryText(summary, results)}\n`);
    return exitCode;
  } finally {
    await delivery.close();
  }
}

/** Nothing done at all and one side to blame: that side's code; else failed windows are 1. */
function exitCodeOf({ ended, stopped }: Results): ExitCode {
  if (stopped === 'interrupted') return exitCodes.interrupted;
  const failed = ended.filter(({ outcome }) => outcome.state === 'failed');
  if (failed.length === 0) return exitCodes.done;
  if (stopped === 'source' || stopped === 'destination') return exitCodes[stopped];
  const sides = new Set(failed.map(({ outcome }) => outcome.side));
  const [side] = sides;
  return failed.length === ended.length && sides.size === 1 && side !== undefined && side !== 'unknown'
    ? exitCodes[side]
    : exitCodes.failed;
}
