import { realpathSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { accountName } from '../../shared/config/places.ts';
import type { Place, SweepRequest } from '../../shared/model.ts';
import type { SweepHere } from '../deliver/ports.ts';
import { usage } from '../failure.ts';
import { isGiven, isSet, type Options, textOf } from '../flags/options.ts';
import { destinationOf } from '../request/destination.ts';
import { appSettings, checked, given, lakeOf, lakeRequest } from '../request/document.ts';
import { namedApps } from '../request/named-apps.ts';
import { rangeOf } from '../request/range.ts';
import type { Terminal } from '../terminal/terminal.ts';

/** Only for a sweep that runs here: a deployed app has these in its settings. */
const localFlags = [
  'container',
  'out',
  'format',
  'gzip',
  'partition',
  'path',
  'table',
  'shape',
  'window',
  'signals',
  'replace',
  'dedupe',
] as const;

/** `sweep` without `--enqueue`: an export container, or a folder that is one, brought into a lake from here. */
export function sweepRequest(options: Options, terminal: Terminal): SweepHere {
  const { env } = terminal;
  const { container, lake } = placesOf(options, env);
  refuseAmong(container, lake);
  const raw = {
    exports: given({ container: 'archive', window: textOf(options, 'window'), dedupe: textOf(options, 'dedupe') }),
    signals: textOf(options, 'signals')
      ?.split(',')
      .map((word) => word.trim()) ?? ['all'],
    lake: lakeOf(options),
  };
  const named = namedApps(options);
  const settings = checked({ options, env }, raw, named.faults);
  return {
    command: 'sweep',
    container,
    ...rangeOf(options),
    app: named.app ?? '',
    apps: named.apps,
    replace: isSet(options, 'replace'),
    signals: settings.signals,
    window: settings.exports?.window ?? 0,
    ...lakeRequest(settings, lake, env),
    ...appSettings(options, terminal),
  };
}

/**
 * Source and lake may lie in two accounts: AZURE_STORAGE_CONNECTION_STRING opens the one it is of, the identity at hand
 * the other.
 */
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
      'sweep: AZURE_STORAGE_KEY is of one account, --container and --out name two; use a SAS in the URLs, or the ' +
        'identity at hand',
    );
  return isOf(env.AZURE_STORAGE_CONNECTION_STRING, account(container))
    ? { container: destinationOf(source, env, '--container'), lake }
    : { container, lake: destinationOf(out, env) };
}

/** The folders of a day or an hour in an export, of whichever layout. */
const DATED = /(^|\/)(\d{4}-\d\d-\d\d|y=\d{4})(\/|$)/;

/** What lies below an hour folder is a blob of the export, whatever it is called. */
function refuseAmong(container: Place, lake: Place): void {
  const within = pathWithin(container, lake);
  if (DATED.test(within))
    throw usage(
      `sweep: --out lies in a folder of the export that is read (${within}), where its files would be read as blobs ` +
        'of the export; name a folder outside of --container',
    );
}

/** Where the lake lies in the container; '' where it does not. */
function pathWithin(container: Place, lake: Place): string {
  if (container.kind === 'folder' && lake.kind === 'folder') {
    const path = relative(withoutLinks(resolve(container.folder)), withoutLinks(resolve(lake.folder)));
    return path.split(sep).includes('..') ? '' : path.split(sep).join('/');
  }
  if (container.kind === 'folder' || lake.kind === 'folder') return '';
  const isSame = container.url === lake.url && container.container === lake.container;
  return isSame && lake.prefix.startsWith(container.prefix) ? lake.prefix.slice(container.prefix.length) : '';
}

/** The lake may not be there yet. */
function withoutLinks(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return dirname(path) === path ? path : join(withoutLinks(dirname(path)), basename(path));
  }
}

const isOf = (connection: string, account: string): boolean =>
  new RegExp(`(^|;)\\s*AccountName=${account}(;|$)`, 'i').test(connection);

/** `sweep --enqueue`: what the deployed app is to look at. */
export function enqueueRequest(options: Options): SweepRequest {
  const stray = localFlags.find((name) => isGiven(options, name));
  if (stray !== undefined) throw usage(`sweep: --${stray} is not for --enqueue, the settings of the app say it`);
  return rangeOf(options);
}
