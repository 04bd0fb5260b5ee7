import { accountName, fault } from '../shared/config/places.ts';
import { signalNames } from '../shared/config/schema.ts';
import { shown } from '../shared/config/secret.ts';
import { instantOf } from '../shared/config/values.ts';
import type { Interval, Place, Signal, SweepRequest } from '../shared/model.ts';
import { destinationOf } from './destination.ts';
import { usage } from './failure.ts';
import { isSet, type Options, textOf } from './options.ts';
import type { SweepCommand, Terminal } from './ports.ts';
import { checked, given, lakeOf, lakeRequest } from './request.ts';

/** Only for a sweep that runs here: a deployed app has these in its settings. */
const localFlags = ['container', 'out', 'format', 'gzip', 'partition', 'path', 'shape', 'window', 'signals'] as const;

/** `sweep` without `--enqueue`: an export container, or a folder that is one, brought into a lake from here. */
export function sweepCommand(options: Options, { env }: Terminal): SweepCommand {
  refuseStray('sweep', options);
  if (options.values.settings !== undefined)
    throw usage('sweep: --settings goes with --enqueue; see insights-lake help sweep');
  const { container, lake } = placesOf(options, env);
  const raw = {
    exports: given({ container: 'archive', window: textOf(options, 'window') }),
    signals: textOf(options, 'signals')
      ?.split(',')
      .map((word) => word.trim()) ?? ['all'],
    lake: lakeOf(options),
  };
  const settings = checked({ command: 'sweep', options, env }, raw);
  return {
    command: 'sweep',
    container,
    ...rangeOf('sweep', options),
    signals: settings.signals,
    window: settings.exports?.window ?? 0,
    ...lakeRequest(settings, lake, env),
  };
}

/** Source and lake may lie in two accounts: AZURE_STORAGE_CONNECTION_STRING opens the one it is of, the identity at hand the other. */
function placesOf(options: Options, env: Terminal['env']): { readonly container: Place; readonly lake: Place } {
  const [source, out] = [textOf(options, 'container'), textOf(options, 'out')];
  const others = { ...env, AZURE_STORAGE_CONNECTION_STRING: undefined, AZURE_STORAGE_KEY: undefined };
  const container = destinationOf(source, others, '--container');
  const lake = destinationOf(out, others);
  const account = (place: Place) => (place.kind === 'container' ? accountName(place.url) : '');
  const secret = env.AZURE_STORAGE_CONNECTION_STRING ?? env.AZURE_STORAGE_KEY;
  const two = account(container) !== '' && account(lake) !== '' && account(container) !== account(lake);
  if (secret === undefined || !two)
    return { container: destinationOf(source, env, '--container'), lake: destinationOf(out, env) };
  if (env.AZURE_STORAGE_CONNECTION_STRING === undefined)
    throw usage(
      'sweep: AZURE_STORAGE_KEY is of one account, --container and --out name two; use a SAS in the URLs, or the identity at hand',
    );
  return isOf(env.AZURE_STORAGE_CONNECTION_STRING, account(container))
    ? { container: destinationOf(source, env, '--container'), lake }
    : { container, lake: destinationOf(out, env) };
}

const isOf = (connection: string, account: string): boolean =>
  new RegExp(`(^|;)\\s*AccountName=${account}(;|$)`, 'i').test(connection);

/** `sweep --enqueue`: what the deployed app is to look at. */
export function enqueueRequest(options: Options): SweepRequest {
  refuseStray('sweep', options);
  const stray = localFlags.find((name) => options.values[name] !== undefined);
  if (stray !== undefined) throw usage(`sweep: --${stray} is not for --enqueue, the settings of the app say it`);
  return rangeOf('sweep', options);
}

/** `--app`, `--prefix`, `--from` and `--to`: what is left out is everything. */
export function rangeOf(command: string, options: Options): SweepRequest {
  const faults: string[] = [];
  const time = (name: 'from' | 'to', otherwise: number): number => {
    const text = textOf(options, name);
    const found = text === undefined ? otherwise : instantOf(text);
    if (found === undefined)
      faults.push(fault(`--${name}`, 'a date or a date and time in ISO 8601 such as 2026-01-31', shown(text)).text);
    return found ?? otherwise;
  };
  const range: Interval = { start: time('from', Number.NEGATIVE_INFINITY), end: time('to', Number.POSITIVE_INFINITY) };
  if (faults.length === 0 && range.start >= range.end) faults.push(`--to must be later than --from`);
  if (faults.length > 0) throw usage(`${command}: ${faults.join('; ')}`);
  return { ...range, prefix: textOf(options, 'prefix') ?? '', app: textOf(options, 'app') ?? '' };
}

export function signalsOf(command: string, options: Options): Signal[] {
  const words = (textOf(options, 'signals') ?? '').split(',').map((word) => word.trim());
  const named = words.filter((word) => word !== '' && word !== 'all');
  const stray = named.find((word) => !signalNames.some((name) => name === word));
  if (stray !== undefined)
    throw usage(`${command}: --signals must be signals out of ${signalNames.join(', ')}; it is ${shown(stray)}`);
  return signalNames.filter((name) => named.includes(name));
}

export function refuseStray(command: string, { positionals }: Options): void {
  const [stray] = positionals;
  if (stray !== undefined)
    throw usage(`${command}: ${shown(stray)} belongs to no flag; see insights-lake help ${command}`);
}

export const isEnqueue = (options: Options): boolean => isSet(options, 'enqueue');
