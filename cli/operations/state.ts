import { documentSetting, type Env, flatSettings, secretSettings } from '../../shared/config/flat.ts';
import type { Place } from '../../shared/model.ts';
import { usage } from '../failure.ts';
import { isGiven, type Options, textOf } from '../flags/options.ts';
import { destinationOf } from '../request/destination.ts';
import { foundSettings } from '../request/settings.ts';
import type { Terminal } from '../terminal/terminal.ts';

/** Whose state a command works on: of the lake that --out names, or of the app by --settings. Throws Failure. */
export function stateOf(options: Options, terminal: Terminal): { readonly lake: Place | undefined; readonly env: Env } {
  const place = textOf(options, 'out');
  if (place === undefined)
    return { lake: undefined, env: settingsFor(options, terminal, ', or the lake of commands with --out <place>') };
  if (isGiven(options, 'settings')) throw usage(`${options.command}: give --out or --settings, not both`);
  return { lake: destinationOf(place, terminal.env), env: {} };
}

/**
 * The settings of --settings; without it of local.settings.json in this folder, and the environment. `other`: what can
 * be given in their place. Throws Failure, also where there are none at all.
 */
export function settingsFor(options: Options, terminal: Terminal, other = ''): Env {
  const { env } = foundSettings(options.command, textOf(options, 'settings'), terminal);
  if (isGiven(options, 'settings') || Object.keys(env).some(isOurs)) return env;
  throw usage(
    `${options.command}: whose app? neither the environment nor a local.settings.json in this folder has settings of ` +
      'one; name a file of them with --settings <file> (az functionapp config appsettings list … > deployed.json)' +
      other,
  );
}

const names = new Set([...flatSettings.map(([name]) => name), ...secretSettings, documentSetting]);
const isOurs = (name: string): boolean => names.has(name) || name.startsWith('AzureWebJobsStorage');
