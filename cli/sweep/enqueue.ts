import type { SweepOutcome } from '../../shared/pipeline/sweep/sweep.ts';
import type { Edge } from '../command.ts';
import { type ExitCode, exitCodes } from '../failure.ts';
import { isSet, type Options } from '../flags/options.ts';
import { settingsFor } from '../operations/state.ts';
import { bytesText, countText, timeText } from '../terminal/numbers.ts';
import { paced } from '../terminal/progress.ts';
import { enqueueRequest } from './request.ts';

/** `sweep --enqueue`: all windows of the app's containers that it has not, put into its ledger and queue. */
export async function enqueue(options: Options, { terminal, operations, abort }: Edge): Promise<ExitCode> {
  const request = enqueueRequest(options);
  const env = settingsFor(options, terminal);
  const tell = paced(terminal);
  const outcome = await (await operations()).enqueue(request, env, abort, ({ windows, blobs, enqueued, at }) =>
    tell(
      `${timeText(at)} · ${countText(windows)} windows, ${countText(blobs)} blobs · ${countText(enqueued)} enqueued`,
    ),
  );
  const nothing = outcome.missing.length > 0 && outcome.blobs === 0;
  const exitCode = outcome.errors.length > 0 || nothing ? exitCodes.source : exitCodes.done;
  const { range, ...counts } = outcome;
  const asJson = isSet(options, 'json') && JSON.stringify({ command: 'sweep', exitCode, ...counts }, null, 2);
  terminal.out(`${asJson || enqueuedText(outcome)}\n`);
  return exitCode;
}

function enqueuedText(outcome: SweepOutcome): string {
  const { windows, blobs, bytes, enqueued, open, kept, archived, missing, unknown, errors } = outcome;
  const some = (names: readonly string[]): string => `${names.slice(0, 5).join(', ')}${names.length > 5 ? ', …' : ''}`;
  return [
    `${countText(windows)} windows of ${countText(blobs)} blobs (${bytesText(bytes)}): ${countText(enqueued)} ` +
      `enqueued, ${countText(open)} on their way already, the rest as the lake has them`,
    ...(archived > 0
      ? [`${countText(archived)} windows hold archived blobs, which are skipped; ${countText(kept)} stay as they are`]
      : []),
    ...(missing.length > 0 ? [`no such container: ${some(missing)}`] : []),
    ...(unknown.length > 0 ? [`no signal, left out: ${some(unknown)}`] : []),
    ...errors,
    ...(errors.length > 0 ? ['run the same command again to go on'] : []),
  ].join('\n');
}
