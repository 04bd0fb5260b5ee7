import type { Edge } from '../command.ts';
import { type ExitCode, exitCodes } from '../failure.ts';
import { isSet, type Options } from '../flags/options.ts';
import { paced, progressOn } from '../terminal/progress.ts';
import { jobsOf } from './jobs.ts';
import type { Request } from './ports.ts';
import { type Results, runTasks } from './run-tasks.ts';
import { summaryLines, summaryOf } from './summary.ts';

/** Runs the windows that a request makes, shows how far it is, and says what came of it. */
export async function deliver(
  request: Request,
  options: Options,
  { terminal, prepare, machineJobs, windowsAtOnce, abort }: Edge,
): Promise<ExitCode> {
  const started = terminal.now();
  let onRead = (_records: number, _bytes: number): void => {};
  const jobs = jobsOf(options, machineJobs);
  const told = (records: number, bytes: number) => onRead(records, bytes);
  const delivery = await prepare(request, told, abort, paced(terminal), jobs);
  try {
    const progress = progressOn(terminal, delivery.tasks.count, delivery.tasks.weight);
    onRead = progress.read;
    const results = await runTasks(delivery, windowsAtOnce(request.command, jobs), terminal, progress, abort);
    const fault = await delivery.record();
    if (fault !== '') progress.note(fault, 'bad');
    progress.close();
    const exitCode = exitCodeOf(results, delivery.incomplete);
    const summary = summaryOf(request, delivery, results, exitCode, terminal.now() - started);
    if (isSet(options, 'json')) terminal.out(`${JSON.stringify(summary, null, 2)}\n`);
    else for (const [text, tone] of summaryLines(summary, results)) terminal.out(`${text}\n`, tone);
    return exitCode;
  } finally {
    await delivery.close();
  }
}

/** Nothing done at all and one side to blame: that side's code; else failed windows are 1. */
function exitCodeOf({ came, stopped }: Results, incomplete: readonly string[]): ExitCode {
  if (stopped === 'interrupted') return exitCodes.interrupted;
  const { totals, failures, barren, kept, parts } = came;
  if (totals.failed === 0 && totals.windows > 0 && barren === totals.windows) return exitCodes.source;
  const lacks = incomplete.length + barren + kept + parts.length > 0;
  if (totals.failed === 0) return lacks ? exitCodes.failed : exitCodes.done;
  if (stopped === 'source' || stopped === 'destination') return exitCodes[stopped];
  if (stopped === 'machine') return exitCodes.failed;
  const sides = new Set(failures.map(({ outcome }) => outcome.side));
  const [side] = sides;
  return totals.failed === totals.windows && sides.size === 1 && (side === 'source' || side === 'destination')
    ? exitCodes[side]
    : exitCodes.failed;
}
