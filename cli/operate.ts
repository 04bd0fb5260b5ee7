import type { Env } from '../shared/config/flat.ts';
import type { DriftSighting, Place, SweepRequest } from '../shared/model.ts';
import type { RequeueOutcome, RequeueRequest } from '../shared/pipeline/requeue.ts';
import type { SweepOutcome, SweepProgress } from '../shared/pipeline/sweep.ts';
import { foundSettings } from './check-settings.ts';
import { destinationOf } from './destination.ts';
import { type ExitCode, exitCodes, Failure, usage } from './failure.ts';
import { bytesText, countText, timeText } from './numbers.ts';
import { isSet, type Options, textOf } from './options.ts';
import type { Terminal } from './ports.ts';
import { paced } from './progress.ts';
import { enqueueRequest, rangeOf, refuseStray, signalsOf } from './sweep-request.ts';

/** What is done to the state of an app, deployed or not. Throws Failure. */
export interface Operations {
  enqueue(
    request: SweepRequest,
    env: Env,
    abort: AbortSignal,
    tell: (progress: SweepProgress) => void,
  ): Promise<SweepOutcome>;
  /** `lake` undefined: of the app that has these settings. */
  requeue(request: RequeueRequest, lake: Place | undefined, env: Env): Promise<RequeueOutcome>;
  /** Fields that nobody knows, as they were first seen; `lake` as above. */
  drift(lake: Place | undefined, env: Env): Promise<readonly DriftSighting[]>;
}

/** `sweep --enqueue`: all windows of the app's containers that it has not, put into its ledger and queue. */
export async function enqueue(
  options: Options,
  terminal: Terminal,
  operations: Operations,
  abort: AbortSignal,
): Promise<ExitCode> {
  const request = enqueueRequest(options);
  const { env } = settingsFor('sweep', options, terminal);
  const tell = paced(terminal);
  const outcome = await operations.enqueue(request, env, abort, ({ windows, blobs, enqueued, at }) =>
    tell(
      `${timeText(at)} · ${countText(windows)} windows, ${countText(blobs)} blobs · ${countText(enqueued)} enqueued`,
    ),
  );
  const exitCode = outcome.errors.length > 0 ? exitCodes.source : exitCodes.done;
  const { range, ...counts } = outcome;
  terminal.out(
    `${isSet(options, 'json') ? JSON.stringify({ command: 'sweep', exitCode, ...counts }, null, 2) : enqueuedText(outcome)}\n`,
  );
  return exitCode;
}

function enqueuedText(outcome: SweepOutcome): string {
  const { windows, blobs, bytes, enqueued, open, kept, archived, missing, unknown, errors } = outcome;
  const some = (names: readonly string[]): string => `${names.slice(0, 5).join(', ')}${names.length > 5 ? ', …' : ''}`;
  return [
    `${countText(windows)} windows of ${countText(blobs)} blobs (${bytesText(bytes)}): ${countText(enqueued)} enqueued, ` +
      `${countText(open)} on their way already, the rest as the lake has them`,
    ...(archived > 0
      ? [`${countText(archived)} windows hold archived blobs, which are skipped; ${countText(kept)} stay as they are`]
      : []),
    ...(missing.length > 0 ? [`no such container: ${some(missing)}`] : []),
    ...(unknown.length > 0 ? [`no signal, left out: ${some(unknown)}`] : []),
    ...errors,
    ...(errors.length > 0 ? ['run the same command again to go on'] : []),
  ].join('\n');
}

/** `requeue`: windows that set something aside or failed run again. */
export async function requeue(options: Options, terminal: Terminal, operations: Operations): Promise<ExitCode> {
  refuseStray('requeue', options);
  const place = textOf(options, 'out');
  if (place !== undefined && options.values.settings !== undefined)
    throw usage('requeue: give --out or --settings, not both');
  const request = { ...rangeOf('requeue', options), signals: signalsOf('requeue', options) };
  const lake = place === undefined ? undefined : destinationOf(place, terminal.env);
  const env = lake === undefined ? settingsFor('requeue', options, terminal).env : {};
  const { windows, quarantined, failed } = await operations.requeue(request, lake, env);
  if (isSet(options, 'json'))
    terminal.out(`${JSON.stringify({ command: 'requeue', exitCode: 0, windows, quarantined, failed }, null, 2)}\n`);
  else {
    const who = lake === undefined ? 'the app runs them' : 'run the command that made the lake again, and it runs them';
    terminal.out(
      `${countText(quarantined + failed)} of ${countText(windows)} windows are due again ` +
        `(${countText(quarantined)} with unreadable records, ${countText(failed)} failed); ${who}\n`,
    );
  }
  return exitCodes.done;
}

export function settingsFor(command: string, options: Options, terminal: Terminal) {
  try {
    return foundSettings(textOf(options, 'settings'), terminal.env);
  } catch (error) {
    if (error instanceof Failure) throw usage(error.message.replace(/^check:/, `${command}:`));
    throw error;
  }
}
