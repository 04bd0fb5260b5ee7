import type { Env } from '../../shared/config/flat.ts';
import type { Place } from '../../shared/model.ts';
import { usage } from '../failure.ts';
import { isGiven, type Options, textOf } from '../flags/options.ts';
import { destinationOf } from '../request/destination.ts';
import { foundSettings } from '../request/settings.ts';
import type { Terminal } from '../terminal/terminal.ts';

/** Whose state a command works on: of the lake that --out names, or of the app by --settings. Throws Failure. */
export function stateOf(options: Options, terminal: Terminal): { readonly lake: Place | undefined; readonly env: Env } {
  const place = textOf(options, 'out');
  if (place === undefined) return { lake: undefined, env: settingsFor(options, terminal) };
  if (isGiven(options, 'settings')) throw usage(`${options.command}: give --out or --settings, not both`);
  return { lake: destinationOf(place, terminal.env), env: {} };
}

/**
 * The settings of --settings; without it of local.settings.json in this folder, and the environment. Throws Failure.
 */
export const settingsFor = (options: Options, terminal: Terminal): Env =>
  foundSettings(options.command, textOf(options, 'settings'), terminal).env;
